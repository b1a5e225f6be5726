import {
  align,
  ALIGNMENT,
  gruRecurrentBytes,
  gruScratchBytes,
  gruStateBytes,
  lstmScratchBytes,
  lstmStateBytes,
  matrixBytes,
  paddedRows,
  quantizedBytes,
  spectrumTableFloats,
  spectrumWorkBytes,
  type Precision,
} from './layout.js';
import type { KernelExports } from './module.js';

export { execute } from './execute.js';

/** A kernel that a program may call: its parameters, pointers first, and the bytes behind each pointer. */
export interface Kernel {
  readonly name: KernelName;
  /** Those that a kernel writes through come last; the constants are shut to them. */
  readonly pointers: readonly string[];
  readonly written: number;
  readonly counts: readonly Count[];
  readonly extents: (...counts: number[]) => number[];
  /** The extents where a table among the constants decides them; asked once `extents` has been found to hold. */
  readonly tableExtents?: (pointers: number[], counts: number[], constants: Uint8Array) => number[];
}

/**
 * A whole number, 0 or more, that is a multiple of something: 1, or what the kernel's loops take at a time; or an index into
 * `choices`.
 */
type Count = readonly [name: string, multipleOf: number, choices?: readonly string[]];

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

export type KernelName = Exclude<keyof KernelExports, 'memory' | 'packF32' | 'packInt8'>;

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

/** A vector of `n` floats, which kernels take four at a time. */
const vectorBytes = (n: number): number => align(4 * n, 16);

/** How far the groups of a filterbank, and the power that they read, reach; see assembly/mel.ts. */
function filterExtents(pointers: number[], [groups]: number[], constants: Uint8Array): number[] {
  const view = new DataView(constants.buffer, constants.byteOffset, constants.byteLength);
  const start = pointers[1] & -ALIGNMENT;
  let at = start;
  let powerBytes = 0;
  for (let group = 0; group < groups; group++) {
    if (at + 32 > view.byteLength) return [powerBytes, Infinity, 16 * groups];
    const vectors = view.getUint32(at + 16, true);
    for (let filter = 0; filter < 4; filter++) {
      powerBytes = Math.max(powerBytes, view.getUint32(at + 4 * filter, true) + 16 * vectors);
    }
    at += 32 + 64 * vectors;
  }
  return [powerBytes, at - start, 16 * groups];
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
    name: 'powerSpectrum',
    pointers: ['samples', 'tables', 'work', 'power'],
    written: 2,
    counts: [['size', 64]],
    extents: (size) =>
      Number.isInteger(Math.log2(size))
        ? [4 * size, 4 * spectrumTableFloats(size), spectrumWorkBytes(size), 2 * size + 4]
        : [Infinity, Infinity, Infinity, Infinity],
  },
  {
    name: 'logMel',
    pointers: ['power', 'filters', 'out'],
    written: 1,
    counts: [['groups', 1]],
    extents: (groups) => [0, 32 * groups, 16 * groups],
    tableExtents: filterExtents,
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
];
