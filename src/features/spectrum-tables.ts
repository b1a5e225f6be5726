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
  let at = 0;
  /** e^(−2πip/m), the imaginary part `apart` floats behind the real one. */
  const twiddle = (p: number, m: number, apart: number): void => {
    const { cos, sin } = turn(-p, m);
    tables[at] = cos;
    tables[at + apart] = sin;
    at++;
  };
  for (let p = 0; p < n / 4; p += 4) {
    for (let quarter = 0; quarter < 4; quarter++)
      for (let t = 0; t < 8; t++) tables[at++] = 0.5 * window[(quarter * size) / 4 + 2 * p + t];
    for (let power = 1; power <= 3; power++, at += 4) for (let i = 0; i < 4; i++) twiddle((p + i) * power, n, 4);
  }
  for (let m = n / 4; m > 4; m /= 4) {
    for (let p = 0; p < m / 4; p++) for (let power = 1; power <= 3; power++, at++) twiddle(p * power, m, 1);
  }
  for (let k = 0; k < n / 2; k += 4, at += 4) for (let i = 0; i < 4; i++) twiddle(k + i, size, 4);
  return tables;
}
