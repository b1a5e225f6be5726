import { MetadataError, TympanError } from '../errors.js';
import type { Network, Numbers, Port } from '../model/network.js';
import { elements, type Operand } from '../operators/operator.js';
import { operandsFor } from '../streaming/open-sizes.js';
import type { Slot } from '../streaming/slots.js';
import { WHOLE_FRAME } from '../streaming/time-candidates.js';
import type { Run, Runner } from './runner.js';
import type { Windows } from './network-plan.js';
import type { Engine, OutputSlot } from './stream.js';

/** Where one frame of a tensor is in its buffer: `before` blocks of `inner` floats, `step` apart. */
interface Layout {
  readonly before: number;
  readonly inner: number;
  readonly frames: number;
}

function layoutOf(dims: readonly number[], axis: number | undefined): Layout {
  if (axis === undefined || axis === WHOLE_FRAME) return { before: 1, inner: elements(dims), frames: 1 };
  return { before: elements(dims.slice(0, axis)), inner: elements(dims.slice(axis + 1)), frames: dims[axis] };
}

interface Sequence extends Layout {
  /** The newest `frames` frames, a ring. */
  readonly ring: Float32Array;
  readonly target: Numbers;
}

/** @throws MetadataError for a window that shapes inside the network don't fit */
function openWindow(runner: Runner, operands: ReadonlyMap<number, Operand>, frames: number): Run {
  try {
    return runner.open(operands);
  } catch (error) {
    if (!(error instanceof TympanError)) throw error;
    throw new MetadataError(
      `streaming: windowFrames: the network does not fit a window of ${frames} frames (${error.message}); expected as many as it was made for`,
    );
  }
}

/**
 * A network on the newest frames: the whole window is run again at every hop, from its initial states. Windows that follow each
 * other without overlap hand on the states that the network takes and gives.
 */
export class WindowEngine implements Engine {
  readonly inputs: readonly Slot[];
  readonly states: readonly Slot[];
  readonly outputs: readonly OutputSlot[];
  readonly #run: Run;
  readonly #frames: number;
  readonly #hop: number;
  readonly #sequences: readonly Sequence[];
  readonly #states: readonly Numbers[];
  readonly #results: readonly (Layout & { readonly source: Numbers })[];
  readonly #carried: readonly { readonly from: Numbers; readonly to: Numbers }[];
  #count = 0;

  constructor(runner: Runner, { axes, frames, hop }: Windows) {
    const { network } = runner;
    const operands = operandsFor(network, axes.inputDims, frames);
    const dimsOf = ({ value }: Port) => operands.get(value)!.dims;
    this.#run = openWindow(runner, operands, frames);
    this.#frames = frames;
    this.#hop = hop;
    const timed = network.inputs.filter(({ value }) => axes.timeAxes.has(value));
    const others = network.inputs.filter(({ value }) => !axes.timeAxes.has(value));
    this.#sequences = timed.map((port) => {
      const layout = layoutOf(dimsOf(port), axes.timeAxes.get(port.value));
      return { ...layout, ring: new Float32Array(elements(dimsOf(port))), target: this.#run.numbers(port.value) };
    });
    this.#states = others.map(({ value }) => this.#run.numbers(value));
    this.#carried = [...(hop === frames ? axes.carried : [])].map(([input, output]) => ({
      from: this.#run.numbers(output),
      to: this.#run.numbers(input),
    }));
    this.#results = network.outputs.map(({ value }) => {
      const shape = this.#run.shapeOf(value).dims;
      return { ...layoutOf(shape, axes.outputAxes.get(value)), source: this.#run.numbers(value) };
    });
    const slot = (ports: Network['inputs'], layouts: readonly Layout[]): Slot[] =>
      ports.map(({ name }, i) => ({ name, size: layouts[i].before * layouts[i].inner }));
    this.inputs = slot(timed, this.#sequences);
    this.states = others.map((port) => ({ name: port.name, size: elements(dimsOf(port)) }));
    this.outputs = slot(network.outputs, this.#results).map((one) => ({ ...one, every: hop }));
  }

  writeInput(index: number, frame: Float32Array): void {
    this.#sequences[index].ring.set(frame, (this.#count % this.#frames) * frame.length);
  }

  writeState(index: number, state: Float32Array): void {
    this.#states[index].set(state);
  }

  clear(): void {
    this.#count = 0;
    for (const state of this.#states) state.fill(0);
  }

  begin(): void {}

  compute(outputs: readonly Float32Array[], made: boolean[]): void {
    this.#count++;
    const extra = this.#count - this.#frames;
    const isDue = extra >= 0 && extra % this.#hop === 0;
    made.fill(isDue);
    if (!isDue) return;
    for (const sequence of this.#sequences) this.#unroll(sequence);
    this.#run.compute();
    this.#results.forEach(({ before, inner, frames, source }, i) => {
      for (let block = 0; block < before; block++) {
        const at = (block * frames + frames - 1) * inner;
        outputs[i].set(source.subarray(at, at + inner), block * inner);
      }
    });
    for (const { from, to } of this.#carried) to.set(from);
  }

  release(): void {}

  /** The ring from its oldest frame on, laid out as the tensor is. */
  #unroll({ before, inner, frames, ring, target }: Sequence): void {
    const size = before * inner;
    for (let frame = 0; frame < frames; frame++) {
      const from = ((this.#count + frame) % frames) * size;
      for (let block = 0; block < before; block++)
        target.set(ring.subarray(from + block * inner, from + (block + 1) * inner), (block * frames + frame) * inner);
    }
  }
}
