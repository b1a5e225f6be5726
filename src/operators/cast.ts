/** Conversion to another element type. All float types are float32 here. */
import { InputError } from '../errors.js';
import { elementTypeOf, type OperationOf } from '../model/network.js';
import { elements, required, whereOf, type Operator, type Shape } from './operator.js';

/** Bits of an integer type and its smallest number; null for other types. */
export function rangeOf(type: string): { bits: number; low: number } | null {
  const [, unsigned, digits] = /^(u?)int(\d+)$/.exec(type) ?? [];
  if (digits === undefined) return null;
  const bits = Number(digits);
  return { bits, low: unsigned ? 0 : -(2 ** (bits - 1)) };
}

/** x + 0 makes −0, which integers don't have, 0. */
function conversion(operation: OperationOf<'cast'>, from: Shape['type']): (x: number) => number {
  if (elementTypeOf(operation.to) === 'boolean') return (x) => Number(x !== 0);
  const range = rangeOf(operation.to);
  if (!range) return from === 'float' ? (x) => x : (x) => x + 0;
  const { bits, low } = range;
  const size = 2 ** bits;
  if (from === 'float')
    // ONNX leaves undefined what becomes of other numbers, and onnxruntime differs from one processor to the next.
    return (x) => {
      const result = Math.trunc(x) + 0;
      if (result >= low && result < low + size) return result;
      throw new InputError(
        `${whereOf(operation)}: ${x} is not in the range of ${operation.to}; clip it before the cast`,
      );
    };
  // Two's complement; of 64 bits, all that there are here are in range.
  return bits === 64 ? (x) => x : (x) => ((((x - low) % size) + size) % size) + low;
}

export const cast: Operator<'cast'> = (operation, operands) => {
  const { type: from, dims } = required(operation, operands, 0);
  const convert = conversion(operation, from);
  const count = elements(dims);
  return {
    outputs: [{ type: elementTypeOf(operation.to), dims }],
    compute: ([x], [y]) => {
      for (let i = 0; i < count; i++) y![i] = convert(x![i]);
    },
  };
};
