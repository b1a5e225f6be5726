/** One random sequence for a model, cut into frames and windows, and what a stream says of it: streams are held against `run`. */
import { elementTypeOf } from '#dist/model/network.js';
import { featureSize } from '#dist/features/recipe.js';
import { simplify } from '#dist/operators/index.js';
import { analyze, type Analysis } from '#dist/streaming/analyze.js';
import { operandsFor } from '#dist/streaming/open-sizes.js';
import { rulesFor } from '#dist/streaming/rules.js';
import type { Schedule } from '#dist/streaming/frame-network.js';
import { InputError, type Model, type Stream, type Tensor } from 'tympan';
import { relativeDifference, uniform } from './support.js';

export type Tensors = Record<string, Tensor>;

/** How a model's inputs and outputs lie along time. */
export interface Layout {
  readonly analysis: Analysis;
  /** By name of input or output: the time axis, where it has one; -1 where the whole tensor is a frame. */
  readonly axes: ReadonlyMap<string, number>;
}

export async function layoutOf({ network, metadata }: Pick<Model, 'network' | 'metadata'>): Promise<Layout> {
  const [{ operators }, rules] = await Promise.all([simplify(network), rulesFor(network)]);
  const options = metadata.streaming ?? {};
  const analysis = analyze(network, { operators, rules }, options, metadata.frontend && featureSize(metadata.frontend));
  const axes = new Map<string, number>();
  for (const { name, value } of [...network.inputs, ...network.outputs]) {
    const axis = analysis.timeAxes.get(value) ?? analysis.outputAxes.get(value);
    if (axis !== undefined) axes.set(name, axis);
  }
  return { analysis, axes };
}

const product = (dims: readonly number[]): number => dims.reduce((all, dim) => all * dim, 1);

const ARRAYS = { int64: BigInt64Array, int32: Int32Array, float64: Float64Array, float32: Float32Array };

const isBuilt = (type: string): type is keyof typeof ARRAYS => type in ARRAYS;

/** Random inputs for `frames` frames of one sequence, states among them. Integers are 0 to 2; lengths of a sequence are `frames`. */
export function randomSequence(model: Model, { analysis }: Layout, frames: number, seed: number): Tensors {
  const next = uniform(seed);
  const operands = operandsFor(model.network, analysis.inputDims, frames);
  return Object.fromEntries(
    model.network.inputs.map(({ name, value, type }): [string, Tensor] => {
      const { dims } = operands.get(value)!;
      const whole = () => (/len/.test(name) ? frames : Math.floor((next() + 1) * 1.49));
      const numbers = Float64Array.from({ length: product(dims) }, elementTypeOf(type) === 'float' ? next : whole);
      const outside = isBuilt(type) ? type : 'float32';
      const data = outside === 'int64' ? BigInt64Array.from(numbers, BigInt) : ARRAYS[outside].from(numbers);
      return [name, { type: outside, dims, data } as Tensor];
    }),
  );
}

/** Frames `from` to `to` of a tensor; all of one without a time axis. */
export function cut(tensor: Tensor, axis: number | undefined, from: number, to: number): Tensor {
  if (axis === undefined || axis < 0) return tensor;
  const { dims, data } = tensor;
  const inner = product(dims.slice(axis + 1));
  const isKept = (_: unknown, at: number): boolean => {
    const frame = Math.floor(at / inner) % dims[axis];
    return frame >= from && frame < to;
  };
  const part = (data as Float32Array).filter(isKept);
  return { ...tensor, dims: dims.map((dim, at) => (at === axis ? to - from : dim)), data: part } as Tensor;
}

/** The inputs with frames `from` to `to` of what has a time axis. */
export function cutAll(tensors: Tensors, { axes }: Layout, from: number, to: number): Tensors {
  return Object.fromEntries(
    Object.entries(tensors).map(([name, tensor]) => [name, cut(tensor, axes.get(name), from, to)]),
  );
}

const floats = ({ data }: Tensor): Float32Array => Float32Array.from(data as Float32Array, Number);

/** What `step` takes at frame `at`. */
export function frameAt(sequence: Tensors, { axes }: Layout, at: number): Record<string, Float32Array> {
  const timed = Object.entries(sequence).filter(([name]) => axes.has(name));
  return Object.fromEntries(timed.map(([name, tensor]) => [name, floats(cut(tensor, axes.get(name), at, at + 1))]));
}

/** What `reset` takes. */
export function statesOf(sequence: Tensors, { axes }: Layout): Record<string, Float32Array> {
  const others = Object.entries(sequence).filter(([name]) => !axes.has(name));
  return Object.fromEntries(others.map(([name, tensor]) => [name, floats(tensor)]));
}

