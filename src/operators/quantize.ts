/** Between floats and integers of few bits: https://onnx.ai/onnx/operators/onnx__QuantizeLinear.html and its neighbours. */
import type { Numbers, Operation, OperationOf, TensorType } from '../model/network.js';
import { blocksOf } from './blocks.js';
import { rangeOf } from './cast.js';
import { axisOf, elements, floats, malformed, type Operand, type Operator, unsupported } from './operator.js';
import { typedOperand } from './typed-operand.js';

/** Added and taken off again, it leaves a double below 2⁵¹ without its fraction, halves to even. */
const TO_WHOLE = 1.5 * 2 ** 52;

export interface Range {
  readonly low: number;
  readonly high: number;
}

/** Of an integer type. */
export function quantizedRange(type: TensorType): Range {
  const { bits, low } = rangeOf(type)!;
  return { low, high: low + 2 ** bits - 1 };
}

/** The quotient is rounded to float32 first, as onnxruntime has it. */
export function quantized(x: number, scale: number, zeroPoint: number, { low, high }: Range): number {
  const whole = Math.fround(x / scale) + TO_WHOLE - TO_WHOLE + zeroPoint;
  return Math.min(high, Math.max(low, whole));
}

/** The scale and zero point for numbers of 0 and between the least and the greatest of x's first `count`, as DynamicQuantizeLinear. */
export function dynamicParameters(
  x: Numbers,
  count: number,
  { low, high }: Range,
): { scale: number; zeroPoint: number } {
  let [min, max] = [0, 0];
  for (let i = 0; i < count; i++) {
    min = Math.min(min, x[i]);
    max = Math.max(max, x[i]);
  }
  const span = Math.fround(max - min);
  const scale = span === 0 ? 1 : Math.fround(span / (high - low));
  const zero = Math.fround(low - Math.fround(min / scale));
  return { scale, zeroPoint: Math.min(high, Math.max(low, zero)) + TO_WHOLE - TO_WHOLE };
}

/** Calls `line` for runs of elements that share a scale: [from, to) of the tensor, and the scale's index. */
export type Lines = (line: (from: number, to: number, channel: number) => void) => void;

/** @throws UnsupportedModelError for scales of blocks, ModelFormatError where they don't fit the axis */
export function linesOf(
  operation: OperationOf<'quantizeLinear' | 'dequantizeLinear' | 'fakeQuantize'>,
  x: Operand,
  operands: readonly (Operand | null)[],
): Lines {
  const scale = floats(operation, operands, 1);
  const scales = elements(scale.dims);
  const zeroPoint = operands[2] ? typedOperand(operation, operands, 2, ['integer']) : null;
  if (zeroPoint && elements(zeroPoint.dims) !== scales)
    throw malformed(operation, `its zero point is [${zeroPoint.dims}], its scale [${scale.dims}]`);
  const count = elements(x.dims);
  if (scales === 1) return (line) => line(0, count, 0);
  if (scale.dims.length !== 1)
    throw unsupported(
      operation,
      `its scale is [${scale.dims}], one a block; quantize with one a tensor or one a channel`,
    );
  const { size, inner } = blocksOf(x.dims, axisOf(operation, operation.axis, x.dims.length));
  if (size !== scales)
    throw malformed(operation, `its scale is [${scale.dims}], and axis ${operation.axis} of [${x.dims}] has ${size}`);
  return (line) => {
    for (let at = 0, channel = 0; at < count; at += inner, channel = (channel + 1) % size)
      line(at, at + inner, channel);
  };
}

export const quantizeLinear: Operator<'quantizeLinear'> = (operation, operands) => {
  const x = floats(operation, operands, 0);
  const lines = linesOf(operation, x, operands);
  const range = quantizedRange(operation.to);
  return {
    outputs: [{ type: 'integer', dims: x.dims }],
    compute: ([data, scale, zeroPoint], [y]) =>
      lines((from, to, channel) => {
        const [s, z] = [scale![channel], zeroPoint ? zeroPoint[channel] : 0];
        for (let i = from; i < to; i++) y![i] = quantized(data![i], s, z, range);
      }),
  };
};

/** Differences are rounded to float32 before they are multiplied: those of 32 bits may need it. */
export const dequantizeLinear: Operator<'dequantizeLinear'> = (operation, operands) => {
  const x = integersOf(operation, operands, 0);
  const lines = linesOf(operation, x, operands);
  return {
    outputs: [{ type: 'float', dims: x.dims }],
    compute: ([data, scale, zeroPoint], [y]) =>
      lines((from, to, channel) => {
        const [s, z] = [scale![channel], zeroPoint ? zeroPoint[channel] : 0];
        for (let i = from; i < to; i++) y![i] = Math.fround(data![i] - z) * s;
      }),
  };
};

/** uint8 is all that the operator has. */
const BYTE = quantizedRange('uint8');

export const dynamicQuantizeLinear: Operator<'dynamicQuantizeLinear'> = (operation, operands) => {
  const { dims } = floats(operation, operands, 0);
  const count = elements(dims);
  return {
    outputs: [
      { type: 'integer', dims },
      { type: 'float', dims: [] },
      { type: 'integer', dims: [] },
    ],
    compute: ([x], [y, scales, zeroPoints]) => {
      const { scale, zeroPoint } = dynamicParameters(x!, count, BYTE);
      if (y) for (let i = 0; i < count; i++) y[i] = quantized(x![i], scale, zeroPoint, BYTE);
      if (scales) scales[0] = scale;
      if (zeroPoints) zeroPoints[0] = zeroPoint;
    },
  };
};

export function integersOf(operation: Operation, operands: readonly (Operand | null)[], index: number): Operand {
  return typedOperand(operation, operands, index, ['integer']);
}
