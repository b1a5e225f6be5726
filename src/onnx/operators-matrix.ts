/** Products with weights, and convolutions. */
import type { Window } from '../model/network.js';
import type { Node } from './node.js';
import type { Ids, Translate, Translation } from './translation.js';

const autoPads: Readonly<Record<string, Window['autoPad']>> = {
  NOTSET: 'explicit',
  SAME_UPPER: 'sameUpper',
  SAME_LOWER: 'sameLower',
  VALID: 'valid',
};

export function window(node: Node): Window {
  const autoPad = node.choice('auto_pad', 'NOTSET', autoPads);
  const pads = node.ints('pads');
  if (autoPad !== 'explicit' && pads?.some((pad) => pad !== 0))
    throw node.malformed(`it has pads [${pads}] and an auto_pad, which exclude each other`);
  return {
    kernelShape: node.ints('kernel_shape'),
    strides: node.ints('strides'),
    dilations: node.ints('dilations'),
    pads: autoPad === 'explicit' ? pads : null,
    autoPad,
  };
}

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
  Conv: (node, translation) => ({
    kind: 'convolution',
    ...window(node),
    group: node.int('group', 1),
    ...weighed(node, translation, 2, 1),
  }),
};
