/** Operations that work on each frame alone: a layer of kernels where there is one, copies, or the host's own operators. */
import { TympanError } from '../errors.js';
import type { Constant, Operation } from '../model/network.js';
import { BINARY_FUNCTIONS, UNARY_FUNCTIONS } from '../kernels/table.js';
import { broadcastIndices, elements, type Operand, type Prepared } from '../operators/operator.js';
import { prepare } from '../operators/specialization.js';
import { denseWeights } from './dense-weights.js';
import { scheduleOf, type FrameOperands } from './frame-operands.js';
import type { BinaryLayer, FrameLayer, UnaryLayer } from './frame-network.js';
import type { Lowering, Made } from './lowering.js';
import { isMove } from '../operators/moves.js';
import { lowerMove } from './moves.js';
import { timeAxisOf, type Timed } from './time-axis.js';
import { NotStreamable, oneFrame, type PerFrame, type Timing } from './timing.js';

/** Those under which the frames that padding has put before the first stay what they are. */
const KEEPS_FILL = ['reshape', 'flatten', 'squeeze', 'unsqueeze', 'identity', 'transpose'];

/** @throws NotStreamable */
export function lowerPointwise(operation: Operation, lowering: Lowering): void {
  const read = readFrame(operation, lowering);
  const axes = read.made?.axis ?? null;
  const prepared = prepareFrame(operation, lowering, read.operands);
  operation.outputs.forEach((output, i) => {
    if (output === null) return;
    const expected = oneFrame(lowering.dimsOf(output), axes);
    if (prepared.outputs[i].dims.join() !== expected.join())
      throw new NotStreamable(
        `a frame of its output is [${prepared.outputs[i].dims}] where all frames have [${expected}]`,
      );
  });
  if (isMove(operation) && lowerMove(operation, lowering, read)) return;
  const layer = kernelLayer(operation, read);
  if (layer) {
    const output = lowering.outputValue(operation, 0, axes);
    lowering.emit({ ...layer, name: operation.name, output } as FrameLayer, scheduleOf(read));
    lowering.define(operation, 0, output, read.made);
    return;
  }
  const outputs = operation.outputs.map((_, i) => lowering.outputValue(operation, i, axes));
  lowering.emit(
    {
      kind: 'host',
      name: operation.name,
      operation,
      operands: read.operands,
      inputs: read.values,
      outputs: outputs.map((value) => (value < 0 ? null : value)),
    },
    scheduleOf(read),
  );
  outputs.forEach((value, i) => lowering.define(operation, i, value, read.made));
}

/** What fits all frames may not fit one: shapes that a constant decides. */
function prepareFrame(operation: Operation, { operators }: Lowering, operands: FrameOperands['operands']): Prepared {
  try {
    return prepare(operators, operation, operands);
  } catch (error) {
    if (error instanceof TympanError) throw new NotStreamable(`one frame alone does not fit it (${error.message})`);
    throw error;
  }
}

function readFrame(operation: Operation, lowering: Lowering): FrameOperands {
  const timings = operation.inputs.map((_, index) => lowering.timingOf(operation, index));
  const frames = timings.filter((timing): timing is PerFrame => timing?.kind === 'frame');
  const made = frames.length > 0 ? combined(operation, lowering, timings, frames) : null;
  const types = operation.inputs.map((value) => value !== null && lowering.probes[0].shapes.operands[value]!.type);
  const out = outDims(operation, lowering);
  const operands = timings.map((timing, index): Operand | null => {
    if (!timing) return null;
    if (timing.kind === 'constant' && isTarget(operation, index))
      return shapeOperand(oneFrame(out, made?.axis ?? null));
    if (timing.kind === 'constant')
      return lowering.constantOf(operation, index, constantAxis(operation, index, timing, made, out));
    return { type: types[index] || 'float', dims: (timing as PerFrame).dims, data: null };
  });
  const values = timings.map((timing) => {
    if (!timing || timing.kind === 'constant' || timing.kind === 'whole') return null;
    return timing.kind === 'frame'
      ? lowering.delayed(operation.name, timing, (made!.lag - timing.lag) / made!.every)
      : timing.value;
  });
  return { operands, values, made };
}

const outDims = (operation: Operation, lowering: Lowering) =>
  lowering.dimsOf(operation.outputs.find((output) => output !== null)!);

/** Whether an operand is the shape of the result, which is another one for a frame. */
const isTarget = ({ kind }: Operation, index: number): boolean =>
  index === 1 && (kind === 'expand' || kind === 'reshape');

function shapeOperand(dims: readonly number[]): Operand {
  return { type: 'integer', dims: [dims.length], data: Float64Array.from(dims) };
}

