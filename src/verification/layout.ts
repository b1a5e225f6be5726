/** How a model's inputs and outputs lie along time: what cuts whole tensors into what a stream takes and gives. */
import { featureSize } from '../features/recipe.js';
import type { Model, Tensor } from '../index.js';
import { isRecurrent, type Port } from '../model/network.js';
import { simplify } from '../operators/index.js';
import { analyze } from '../streaming/analyze.js';
import { rulesFor } from '../streaming/rules.js';
import { WHOLE_FRAME } from '../streaming/time-candidates.js';

/** In place of an axis: the whole tensor is one frame, or there is no time in it. */
export type TimeAxis = number | 'whole' | null;

export interface InputLayout {
  readonly port: Port;
  readonly time: TimeAxis;
  /** One sequence; null along time. */
  readonly dims: readonly (number | null)[];
  /** Elements of a frame, or of what is given once. */
  readonly size: number;
}

export interface Layout {
  readonly inputs: readonly InputLayout[];
  /** By name. */
  readonly outputs: ReadonlyMap<string, TimeAxis>;
  /** Inputs that take, a frame later, what the output of that name gave. */
  readonly carried: ReadonlyMap<string, string>;
  /** Every run is one frame: states come in and go out. */
  readonly isStepwise: boolean;
  /** Runs start again what a stream carries on, so that only their first frame is the same. */
  readonly startsAgain: boolean;
  /** Sequences that `run` takes at once, all of them the same here. */
  readonly batch: number;
  /** The one number of frames that `run` takes, where there is one. */
  readonly fixedFrames: number | null;
}

export const product = (dims: readonly number[]): number => dims.reduce((all, dim) => all * dim, 1);

export async function layoutOf({ network, metadata }: Model): Promise<Layout> {
  const [{ operators }, rules] = await Promise.all([simplify(network), rulesFor(network)]);
  const { streaming = {}, frontend } = metadata;
  const analysis = analyze(network, { operators, rules }, streaming, frontend && featureSize(frontend));
  const isStepwise = [...analysis.timeAxes.values()].includes(WHOLE_FRAME);
  const states = network.inputs.length - analysis.timeAxes.size;
  const isCarried = states > 0 && analysis.carried.size === states;
  const timeOf = (axis: number | undefined): TimeAxis => (axis === WHOLE_FRAME ? 'whole' : (axis ?? null));
  return {
    inputs: network.inputs.map((port) => {
      const dims = analysis.inputDims.get(port.value)!;
      return {
        port,
        time: timeOf(analysis.timeAxes.get(port.value)),
        dims,
        size: product(dims.map((dim) => dim ?? 1)),
      };
    }),
    outputs: new Map(network.outputs.map(({ name, value }) => [name, timeOf(analysis.outputAxes.get(value))])),
    carried: new Map([...analysis.carried].map(([input, output]) => [network.names[input], network.names[output]])),
    isStepwise,
    startsAgain: isStepwise && !isCarried && network.operations.some(isRecurrent),
    batch: Math.max(...network.inputs.map((port) => batchOf(port, analysis.inputDims.get(port.value)!))),
    fixedFrames: analysis.fixedFrames ?? analysis.bakedFrames,
  };
}

const batchOf = ({ dims }: Port, own: readonly (number | null)[]): number =>
  product(own.map((dim, axis) => (typeof dims?.[axis] === 'number' && dim !== null ? dims[axis] / dim : 1)));

/** The first of a batch of equal sequences, along whichever axis that is. */
export function firstOfBatch(tensor: Tensor, { batch }: Layout, time: TimeAxis): Tensor {
  const { dims, data } = tensor;
  for (let axis = 0; batch > 1 && axis < dims.length; axis++) {
    if (axis === time || dims[axis] !== batch) continue;
    const inner = product(dims.slice(axis + 1));
    const sequenceOf = (i: number) => Math.floor(i / inner) % batch;
    const isRepeated = (data as Float32Array).every((value, i) => Object.is(value, data[i - sequenceOf(i) * inner]));
    if (!isRepeated) continue;
    const first = (data as Float32Array).filter((_, i) => sequenceOf(i) === 0);
    return { ...tensor, dims: dims.map((dim, at) => (at === axis ? 1 : dim)), data: first } as Tensor;
  }
  return tensor;
}

/** A tensor is `before` blocks of [frames, inner]. */
function blocksOf(dims: readonly number[], time: TimeAxis): { before: number; frames: number; inner: number } {
  if (typeof time !== 'number') return { before: 1, frames: 1, inner: product(dims) };
  return { before: product(dims.slice(0, time)), frames: dims[time], inner: product(dims.slice(time + 1)) };
}

/** Frames of a tensor: 1 of one that has no time axis. */
export const framesOf = ({ dims }: Tensor, time: TimeAxis): number => blocksOf(dims, time).frames;

/** One frame of a tensor, as a stream gives it. */
export function frameOf({ dims, data }: Tensor, time: TimeAxis, frame: number): Float64Array {
  const { before, frames, inner } = blocksOf(dims, time);
  return Float64Array.from({ length: before * inner }, (_, i) =>
    Number(data[(Math.floor(i / inner) * frames + frame) * inner + (i % inner)]),
  );
}

/**
 * @param data [frames, size], a frame as a stream takes it
 * @returns row-major in `dims`
 */
export function laidOut(data: Float64Array, dims: readonly number[], time: TimeAxis): Float64Array {
  const { before, frames, inner } = blocksOf(dims, time);
  const whole = new Float64Array(data.length);
  for (let frame = 0; frame < frames; frame++) {
    for (let block = 0; block < before; block++) {
      const at = (frame * before + block) * inner;
      whole.set(data.subarray(at, at + inner), (block * frames + frame) * inner);
    }
  }
  return whole;
}
