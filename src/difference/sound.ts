import { MetadataError } from '../errors.js';
import { FrontEnd } from '../features/front-end.js';
import type { Recipe } from '../features/recipe.js';
import { Arena } from '../kernels/arena.js';
import type { Matrix } from './matrix.js';

/** A recipe, and how it is given the sound: at its own rate, or as if it had that rate, which librosa supposes. */
export interface Hearing {
  readonly recipe: Recipe;
  readonly taken: 'resampled' | 'as it is';
}

/** Front ends that share a memory; then a new one begins, and the old one can go. */
const SHARING = 50;

/** A clip at several sample rates, and what front ends make of it. */
export class Sound {
  readonly sampleRate: number;
  readonly #versions: ReadonlyMap<number, Float32Array>;
  #arena = new Arena();
  #used = 0;

  /**
   * @param sampleRate of the clip itself, in Hz
   * @param versions samples in [−1, 1) by sample rate, that of the clip among them
   */
  constructor(sampleRate: number, versions: ReadonlyMap<number, Float32Array>) {
    this.sampleRate = sampleRate;
    this.#versions = versions;
  }

  /** Samples that a recipe is given; 0 where the clip is not there at its rate. */
  lengthFor({ recipe, taken }: Hearing): number {
    return this.#versions.get(taken === 'resampled' ? recipe.sampleRate : this.sampleRate)?.length ?? 0;
  }

  /** Of the clip. */
  get seconds(): number {
    return (this.#versions.get(this.sampleRate)?.length ?? 0) / this.sampleRate;
  }

  /** @throws MetadataError for a recipe whose tables can't be made, or another rate than the clip is there at */
  hear(recipe: Recipe): Matrix {
    const samples = this.#versions.get(recipe.sampleRate);
    if (!samples) throw new MetadataError(`front end: sampleRate: the sound is not there at ${recipe.sampleRate} Hz`);
    const { frames, coefficients, data } = new FrontEnd(recipe).features(samples);
    return { frames, size: coefficients, data };
  }

  /** Undefined where the recipe's tables can't be made, or the clip is not there at its rate. */
  heardBy({ recipe, taken }: Hearing): Matrix | undefined {
    const samples = this.#versions.get(taken === 'resampled' ? recipe.sampleRate : this.sampleRate);
    if (!samples) return undefined;
    if (this.#used++ % SHARING === 0) this.#arena = new Arena();
    try {
      const { frames, coefficients, data } = new FrontEnd(recipe, this.#arena).features(samples);
      return { frames, size: coefficients, data };
    } catch (error) {
      if (error instanceof MetadataError) return undefined;
      throw error;
    }
  }

  /** The same clip, cut at `seconds`. */
  first(seconds: number): Sound {
    const cut = [...this.#versions].map(
      ([rate, samples]) => [rate, samples.subarray(0, Math.round(seconds * rate))] as const,
    );
    return new Sound(this.sampleRate, new Map(cut));
  }
}
