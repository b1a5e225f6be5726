import { align } from './layout.js';
import type { KernelExports } from './module.js';

/** Those that a program may call; the others are called by the host itself. */
export type KernelName = Exclude<keyof KernelExports, 'memory' | 'packF32' | 'packInt8' | 'resample' | 'decimate'>;

/** A kernel that a program may call: its parameters, pointers first, and the bytes behind each pointer. */
export interface Kernel {
  readonly name: KernelName;
  /** Those that a kernel writes through come last; the constants are shut to them. */
  readonly pointers: readonly string[];
  readonly written: number;
  readonly counts: readonly Count[];
  /** Infinity for counts that the kernel does not take. */
  readonly extents: (...counts: number[]) => number[];
  /** The extents where a table among the constants decides them; asked once `extents` has been found to hold. */
  readonly tableExtents?: (pointers: number[], counts: number[], constants: Uint8Array) => number[];
}

/**
 * A whole number, 0 or more, that is a multiple of something: 1, or what the kernel's loops take at a time; or an index into
 * `choices`.
 */
type Count = readonly [name: string, multipleOf: number, choices?: readonly string[]];

/** Bytes of a vector of `n` floats, which kernels take four at a time. */
export const vectorBytes = (n: number): number => align(4 * n, 16);

/** The code of `unary` for α·x + β, the first of UNARY_FUNCTIONS, where no program calls it; see assembly/unary.ts. */
export const AFFINE = 0;
