import { turn } from '../arithmetic.js';

/**
 * Roots of unity and window for dftPowerSpectrum, in the layout of assembly/dft.ts: e^(−2πit/size) [size, 2] f64 | [size] f64.
 *
 * @param window at most `size` values; zeros follow
 */
export function dftTables(window: ArrayLike<number>, size: number): Float64Array {
  const tables = new Float64Array(3 * size);
  for (let t = 0; t < size; t++) {
    const { cos, sin } = turn(-t, size);
    tables[2 * t] = cos;
    tables[2 * t + 1] = sin;
  }
  tables.set(window, 2 * size);
  return tables;
}
