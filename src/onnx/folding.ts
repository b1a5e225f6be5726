/**
 * Operators over constants: what exporters write to shape, slice and expand the states that a network starts from.
 */
import {
  axisOf,
  axesOf,
  checkDropout,
  flattenedDims,
  rangeOf,
  reshapedDims,
  sliceArguments,
  splitRanges,
} from './arguments.js';
import { replaced, stored, storedCount, stridesOf, withDims, type Constant, type Folder } from './constants.js';
import { divide, maxRank, sizeOf, type Dim } from './dims.js';
import { dataTypes } from './element-types.js';
import {
  broadcastDims,
  broadcastSteps,
  elementwiseFolds,
  optionalOperand,
  requiredOperand,
  type Fold,
  type Operands,
} from './folding-elementwise.js';
import { listed } from './names.js';
import type { Node } from './node.js';

export const folds: Readonly<Record<string, Fold>> = {
  Constant: foldConstant,
  ConstantOfShape: foldConstantOfShape,
  Identity: (node, operands) => requiredOperand(node, operands),
  Dropout: foldDropout,
  Transpose: foldTranspose,
  Reshape: foldReshape,
  Flatten: foldFlatten,
  Squeeze: foldSqueeze,
  Unsqueeze: foldUnsqueeze,
  Concat: foldConcat,
  Slice: foldSlice,
  Split: foldSplit,
  Gather: foldGather,
  Expand: foldExpand,
  Shape: foldShape,
  ...elementwiseFolds,
};

function foldConstant(node: Node): Constant {
  const name = node.outputs[0];
  const value = node.tensor('value');
  if (value) return withDims(value, value.name, value.dims);
  const floats = node.has('value_float') ? [node.float('value_float', 0)] : node.floats('value_floats');
  const ints = node.has('value_int') ? [node.int('value_int', 0)] : node.ints('value_ints');
  const data = floats ?? ints;
  if (!data) throw node.unsupported('it holds neither a tensor nor numbers; text and sparse tensors are not supported');
  const dims = node.has('value_float') || node.has('value_int') ? [] : [data.length];
  if (floats)
    return {
      kind: 'constant',
      name,
      type: 'float',
      elementType: dataTypes.float32,
      dims,
      data: Float32Array.from(floats),
    };
  return { kind: 'constant', name, type: 'integer', elementType: dataTypes.int64, dims, data };
}

function foldConstantOfShape(node: Node, operands: Operands, folder: Folder): Constant {
  const value = node.tensor('value');
  if (value && value.data.length !== 1) throw node.malformed(`its value has ${value.data.length} elements, expected 1`);
  const dims = positiveDims(node, requiredOperand(node, operands));
  return folder.make(node.outputs[0], value?.elementType ?? dataTypes.float32, dims, () => value?.data[0] ?? 0);
}

function foldTranspose(node: Node, operands: Operands, folder: Folder): Constant {
  const operand = requiredOperand(node, operands);
  const rank = operand.dims.length;
  const order = node.ints('perm') ?? operand.dims.map((_, axis) => rank - 1 - axis);
  const axes = axesOf(node, order, rank);
  if (axes.length !== rank) throw node.malformed(`perm [${listed(order)}] does not order ${rank} axes`);
  const strides = stridesOf(operand.dims);
  return folder.strided(
    operand,
    node.outputs[0],
    axes.map((axis) => operand.dims[axis]),
    0,
    axes.map((axis) => strides[axis]),
  );
}

function foldReshape(node: Node, operands: Operands): Constant {
  const operand = requiredOperand(node, operands);
  const dims = reshapedDims(node, requiredOperand(node, operands, 1), operand.dims);
  const inferred = divide(sizeOf(operand.dims), sizeOf(dims.filter((dim) => dim !== -1)));
  const target = dims.map((dim) => (dim === -1 ? inferred : dim));
  if (storedCount(target) !== operand.data.length) {
    throw node.unsupported(`it reshapes a constant of [${listed(operand.dims)}] to [${listed(dims)}]`);
  }
  return withDims(operand, node.outputs[0], target);
}

function foldFlatten(node: Node, operands: Operands): Constant {
  const operand = requiredOperand(node, operands);
  return withDims(operand, node.outputs[0], flattenedDims(node, operand.dims));
}

function foldDropout(node: Node, operands: Operands): Constant {
  checkDropout(node, optionalOperand(node, operands, 2));
  optionalOperand(node, operands, 1);
  return requiredOperand(node, operands);
}

function foldSqueeze(node: Node, operands: Operands): Constant {
  const operand = requiredOperand(node, operands);
  const given = node.ints('axes') ?? optionalOperand(node, operands, 1)?.data;
  const axes = given
    ? axesOf(node, given, operand.dims.length)
    : [...operand.dims.keys()].filter((axis) => operand.dims[axis] === 1);
  for (const axis of axes) {
    if (operand.dims[axis] !== 1) throw node.malformed(`axis ${axis} has size ${operand.dims[axis]}, expected 1`);
  }
  return withDims(
    operand,
    node.outputs[0],
    operand.dims.filter((_, axis) => !axes.includes(axis)),
  );
}

function foldUnsqueeze(node: Node, operands: Operands): Constant {
  const operand = requiredOperand(node, operands);
  const given = node.ints('axes') ?? requiredOperand(node, operands, 1).data;
  const axes = axesOf(node, given, operand.dims.length + given.length);
  const dims = [...operand.dims];
  for (const axis of [...axes].sort((a, b) => a - b)) dims.splice(axis, 0, 1);
  return withDims(operand, node.outputs[0], dims);
}

