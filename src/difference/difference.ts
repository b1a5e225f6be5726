import { type Recipe, type RecipeOptions } from '../features/recipe.js';
import { lineOf } from './alignment.js';
import { optionsOf } from './change.js';
import { tell, type FieldChange, type Told } from './changes.js';
import { isFiniteFrame, quantile, spreadOf, transposed, type Matrix } from './matrix.js';
import { relationOf, type Relation } from './relation.js';
import { lineOfRelation, withRelation } from './relation-recipe.js';
import { remainderOf, type Remainder } from './remainder.js';
import { climb, isReached, search, Trial, type Attempt } from './search.js';
import type { Hearing, Sound } from './sound.js';
import { startsOf, type Shape } from './starts.js';
import type { Tolerance } from './tolerance.js';

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
  /** Front ends that were tried. */
  readonly tried: number;
}

type Searched = 'transposed' | 'explanation' | 'tried';

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

/** Seconds of a clip that are searched; the whole is compared in the end. */
const SEARCHED = 4;
/** Seconds of a clip all of which is gone through once more. */
const FINISHED = 15;
/** What a score is better by that turns an array. */
const CLEARLY = 3;
/** What may be left of a feature's variance for a recipe to be called near. */
const NEAR = 0.02;

/**
 * Compares what `recipe` makes of `sound` with features that another program made of it, and looks for the recipe of theirs.
 *
 * @param theirs [frames, size], or [size, frames], as librosa and torchaudio have it
 * @throws MetadataError for a recipe whose tables can't be made
 */
export function explainDifference(recipe: Recipe, theirs: Matrix, sound: Sound, tolerance: Tolerance): Difference {
  const ours = sound.hear(recipe);
  let tried = 0;
  let first: Difference | undefined;
  for (const oriented of orientations(recipe, ours, theirs, sound, tolerance)) {
    const plain = compare(recipe, ours, oriented, new Trial(oriented, sound, tolerance));
    const isDone = plain.equal || plain.constant || plain.notFinite === oriented.frames;
    const [explanation, count] = isDone ? [null, 0] : explain(recipe, oriented, sound, tolerance);
    tried += count;
    const difference = { ...plain, transposed: oriented !== theirs, explanation, tried };
    if (isDone || explanation) return difference;
    first ??= difference;
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

/** Theirs as they are, and turned, where their size does not tell; first that which a start comes nearer to. */
function orientations(recipe: Recipe, ours: Matrix, theirs: Matrix, sound: Sound, tolerance: Tolerance): Matrix[] {
  if (theirs.size === ours.size) return [theirs];
  const other = transposed(theirs);
  const [asIs, asTurned] = [theirs, other].map((matrix) => {
    const trial = new Trial(matrix, sound, tolerance);
    const scores = startsOf(recipe, sound, matrix).map((start) => trial.of(start)?.score ?? Infinity);
    return Math.min(Infinity, ...scores);
  });
  return asTurned < asIs - CLEARLY ? [other, theirs] : [theirs, other];
}

function explain(
  recipe: Recipe,
  theirs: Matrix,
  sound: Sound,
  tolerance: Tolerance,
): [explanation: Explanation | null, tried: number] {
  const trial = new Trial(theirs, sound, tolerance);
  const [found, tried] = find(trial, recipe);
  if (!found) return [null, tried];
  const { base, changes, attempt } = tell(trial, recipe, found);
  const enough = trial.enough(attempt.hearing.recipe);
  const relation = relationOf(theirs, attempt, enough);
  if (relation.kind === 'none' && !isNear(theirs, attempt)) return [null, tried];
  const remainder = remainderOf(theirs, attempt.ours, attempt.alignment, enough, lineOfRelation(relation));
  const { taken } = attempt.hearing;
  const explanation: Explanation = {
    base,
    changes,
    taken,
    relation,
    offset: attempt.alignment.offset,
    frames: attempt.ours.frames,
    options: optionsOf(withRelation(attempt.hearing.recipe, relation)),
    remainder,
    agrees: remainder.largest <= enough,
  };
  return [explanation, tried];
}

/** Of a long clip the beginning is searched; then what only the whole can tell, as topDb. */
function find(trial: Trial, recipe: Recipe): [found: Attempt | undefined, tried: number] {
  const { theirs, sound, tolerance } = trial;
  const starts = startsOf(recipe, sound, theirs);
  if (sound.seconds <= SEARCHED) return [search(trial, starts), trial.count];
  const known = starts.map((start) => trial.of(start)).find((start) => start && isReached(trial, start));
  if (known) return [known, trial.count];
  const part = cut(theirs, sound);
  const trialOfPart = new Trial(part.theirs, part.sound, tolerance);
  const found = search(trialOfPart, starts);
  const whole = found && trial.of(found.hearing);
  const best = whole && sound.seconds <= FINISHED ? climb(trial, whole, 1) : whole;
  return [best, trial.count + trialOfPart.count];
}

/** The beginning of a long clip, and the frames that lie in it. */
function cut(theirs: Matrix, sound: Sound): { theirs: Matrix; sound: Sound } {
  const { seconds } = sound;
  if (seconds <= SEARCHED) return { theirs, sound };
  const frames = Math.floor((theirs.frames * SEARCHED) / seconds);
  return {
    theirs: { ...theirs, frames, data: theirs.data.subarray(0, frames * theirs.size) },
    sound: sound.first(SEARCHED),
  };
}

/** Whether most features of theirs are ours but for a small part of their variance. */
function isNear(theirs: Matrix, { ours, alignment }: Attempt): boolean {
  const left = Float64Array.from({ length: theirs.size }, (_, c) => {
    const { variance } = lineOf(theirs, ours, alignment, c);
    let squares = 0;
    for (const t of alignment.theirs)
      squares += (theirs.data[t * theirs.size + c] - ours.data[(t + alignment.offset) * theirs.size + c]) ** 2;
    return squares / alignment.theirs.length / (variance || 1);
  });
  return quantile(left, 0.5) < NEAR;
}
