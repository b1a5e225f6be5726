/** Front ends without a model. What knows them is loaded when it is first asked for. */
import type { FrontEnd } from './features/front-end.js';
import type { PresetName, Recipe, RecipeOptions } from './features/recipe.js';

/**
 * A front end: features of clips and of streams.
 *
 *     const frontEnd = await loadFrontEnd({ preset: 'kaldi', numMels: 40 });
 *     const { frames, coefficients, data } = frontEnd.features(samples);
 *
 * @param recipe a preset and what differs from it; "mfcc" where none is named
 * @throws MetadataError naming a field that is wrong
 */
export async function loadFrontEnd(recipe: RecipeOptions = {}): Promise<FrontEnd> {
  const [{ FrontEnd }, complete] = await Promise.all([import('./features/front-end.js'), completeRecipe(recipe)]);
  return new FrontEnd(complete);
}

/**
 * Every field of a recipe: those that are not given have the values of its preset.
 *
 * @throws MetadataError naming a field that is wrong
 */
export async function completeRecipe(recipe: RecipeOptions): Promise<Recipe> {
  const { parseRecipe } = await import('./features/parse-recipe.js');
  return parseRecipe(recipe);
}

/** The presets, in the order in which docs/front-ends.md describes them. */
export async function presetNames(): Promise<readonly PresetName[]> {
  const { PRESET_NAMES } = await import('./features/parse-recipe.js');
  return PRESET_NAMES;
}
