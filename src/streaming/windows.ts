/** Convolutions and pools over time on a stream: they keep the frames that they look back at. */
import { elements, type Operand } from '../operators/operator.js';
import type { OperationOf } from '../model/network.js';
import { axesOfWindow, type Axes } from '../operators/window.js';
import type { DenseWeights } from './dense-weights.js';
import type { FrameValueId } from './frame-network.js';
import type { Lowering } from './lowering.js';
import { NotStreamable, oneFrame, type PerFrame } from './timing.js';

type WindowOperation = OperationOf<'convolution' | 'pool'>;

/** What a window is along time. */
interface Reach {
  /** Index of the time axis among the spatial ones. */
  readonly axis: number;
  readonly size: number;
  readonly dilation: number;
  readonly stride: number;
  /** Frames of padding before the first. */
  readonly before: number;
  /** Frames that one window spans. */
  readonly extent: number;
}

/** @throws NotStreamable */
export function lowerWindow(operation: WindowOperation, lowering: Lowering, pointwise: () => void): void {
  const x = lowering.frameOf(operation, 0);
  if (!x || x.axis === null || x.axis === 0) return pointwise();
  if (x.axis === 1) throw new NotStreamable('it sums over all frames, which are its channels');
  const weights = operation.kind === 'convolution' ? lowering.constantOf(operation, 1)! : null;
  const axes = axesOf(operation, lowering, weights);
  const reach = reachOf(operation, axes, x.axis - 2);
  const before = reach.before + (x.fill?.frames ?? 0);
  const lag = x.lag + x.every * (reach.extent - 1 - reach.before);
  checkPadding(operation, x, reach, lag);
  const isMax = operation.kind === 'pool' && operation.function === 'max';
  const fill = x.fill?.value ?? (isMax ? -Infinity : 0);
  const made = { axis: x.axis, lag, every: x.every * reach.stride };
  const context =
    reach.extent === 1 ? x.value : lowering.context(operation.name, x, reach.extent, before > 0 ? fill : 0);
  const schedule = { from: made.lag, every: made.every };
  const output = lowering.outputValue(operation, 0, x.axis);
  if (operation.kind === 'convolution' && operation.group === 1 && x.dims.length === 3) {
    const bias = lowering.constantOf(operation, 2);
    lowering.emit(
      { kind: 'dense', name: operation.name, input: context, output, ...unrolled(weights!, bias, reach) },
      schedule,
    );
  } else {
    lowering.emit(hostWindow(operation, lowering, x, axes, reach, context, output, schedule), schedule);
  }
  lowering.define(operation, 0, output, made);
}

/** The window along each spatial axis, for all frames of the first probe. */
function axesOf(operation: WindowOperation, lowering: Lowering, weights: Operand | null): Axes {
  const spatial = lowering.dimsOf(operation.inputs[0]!).slice(2);
  return axesOfWindow(operation, spatial, operation.kernelShape ?? weights!.dims.slice(2));
}

function reachOf(operation: WindowOperation, axes: Axes, axis: number): Reach {
  const { kernel: size, dilation, stride, begin } = axes[axis];
  if (operation.autoPad.startsWith('same') && stride > 1)
    throw new NotStreamable(
      `its padding "${operation.autoPad}" with a stride of ${stride} depends on how many frames there are`,
    );
  return { axis, size, dilation, stride, before: begin, extent: (size - 1) * dilation + 1 };
}

/** Input frames that one frame may stand for: as many lengths are tried out. */
const MAX_RATE = 64;

function checkPadding(operation: WindowOperation, x: PerFrame, { before, extent, stride }: Reach, lag: number): void {
  if (before > 0 && x.fill && (x.fill.value !== 0 || operation.kind === 'pool'))
    throw new NotStreamable('frames are padded twice, in two ways');
  if (operation.kind === 'pool' && operation.function === 'average' && before > 0 && !operation.countIncludePad)
    throw new NotStreamable('its first frames are averages over fewer frames');
  if (x.every * stride > MAX_RATE)
    throw new NotStreamable(`it makes one frame of ${x.every * stride}, at most ${MAX_RATE} are followed`);
  // The first window would have no frame of the sequence in it.
  if (lag < 0) {
    const padding = before + (x.fill?.frames ?? 0);
    throw new NotStreamable(`it puts ${padding} frames of padding before the first, for a window of ${extent}`);
  }
}

/** Weights [outputs, channels, size] for the frames of a context, oldest first: [outputs, extent × channels]. */
function unrolled(
  { dims, data, steps }: Operand,
  bias: Operand | null,
  { size, dilation, extent }: Reach,
): DenseWeights {
  const [outputs, channels] = dims;
  const ordered = (from: ArrayLike<number>) => {
    const to = new Float32Array(outputs * extent * channels);
    for (let output = 0; output < outputs; output++) {
      for (let channel = 0; channel < channels; channel++) {
        for (let tap = 0; tap < size; tap++) {
          to[(output * extent + tap * dilation) * channels + channel] =
            from[(output * channels + channel) * size + tap];
        }
      }
    }
    return to;
  };
  return {
    weights: ordered(data!),
    bias: bias ? Float32Array.from(bias.data!) : new Float32Array(outputs),
    steps: steps ? ordered(steps) : null,
  };
}

/** The operation over the context alone: frames lie one behind the other there, and are moved to the time axis first. */
function hostWindow(
  operation: WindowOperation,
  lowering: Lowering,
  x: PerFrame,
  axes: Axes,
  reach: Reach,
  context: FrameValueId,
  output: FrameValueId,
  schedule: { from: number; every: number },
) {
  const { name } = operation;
  const own = [reach.extent, ...oneFrame(x.dims, x.axis).filter((_, axis) => axis !== x.axis)];
  // The axis of frames, which comes first, goes to where time was.
  const perm = x.dims.map((_, axis) => (axis === x.axis ? 0 : axis < x.axis! ? axis + 1 : axis));
  const dims = perm.map((axis) => own[axis]);
  let input = context;
  if (dims.slice(0, x.axis!).some((dim) => dim > 1) && reach.extent > 1) {
    input = lowering.addValue(`${name}.window`, elements(dims));
    lowering.emit(
      {
        kind: 'host',
        name,
        operation: { kind: 'transpose', name, perm, inputs: [0], outputs: [0] },
        operands: [{ type: 'float', dims: own, data: null }],
        inputs: [context],
        outputs: [input],
      },
      schedule,
    );
  }
  const others = operation.inputs.slice(1).map((_, i) => lowering.constantOf(operation, i + 1));
  const isTime = (axis: number) => axis === reach.axis;
  const alone: WindowOperation = {
    ...operation,
    autoPad: 'explicit',
    strides: axes.map(({ stride }, axis) => (isTime(axis) ? 1 : stride)),
    pads: [...axes.map(({ begin }) => begin), ...axes.map(({ end }) => end)].map((pad, i) =>
      isTime(i % axes.length) ? 0 : pad,
    ),
  };
  return {
    kind: 'host' as const,
    name,
    operation: alone,
    operands: [{ type: 'float' as const, dims, data: null }, ...others],
    inputs: [input, ...others.map(() => null)],
    outputs: [output, ...operation.outputs.slice(1).map(() => null)],
  };
}
