import { changesOf } from './candidates.js';
import { changed, type Change } from './change.js';
import { spreadOf, type Matrix } from './matrix.js';
import { nearness, type Nearness } from './nearness.js';
import type { Hearing, Sound } from './sound.js';
import { enoughOf, type Tolerance } from './tolerance.js';

/** A front end that was tried. */
export interface Attempt extends Nearness {
  readonly hearing: Hearing;
  readonly ours: Matrix;
}

/** Of their frames, those that must have a neighbour. */
const MOST_FRAMES = 0.6;
/** Front ends that are tried in all: each costs about as much as its tables, some milliseconds. */
const MOST = 1600;
/** What the score must fall by to count, and for a change to be kept. */
const LEAST_GAIN = 0.01;
/** Of the best change's gain, what another must have to be tried with it. */
const SHARE = 0.5;

/** Tries front ends on one clip and remembers what came out. */
export class Trial {
  readonly theirs: Matrix;
  readonly sound: Sound;
  readonly tolerance: Tolerance;
  readonly #spread: number;
  readonly #tried = new Map<string, Attempt | undefined>();

  constructor(theirs: Matrix, sound: Sound, tolerance: Tolerance) {
    this.theirs = theirs;
    this.sound = sound;
    this.tolerance = tolerance;
    this.#spread = spreadOf(theirs);
  }

  get count(): number {
    return this.#tried.size;
  }

  /** The largest difference that counts as none. */
  enough(recipe: Hearing['recipe']): number {
    return enoughOf(this.tolerance, recipe, this.theirs);
  }

  /** Undefined where the recipe can't be computed, or gives nothing that could be laid beside theirs. */
  of(hearing: Hearing): Attempt | undefined {
    const key = JSON.stringify([hearing.taken, { ...hearing.recipe, preset: '' }]);
    if (!this.#tried.has(key)) this.#tried.set(key, this.#attempt(hearing));
    const attempt = this.#tried.get(key);
    return attempt && { ...attempt, hearing };
  }

  #attempt(hearing: Hearing): Attempt | undefined {
    const ours = this.sound.heardBy(hearing);
    if (!ours || ours.size !== this.theirs.size || ours.frames === 0) return undefined;
    const near = nearness(this.theirs, ours, this.#spread);
    const { length } = near.alignment.theirs;
    return length === 0 || length < MOST_FRAMES * this.theirs.frames ? undefined : { hearing, ours, ...near };
  }
}

/**
 * From the nearest of `starts`, one of a preset, changes field by field what brings the features nearer to theirs. The changes of
 * one recipe that help are also tried together.
 *
 * @returns undefined where no start can be laid beside theirs
 */
export function search(trial: Trial, starts: readonly Hearing[]): Attempt | undefined {
  let best: Attempt | undefined;
  for (const start of nearestStarts(trial, starts)) {
    if (best && (isReached(trial, best) || trial.count > MOST)) break;
    const top = climb(trial, start);
    if (!best || top.score < best.score) best = top;
  }
  return best;
}

/** By turns the nearest as they are, and the nearest after a line a feature: the latter share what is hardest to find. */
function nearestStarts(trial: Trial, starts: readonly Hearing[]): Attempt[] {
  const attempts = starts.map((start) => trial.of(start)).filter((attempt) => attempt !== undefined);
  const byScore = [...attempts].sort((a, b) => a.score - b.score);
  const byShape = [...attempts].sort((a, b) => a.apart - b.apart);
  const chosen = new Map<string, Attempt>();
  for (const attempt of byScore.flatMap((one, i) => [one, byShape[i]])) {
    const { preset, sampleRate } = attempt.hearing.recipe;
    const key = `${preset} ${sampleRate} ${attempt.hearing.taken}`;
    if (!chosen.has(key)) chosen.set(key, attempt);
  }
  return [...chosen.values()];
}

/** To where no change comes nearer, or as many rounds of changes. */
export function climb(trial: Trial, start: Attempt, rounds = Infinity): Attempt {
  let best = start;
  let round = 0;
  for (let gain = true; gain && round++ < rounds && !isReached(trial, best) && trial.count <= MOST;) {
    const top = around(trial, best).reduce((least, one) => (one.score < least.score ? one : least), best);
    gain = top.score < best.score - LEAST_GAIN;
    if (gain) best = top;
  }
  return best;
}

export function isReached(trial: Trial, { alignment, largest, ours, hearing }: Attempt): boolean {
  return alignment.offset === 0 && ours.frames === trial.theirs.frames && largest <= trial.enough(hearing.recipe);
}

/** The nearest that single changes lead to, and what the helpful ones lead to together. */
function around(trial: Trial, from: Attempt): Attempt[] {
  const single: { change: Change; attempt: Attempt }[] = [];
  for (const change of changesOf(from.hearing.recipe)) {
    const attempt = apply(trial, from, change);
    if (!attempt) continue;
    if (isReached(trial, attempt)) return [attempt];
    single.push({ change, attempt });
  }
  single.sort((a, b) => a.attempt.score - b.attempt.score);
  return [...single.slice(0, 1).map(({ attempt }) => attempt), together(trial, from, single)];
}

function together(trial: Trial, from: Attempt, single: readonly { change: Change; attempt: Attempt }[]): Attempt {
  let best = from;
  const settled = new Set<string>();
  for (const { change, attempt } of single) {
    if (from.score - attempt.score < Math.max(LEAST_GAIN, SHARE * (from.score - single[0].attempt.score))) break;
    if (Object.keys(change).some((name) => settled.has(name))) continue;
    const joined = apply(trial, best, change);
    if (!joined || joined.score > best.score - LEAST_GAIN) continue;
    best = joined;
    for (const name of Object.keys(change)) settled.add(name);
  }
  return best;
}

function apply(trial: Trial, { hearing }: Attempt, change: Change): Attempt | undefined {
  const recipe = changed(hearing.recipe, change);
  return recipe && trial.of({ ...hearing, recipe });
}
