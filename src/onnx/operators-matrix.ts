/** Products with weights. */
import type { Node } from './node.js';
import type { Ids, Translate, Translation } from './translation.js';

/** Inputs of which all but the first are weights, where they are constant. */
export function weighed(
  node: Node,
  translation: Translation,
  required: number,
  optional = 0,
): { readonly inputs: Ids } {
  const inputs = translation.inputs(node, required, optional);
  translation.checkWeights(node, inputs);
  return { inputs };
}

export const matrixOperators: Readonly<Record<string, Translate>> = {
  MatMul: (node, translation) => ({ kind: 'matmul', ...weighed(node, translation, 2) }),
  Gemm: (node, translation) => ({
    kind: 'gemm',
    alpha: node.float('alpha', 1),
    beta: node.float('beta', 1),
    transA: node.flag('transA'),
    transB: node.flag('transB'),
    ...weighed(node, translation, 2, 1),
  }),
};