/** What a stream says at one frame. */
export interface Answer {
  readonly fresh: boolean;
  readonly outputs: Readonly<Record<string, Float32Array>>;
}

export function answerTo(stream: Stream, frame: Readonly<Record<string, Float32Array>>): Answer {
  const outputs = Object.entries(stream.step(frame)).map(([name, data]) => [name, data.slice()]);
  return { fresh: stream.fresh, outputs: Object.fromEntries(outputs) };
}

/** From a reset on, with the sequence's states. */
export function listen(stream: Stream, sequence: Tensors, layout: Layout, frames: number): Answer[] {
  stream.reset(statesOf(sequence, layout));
  return Array.from({ length: frames }, (_, at) => answerTo(stream, frameAt(sequence, layout, at)));
}

/** When a stateful stream makes each output. */
export function schedulesOf({ analysis }: Layout): Map<string, Schedule> {
  return new Map(analysis.frames!.outputs.map(({ name, schedule }) => [name, schedule]));
}

/** Frames of an output with a time axis that a stream has told after `frames` of its input. */
export const framesTold = ({ from, every }: Schedule, frames: number): number =>
  Math.max(0, Math.floor((frames - 1 - from) / every) + 1);

export interface Deviation {
  /** Relative where numbers are beyond ±1; infinite for NaN, a wrong size, or a frame that `run` does not have. */
  readonly largest: number;
  readonly where: string;
}

/** Keeps the largest. */
class Deviations implements Deviation {
  largest = 0;
  where = 'nowhere';

  note(actual: ArrayLike<number>, expected: ArrayLike<number | bigint>, where: string): void {
    const difference = relativeDifference(actual, expected);
    if (difference > this.largest) [this.largest, this.where] = [difference, where];
  }
}

/** null where a window does not fit into so few frames. */
function runIfLongEnough(model: Model, sequence: Tensors): Tensors | null {
  try {
    return model.run(sequence);
  } catch (error) {
    if (error instanceof InputError && /doesn't fit into/.test(error.message)) return null;
    throw error;
  }
}

/** Frames at which outputs without a time axis are held against runs on the frames so far. */
const CHECKED = [0, 1, 2, 5, 9];

/**
 * Holds a stateful stream against `run` on the whole sequence: outputs with a time axis frame by frame, zeros until the first;
 * others against runs on the frames so far, where the model runs on fewer.
 *
 * @param runs the whole sequence's outputs
 */
export function deviationOf(
  model: Model,
  layout: Layout,
  sequence: Tensors,
  answers: readonly Answer[],
  runs = model.run(sequence),
): Deviation {
  const found = new Deviations();
  const schedules = schedulesOf(layout);
  const { fixedFrames, bakedFrames } = layout.analysis;
  const last = answers.length - 1;
  const prefixes = (fixedFrames ?? bakedFrames) === null ? [...CHECKED.filter((at) => at < last), last] : [last];
  for (const { name } of model.network.outputs) {
    const schedule = schedules.get(name)!;
    const axis = layout.axes.get(name);
    answers.forEach(({ outputs }, at) => {
      const where = `${name} at frame ${at}`;
      const told = framesTold(schedule, at + 1);
      if (told === 0) found.note(outputs[name], new Float32Array(outputs[name].length), where);
      else if (axis !== undefined) found.note(outputs[name], cut(runs[name], axis, told - 1, told).data, where);
    });
    if (axis !== undefined) continue;
    for (const at of prefixes.filter((frame) => framesTold(schedule, frame + 1) > 0)) {
      const soFar = at === last ? runs : runIfLongEnough(model, cutAll(sequence, layout, 0, at + 1));
      if (soFar) found.note(answers[at].outputs[name], soFar[name].data, `${name} at frame ${at}`);
    }
  }
  return found;
}

/** Holds the answers of a windowed stream against `run` on each window, and their times against the hop. */
export function windowDeviationOf(
  model: Model,
  layout: Layout,
  sequence: Tensors,
  answers: readonly Answer[],
  { windowFrames, hopFrames }: { readonly windowFrames: number; readonly hopFrames: number },
): Deviation {
  const found = new Deviations();
  answers.forEach(({ fresh, outputs }, at) => {
    const isDue = at >= windowFrames - 1 && (at - windowFrames + 1) % hopFrames === 0;
    found.note([Number(fresh)], [Number(isDue)], `fresh at frame ${at}`);
    if (!isDue) return;
    const runs = model.run(cutAll(sequence, layout, at - windowFrames + 1, at + 1));
    for (const { name } of model.network.outputs) {
      const axis = layout.axes.get(name);
      const frames = axis === undefined ? 1 : runs[name].dims[axis];
      found.note(outputs[name], cut(runs[name], axis, frames - 1, frames).data, `${name} at frame ${at}`);
    }
  });
  return found;
}
