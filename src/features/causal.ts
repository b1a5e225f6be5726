/** What a stream does in place of what only a whole clip has. */
import { MetadataError } from '../errors.js';
import { isMicrofrontend, type Recipe } from './recipe.js';

const PEAK =
  'front end: normalize "peak" divides a clip by its largest sample, which a stream does not know; ' +
  'replace it by { "normalize": "none" } and keep the sound near full scale, or train the model without it';

/** @throws MetadataError for a recipe that can't be streamed, with the remedy */
export function checkCausal(recipe: Recipe): void {
  if (!isMicrofrontend(recipe) && recipe.normalize === 'peak') throw new MetadataError(PEAK);
}

/** Where a stream differs from a clip, or is refused, in sentences for the user. */
export function causalWarnings(recipe: Recipe): string[] {
  if (isMicrofrontend(recipe)) return [];
  const warnings = recipe.normalize === 'peak' ? [PEAK] : [];
  if (recipe.topDb > 0)
    warnings.push(
      `front end: topDb ${recipe.topDb} is below the loudest of a whole clip, which a stream does not know; ` +
        'streams go without it, and quiet bands are then lower than in training',
    );
  return warnings;
}
