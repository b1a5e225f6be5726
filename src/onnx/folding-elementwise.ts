/** Arithmetic between constants, with ONNX's broadcasting, and Cast: what computes numbers, where folding.ts moves them. */
import { stored, stridesOf, withDims, type Constant, type Folder } from './constants.js';
import { add, divide, multiply, subtract, type Dim } from './dims.js';
import { dataTypes, elementTypeName, elementTypeOf } from './element-types.js';
import { listed } from './names.js';
import type { Node } from './node.js';

/** undefined for an absent input. */
export type Operands = readonly (Constant | undefined)[];

/** A node's outputs from the first on; later ones may be left out, and are refused when something reads them. */
export type Fold = (node: Node, operands: Operands, folder: Folder, opset: number) => Constant | readonly Constant[];

export const elementwiseFolds: Readonly<Record<string, Fold>> = {
  Add: binary(add),
  Sub: binary(subtract),
  Mul: binary(multiply),
  Div: foldDivide,
  Equal: foldEqual,
  Where: foldWhere,
  Relu: unary((value) => Math.max(value, 0)),
  Sigmoid: unary((value) => 1 / (1 + Math.exp(-value))),
  Tanh: unary(Math.tanh),
  Cast: foldCast,
};

/** Marks the input as read. */
export function optionalOperand(node: Node, operands: Operands, index: number): Constant | undefined {
  return node.input(index) ? operands[index] : undefined;
}

export function requiredOperand(node: Node, operands: Operands, index = 0): Constant {
  const operand = optionalOperand(node, operands, index);
  if (!operand) throw node.malformed(`input ${index} is missing`);
  return operand;
}

/** Both numbers of an operator that computes: of one type, and not a float whose every result ONNX rounds to another than float32. */
function pairOf(node: Node, operands: Operands): [Constant, Constant] {
  const pair: [Constant, Constant] = [requiredOperand(node, operands), requiredOperand(node, operands, 1)];
  const [a, b] = pair.map(({ elementType }) => elementType);
  if (a !== b) throw node.malformed(`it takes ${elementTypeName(a)} and ${elementTypeName(b)}, expected one type`);
  requireFloat32(node, pair[0]);
  return pair;
}

function requireFloat32(node: Node, { type, elementType }: Constant): void {
  if (type === 'float' && elementType !== dataTypes.float32)
    throw node.unsupported(
      `it computes with ${elementTypeName(elementType)} constants, expected float32; compute them before exporting`,
    );
}

function binary(operator: (a: Dim, b: Dim) => Dim): Fold {
  return (node, operands, folder) => {
    const pair = pairOf(node, operands);
    const { elementType } = pair[0];
    return broadcast(node, pair, elementType, folder, ([a, b]) => fitting(node, operator(a, b), elementType));
  };
}

function foldDivide(node: Node, operands: Operands, folder: Folder, opset: number): Constant | readonly Constant[] {
  const isFloat = requiredOperand(node, operands).type === 'float';
  return binary((a, b) => (isFloat ? Number(a) / Number(b) : divide(a, b)))(node, operands, folder, opset);
}

function unary(operator: (value: number) => number): Fold {
  return (node, operands, folder) => {
    const operand = requiredOperand(node, operands);
    if (operand.type !== 'float')
      throw node.unsupported(`it takes ${elementTypeName(operand.elementType)}, expected float32`);
    requireFloat32(node, operand);
    return folder.make(node.outputs[0], operand.elementType, operand.dims, (index) =>
      operator(Number(operand.data[index])),
    );
  };
}

/** An integer that its type can't hold would wrap around, which no network means. */
function fitting(node: Node, value: Dim, elementType: number): Dim {
  const range = elementTypeOf(elementType)?.range;
  // An open size is no larger than memory; narrower types than int32 are not for sizes.
  const fits =
    typeof value === 'string' ? range && range[1] >= 2 ** 31 - 1 : range && value >= range[0] && value <= range[1];
  if (range && !fits)
    throw node.unsupported(
      `it makes ${value}, which ${elementTypeName(elementType)} does not hold exactly; compute it before exporting`,
    );
  return value;
}

function foldEqual(node: Node, operands: Operands, folder: Folder): Constant {
  return broadcast(node, pairOf(node, operands), dataTypes.boolean, folder, ([a, b]) => {
    const [known, open] = typeof a === 'string' ? [b, a] : [a, b];
    // A size is at least 1 here: whether it is a number above that, nobody knows yet.
    if (typeof open === 'string' && known !== open && !(Number(known) < 1))
      throw node.unsupported(`it compares ${known} with the open size "${open}"`);
    return Number(a === b);
  });
}

function foldWhere(node: Node, operands: Operands, folder: Folder): Constant {
  const all = [requiredOperand(node, operands), requiredOperand(node, operands, 1), requiredOperand(node, operands, 2)];
  return broadcast(node, all, all[1].elementType, folder, ([condition, a, b]) => (condition !== 0 ? a : b));
}

function foldCast(node: Node, operands: Operands, folder: Folder): Constant {
  const operand = requiredOperand(node, operands);
  const to = node.int('to', 0);
  const type = elementTypeOf(to);
  node.int('saturate', 1);
  node.string('round_mode', 'up');
  if (!type) throw node.unsupported(`it casts to element type ${to}`);
  if (to === operand.elementType) return withDims(operand, node.outputs[0], operand.dims);
  const isFloat64 = operand.elementType === dataTypes.float64;
  if (isFloat64 && to !== dataTypes.float32)
    throw node.unsupported(
      `it casts float64 constants, which are read as float32, to ${type.name}; save them as ${type.name}`,
    );
  return folder.make(node.outputs[0], to, operand.dims, (index) => {
    const value = operand.data[index];
    if (type.holds === 'boolean') return Number(value !== 0);
    if (type.holds === 'integer') return fitting(node, typeof value === 'number' ? Math.trunc(value) : value, to);
    if (typeof value === 'string') throw node.unsupported(`it makes a float of the size "${value}"`);
    return type.round ? type.round(value) : value;
  });
}

function broadcast(
  node: Node,
  operands: readonly Constant[],
  elementType: number,
  folder: Folder,
  operator: (values: Dim[]) => Dim,
): Constant {
  const dims = operands.reduce<readonly Dim[]>((result, operand) => broadcastDims(node, result, operand.dims), []);
  const spread = operands.map((operand) =>
    folder.strided(operand, node.outputs[0], dims, 0, broadcastSteps(operand.dims, dims)),
  );
  return folder.make(node.outputs[0], elementType, dims, (index) => operator(spread.map(({ data }) => data[index])));
}

export function broadcastDims(node: Node, a: readonly Dim[], b: readonly Dim[]): Dim[] {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, axis) => {
    const left = a[axis - rank + a.length] ?? 1;
    const right = b[axis - rank + b.length] ?? 1;
    if (left === 1 || left === right) return right;
    if (right === 1) return left;
    throw node.malformed(`[${listed(a)}] and [${listed(b)}] don't broadcast`);
  });
}

/** 0 along the axes on which one element serves all. */
export function broadcastSteps(from: readonly Dim[], to: readonly Dim[]): number[] {
  const strides = stridesOf(from);
  return to.map((_, axis) => {
    const source = axis - to.length + from.length;
    return source >= 0 && stored(from[source]) > 1 ? strides[source] : 0;
  });
}
