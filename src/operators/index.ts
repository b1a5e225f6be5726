/** Operators by kind: those of nearly every network here, the others in a module of their own that is loaded where one is needed. */
import type { Network, Operation } from '../model/network.js';
import { binary } from './binary.js';
import { cast } from './cast.js';
import { concat, split } from './concat.js';
import { expand, flatten, identity, reshape, squeeze, tile, transpose, unsqueeze } from './layout.js';
import { gemm, matmul } from './matmul.js';
import type { Operators } from './operator.js';
import { recurrent } from './recurrent.js';
import { gather, slice } from './selection.js';
import { constantOfShape, range, shape, size } from './shape.js';
import { foldConstants } from './specialization.js';
import { softmax } from './softmax.js';
import { commonFunctions, unaryWith } from './unary.js';

export const common: Operators = {
  binary,
  cast,
  concat,
  constantOfShape,
  expand,
  flatten,
  gather,
  gemm,
  gru: recurrent,
  identity,
  lstm: recurrent,
  matmul,
  range,
  reshape,
  rnn: recurrent,
  shape,
  size,
  slice,
  softmax,
  split,
  squeeze,
  tile,
  transpose,
  unary: unaryWith(commonFunctions),
  unsqueeze,
};

const isCommon = (operation: Operation): boolean =>
  operation.kind === 'unary' ? operation.function in commonFunctions : operation.kind in common;

/** A network with everything computed that no input reaches, and the operators that it needs, or more. */
export async function simplify(network: Network): Promise<{ network: Network; operators: Operators }> {
  if (network.operations.every(isCommon)) return { network: foldConstants(network, common), operators: common };
  const { foldBodies, foldNormalizations, others, stepsOf } = await import('./others.js');
  const operators = { ...common, ...others };
  const folded = foldConstants(foldBodies(network, operators), operators, stepsOf);
  return { network: foldNormalizations(folded), operators };
}
