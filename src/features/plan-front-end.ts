import { filterbankWarnings, melFilterbank } from './mel-filterbank.js';
import type { FrontEndPlan } from './plan.js';
import { planSpectral } from './plan-spectral.js';
import { isMicrofrontend, type Recipe } from './recipe.js';

/**
 * The kernel calls and tables of a recipe.
 *
 * @throws MetadataError for fields with which the microfrontend would shift by a negative number
 */
export function planFrontEnd(recipe: Recipe): FrontEndPlan {
  if (isMicrofrontend(recipe)) throw new RangeError('front end "microfrontend": its kernel is not there yet');
  return planSpectral(recipe);
}

/** Sentences about what is lost by a recipe's tables: filters that hold no bin, samples that the transform leaves out. */
export function tableWarnings(recipe: Recipe): string[] {
  if (isMicrofrontend(recipe)) return [];
  const { preset, windowLength, fftSize } = recipe;
  const warnings = filterbankWarnings(recipe, melFilterbank(recipe));
  // Of Precise it is known, and its models are trained so.
  if (windowLength > fftSize && preset !== 'precise') {
    warnings.push(
      `front end "${preset}": of a window of ${windowLength} samples, the transform takes the first ${fftSize}; ` +
        `use fftSize ${2 ** Math.ceil(Math.log2(windowLength))}`,
    );
  }
  return warnings;
}
