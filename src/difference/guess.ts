import { frameCount, framingOf } from '../features/framing.js';
import { lineOf } from './alignment.js';
import type { Recipe } from '../features/recipe.js';
import { spreadOf, type Matrix } from './matrix.js';
import { frameMissing, nearness } from './nearness.js';
import { Sketcher, type Placed } from './sketch.js';
import type { Spectrograph } from './spectra.js';
import type { Sound } from './sound.js';
import { enoughOf, type Tolerance } from './tolerance.js';

/** A recipe that was tried on some frames. */
export interface Guess extends Placed {
  /** What the search makes smaller, and the part of it that scales and offsets of features have no share in. */
  readonly score: number;
  readonly apart: number;
  /** Whether half of the frames agree, and whether all do. */
  readonly agreesMostly: boolean;
  readonly agrees: boolean;
}

/** What is known of theirs, and of where they come from. */
export interface Comparison {
  readonly theirs: Matrix;
  readonly sound: Sound;
  readonly tolerance: Tolerance;
}

/** Added to the part of a variance that a line leaves: less is equal. */
const EQUAL = 1e-7;

/** Compares recipes with theirs on some frames. */
export class Guesser {
  readonly comparison: Comparison;
  readonly #frames: readonly number[];
  readonly #sketcher: Sketcher;
  /** The first columns of these frames. */
  readonly #parts = new Map<number, { matrix: Matrix; spread: number }>();
  #count = 0;

  /** @param frames of theirs */
  constructor(comparison: Comparison, frames: readonly number[], spectrograph: Spectrograph) {
    this.comparison = comparison;
    this.#frames = frames;
    this.#sketcher = new Sketcher(comparison.sound, frames, spectrograph);
  }

  /** Recipes that were tried. */
  get count(): number {
    return this.#count;
  }

  /** The mean logarithm of what lines leave of each feature's variance; C0 is left out, which energies may replace. */
  shape(placed: Placed): number {
    const ours = this.#sketch(placed);
    if (!ours) return Infinity;
    const { matrix } = this.#part(ours.size);
    const first = placed.recipe.dct !== 'none' && ours.size > 2 ? 1 : 0;
    let sum = 0;
    for (let c = first; c < ours.size; c++) {
      const { variance, residual } = lineOf(matrix, ours, this.#alignment, c);
      sum += variance > 0 ? Math.log10(residual / variance + EQUAL) : 0;
    }
    return sum / (ours.size - first);
  }

  guess(placed: Placed): Guess | undefined {
    const ours = this.#sketch(placed);
    if (!ours) return undefined;
    const { sound, theirs, tolerance } = this.comparison;
    const { matrix, spread } = this.#part(ours.size);
    const { recipe, taken, offset } = placed;
    const near = nearness(matrix, ours, spread, this.#alignment);
    const samples = sound.samplesFor(placed)!.length;
    const missing = frameMissing(offset, framesOf(placed, samples) !== theirs.frames);
    const enough = enoughOf(tolerance, recipe, matrix);
    return {
      ...{ recipe, taken, offset },
      score: near.score + missing,
      apart: near.apart + missing,
      agreesMostly: near.typical <= enough,
      agrees: near.largest <= enough,
    };
  }

  get #alignment(): { offset: number; theirs: readonly number[] } {
    return { offset: 0, theirs: this.#frames.map((_, i) => i) };
  }

  #sketch(placed: Placed): Matrix | undefined {
    this.#count++;
    const data = this.#sketcher.sketch(placed);
    return data && { frames: this.#frames.length, size: placed.recipe.numCoefficients, data };
  }

  #part(size: number): { matrix: Matrix; spread: number } {
    const known = this.#parts.get(size);
    if (known) return known;
    const { data, size: columns } = this.comparison.theirs;
    const part = new Float64Array(this.#frames.length * size); // [frames, size]
    this.#frames.forEach((t, i) => part.set(data.subarray(t * columns, t * columns + size), i * size));
    const matrix = { frames: this.#frames.length, size, data: part };
    const made = { matrix, spread: spreadOf(matrix) };
    this.#parts.set(size, made);
    return made;
  }
}

/** Vectors of features of a clip. */
export function framesOf({ recipe }: { readonly recipe: Recipe }, samples: number): number {
  return Math.floor((frameCount(framingOf(recipe), samples) - recipe.stack) / recipe.stackStride) + 1;
}
