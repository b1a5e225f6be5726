import { MetadataError } from '../errors.js';
import { parseRecipe } from '../features/parse-recipe.js';
import type { PresetName, Recipe, RecipeOptions } from '../features/recipe.js';

/** Fields and the values that they get. */
export type Change = Readonly<Record<string, unknown>>;

/** Undefined for what makes no recipe. */
export function parsed(options: Change): Recipe | undefined {
  try {
    return parseRecipe(options);
  } catch (error) {
    if (error instanceof MetadataError) return undefined;
    throw error;
  }
}

/** Undefined where the change does not fit the recipe. A mean and a scale go where the number of features may change. */
export function changed(recipe: Recipe, change: Change): Recipe | undefined {
  const { mean, scale, ...rest } = recipe;
  const isResized = ['numCoefficients', 'numMels', 'deltas', 'dct'].some((name) => name in change);
  return parsed({ ...(isResized ? rest : recipe), ...change });
}

/** Fields whose values differ, `preset` aside. */
export function differing(base: Recipe, recipe: Recipe): string[] {
  const [from, to]: Change[] = [{ ...base }, { ...recipe }];
  const fields = [...new Set([...Object.keys(from), ...Object.keys(to)])];
  return fields.filter((field) => field !== 'preset' && JSON.stringify(from[field]) !== JSON.stringify(to[field]));
}

/** The least to write for a recipe: a preset, and the fields that do not follow from it or from each other. */
export function optionsOf(recipe: Recipe, preset: PresetName = recipe.preset): RecipeOptions {
  return withoutImplied({ preset }, { ...recipe, preset });
}

/** Of `fields` those that `base` does not imply: without a DCT the number of coefficients follows, and what has no meaning. */
export function withoutImplied(base: Change, fields: Change): Change {
  const goal = parsed({ ...base, ...fields });
  const implied = ['numCoefficients', 'lifter', 'energy'];
  const { preset, ...others } = fields;
  let left: Change = others;
  for (const field of [...implied, ...Object.keys(left)]) {
    const { [field]: _, ...rest } = left;
    const without = parsed({ ...base, ...(preset !== undefined && { preset }), ...rest });
    if (goal && without && differing(goal, without).length === 0) left = rest;
  }
  return preset === undefined ? left : { preset, ...left };
}
