/** Parts of tensors, and tensors of parts. */
import { InputError } from '../errors.js';
import { blocksOf } from './blocks.js';
import {
  axesOf,
  axisOf,
  checkedShape,
  elements,
  integers,
  malformed,
  moved,
  type Operator,
  type Prepared,
  required,
  type Shape,
  stridesOf,
  whereOf,
} from './operator.js';

/** For each axis of a result, which of the input's indices along it stand where; below zero: none of them. */
export type Picks = readonly Int32Array[];

/** Every index of an axis. */
export const all = (length: number): Int32Array => Int32Array.from({ length }, (_, i) => i);

/** For every element of a result, where that of the input stands; −1 for none. */
export function pickedIndices(dims: readonly number[], picks: Picks): Int32Array {
  const strides = stridesOf(dims);
  return picks.reduce((starts, pick, axis) => {
    const indices = new Int32Array(starts.length * pick.length);
    starts.forEach((start, i) =>
      pick.forEach((index, j) => {
        indices[i * pick.length + j] = start < 0 || index < 0 ? -1 : start + index * strides[axis];
      }),
    );
    return indices;
  }, new Int32Array(1));
}

/** A result whose dims have been checked. */
export const picked = (x: Shape, picks: Picks): Prepared =>
  moved(
    x,
    picks.map(({ length }) => length),
    pickedIndices(x.dims, picks),
  );

export const slice: Operator<'slice'> = (operation, operands) => {
  const x = required(operation, operands, 0);
  const [starts, ends] = [integers(operation, operands, 1), integers(operation, operands, 2)];
  const axes = axesOf(operation, operands[3] ? integers(operation, operands, 3) : starts.keys(), x.dims.length);
  const steps = operands[4] ? integers(operation, operands, 4) : starts.map(() => 1);
  if ([ends, axes, steps].some(({ length }) => length !== starts.length) || steps.includes(0))
    throw malformed(
      operation,
      `starts [${starts}], ends [${ends}], axes [${axes}], steps [${steps}]; expected one of each an axis, and no step of 0`,
    );
  const picks = x.dims.map(all);
  axes.forEach((axis, i) => {
    const dim = x.dims[axis];
    const step = steps[i];
    // Stepping backwards, an end of −1 is in front of the first.
    const [least, most] = step > 0 ? [0, dim] : [-1, dim - 1];
    const clamped = (at: number, floor: number): number => Math.min(Math.max(at < 0 ? at + dim : at, floor), most);
    const start = clamped(starts[i], 0);
    const length = Math.max(Math.ceil((clamped(ends[i], least) - start) / step), 0);
    picks[axis] = Int32Array.from({ length }, (_, j) => start + j * step);
  });
  return picked(x, picks);
};

/** Along an axis; negative indices count from its end, and are checked while running. */
export const gather: Operator<'gather'> = (operation, operands) => {
  const { type, dims } = required(operation, operands, 0);
  const indices = required(operation, operands, 1);
  if (indices.type !== 'integer') throw malformed(operation, `its indices are ${indices.type}; expected integer`);
  const axis = axisOf(operation, operation.axis, dims.length);
  const size = dims[axis];
  const output = checkedShape(operation, type, dims.toSpliced(axis, 1, ...indices.dims));
  const { outer, inner } = blocksOf(dims, axis);
  const count = elements(indices.dims);
  return {
    outputs: [output],
    compute: ([x, at], [y]) => {
      for (let i = 0; i < count; i++)
        if (!(at![i] >= -size && at![i] < size))
          throw new InputError(
            `${whereOf(operation)}: index ${at![i]} is outside of −${size} to ${size - 1}, axis ${axis} of [${dims}]`,
          );
      for (let o = 0, to = 0; o < outer; o++)
        for (let i = 0; i < count; i++) {
          const from = (o * size + at![i] + (at![i] < 0 ? size : 0)) * inner;
          for (let j = 0; j < inner; j++) y![to++] = x![from + j];
        }
    },
  };
};