function foldConcat(node: Node, operands: Operands, folder: Folder): Constant {
  const parts = node.inputs.map((_, index) => requiredOperand(node, operands, index));
  const head = requiredOperand(node, operands);
  const axis = axisOf(node, node.requiredInt('axis'), head.dims.length);
  const isLike = ({ dims, elementType }: Constant) =>
    dims.length === head.dims.length && elementType === head.elementType;
  if (!parts.every((part) => isLike(part) && typeof part.dims[axis] === 'number')) {
    throw node.unsupported('it joins constants of different ranks or types, or along an open size');
  }
  const inner = storedCount(head.dims.slice(axis + 1));
  const rows = parts.map(({ dims }) => stored(dims[axis]) * inner);
  const outer = storedCount(head.dims.slice(0, axis));
  if (parts.some(({ data }, index) => data.length !== outer * rows[index]))
    throw node.malformed('its inputs differ in size');
  const length = parts.reduce((sum, { dims }) => sum + stored(dims[axis]), 0);
  const joined = interleaved(parts, rows, outer);
  return folder.make(
    node.outputs[0],
    head.elementType,
    replaced(head.dims, axis, length),
    () => joined.next().value ?? 0,
  );
}

/** `count` rounds of the next `rows[i]` elements of every part. */
function* interleaved(parts: readonly Constant[], rows: readonly number[], count: number): Generator<Dim, undefined> {
  for (let round = 0; round < count; round++) {
    for (let part = 0; part < parts.length; part++) {
      for (let at = round * rows[part]; at < (round + 1) * rows[part]; at++) yield parts[part].data[at];
    }
  }
}

function foldSlice(node: Node, operands: Operands, folder: Folder, opset: number): Constant {
  let result = requiredOperand(node, operands);
  const operand = (index: number) => optionalOperand(node, operands, index);
  for (const slice of sliceArguments(node, operand, result.dims.length, opset)) {
    const size = result.dims[slice.axis];
    const range = rangeOf(node, slice, size);
    if (range.start === 0 && range.count === size) continue;
    if (typeof size === 'string')
      throw node.unsupported(`it takes a part of axis ${slice.axis}, whose size "${size}" the file leaves open`);
    if (typeof range.start !== 'number')
      throw node.unsupported(`it starts at "${range.start}", which the file leaves open`);
    const strides = stridesOf(result.dims);
    const start = range.start * strides[slice.axis];
    const dims = replaced(result.dims, slice.axis, range.count);
    result = folder.strided(
      result,
      node.outputs[0],
      dims,
      start,
      replaced(strides, slice.axis, range.step * strides[slice.axis]),
    );
  }
  return withDims(result, node.outputs[0], result.dims);
}

function foldSplit(node: Node, operands: Operands, folder: Folder): Constant[] {
  const operand = requiredOperand(node, operands);
  const axis = axisOf(node, node.int('axis', 0), operand.dims.length);
  const given = node.ints('split') ?? optionalOperand(node, operands, 1)?.data;
  const strides = stridesOf(operand.dims);
  return splitRanges(node, given, axis, operand.dims[axis]).map(({ start, count }, index) =>
    folder.strided(operand, node.outputs[index], replaced(operand.dims, axis, count), start * strides[axis], strides),
  );
}

function foldGather(node: Node, operands: Operands, folder: Folder): Constant {
  const operand = requiredOperand(node, operands);
  const indices = requiredOperand(node, operands, 1);
  const axis = axisOf(node, node.int('axis', 0), operand.dims.length);
  const size = operand.dims[axis];
  if (typeof size === 'string')
    throw node.unsupported(`it selects from axis ${axis}, whose size "${size}" the file leaves open`);
  const outer = operand.dims.slice(0, axis);
  const inner = operand.dims.slice(axis + 1);
  const innerCount = storedCount(inner);
  const picked = [...indices.data].map((index) => axisOf(node, index, size));
  return folder.make(node.outputs[0], operand.elementType, [...outer, ...indices.dims, ...inner], (at) => {
    const row = Math.floor(at / innerCount);
    const index = picked[row % picked.length];
    return operand.data[(Math.floor(row / picked.length) * size + index) * innerCount + (at % innerCount)];
  });
}

function foldExpand(node: Node, operands: Operands, folder: Folder): Constant {
  const operand = requiredOperand(node, operands);
  const dims = broadcastDims(node, operand.dims, positiveDims(node, requiredOperand(node, operands, 1)));
  return folder.strided(operand, node.outputs[0], dims, 0, broadcastSteps(operand.dims, dims));
}

function foldShape(node: Node, operands: Operands, folder: Folder): Constant {
  return shapeOf(node, requiredOperand(node, operands).dims, folder);
}

/** Shape of a tensor with `dims`, with the bounds that opset 15 added. */
export function shapeOf(node: Node, dims: readonly Dim[], folder: Folder): Constant {
  const clamp = (at: number) => Math.min(Math.max(at < 0 ? at + dims.length : at, 0), dims.length);
  const sizes = dims.slice(clamp(node.int('start', 0)), clamp(node.int('end', dims.length)));
  return folder.make(node.outputs[0], dataTypes.int64, [sizes.length], (index) => sizes[index]);
}

function positiveDims(node: Node, shape: Constant): Dim[] {
  const dims = [...shape.data];
  const wrong = dims.find((dim) => typeof dim === 'number' && !(Number.isSafeInteger(dim) && dim > 0));
  if (wrong !== undefined || dims.length > maxRank)
    throw node.unsupported(`it makes a tensor of [${dims.slice(0, maxRank).join(', ')}]`);
  return dims;
}
