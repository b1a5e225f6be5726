import { microfrontendStarts } from './microfrontend-starts.js';
import { changesOf } from './candidates.js';
import { changed, type Change } from './change.js';
import { climb } from './climb.js';
import { excerptOf } from './excerpt.js';
import { Guesser, type Guess } from './guess.js';
import { Spectrograph } from './spectra.js';
import { relationOf } from './relation.js';
import { nearestScales, nearestStarts, scaleVariants } from './starts.js';
import { spectralStyles } from './styles.js';
import { isReached, type Attempt, type Trial } from './trial.js';
import { featureSize, type Recipe, type SpectralRecipe } from '../features/recipe.js';

/** Starts that are climbed from, and the tops of which the whole front end is asked. */
const CLIMBED = 4;
const TOPS = 3;
/** Parts of the time after which the starts are known, and the tops. */
const STARTED = 0.5;
const TOPPED = 0.9;
/** What the score must fall by for a change to be kept. */
const LEAST_GAIN = 0.01;
/** What only whole clips tell: their ends, floors that many frames are at, deltas. */
const WHOLE_CLIP = ['framing', 'padding', 'topDb', 'floorKind', 'logFloor', 'deltaWindow', 'normalize', 'hopLength'];
const WHOLE_CLIP_STEPS = 3;
/** Where half of the frames differ by more than as many times what counts as nothing, there is more to find than that. */
const ALMOST = 10;
/** Steps of a front end that has a state, and can't be tried on single frames. */
const STATEFUL_STEPS = 4;
/** Steps from the recipe that was given, where nothing else was found. */
const GIVEN_STEPS = 3;

/** Told how much of a search is done, 0 to 1, as far as that can be foreseen. */
export type Report = (part: number) => void;

/** What was found, and how many recipes were tried. */
export interface Found {
  readonly attempt: Attempt | undefined;
  readonly tried: number;
}

/**
 * Looks for the recipe of theirs: by loud frames first, which floors leave alone, from what people call with the parameters that
 * they choose; then by all sorts of frames; then by the whole clip, which decides.
 */
export function search(trial: Trial, given: Recipe, report: Report): Found {
  const { theirs, sound } = trial;
  const spectrograph = new Spectrograph();
  const excerpt = excerptOf(theirs, sound.samples);
  const few = new Guesser(trial, excerpt.few, spectrograph);
  const loud = new Guesser(trial, excerpt.loud, spectrograph);
  const mixed = new Guesser(trial, excerpt.mixed, spectrograph);
  let best: Attempt | undefined;
  const keep = (attempt: Attempt | undefined): void => {
    if (attempt && (!best || attempt.score < best.score)) best = attempt;
  };
  const starts = nearestStarts(few, given, (part) => report(STARTED * part)).slice(0, CLIMBED);
  for (const guess of topsOf(loud, mixed, starts, spectralStyles(given), report)) {
    keep(trial.of(guess));
    if (best && isReached(trial, best)) break;
  }
  if (best && isAlmost(trial, best)) keep(climbWhole(trial, best, WHOLE_CLIP_STEPS, WHOLE_CLIP));
  if (!best || best.typical > ALMOST * trial.enough(best.hearing.recipe)) keep(nearestMicrofrontend(trial, given));
  if (!best || !isExplained(trial, best)) {
    const near = nearGiven(trial, given);
    if (near && isExplained(trial, near)) best = near;
    else keep(near);
  }
  return { attempt: best, tried: few.count + loud.count + mixed.count + trial.count };
}

/** Whether nothing is left, or nothing but a line through all features or one a feature. */
function isExplained(trial: Trial, attempt: Attempt): boolean {
  const enough = trial.enough(attempt.hearing.recipe);
  return attempt.largest <= enough || relationOf(trial.theirs, attempt, enough).kind !== 'none';
}

/** What a few changes make of the recipe that was given, frames elsewhere and features normalized among what it may differ by. */
function nearGiven(trial: Trial, given: Recipe): Attempt | undefined {
  const size = trial.theirs.size / given.stack;
  const bands = { dct: 'none', numMels: size, numCoefficients: size, lifter: 0, energy: 'none', deltas: 0 } as const;
  // As it is, or where its features are not as many: with theirs as cepstra, and as bands.
  const sized =
    featureSize(given) === trial.theirs.size ? [{}] : [{ numCoefficients: size, deltas: 0 as const }, bands];
  const starts = sized
    .map((fields) => changed(given, fields))
    .map((recipe) => recipe && trial.of({ recipe, taken: 'resampled' }))
    .filter((attempt) => attempt !== undefined)
    .sort((a, b) => a.score - b.score);
  return starts.length === 0 ? undefined : climbWhole(trial, starts[0], GIVEN_STEPS);
}

/** The nearest tops, the nearest first, by all sorts of frames. */
function topsOf(
  loud: Guesser,
  mixed: Guesser,
  starts: readonly Guess[],
  styles: readonly SpectralRecipe[],
  report: Report,
): Guess[] {
  const tops: Guess[] = [];
  for (const [i, start] of starts.entries()) {
    report(STARTED + ((TOPPED - STARTED) * i) / starts.length);
    const from = loud.guess(start);
    if (!from) continue;
    const top = climbAndScale(loud, from, styles);
    const guess = mixed.guess(top);
    if (!guess) continue;
    const further = top.agreesMostly ? climb(mixed, guess) : guess;
    tops.push(further);
    if (further.agreesMostly) break;
  }
  return tops.sort((a, b) => a.score - b.score).slice(0, TOPS);
}

/** Scales that fields together make are far from each other: those of presets, once the shape is found. */
function climbAndScale(guesser: Guesser, start: Guess, styles: readonly SpectralRecipe[]): Guess {
  const top = climb(guesser, start);
  if (top.agrees) return top;
  const [scaled] = nearestScales(guesser, [top], styles.flatMap(scaleVariants));
  return scaled && scaled.score < top.score ? climb(guesser, scaled) : top;
}

/** Whether frames agree, but not all. */
function isAlmost(trial: Trial, best: Attempt): boolean {
  const most = ALMOST * trial.enough(best.hearing.recipe);
  return best.typical < most && (best.largest > most || best.ours.frames !== trial.theirs.frames);
}

function nearestMicrofrontend(trial: Trial, given: Recipe): Attempt | undefined {
  const attempts = microfrontendStarts(given, trial.sound, trial.theirs)
    .map((start) => trial.of(start))
    .filter((attempt) => attempt !== undefined)
    .sort((a, b) => a.score - b.score);
  return attempts.length === 0 ? undefined : climbWhole(trial, attempts[0], STATEFUL_STEPS);
}

/** Changes of single fields, by the whole clip. */
function climbWhole(trial: Trial, start: Attempt, steps: number, fields?: readonly string[]): Attempt {
  let best = start;
  for (let step = 0; step < steps && !isReached(trial, best); step++) {
    const from = best;
    for (const change of changesOf(from.hearing.recipe)) {
      if (fields && !Object.keys(change).every((field) => fields.includes(field))) continue;
      const attempt = withChange(trial, from, change);
      if (attempt && attempt.score < best.score - LEAST_GAIN) best = attempt;
    }
    if (best === from) break;
  }
  return best;
}

function withChange(trial: Trial, { hearing }: Attempt, change: Change): Attempt | undefined {
  const recipe = changed(hearing.recipe, change);
  return recipe && trial.of({ ...hearing, recipe });
}
