/** What a stream does in place of what only a whole clip has. */
import { MetadataError } from '../errors.js';
import { isMicrofrontend, type Recipe } from './recipe.js';

/** @throws MetadataError for a recipe that can't be streamed, with the remedy */
export function checkCausal(recipe: Recipe): void {
  if (isMicrofrontend(recipe) || recipe.normalize === 'none') return;
  throw new MetadataError(
    'front end: normalize "peak" divides a clip by its largest sample, which a stream does not know; ' +
      'replace it by { "normalize": "none" } and keep the sound near full scale, or train the model without it',
  );
}

/** Where features of a stream differ from those of a clip, in sentences for the user. */
export function causalWarnings(recipe: Recipe): string[] {
  if (isMicrofrontend(recipe) || recipe.topDb === 0) return [];
  return [
    `front end: topDb ${recipe.topDb} is below the loudest of a whole clip, which a stream does not know; ` +
      'streams go without it, and quiet bands are then lower than in training',
  ];
}
