import { vectorBytes, type Kernel } from './kernel.js';
import {
  gruRecurrentBytes,
  gruScratchBytes,
  gruStateBytes,
  lstmScratchBytes,
  lstmStateBytes,
  matrixBytes,
  paddedRows,
  quantizedBytes,
  type Precision,
} from './layout.js';
import { SOUND_KERNELS } from './sound-table.js';

export { execute } from './execute.js';
export type { Kernel, KernelName } from './kernel.js';
export { MEL_LOGS } from './sound-table.js';

/** The functions of `unary` in the order of their codes; what they compute is said in assembly/unary.ts. */
export const UNARY_FUNCTIONS = [
  'affine',
  'elu',
  'hardSigmoid',
  'leakyRelu',
  'relu',
  'scaledTanh',
  'sigmoid',
  'softplus',
  'softsign',
  'tanh',
  'thresholdedRelu',
  'clip',
  'abs',
  'exp',
  'log',
  'neg',
  'sqrt',
  'reciprocal',
] as const;

/** The functions of `binary` in the order of their codes. */
export const BINARY_FUNCTIONS = ['add', 'sub', 'mul', 'div', 'min', 'max'] as const;

function gru(precision: Precision): Kernel {
  return {
    name: precision === 'int8' ? 'gruInt8' : 'gruF32',
    pointers: ['x', 'W', 'R', 'state', 'scratch'],
    written: 2,
    counts: [
      ['input', 8],
      ['hidden', 8],
      ['linearBeforeReset', 1],
    ],
    extents: (input, hidden) => [
      precision === 'int8' ? quantizedBytes(input) : 4 * input,
      matrixBytes(precision, paddedRows(3 * hidden), input),
      gruRecurrentBytes(precision, hidden),
      gruStateBytes(precision, hidden),
      gruScratchBytes(hidden),
    ],
  };
}

function lstm(precision: Precision): Kernel {
  return {
    name: precision === 'int8' ? 'lstmInt8' : 'lstmF32',
    pointers: ['x', 'W', 'R', 'state', 'scratch'],
    written: 2,
    counts: [
      ['input', 8],
      ['hidden', 8],
    ],
    extents: (input, hidden) => [
      precision === 'int8' ? quantizedBytes(input) : 4 * input,
      matrixBytes(precision, 4 * hidden, input),
      matrixBytes(precision, 4 * hidden, hidden),
      lstmStateBytes(precision, hidden),
      lstmScratchBytes(hidden),
    ],
  };
}

function matvec(precision: Precision): Kernel {
  return {
    name: precision === 'int8' ? 'matvecInt8' : 'matvecF32',
    pointers: ['weights', 'x', 'y'],
    written: 1,
    counts: [
      ['rows', 16],
      ['columns', 8],
    ],
    extents: (rows, columns) => [
      matrixBytes(precision, rows, columns),
      precision === 'int8' ? quantizedBytes(columns) : 4 * columns,
      4 * rows,
    ],
  };
}

/** In the order of Code in execute.ts: a program names a kernel by its index here. */
export const KERNELS: readonly Kernel[] = [
  gru('f32'),
  gru('int8'),
  {
    // Of any state with int8 weights, which begins with h whatever follows.
    name: 'resetInt8',
    pointers: ['state'],
    written: 1,
    counts: [['hidden', 8]],
    extents: (hidden) => [gruStateBytes('int8', hidden)],
  },
  lstm('f32'),
  lstm('int8'),
  matvec('f32'),
  matvec('int8'),
  {
    name: 'quantize',
    pointers: ['x', 'quantized'],
    written: 1,
    counts: [['n', 8]],
    extents: (n) => [4 * n, quantizedBytes(n)],
  },
  {
    name: 'unary',
    pointers: ['x', 'parameters', 'y'],
    written: 1,
    counts: [
      ['n', 1],
      ['function', 1, UNARY_FUNCTIONS],
    ],
    extents: (n) => [vectorBytes(n), 16, vectorBytes(n)],
  },
  {
    name: 'binary',
    pointers: ['a', 'b', 'y'],
    written: 1,
    counts: [
      ['n', 1],
      ['function', 1, BINARY_FUNCTIONS],
    ],
    extents: (n) => [vectorBytes(n), vectorBytes(n), vectorBytes(n)],
  },
  {
    name: 'softmax',
    pointers: ['x', 'y'],
    written: 1,
    counts: [['n', 1]],
    extents: (n) => [vectorBytes(n), vectorBytes(n)],
  },
  {
    name: 'logSoftmax',
    pointers: ['x', 'y', 'scratch'],
    written: 2,
    counts: [['n', 1]],
    extents: (n) => [vectorBytes(n), vectorBytes(n), vectorBytes(n)],
  },
  {
    name: 'copy',
    pointers: ['from', 'to'],
    written: 1,
    counts: [
      ['fromOffset', 4],
      ['toOffset', 4],
      ['bytes', 4],
    ],
    extents: (fromOffset, toOffset, bytes) => [fromOffset + bytes, toOffset + bytes],
  },
  ...SOUND_KERNELS,
];
