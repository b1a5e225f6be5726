import { exp, ln, turn } from '../arithmetic.js';
import type { SpectralRecipe } from './recipe.js';

/** a − (1 − a)·cos(2πt / period) */
const raisedCosine = (a: number, t: number, period: number): number => a - (1 - a) * turn(t, period).cos;

/** x^power, x ≥ 0. */
const power = (x: number, exponent: number): number => (x > 0 ? exp(exponent * ln(x)) : 0);

/** Value t of a window of `length` samples. */
function windowAt(window: SpectralRecipe['window'], t: number, length: number): number {
  switch (window) {
    case 'hann':
      return raisedCosine(0.5, t, length);
    case 'hann-symmetric':
      return raisedCosine(0.5, t, length - 1);
    case 'hamming':
      return raisedCosine(0.54, t, length);
    case 'hamming-symmetric':
      return raisedCosine(0.54, t, length - 1);
    case 'povey':
      return power(raisedCosine(0.5, t, length - 1), 0.85);
    case 'rectangular':
      return 1;
  }
}

/**
 * What the samples of a frame are multiplied with before the transform, [fftSize]: the window, with the scale of samples and of
 * the spectrum in it. Framing "uncentred" has it in the middle of the frame, every other at its start; it may be cut.
 */
export function windowTable(recipe: SpectralRecipe): Float64Array {
  const { window, windowLength, fftSize, framing, sampleScale, spectrumScale } = recipe;
  const scale = (sampleScale === 'int16' ? 32768 : 1) / (spectrumScale === 'fftSize' ? Math.sqrt(fftSize) : 1);
  const start = framing === 'uncentred' ? Math.floor((fftSize - windowLength) / 2) : 0;
  const table = new Float64Array(fftSize);
  for (let t = 0; t < windowLength && start + t < fftSize; t++)
    table[start + t] = scale * windowAt(window, t, windowLength);
  return table;
}
