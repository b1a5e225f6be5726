import { type Recipe, type RecipeOptions } from '../features/recipe.js';
import { lineOf } from './alignment.js';
import { optionsOf } from './change.js';
import { tell, type FieldChange, type Told } from './changes.js';
import { isFiniteFrame, quantile, spreadOf, transposed, type Matrix } from './matrix.js';
import { relationOf, type Relation } from './relation.js';
import { lineOfRelation, withRelation } from './relation-recipe.js';
import { remainderOf, type Remainder } from './remainder.js';
import { search, type Report } from './search.js';
import type { Hearing, Sound } from './sound.js';
import type { Tolerance } from './tolerance.js';
import { Trial, type Attempt } from './trial.js';

/** Where two arrays of features differ, and why. */
export interface Difference {
  readonly ours: Shape;
  readonly theirs: Shape;
  /** Whether theirs are [size, frames] in their file. */
  readonly transposed: boolean;
  /** Their frames that hold NaN or infinities, which nothing below counts. */
  readonly notFinite: number;
  /** Whether their features never change. */
  readonly constant: boolean;
  readonly equal: boolean;
  /** The largest difference that counts as none. */
  readonly enough: number;
  /** Frame by frame; null where the numbers of features differ. */
  readonly asTheyAre: Remainder | null;
  /** Null where nothing that was tried comes near. */
  readonly explanation: Explanation | null;
  /** Then the recipe that is least far, if most of what theirs do is in it; it is no more than a guess. */
  readonly guess: RecipeOptions | null;
  /** Front ends that were tried. */
  readonly tried: number;
}

interface Shape {
  readonly frames: number;
  readonly size: number;
}

type Searched = 'transposed' | 'explanation' | 'guess' | 'tried';

/** What a search comes to. */
type Searching = Pick<Difference, 'explanation' | 'guess' | 'tried'>;

export interface Explanation extends Pick<Told, 'base'> {
  readonly changes: readonly FieldChange[];
  readonly taken: Hearing['taken'];
  /** What remains to be done with the features then. */
  readonly relation: Relation;
  /** Their frame t is frame t + offset. */
  readonly offset: number;
  /** Frames that the recipe gives. */
  readonly frames: number;
  /** What to write for the recipe, the relation with it. */
  readonly options: RecipeOptions;
  readonly remainder: Remainder;
  /** Whether all that both have agrees. */
  readonly agrees: boolean;
}

/** Of the spread of theirs, the most that may be left for a recipe to be called near. */
const NEAR = 0.03;
/** Of all values, those that may differ by more: a few frames with something else in them. */
const FEW = 0.1;
/** Of a feature's variance, what may be left for a recipe to be worth a guess. */
const GUESSED = 0.1;

/**
 * Compares what `recipe` makes of `sound` with features that another program made of it, and looks for the recipe of theirs.
 *
 * @param theirs [frames, size], or [size, frames], as librosa and torchaudio have it
 * @param report is told how much of a search is done
 * @throws MetadataError for a recipe whose tables can't be made
 */
export function explainDifference(
  recipe: Recipe,
  theirs: Matrix,
  sound: Sound,
  tolerance: Tolerance,
  report: Report = () => {},
): Difference {
  const ours = sound.hear(recipe);
  let tried = 0;
  let first: Difference | undefined;
  for (const oriented of orientations(ours, theirs)) {
    const plain = compare(recipe, ours, oriented, new Trial(oriented, sound, tolerance));
    const isDone = plain.equal || plain.constant || plain.notFinite === oriented.frames;
    const searching = isDone ? NOT_SEARCHED : explain(recipe, new Trial(oriented, sound, tolerance), report);
    tried += searching.tried;
    const difference = { ...plain, ...searching, transposed: oriented !== theirs, tried };
    if (isDone || searching.explanation) return difference;
    if (!first || (!first.guess && searching.guess)) first = difference;
  }
  return { ...first!, tried };
}

