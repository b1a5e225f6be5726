/** What a stream gives, and what whole runs say that it should have given. */
import type { Model } from '../index.js';
import type { Differences } from './difference.js';
import { firstOfBatch, frameOf, framesOf, type Layout } from './layout.js';
import { carriedOn } from './runs.js';
import { frameAt, statesOf, tensorsOf, type Sequence, type Tensors } from './sequence.js';

/** By the output's name, in the order of time: what it gave, and at which frame. */
export type Answers = ReadonlyMap<string, readonly { readonly frame: number; readonly values: Float32Array }[]>;

export function answersOf(model: Model, layout: Layout, sequence: Sequence): Answers {
  const { streaming } = model;
  const atOnce = streaming.mode === 'windowed' ? streaming.windowFrames : sequence.frames;
  const answers = new Map(
    model.network.outputs.map(({ name }) => [name, [] as { frame: number; values: Float32Array }[]]),
  );
  const stream = model.stream();
  try {
    stream.reset(statesOf(layout, sequence, atOnce));
    for (let frame = 0; frame < sequence.frames; frame++) {
      const outputs = stream.step(frameAt(layout, sequence, frame));
      for (const [name, list] of answers) if (stream.isFresh(name)) list.push({ frame, values: outputs[name].slice() });
    }
  } finally {
    stream.close();
  }
  return answers;
}

type ByOutput = (output: string) => Differences;

/**
 * @param answers of a stream that carries its state
 * @param whole each run's outputs: one a frame for a model that takes single frames, else one over all frames
 */
export function compareStateful(layout: Layout, answers: Answers, whole: readonly Tensors[], into: ByOutput): void {
  for (const [name, given] of answers) {
    const time = layout.outputs.get(name)!;
    const { [name]: all } = firstOf(whole[0], layout);
    if (layout.isStepwise)
      for (const { frame, values } of layout.startsAgain ? given.slice(0, 1) : given)
        into(name).add(values, firstOf(whole[frame], layout)[name].data);
    else if (typeof time === 'number')
      given.slice(0, framesOf(all, time)).forEach(({ values }, i) => into(name).add(values, frameOf(all, time, i)));
    else if (given.length > 0) into(name).add(given.at(-1)!.values, all.data);
  }
}

const firstOf = (outputs: Tensors, layout: Layout): Tensors =>
  Object.fromEntries(
    Object.entries(outputs).map(([name, tensor]) => [name, firstOfBatch(tensor, layout, layout.outputs.get(name)!)]),
  );

/** @param answers of a stream that runs on windows */
export function compareWindowed(
  model: Model,
  layout: Layout,
  sequence: Sequence,
  answers: Answers,
  into: ByOutput,
): void {
  const { windowFrames, hopFrames } = model.streaming as Extract<Model['streaming'], { mode: 'windowed' }>;
  const due = answers.values().next().value ?? [];
  let outputs: Tensors | null = null;
  due.forEach(({ frame }, i) => {
    const inputs = tensorsOf(layout, sequence, frame + 1 - windowFrames, frame + 1);
    outputs = model.run(outputs && windowFrames === hopFrames ? carriedOn(layout, inputs, outputs) : inputs);
    const first = firstOf(outputs, layout);
    for (const [name, given] of answers) {
      const time = layout.outputs.get(name)!;
      into(name).add(given[i].values, frameOf(first[name], time, framesOf(first[name], time) - 1));
    }
  });
}
