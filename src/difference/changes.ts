import { parseRecipe, PRESET_NAMES } from '../features/parse-recipe.js';
import { isMicrofrontend, type PresetName, type Recipe } from '../features/recipe.js';
import { differing, optionsOf, parsed, withoutImplied, type Change } from './change.js';
import { relationOf } from './relation.js';
import { type Attempt, type Trial } from './trial.js';

/** A field in which theirs differ from a base. */
export interface FieldChange {
  readonly field: string;
  readonly from: unknown;
  readonly to: unknown;
  /** The largest difference with this field alone as it was; null where the recipe would make no sense. */
  readonly without: number | null;
}

/** Theirs, told from a recipe that is known. */
export interface Told {
  /** The recipe that was given, or a preset. */
  readonly base: 'given' | PresetName;
  readonly changes: readonly FieldChange[];
  readonly attempt: Attempt;
}

/** What a field must make the score worse by to be named: little where the rest agrees, more where all is approximate. */
const MATTERS = { agreeing: 0.02, approximate: 0.1 };
/** Fields that people choose when they call a program; others are how the program computes. */
const CHOSEN = [
  'sampleRate',
  'windowLength',
  'hopLength',
  'fftSize',
  'numMels',
  'lowFrequency',
  'highFrequency',
  'numCoefficients',
  'padding',
  'dct',
];
/** Presets that a recipe may be told from: those that it differs least from. */
const NEAREST_PRESETS = 3;

/** The found recipe from the base that takes the fewest words: what was given, where a preset does not save more than one. */
export function tell(trial: Trial, given: Recipe, found: Attempt): Told {
  const presets = PRESET_NAMES.filter((name) => name !== 'custom')
    .map((name) => ({ name, recipe: parseRecipe({ preset: name }) }))
    .map((one) => ({ ...one, cost: wordsFor(differing(one.recipe, found.hearing.recipe)) }))
    .sort((a, b) => a.cost - b.cost)
    .slice(0, NEAREST_PRESETS);
  let best = tellFrom(trial, 'given', given, found);
  for (const { name, recipe } of presets) {
    const told = tellFrom(trial, name, recipe, found);
    if (costOf(told) + (best.base === 'given' ? 1 : 0) < costOf(best)) best = told;
  }
  return best;
}

const costOf = ({ changes }: Told): number => wordsFor(changes.map(({ field }) => field));

const wordsFor = (fields: readonly string[]): number =>
  fields.reduce((sum, field) => sum + (CHOSEN.includes(field) ? 0.5 : 1), 0);

function tellFrom(trial: Trial, base: Told['base'], recipe: Recipe, found: Attempt): Told {
  const { preset } = recipe;
  const attempt = prune(trial, recipe, renamed(trial, found, preset));
  const to: Change = { ...attempt.hearing.recipe };
  const from: Change = { ...recipe };
  const differ = Object.fromEntries(differing(recipe, attempt.hearing.recipe).map((field) => [field, to[field]]));
  const fields = Object.keys(withoutImplied(base === 'given' ? optionsOf(recipe) : { preset }, differ));
  const changes = fields.map((field) => {
    const without = withFieldsOf(trial, attempt, recipe, [field])?.largest ?? null;
    return { field, from: from[field], to: to[field], without };
  });
  return { base, changes, attempt };
}

/** The same recipe as told from another preset, where it may be. */
function renamed(trial: Trial, found: Attempt, preset: PresetName): Attempt {
  const recipe = parsed({ ...found.hearing.recipe, preset });
  return (recipe && trial.of({ ...found.hearing, recipe })) ?? found;
}

/** Takes back what makes no difference: fields alone, and with another those that have no meaning alone, as padding with its framing. */
function prune(trial: Trial, base: Recipe, found: Attempt): Attempt {
  if (isMicrofrontend(base) !== isMicrofrontend(found.hearing.recipe)) return found;
  let attempt = found;
  const revert = (fields: readonly string[]): boolean => {
    const reverted = withFieldsOf(trial, attempt, base, fields);
    if (!reverted || !isAsGood(trial, reverted, found)) return false;
    attempt = reverted;
    return true;
  };
  for (let again = true; again;) {
    const fields = differing(base, attempt.hearing.recipe);
    const stuck = fields.filter((field) => !withFieldsOf(trial, attempt, base, [field]));
    const pairs = stuck.flatMap((one) => fields.filter((other) => other !== one).map((other) => [one, other]));
    again = [...fields.map((field) => [field]), ...pairs].some(revert);
  }
  return attempt;
}

function isAsGood(trial: Trial, attempt: Attempt, found: Attempt): boolean {
  const effort = effortOf(trial, found);
  if (effort < Infinity) return attempt.ours.frames === found.ours.frames && effortOf(trial, attempt) <= effort;
  const agrees = found.typical <= trial.enough(found.hearing.recipe);
  return attempt.score < found.score + (agrees ? MATTERS.agreeing : MATTERS.approximate);
}

/** What it takes after a recipe until theirs are there: nothing, a line for all features, a mean, a scale each; or more. */
function effortOf(trial: Trial, attempt: Attempt): number {
  const enough = trial.enough(attempt.hearing.recipe);
  const frames = Math.abs(attempt.alignment.offset);
  if (attempt.largest <= enough) return frames;
  const relation = relationOf(trial.theirs, attempt, enough);
  if (relation.kind === 'none') return Infinity;
  const unscaled = relation.kind === 'features' && relation.scale.every((scale) => scale === 1);
  return (relation.kind === 'line' ? 1 : unscaled ? 2 : 3) + 10 * frames;
}

function withFieldsOf(
  trial: Trial,
  { hearing }: Attempt,
  base: Recipe,
  fields: readonly string[],
): Attempt | undefined {
  const values: Change = { ...base };
  const recipe = parsed({ ...hearing.recipe, ...Object.fromEntries(fields.map((field) => [field, values[field]])) });
  return recipe && trial.of({ ...hearing, recipe });
}
