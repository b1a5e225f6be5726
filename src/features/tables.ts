import { MetadataError } from '../errors.js';
import { paddedRows, paddedSize, spectrumTableFloats } from '../kernels/layout.js';
import { concatBytes } from '../typed-arrays.js';
import { exp, ln, turn } from '../arithmetic.js';
import type { SpectralRecipe } from './recipe.js';

/** Window, twiddles and untangling factors for powerSpectrum, in the layout of assembly/fft.ts. */
export function spectrumTables({ windowLength, fftSize }: SpectralRecipe): Float32Array {
  const tables = new Float32Array(spectrumTableFloats(fftSize));
  const n = fftSize / 2;
  for (let t = 0; t < windowLength; t++) tables[t] = 0.5 * (0.5 - 0.5 * turn(t, windowLength).cos);
  let at = fftSize;
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
  for (let k = 0; k < n / 2; k++) twiddle(k, 1, fftSize, at + k, at + n / 2 + k);
  return tables;
}

const hertzToMel = (hertz: number): number => (2595 / ln(10)) * ln(1 + hertz / 700);
const melToHertz = (mel: number): number => 700 * (exp((mel * ln(10)) / 2595) - 1);

/**
 * Triangular filters on the bins of a power spectrum, [numMels][fftSize / 2 + 1].
 *
 * @throws MetadataError where a filter is so narrow that it holds no bin: its feature would be constant
 */
export function melFilterbank(recipe: SpectralRecipe): Float64Array[] {
  const { numMels, fftSize, sampleRate, lowFrequency, highFrequency } = recipe;
  const low = hertzToMel(lowFrequency);
  const step = (hertzToMel(highFrequency) - low) / (numMels + 1);
  const edges = Array.from({ length: numMels + 2 }, (_, i) => melToHertz(low + i * step));
  return Array.from({ length: numMels }, (_, filter) => {
    const [left, centre, right] = edges.slice(filter, filter + 3);
    const weights = Float64Array.from({ length: fftSize / 2 + 1 }, (_, k) => {
      const hertz = (k * sampleRate) / fftSize;
      return Math.max(0, Math.min((hertz - left) / (centre - left), (right - hertz) / (right - centre)));
    });
    if (!weights.some((weight) => weight > 0)) {
      throw new MetadataError(
        `front end: filter ${filter} of ${numMels}, ${left.toFixed(0)} to ${right.toFixed(0)} Hz, holds no bin ` +
          `of a ${fftSize}-point spectrum; use fewer numMels, a larger fftSize or a higher lowFrequency`,
      );
    }
    return weights;
  });
}

/** Filters in groups of four, each a run of bins from its first that is not zero, in the layout of assembly/mel.ts. */
export function packFilters(
  filters: readonly Float64Array[],
  floor: number,
): { bytes: Uint8Array; groups: number; powerFloats: number } {
  const groups = Math.ceil(filters.length / 4);
  const blocks: Uint8Array[] = [];
  let powerFloats = 0;
  for (let group = 0; group < groups; group++) {
    const four = [0, 1, 2, 3].map((i) => filters[4 * group + i] ?? new Float64Array(4));
    const first = four.map((filter) =>
      Math.max(
        0,
        filter.findIndex((weight) => weight > 0),
      ),
    );
    const bins = four.map((filter, i) => filter.findLastIndex((weight) => weight > 0) + 1 - first[i]);
    const vectors = Math.max(1, ...bins.map((count) => Math.ceil(count / 4)));
    const block = new Uint8Array(32 + 64 * vectors);
    const view = new DataView(block.buffer);
    first.forEach((bin, i) => view.setUint32(4 * i, 4 * bin, true));
    view.setUint32(16, vectors, true);
    view.setFloat32(20, floor, true);
    for (let vector = 0; vector < vectors; vector++) {
      for (let i = 0; i < 16; i++) {
        const filter = i >> 2;
        view.setFloat32(32 + 64 * vector + 4 * i, four[filter][first[filter] + 4 * vector + (i & 3)] ?? 0, true);
      }
    }
    powerFloats = Math.max(powerFloats, ...first.map((bin) => bin + 4 * vectors));
    blocks.push(block);
  }
  return { bytes: concatBytes(blocks), groups, powerFloats };
}

/** The orthonormal DCT-II with mean and scale folded in, as a product for matvecF32: rows and columns padded, bias behind. */
export function cepstrumMatrix(recipe: SpectralRecipe): { bytes: Uint8Array; rows: number; columns: number } {
  const { numMels, numCoefficients, mean, scale } = recipe;
  const rows = paddedRows(numCoefficients);
  const columns = paddedSize(numMels);
  const packed = new Float32Array(rows * columns + rows);
  for (let c = 0; c < numCoefficients; c++) {
    const norm = Math.sqrt((c === 0 ? 1 : 2) / numMels) * (scale?.[c] ?? 1);
    const block = (c >> 4) * columns * 16;
    for (let j = 0; j < numMels; j++) packed[block + j * 16 + (c & 15)] = norm * turn(c * (2 * j + 1), 4 * numMels).cos;
    packed[rows * columns + c] = -(mean?.[c] ?? 0) * (scale?.[c] ?? 1);
  }
  return { bytes: new Uint8Array(packed.buffer), rows, columns };
}
