import { isMicrofrontend, type Recipe } from '../features/recipe.js';
import { quantile, spreadOf, type Matrix } from './matrix.js';

/** ln x as a multiple of what is taken in its place. */
const UNITS = { ln: 1, log10: Math.LOG10E, db: 10 * Math.LOG10E };

/** How large a difference counts as none. */
export interface Tolerance {
  /** Of natural logarithms of energies. */
  readonly ln: number;
  /** What theirs were rounded by when they were written, in their own units. */
  readonly rounding: number;
}

/** The same in the units of a recipe's features; without a logarithm, a part of the spread of theirs. */
export function enoughOf({ ln, rounding }: Tolerance, recipe: Recipe, theirs: Matrix): number {
  const { outputScale, scale } = recipe;
  const scales = Float64Array.from(scale ?? [1], Math.abs);
  const unit = logUnit(recipe);
  const size = unit === undefined ? spreadOf(theirs) : unit * Math.abs(outputScale) * quantile(scales, 0.5);
  return Math.max(ln * size, rounding);
}

function logUnit(recipe: Recipe): number | undefined {
  if (isMicrofrontend(recipe)) return recipe.log ? 2 ** recipe.logScaleShift : undefined;
  return recipe.log === 'none' ? undefined : UNITS[recipe.log];
}
