import type { Recipe } from '../features/recipe.js';
import type { Relation } from './relation.js';

/** The relation as a line a feature. */
export function lineOfRelation(relation: Relation): (feature: number) => { factor: number; shift: number } {
  if (relation.kind === 'none') return () => ({ factor: 1, shift: 0 });
  if (relation.kind === 'line') return () => relation;
  const { mean, scale } = relation;
  return (c) => ({ factor: scale[c], shift: -mean[c] * scale[c] });
}

/**
 * The recipe that does the relation too. A mean over the clip is no part of a recipe, and features that a recipe normalizes
 * already are left as they are.
 */
export function withRelation(recipe: Recipe, relation: Relation): Recipe {
  if (relation.kind === 'none' || recipe.mean || recipe.scale) return recipe;
  if (relation.kind === 'line') {
    const { factor, shift } = relation;
    const outputScale = rounded(recipe.outputScale * factor);
    return { ...recipe, outputScale, outputOffset: rounded(recipe.outputOffset * factor + shift) };
  }
  if (relation.over !== null || recipe.stack > 1) return recipe;
  return { ...recipe, mean: relation.mean, scale: relation.scale };
}

/** Six digits: a line through single precision has no more. */
const rounded = (value: number): number => (Math.abs(value) < 1e-6 ? 0 : Number(value.toPrecision(6)));
