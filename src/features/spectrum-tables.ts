import { turn } from '../arithmetic.js';
import { spectrumTableFloats } from '../kernels/layout.js';

/**
 * Window, twiddles and untangling factors for powerSpectrum, in the layout of assembly/fft.ts.
 *
 * @param window [size], a power of two, 64 or more
 */
export function spectrumTables(window: Float64Array): Float32Array {
  const size = window.length;
  const tables = new Float32Array(spectrumTableFloats(size));
  const n = size / 2;
  for (let t = 0; t < size; t++) tables[t] = 0.5 * window[t];
  let at = size;
  const twiddle = (p: number, power: number, m: number, re: number, im: number): void => {
    const { cos, sin } = turn(-p * power, m);
    tables[re] = cos;
    tables[im] = sin;
  };
  const quarter = n / 4;
  for (let p = 0; p < quarter; p++) {
    for (let power = 1; power <= 3; power++) {
      const re = at + (2 * power - 2) * quarter + p;
      twiddle(p, power, n, re, re + quarter);
    }
  }
  at += 6 * quarter;
  for (let m = n / 4; m > 4; m /= 4) {
    for (let p = 0; p < m / 4; p++, at += 6) {
      for (let power = 1; power <= 3; power++) twiddle(p, power, m, at + 2 * power - 2, at + 2 * power - 1);
    }
  }
  for (let k = 0; k < n / 2; k++) twiddle(k, 1, size, at + k, at + n / 2 + k);
  return tables;
}