/** Where a constant is broadcast along time: on the axis that its last axes align with. */
function constantAxis(
  { kind }: Operation,
  index: number,
  timing: Timing,
  made: Made | null,
  out: readonly number[],
): number | null {
  const isAligned = ['binary', 'where', 'concat'].includes(kind) || (kind === 'gemm' && index === 2);
  if (timing.kind !== 'constant' || made?.axis === null || !made || !isAligned) return null;
  const rank = timing.operands[0].dims.length;
  return made.axis + rank - out.length;
}

/** Frames of one rate; what is there earlier is held back for what comes later. */
function combined(
  operation: Operation,
  lowering: Lowering,
  timings: readonly (Timing | null)[],
  frames: readonly PerFrame[],
): Made {
  const timed = timings.map((timing, index): Timed | null => {
    const value = operation.inputs[index];
    if (!timing || value === null) return null;
    const { dims, data } = lowering.probes[0].shapes.operands[value]!;
    return { dims, data, axis: timing.kind === 'frame' ? timing.axis : null, isFrame: timing.kind === 'frame' };
  });
  const axis = timeAxisOf(operation, timed, outDims(operation, lowering));
  const [{ every, fill }] = frames;
  const lag = Math.max(...frames.map((frame) => frame.lag));
  if (frames.some((frame) => frame.every !== every || (lag - frame.lag) % every !== 0))
    throw new NotStreamable('it combines frames of different rates');
  const padded = frames.some((frame) => frame.fill);
  if (padded && !KEEPS_FILL.includes(operation.kind))
    throw new NotStreamable('it computes with frames that padding has put before the first');
  if (axis === null && frames.some((frame) => frame.axis !== null && frame.tail !== 0))
    throw new NotStreamable('its last frame reads padding behind the end of the sequence');
  return { axis, lag, every, fill };
}

type Kernel = FrameLayer extends infer L ? (L extends FrameLayer ? Omit<L, 'name' | 'output'> : never) : never;

const isUnary = (name: string): name is UnaryLayer['function'] => (UNARY_FUNCTIONS as readonly string[]).includes(name);
const isBinary = (name: string): name is BinaryLayer['function'] =>
  (BINARY_FUNCTIONS as readonly string[]).includes(name);

function kernelLayer(operation: Operation, { operands, values }: FrameOperands): Kernel | null {
  const [x] = operands;
  const [input] = values;
  if (!operands.every((operand) => !operand || operand.type === 'float' || operand.data)) return null;
  if (operation.kind === 'binary') return binaryLayer(operation.function, operands, values);
  if (operation.kind === 'matmul' || operation.kind === 'gemm') return denseLayer(operation, operands, values);
  if (input === null || x?.type !== 'float') return null;
  if (operation.kind === 'unary' && isUnary(operation.function))
    return { kind: 'unary', input, function: operation.function, alpha: operation.alpha, beta: operation.beta };
  if (operation.kind === 'clip') {
    const bounds = [operands[1], operands[2]];
    if (bounds.some((bound) => bound && !bound.data)) return null;
    const [alpha, beta] = bounds.map((bound, i) => bound?.data?.[0] ?? [-Infinity, Infinity][i]);
    return { kind: 'unary', input, function: 'clip', alpha, beta };
  }
  if (operation.kind === 'softmax') {
    const axis = operation.axis < 0 ? operation.axis + x.dims.length : operation.axis;
    const size = operation.flatten ? elements(x.dims.slice(axis)) : x.dims[axis];
    return size === elements(x.dims) ? { kind: 'softmax', input, log: operation.log } : null;
  }
  return null;
}

function binaryLayer(
  name: string,
  operands: FrameOperands['operands'],
  values: FrameOperands['values'],
): Kernel | null {
  const [a, b] = operands as [Operand, Operand];
  if (!isBinary(name) || a.type !== 'float' || b.type !== 'float') return null;
  const dims = Array.from(
    { length: Math.max(a.dims.length, b.dims.length) },
    (_, at, rank = Math.max(a.dims.length, b.dims.length)) =>
      Math.max(a.dims[at - rank + a.dims.length] ?? 1, b.dims[at - rank + b.dims.length] ?? 1),
  );
  const size = elements(dims);
  const sides = [a, b].map((operand, i) => {
    const value = values[i];
    if (value !== null) return elements(operand.dims) === size ? value : null;
    return Float32Array.from(broadcastIndices(operand.dims, dims), (at) => operand.data![at]);
  });
  const [left, right] = sides;
  if (left === null || right === null) return null;
  return { kind: 'binary', function: name, a: left, b: right };
}

function denseLayer(
  operation: Operation,
  operands: FrameOperands['operands'],
  values: FrameOperands['values'],
): Kernel | null {
  const side = values[0] === null ? 1 : 0;
  const input = values[side];
  const other = operands[1 - side];
  if (input === null || !other?.data) return null;
  const dense = denseWeights(operation, operands as readonly (Constant | Operand | null)[], side);
  if (!dense || elements(operands[side]!.dims) !== dense.weights.length / dense.bias.length) return null;
  return { kind: 'dense', input, ...dense };
}