/** What can be said without a search. */
function compare(recipe: Recipe, ours: Matrix, theirs: Matrix, trial: Trial): Omit<Difference, Searched> {
  const { frames, size } = theirs;
  const enough = trial.enough(recipe);
  const both = Array.from({ length: Math.min(frames, ours.frames) }, (_, t) => t);
  const alignment = { offset: 0, theirs: both.filter((t) => isFiniteFrame(theirs, t)) };
  const asTheyAre = ours.size === size ? remainderOf(theirs, ours, alignment, enough) : null;
  const notFinite = Array.from({ length: frames }, (_, t) => t).filter((t) => !isFiniteFrame(theirs, t)).length;
  const equal = notFinite === 0 && ours.frames === frames && asTheyAre !== null && asTheyAre.largest <= enough;
  const shapes = { ours: { frames: ours.frames, size: ours.size }, theirs: { frames, size } };
  return { ...shapes, notFinite, constant: spreadOf(theirs) === 0, equal, enough, asTheyAre };
}

/** Frames that are about as many as ours, as a part of them. */
const AS_MANY = 0.1;
/** More features than that are frames, if there is a choice. */
const MOST_FEATURES = 128;

/** Theirs as they are, and turned, where their size does not tell; first that which is likelier. */
function orientations(ours: Matrix, theirs: Matrix): Matrix[] {
  if (theirs.size === ours.size) return [theirs];
  const other = transposed(theirs);
  const { frames, size } = theirs;
  const areMany = (count: number): boolean => Math.abs(count / ours.frames - 1) < AS_MANY;
  const isTurned =
    frames === ours.size || (areMany(frames) ? false : areMany(size) || size > Math.max(frames, MOST_FEATURES));
  return isTurned ? [other, theirs] : [theirs, other];
}

const NOT_SEARCHED: Searching = { explanation: null, guess: null, tried: 0 };

function explain(recipe: Recipe, trial: Trial, report: Report): Searching {
  const { theirs } = trial;
  const { attempt: found, tried } = search(trial, recipe, report);
  if (!found) return { ...NOT_SEARCHED, tried };
  if (!isNear(trial, found)) {
    const guess = isWorthAGuess(theirs, found) ? optionsOf(found.hearing.recipe) : null;
    return { explanation: null, guess, tried };
  }
  const { base, changes, attempt } = tell(trial, recipe, found);
  const relation = relationOf(theirs, attempt, trial.enough(attempt.hearing.recipe));
  const remainder = remainderAfter(trial, attempt, relation);
  const explanation: Explanation = {
    base,
    changes,
    taken: attempt.hearing.taken,
    relation,
    offset: attempt.alignment.offset,
    frames: attempt.ours.frames,
    options: optionsOf(withRelation(attempt.hearing.recipe, relation)),
    remainder,
    agrees: remainder.largest <= trial.enough(attempt.hearing.recipe),
  };
  return { explanation, guess: null, tried };
}

function remainderAfter(trial: Trial, { ours, alignment, hearing }: Attempt, relation: Relation): Remainder {
  return remainderOf(trial.theirs, ours, alignment, trial.enough(hearing.recipe), lineOfRelation(relation));
}

/** Whether little is left anywhere, or in most places nothing. */
function isNear(trial: Trial, attempt: Attempt): boolean {
  const relation = relationOf(trial.theirs, attempt, trial.enough(attempt.hearing.recipe));
  const { largest, part } = remainderAfter(trial, attempt, relation);
  return part < FEW || largest < NEAR * spreadOf(trial.theirs);
}

/** Whether lines through ours explain most of theirs. */
function isWorthAGuess(theirs: Matrix, { ours, alignment }: Attempt): boolean {
  const left = Float64Array.from({ length: theirs.size }, (_, c) => {
    const { variance, residual } = lineOf(theirs, ours, alignment, c);
    return residual / (variance || 1);
  });
  return quantile(left, 0.5) < GUESSED;
}
