import type { Recipe, SpectralRecipe } from '../features/recipe.js';
import type { Slopes } from './slopes-in.js';

/** Filters that people choose; those between are near enough to be found from these. */
const FILTERS = [20, 24, 26, 32, 40, 64, 80, 128];
/** Fewer features than that are cepstra. */
const FEWEST_BANDS = 8;

/** The recipe with as many cepstra or bands a frame, filters and highest frequencies that people choose. */
export function sizesOf(
  recipe: SpectralRecipe,
  given: Recipe,
  size: number,
  { deltas, deltaWindow }: Slopes,
): SpectralRecipe[] {
  const numCoefficients = size / (1 + deltas);
  if (!Number.isInteger(numCoefficients)) return [];
  const { mean: _mean, scale: _scale, ...plain } = recipe;
  const dct = recipe.dct === 'none' ? 'ortho' : recipe.dct;
  const cepstra = [...new Set([recipe.numMels, given.numMels, ...FILTERS])]
    .filter((numMels) => numMels >= numCoefficients)
    .map((numMels) => ({ ...plain, deltas, deltaWindow, dct, numMels, numCoefficients }));
  const bands = { dct: 'none', lifter: 0, energy: 'none', numMels: numCoefficients, numCoefficients } as const;
  const all = [...cepstra, ...(numCoefficients < FEWEST_BANDS ? [] : [{ ...plain, deltas, deltaWindow, ...bands }])];
  return all.flatMap((one) => highestOf(one, given).map((highFrequency) => ({ ...one, highFrequency })));
}

function highestOf({ sampleRate, melShape, highFrequency, lowFrequency }: SpectralRecipe, given: Recipe): number[] {
  const top = melShape === 'sonopy' ? sampleRate : sampleRate / 2;
  const highest = new Set([highFrequency, top, given.highFrequency]);
  return [...highest].filter((high) => high <= top && high > lowFrequency);
}
