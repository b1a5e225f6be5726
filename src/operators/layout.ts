/** The same elements, in another shape, order or number. */
import {
  axesOf,
  axisOf,
  broadcastDims,
  broadcastIndices,
  checkedDims,
  elements,
  integers,
  malformed,
  moved,
  type Operator,
  required,
  reshaped,
  stridedIndices,
  stridesOf,
} from './operator.js';
import { picked } from './selection.js';

export const identity: Operator<'identity'> = (operation, operands) => {
  const x = required(operation, operands, 0);
  return reshaped(x, x.dims);
};

/** 0 copies the input's size of that axis, −1 is what is left. */
export const reshape: Operator<'reshape'> = (operation, operands) => {
  const x = required(operation, operands, 0);
  const shape = integers(operation, operands, 1);
  const wrong = (): Error => malformed(operation, `[${x.dims}] can't take the shape [${shape}]`);
  const dims = shape.map((dim, axis) => (dim === 0 && !operation.allowZero ? (x.dims[axis] ?? NaN) : dim));
  const open = dims.indexOf(-1);
  if (dims.some((dim, axis) => !(dim >= 0) && axis !== open)) throw wrong();
  if (open >= 0) {
    dims[open] = 1;
    dims[open] = elements(x.dims) / elements(checkedDims(operation, dims));
    if (!Number.isInteger(dims[open])) throw wrong();
  }
  if (elements(checkedDims(operation, dims)) !== elements(x.dims)) throw wrong();
  return reshaped(x, dims);
};

export const flatten: Operator<'flatten'> = (operation, operands) => {
  const x = required(operation, operands, 0);
  const rank = x.dims.length;
  const axis = operation.axis === rank ? rank : axisOf(operation, operation.axis, rank);
  return reshaped(x, [elements(x.dims.slice(0, axis)), elements(x.dims.slice(axis))]);
};

export const squeeze: Operator<'squeeze'> = (operation, operands) => {
  const x = required(operation, operands, 0);
  const axes = operands[1] ? axesOf(operation, integers(operation, operands, 1), x.dims.length) : null;
  const long = axes?.find((axis) => x.dims[axis] !== 1);
  if (long !== undefined)
    throw malformed(operation, `axis ${long} of [${x.dims}] can't be left out: it has not size 1`);
  return reshaped(
    x,
    x.dims.filter((dim, axis) => (axes ? !axes.includes(axis) : dim !== 1)),
  );
};

export const unsqueeze: Operator<'unsqueeze'> = (operation, operands) => {
  const x = required(operation, operands, 0);
  const given = integers(operation, operands, 1);
  const axes = axesOf(operation, given, x.dims.length + given.length);
  const rest = x.dims.values();
  const dims = Array.from({ length: x.dims.length + axes.length }, (_, axis) =>
    axes.includes(axis) ? 1 : (rest.next().value as number),
  );
  return reshaped(x, checkedDims(operation, dims));
};

export const transpose: Operator<'transpose'> = (operation, operands) => {
  const x = required(operation, operands, 0);
  const perm = axesOf(operation, operation.perm ?? [...x.dims.keys()].reverse(), x.dims.length);
  if (perm.length !== x.dims.length) throw malformed(operation, `perm [${perm}] doesn't fit [${x.dims}]`);
  const strides = stridesOf(x.dims);
  const dims = perm.map((axis) => x.dims[axis]);
  return moved(
    x,
    dims,
    stridedIndices(
      dims,
      perm.map((axis) => strides[axis]),
    ),
  );
};

export const expand: Operator<'expand'> = (operation, operands) => {
  const x = required(operation, operands, 0);
  const dims = broadcastDims(operation, x.dims, integers(operation, operands, 1));
  return moved(x, dims, broadcastIndices(x.dims, dims));
};

export const tile: Operator<'tile'> = (operation, operands) => {
  const x = required(operation, operands, 0);
  const repeats = integers(operation, operands, 1);
  if (repeats.length !== x.dims.length) throw malformed(operation, `repeats [${repeats}] don't fit [${x.dims}]`);
  const dims = checkedDims(
    operation,
    x.dims.map((dim, axis) => dim * repeats[axis]),
  );
  return picked(
    x,
    dims.map((length, axis) => Int32Array.from({ length }, (_, i) => i % x.dims[axis])),
  );
};
