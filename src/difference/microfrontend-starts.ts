import { parseRecipe } from '../features/parse-recipe.js';
import { isMicrofrontend, type MicrofrontendRecipe, type Recipe } from '../features/recipe.js';
import { commonHops } from './candidates.js';
import { changed } from './change.js';
import { framesOf } from './guess.js';
import type { Hearing, Sound } from './sound.js';

/** Frames that a count may be off by. */
const NEAR = 4;

/** Their size is all that is known of the array at first. */
interface Shape {
  readonly frames: number;
  readonly size: number;
}

/** The preset and what was given, with as many filters as theirs have features, at hops that give about as many frames. */
export function microfrontendStarts(given: Recipe, sound: Sound, { frames, size }: Shape): Hearing[] {
  const recipes = [given, parseRecipe({ preset: 'microfrontend' })].filter(isMicrofrontend);
  return recipes.flatMap((recipe) => {
    const taken = 'resampled' as const;
    const samples = sound.samplesFor({ recipe, taken })?.length ?? 0;
    const hops = [...new Set([recipe.hopLength, ...commonHops(recipe.sampleRate)])];
    const { mean: _mean, scale: _scale, ...rest } = recipe;
    return hops
      .map((hopLength) => changed(rest, { hopLength, numMels: size / recipe.stack }))
      .filter((one): one is MicrofrontendRecipe => one !== undefined && isMicrofrontend(one))
      .filter((one) => Math.abs(framesOf({ recipe: one }, samples) - frames) <= NEAR)
      .map((one) => ({ recipe: one, taken }));
  });
}
