import { SPECTRAL_FIELDS } from './fields.js';
import { filterbankWarnings, melFilterbank } from './mel-filterbank.js';
import type { FrontEndPlan } from './plan.js';
import { planMicrofrontend } from './plan-microfrontend.js';
import { planSpectral } from './plan-spectral.js';
import { isMicrofrontend, type Recipe } from './recipe.js';

/**
 * The kernel calls and tables of a recipe.
 *
 * @throws MetadataError for fields of a microfrontend that its tables can't have: see microfrontendTables
 */
export function planFrontEnd(recipe: Recipe): FrontEndPlan {
  return isMicrofrontend(recipe) ? planMicrofrontend(recipe) : planSpectral(recipe);
}

/** Sentences about what is lost by a recipe's tables: filters that hold no bin, samples that the transform leaves out. */
export function tableWarnings(recipe: Recipe): string[] {
  if (isMicrofrontend(recipe)) return [];
  const { preset, windowLength, fftSize } = recipe;
  const warnings = filterbankWarnings(recipe, melFilterbank(recipe));
  // Of Precise it is known, and its models are trained so.
  if (windowLength > fftSize && preset !== 'precise') {
    const { greatest } = SPECTRAL_FIELDS.fftSize;
    const enough = 2 ** Math.ceil(Math.log2(windowLength));
    warnings.push(
      `front end "${preset}": of a window of ${windowLength} samples, the transform takes the first ${fftSize}; use ` +
        (enough <= greatest ? `fftSize ${enough}` : `a windowLength of at most ${greatest}, and fftSize ${greatest}`),
    );
  }
  return warnings;
}
