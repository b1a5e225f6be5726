/** Windows that slide along the spatial axes of [batch, channels, …]: what convolution and pooling share. */
import type { OperationOf, Window } from '../model/network.js';
import { malformed, stridedIndices, stridesOf, unsupported } from './operator.js';

type Windowed = OperationOf<'convolution' | 'convolutionInteger' | 'pool'>;

/** One spatial axis. */
interface Axis {
  readonly size: number;
  readonly kernel: number;
  readonly stride: number;
  readonly dilation: number;
  readonly begin: number; // padding before
  readonly end: number; // padding behind
  readonly outputs: number;
}

/** The last is the innermost. */
export type Axes = readonly Axis[];

const from = (what: number): ((value: number) => boolean) => {
  return (value) => Number.isInteger(value) && value >= what;
};

function sizes(operation: Windowed, name: keyof Window, count: number, least: number, fallback: number): number[] {
  const values = operation[name] as readonly number[] | null;
  if (values === null) return new Array<number>(count).fill(fallback);
  if (values.length === count && values.every(from(least))) return [...values];
  throw malformed(operation, `${name} [${values}]; expected ${count} whole numbers of at least ${least}`);
}

/** Reads Window's fields for an input of [batch, channels, …spatial]. */
export function axesOfWindow(operation: Windowed, spatial: readonly number[], kernel: readonly number[]): Axes {
  const rank = spatial.length;
  if (rank === 0 || kernel.length !== rank || !kernel.every(from(1)))
    throw malformed(operation, `a window of [${kernel}] can't slide over the spatial axes [${spatial}]`);
  const strides = sizes(operation, 'strides', rank, 1, 1);
  const dilations = sizes(operation, 'dilations', rank, 1, 1);
  const pads = sizes(operation, 'pads', 2 * rank, 0, 0);
  const ceilMode = operation.kind === 'pool' && operation.ceilMode;
  // The operator's formula for both together is one that onnxruntime doesn't follow.
  if (ceilMode && operation.autoPad === 'valid')
    throw unsupported(operation, 'auto_pad VALID with ceil_mode; export with explicit pads');
  return spatial.map((size, axis): Axis => {
    const [stride, dilation] = [strides[axis], dilations[axis]];
    const extent = (kernel[axis] - 1) * dilation + 1;
    const given = { size, kernel: kernel[axis], stride, dilation };
    if (operation.autoPad === 'sameUpper' || operation.autoPad === 'sameLower') {
      const outputs = Math.ceil(size / stride);
      const total = Math.max((outputs - 1) * stride + extent - size, 0);
      const begin = operation.autoPad === 'sameUpper' ? Math.floor(total / 2) : Math.ceil(total / 2);
      return { ...given, begin, end: total - begin, outputs };
    }
    const [begin, end] = operation.autoPad === 'valid' ? [0, 0] : [pads[axis], pads[axis + rank]];
    const steps = (size + begin + end - extent) / stride;
    if (steps < 0)
      throw malformed(operation, `a window over ${extent} doesn't fit into ${size} + ${begin + end} of padding`);
    let outputs = (ceilMode ? Math.ceil(steps) : Math.floor(steps)) + 1;
    // A window that would begin behind the input is left out.
    if (ceilMode && (outputs - 1) * stride >= size + begin) outputs--;
    return { ...given, begin, end, outputs };
  });
}

export const outputDims = (axes: Axes): number[] => axes.map(({ outputs }) => outputs);

/** Outputs along an axis, from the first to the one behind the last, for which offset + output · stride is inside the input. */
function inside({ size, stride, outputs }: Axis, offset: number): [first: number, end: number] {
  const first = Math.max(Math.ceil(-offset / stride), 0);
  return [first, Math.max(Math.min(Math.ceil((size - offset) / stride), outputs), first)];
}

const product = (sizes: readonly number[]): number => sizes.reduce((result, size) => result * size, 1);

const dot = (steps: readonly number[], along: (axis: number) => number): number =>
  steps.reduce((sum, step, axis) => sum + step * along(axis), 0);

/** Runs are four numbers: kernel element, first output, first input, length. */
export const RUN = 4;
/** 1 MiB; a 3 × 3 window over a spectrogram of 1000 frames has 9000. */
const MAX_RUNS = 2 ** 16;

/**
 * Where kernel elements meet the input: under one kernel element, output `first + i` reads input `first + i · stride`, i below the
 * length, stride that of the innermost axis. Padding is in no run.
 */
export function runsOf(operation: Windowed, axes: Axes): Int32Array {
  const [kernels, dims] = [axes.map(({ kernel }) => kernel), outputDims(axes)];
  if (product(kernels) * product(dims.slice(0, -1)) > MAX_RUNS)
    throw unsupported(operation, `windows of [${kernels}] at [${dims}] places are more than is computed`);
  const steps = stridesOf(axes.map(({ size }) => size));
  const [kernelSteps, outputSteps] = [stridesOf(kernels), stridesOf(dims)];
  const inputSteps = steps.map((step, axis) => step * axes[axis].stride);
  const runs: number[] = [];
  for (let kernel = 0; kernel < product(kernels); kernel++) {
    const offsets = axes.map(
      (axis, i) => (Math.floor(kernel / kernelSteps[i]) % axis.kernel) * axis.dilation - axis.begin,
    );
    const ranges = axes.map((axis, i) => inside(axis, offsets[i]));
    const lengths = ranges.map(([first, end]) => end - first);
    if (lengths.includes(0)) continue;
    const output = dot(outputSteps, (i) => ranges[i][0]);
    const input = dot(inputSteps, (i) => ranges[i][0]) + dot(steps, (i) => offsets[i]);
    const length = lengths.splice(-1, 1, 1)[0];
    const [outputs, inputs] = [
      stridedIndices(lengths, outputSteps, output),
      stridedIndices(lengths, inputSteps, input),
    ];
    outputs.forEach((first, line) => runs.push(kernel, first, inputs[line], length));
  }
  return Int32Array.from(runs);
}
