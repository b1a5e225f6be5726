import { ln, turn } from '../arithmetic.js';
import { paddedRows, paddedSize } from '../kernels/layout.js';
import { isMicrofrontend, type Recipe, type SpectralRecipe } from './recipe.js';

/** What a number is multiplied with, and what is then added. */
interface Affine {
  readonly factor: number;
  readonly offset: number;
}

/** What the logarithm of `log` is of ln. */
export function logFactor(log: SpectralRecipe['log']): number {
  return log === 'db' ? 10 / ln(10) : log === 'log10' ? 1 / ln(10) : 1;
}

/**
 * What happens to feature `index` of a frame at the end: output scale and offset, then mean and scale, unless deltas come
 * between.
 */
export function finalScale(recipe: Recipe, index: number): Affine {
  const { outputScale, outputOffset } = recipe;
  const apart = !isMicrofrontend(recipe) && recipe.deltas > 0;
  const mean = (apart ? undefined : recipe.mean?.[index]) ?? 0;
  const scale = (apart ? undefined : recipe.scale?.[index]) ?? 1;
  return { factor: outputScale * scale, offset: (outputOffset - mean) * scale };
}

/** What row c of the DCT-II is multiplied with. */
function rowFactor({ dct, numMels, lifter, log }: SpectralRecipe, c: number): number {
  const norm = Math.sqrt((c === 0 && dct === 'ortho' ? 1 : 2) / numMels);
  const lift = lifter === 0 ? 1 : 1 + (lifter / 2) * turn(c, 2 * lifter).sin;
  return norm * lift * logFactor(log);
}

/**
 * The DCT-II of ln energies with lifter, scales and offsets in it, as a product for matvecF32: rows and columns padded, bias
 * behind. Where `energy` replaces cepstrum 0, it is in the column behind the filters.
 */
export function cepstrumMatrix(recipe: SpectralRecipe): { bytes: Uint8Array; rows: number; columns: number } {
  const { numMels, numCoefficients, energy } = recipe;
  const rows = paddedRows(numCoefficients);
  const columns = paddedSize(numMels + (energy === 'none' ? 0 : 1));
  const packed = new Float32Array(rows * columns + rows); // [rows / 16, columns, 16] | [rows]
  for (let c = 0; c < numCoefficients; c++) {
    const { factor, offset } = finalScale(recipe, c);
    const row = (c >> 4) * columns * 16 + (c & 15);
    if (c === 0 && energy !== 'none') packed[row + numMels * 16] = factor;
    else {
      const norm = rowFactor(recipe, c) * factor;
      for (let j = 0; j < numMels; j++) packed[row + j * 16] = norm * turn(c * (2 * j + 1), 4 * numMels).cos;
    }
    packed[rows * columns + c] = offset;
  }
  return { bytes: new Uint8Array(packed.buffer), rows, columns };
}
