/** Operators that few recurrent networks have. */
import { argReduce } from './arg-reduce.js';
import { branches } from './branches.js';
import { clip } from './clip.js';
import { convolution } from './convolution.js';
import { fakeQuantize } from './fake-quantize.js';
import { convolutionInteger, matmulInteger } from './integer-products.js';
import { loop } from './loop.js';
import { batchNormalization, instanceNormalization, layerNormalization } from './normalization.js';
import type { Operators } from './operator.js';
import { pad } from './pad.js';
import { globalPool, pool } from './pooling.js';
import { dequantizeLinear, dynamicQuantizeLinear, quantizeLinear } from './quantize.js';
import { unaryFunctions } from './rare-functions.js';
import { reduce } from './reduce.js';
import { reverseSequence } from './reverse-sequence.js';
import { scan } from './scan.js';
import { unaryWith } from './unary.js';
import { where } from './where.js';

export { foldBodies } from './fold-bodies.js';
export { foldNormalizations } from './fold-normalization.js';
export { stepsOf } from './steps.js';

export const others: Operators = {
  argReduce,
  batchNormalization,
  clip,
  convolution,
  convolutionInteger,
  dequantizeLinear,
  dynamicQuantizeLinear,
  fakeQuantize,
  globalPool,
  if: branches,
  instanceNormalization,
  layerNormalization,
  loop,
  matmulInteger,
  pad,
  pool,
  quantizeLinear,
  reduce,
  reverseSequence,
  scan,
  unary: unaryWith(unaryFunctions),
  where,
};
