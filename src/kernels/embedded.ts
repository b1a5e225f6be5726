/** The kernels that are embedded as text, so that there is no file to serve. An audio worklet is given their bytes instead. */
import { Arena } from './arena.js';
import { KERNELS_HEX } from './binary.js';
import { compileKernels } from './module.js';

/** The WebAssembly module. */
export function kernelBytes(): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(KERNELS_HEX.length / 2);
  for (let at = 0; at < bytes.length; at++) bytes[at] = parseInt(KERNELS_HEX.slice(2 * at, 2 * at + 2), 16);
  return bytes;
}

let compiled: WebAssembly.Module | undefined;

/**
 * A memory with kernels of its own; they are compiled once.
 *
 * @throws Error where the engine has no WebAssembly SIMD
 */
export function newArena(): Arena {
  compiled ??= compileKernels(kernelBytes());
  return new Arena(compiled);
}
