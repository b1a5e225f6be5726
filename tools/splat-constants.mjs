/**
 * The constants of the compiled kernels, a number on all four lanes, as that number and a splat: 7 bytes instead of 18, a fifth of
 * the module. Binaryen's optimizer folds every such pair, and has no pass back; engines keep both out of loops alike.
 */
import { readFileSync, writeFileSync } from 'node:fs';
import binaryen from 'assemblyscript/binaryen';

const SAME_LANES = /v128\.const i32x4 (0x[0-9a-f]{8}) \1 \1 \1/g;

/** Instructions that put the 32 bits `hex` on four lanes; zero and what is no number stay as they are. */
function splat(instruction, hex) {
  const bits = Int32Array.of(parseInt(hex, 16));
  const [float] = new Float32Array(bits.buffer);
  if (bits[0] === 0 || Number.isNaN(float)) return instruction;
  // Small integers are denormals, and shorter as integers.
  if (Math.abs(bits[0]) < 0x00800000) return `i32.const ${bits[0]}\n i32x4.splat`;
  return `f32.const ${String(float).replace('Infinity', 'inf')}\n f32x4.splat`;
}

/**
 * Rewrites a module.
 *
 * @param {string} text its text, as asc writes it   @param {string} binary where the binary goes
 * @throws Error when what comes out is no valid module
 */
export function splatConstants(text, binary) {
  const module = binaryen.parseText(readFileSync(text, 'utf8').replace(SAME_LANES, splat));
  module.setFeatures(binaryen.Features.All);
  if (!module.validate()) throw new Error(`${text}: invalid with its constants as splats`);
  writeFileSync(binary, module.emitBinary());
  module.dispose();
}
