/** Tensors of which one is made, and one of which several are, along an axis. */
import type { Numbers, OperationOf } from '../model/network.js';
import { blocksOf } from './blocks.js';
import { axisOf, checkedShape, integers, malformed, type Operand, type Operator, required } from './operator.js';

/** Copies what is there of the parts into the whole, or the other way. Part p has lengths[p] elements in each of `outer` blocks. */
function copyParts(
  outer: number,
  lengths: readonly number[],
  parts: readonly (Numbers | null)[],
  whole: Numbers,
  join: boolean,
): void {
  for (let o = 0, at = 0; o < outer; o++)
    for (let p = 0; p < lengths.length; at += lengths[p++]) {
      const part = parts[p];
      const length = lengths[p];
      const from = o * length;
      if (!part) continue;
      if (join) for (let i = 0; i < length; i++) whole[at + i] = part[from + i];
      else for (let i = 0; i < length; i++) part[from + i] = whole[at + i];
    }
}

export const concat: Operator<'concat'> = (operation, operands) => {
  const { type, dims } = required(operation, operands, 0);
  const axis = axisOf(operation, operation.axis, dims.length);
  const sizes = operands.map((_, index) => {
    const part = required(operation, operands, index);
    if (
      part.type !== type ||
      part.dims.length !== dims.length ||
      String(part.dims.with(axis, 0)) !== String(dims.with(axis, 0))
    )
      throw malformed(
        operation,
        `${type} [${dims}] and ${part.type} [${part.dims}] can't be joined along axis ${axis}`,
      );
    return part.dims[axis];
  });
  const output = checkedShape(
    operation,
    type,
    dims.with(
      axis,
      sizes.reduce((sum, size) => sum + size, 0),
    ),
  );
  const { outer, inner } = blocksOf(dims, axis);
  const lengths = sizes.map((size) => size * inner);
  return { outputs: [output], compute: (inputs, [y]) => copyParts(outer, lengths, inputs, y!, true) };
};

function partSizes(operation: OperationOf<'split'>, operands: readonly (Operand | null)[], dim: number): number[] {
  const count = operation.outputs.length;
  if (operands[1]) return integers(operation, operands, 1);
  if (operation.numOutputs !== count) throw malformed(operation, `${operation.numOutputs} parts, but ${count} outputs`);
  const size = Math.ceil(dim / count);
  const last = dim - size * (count - 1);
  if (last !== size && !operation.allowUneven)
    throw malformed(operation, `${dim} can't be split into ${count} equal parts`);
  return new Array<number>(count).fill(size).with(-1, last);
}

export const split: Operator<'split'> = (operation, operands) => {
  const { type, dims } = required(operation, operands, 0);
  const axis = axisOf(operation, operation.axis, dims.length);
  const sizes = partSizes(operation, operands, dims[axis]);
  const sum = sizes.reduce((total, size) => total + size, 0);
  if (sizes.length !== operation.outputs.length || sizes.some((size) => size < 0) || sum !== dims[axis])
    throw malformed(
      operation,
      `[${dims}] has no parts of [${sizes}] for ${operation.outputs.length} outputs along axis ${axis}`,
    );
  const { outer, inner } = blocksOf(dims, axis);
  const lengths = sizes.map((size) => size * inner);
  return {
    outputs: sizes.map((size) => ({ type, dims: dims.with(axis, size) })),
    compute: ([x], outputs) => copyParts(outer, lengths, outputs, x!, false),
  };
};
