import {
  align,
  ALIGNMENT,
  gruRecurrentBytes,
  gruScratchBytes,
  gruStateBytes,
  matrixBytes,
  paddedRows,
  quantizedBytes,
  spectrumTableFloats,
  spectrumWorkBytes,
  type Precision,
} from './layout.js';
import type { KernelExports } from './module.js';

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

/** A whole number, 0 or more, that is a multiple of something: 1, or what the kernel's loops take at a time. */
type Count = readonly [name: string, multipleOf: number];

export type KernelName = Exclude<keyof KernelExports, 'memory' | 'packF32' | 'packInt8'>;

/** Code of a kernel in a program: its index in KERNELS. */
const enum Code {
  gruF32,
  gruInt8,
  resetGruInt8,
  matvecF32,
  matvecInt8,
  quantize,
  sigmoid,
  tanh,
  relu,
  softmax,
  logSoftmax,
  powerSpectrum,
  logMel,
  copy,
}

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

function elementwise(name: 'sigmoid' | 'tanh' | 'relu' | 'softmax'): Kernel {
  return {
    name,
    pointers: ['x', 'y'],
    written: 1,
    counts: [['n', 1]],
    extents: (n) => [align(4 * n, 16), align(4 * n, 16)],
  };
}

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

/** In the order of Code. */
export const KERNELS: readonly Kernel[] = [
  gru('f32'),
  gru('int8'),
  {
    name: 'resetGruInt8',
    pointers: ['state'],
    written: 1,
    counts: [['hidden', 8]],
    extents: (hidden) => [gruStateBytes('int8', hidden)],
  },
  matvec('f32'),
  matvec('int8'),
  {
    name: 'quantize',
    pointers: ['x', 'quantized'],
    written: 1,
    counts: [['n', 8]],
    extents: (n) => [4 * n, quantizedBytes(n)],
  },
  elementwise('sigmoid'),
  elementwise('tanh'),
  elementwise('relu'),
  elementwise('softmax'),
  {
    name: 'logSoftmax',
    pointers: ['x', 'y', 'scratch'],
    written: 2,
    counts: [['n', 1]],
    extents: (n) => [align(4 * n, 16), align(4 * n, 16), align(4 * n, 16)],
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

/**
 * Runs a bound program. A switch rather than a table of functions: it keeps every call site monomorphic, and a call into
 * WebAssembly then costs nanoseconds.
 */
export function execute(program: Int32Array, k: KernelExports): void {
  const p = program;
  for (let i = 0; i < p.length;) {
    switch (p[i++]) {
      case Code.gruF32:
        k.gruF32(p[i++], p[i++], p[i++], p[i++], p[i++], p[i++], p[i++], p[i++]);
        break;
      case Code.gruInt8:
        k.gruInt8(p[i++], p[i++], p[i++], p[i++], p[i++], p[i++], p[i++], p[i++]);
        break;
      case Code.resetGruInt8:
        k.resetGruInt8(p[i++], p[i++]);
        break;
      case Code.matvecF32:
        k.matvecF32(p[i++], p[i++], p[i++], p[i++], p[i++]);
        break;
      case Code.matvecInt8:
        k.matvecInt8(p[i++], p[i++], p[i++], p[i++], p[i++]);
        break;
      case Code.quantize:
        k.quantize(p[i++], p[i++], p[i++]);
        break;
      case Code.sigmoid:
        k.sigmoid(p[i++], p[i++], p[i++]);
        break;
      case Code.tanh:
        k.tanh(p[i++], p[i++], p[i++]);
        break;
      case Code.relu:
        k.relu(p[i++], p[i++], p[i++]);
        break;
      case Code.softmax:
        k.softmax(p[i++], p[i++], p[i++]);
        break;
      case Code.logSoftmax:
        k.logSoftmax(p[i++], p[i++], p[i++], p[i++]);
        break;
      case Code.powerSpectrum:
        k.powerSpectrum(p[i++], p[i++], p[i++], p[i++], p[i++]);
        break;
      case Code.logMel:
        k.logMel(p[i++], p[i++], p[i++], p[i++]);
        break;
      case Code.copy:
        k.copy(p[i++], p[i++], p[i++], p[i++], p[i++]);
        break;
      default:
        throw new RangeError(`program: word ${i - 1}: got code ${p[i - 1]}, expected 0 to ${KERNELS.length - 1}`);
    }
  }
}
