/** All operators, by kind. */
import { argReduce } from './arg-reduce.js';
import { binary } from './binary.js';
import { cast } from './cast.js';
import { clip } from './clip.js';
import { concat, split } from './concat.js';
import { convolution } from './convolution.js';
import { expand, flatten, identity, reshape, squeeze, tile, transpose, unsqueeze } from './layout.js';
import { gemm, matmul } from './matmul.js';
import { batchNormalization, instanceNormalization, layerNormalization } from './normalization.js';
import type { Operators } from './operator.js';
import { pad } from './pad.js';
import { globalPool, pool } from './pooling.js';
import { recurrent } from './recurrent.js';
import { reduce } from './reduce.js';
import { gather, slice } from './selection.js';
import { constantOfShape, range, shape, size } from './shape.js';
import { softmax } from './softmax.js';
import { unary } from './unary.js';
import { where } from './where.js';

export const operators: Operators = {
  argReduce,
  batchNormalization,
  binary,
  cast,
  clip,
  concat,
  constantOfShape,
  convolution,
  expand,
  flatten,
  gather,
  gemm,
  globalPool,
  gru: recurrent,
  identity,
  instanceNormalization,
  layerNormalization,
  lstm: recurrent,
  matmul,
  pad,
  pool,
  range,
  reduce,
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
  unary,
  unsqueeze,
  where,
};
