/** The runs of whole tensors that a sequence makes. */
import type { Layout } from './layout.js';
import { tensorsOf, type Sequence, type Tensors } from './sequence.js';

/**
 * A run over all frames; of a model that takes a fixed number of them, one after the other, those left over left out; of one that
 * takes a frame and its states, a run a frame.
 *
 * @param outputsOf what the run before gave: states go on from there
 */
export function* runsOf(layout: Layout, sequence: Sequence, outputsOf: () => Tensors): Generator<Tensors> {
  const length = layout.isStepwise ? 1 : (layout.fixedFrames ?? sequence.frames);
  for (let from = 0; from + length <= sequence.frames; from += length) {
    const inputs = tensorsOf(layout, sequence, from, from + length);
    yield from > 0 && layout.isStepwise ? carriedOn(layout, inputs, outputsOf()) : inputs;
  }
}

export function carriedOn({ carried }: Layout, inputs: Tensors, outputs: Tensors): Tensors {
  const states = [...carried].map(([input, output]) => [input, { ...outputs[output], dims: inputs[input].dims }]);
  return { ...inputs, ...Object.fromEntries(states) };
}
