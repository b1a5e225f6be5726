/** Arithmetic between constants, with ONNX's broadcasting. */
import { stored, stridesOf, type Constant, type Folder } from './constants.js';
import { add, divide, multiply, subtract, type Dim } from './dims.js';
import type { Node } from './node.js';

/** undefined for an absent input. */
export type Operands = readonly (Constant | undefined)[];

/** A node's first output, which is all that the operators of folding.ts have. */
export type Fold = (node: Node, operands: Operands, folder: Folder, opset: number) => Constant;

export const elementwiseFolds: Readonly<Record<string, Fold>> = {
  Add: binary(add),
  Sub: binary(subtract),
  Mul: binary(multiply),
  Div: foldDivide,
  Equal: foldEqual,
  Where: foldWhere,
};

export function first(node: Node, operands: Operands, index = 0): Constant {
  const operand = operands[index];
  if (!operand) throw node.malformed(`input ${index} is missing`);
  return operand;
}

function binary(operator: (a: Dim, b: Dim) => Dim): Fold {
  return (node, operands, folder) => {
    const both = [first(node, operands), first(node, operands, 1)];
    return broadcast(node, both, both[0].type, folder, ([a, b]) => operator(a, b));
  };
}

function foldDivide(node: Node, operands: Operands, folder: Folder, opset: number): Constant {
  const isFloat = first(node, operands).type === 'float';
  return binary((a, b) => (isFloat ? Number(a) / Number(b) : divide(a, b)))(node, operands, folder, opset);
}

function foldEqual(node: Node, operands: Operands, folder: Folder): Constant {
  return broadcast(node, [first(node, operands), first(node, operands, 1)], 'boolean', folder, ([a, b]) => {
    const [known, open] = typeof a === 'string' ? [b, a] : [a, b];
    // A size is at least 1 here: whether it is a number above that, nobody knows yet.
    if (typeof open === 'string' && known !== open && !(Number(known) < 1))
      throw node.unsupported(`it compares ${known} with the open size "${open}"`);
    return Number(a === b);
  });
}

function foldWhere(node: Node, operands: Operands, folder: Folder): Constant {
  const all = [first(node, operands), first(node, operands, 1), first(node, operands, 2)];
  return broadcast(node, all, all[1].type, folder, ([condition, a, b]) => (condition !== 0 ? a : b));
}

function broadcast(
  node: Node,
  operands: readonly Constant[],
  type: Constant['type'],
  folder: Folder,
  operator: (values: Dim[]) => Dim,
): Constant {
  const dims = operands.reduce<readonly Dim[]>((result, operand) => broadcastDims(node, result, operand.dims), []);
  const spread = operands.map((operand) => folder.strided(operand, node.outputs[0], dims, 0, broadcastSteps(operand.dims, dims)));
  return folder.make(node.outputs[0], type, dims, (index) => operator(spread.map(({ data }) => data[index])));
}

export function broadcastDims(node: Node, a: readonly Dim[], b: readonly Dim[]): Dim[] {
  const rank = Math.max(a.length, b.length);
  return Array.from({ length: rank }, (_, axis) => {
    const left = a[axis - rank + a.length] ?? 1;
    const right = b[axis - rank + b.length] ?? 1;
    if (left === 1 || left === right) return right;
    if (right === 1) return left;
    throw node.malformed(`[${a.join(', ')}] and [${b.join(', ')}] don't broadcast`);
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
