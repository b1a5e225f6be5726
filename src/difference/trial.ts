import { spreadOf, type Matrix } from './matrix.js';
import { nearness, type Nearness } from './nearness.js';
import type { Hearing, Sound } from './sound.js';
import { enoughOf, type Tolerance } from './tolerance.js';

/** A front end that was tried on the whole clip. */
export interface Attempt extends Nearness {
  readonly hearing: Hearing;
  readonly ours: Matrix;
}

/** Of their frames, those that must have a neighbour. */
const MOST_FRAMES = 0.6;

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

export function isReached(trial: Trial, { alignment, largest, ours, hearing }: Attempt): boolean {
  return alignment.offset === 0 && ours.frames === trial.theirs.frames && largest <= trial.enough(hearing.recipe);
}
