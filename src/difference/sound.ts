import { MetadataError } from '../errors.js';
import { FrontEnd } from '../features/front-end.js';
import type { Recipe } from '../features/recipe.js';
import { newArena } from '../kernels/embedded.js';
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
  readonly #peaks = new Map<Float32Array, number>();
  #arena = newArena();
  #used = 0;

  /**
   * @param sampleRate of the clip itself, in Hz
   * @param versions samples in [−1, 1) by sample rate, that of the clip among them
   */
  constructor(sampleRate: number, versions: ReadonlyMap<number, Float32Array>) {
    this.sampleRate = sampleRate;
    this.#versions = versions;
  }

  /** Whether the clip is there at `sampleRate`, in Hz. */
  has(sampleRate: number): boolean {
    return this.#versions.has(sampleRate);
  }

  /** Samples that a recipe is given; undefined where the clip is not there at its rate. */
  samplesFor({ recipe, taken }: Hearing): Float32Array | undefined {
    return this.#versions.get(taken === 'resampled' ? recipe.sampleRate : this.sampleRate);
  }

  /** The largest sample of one version, 1 where that is 0: as `normalizedByPeak` has it. */
  peakOf(samples: Float32Array): number {
    const known = this.#peaks.get(samples);
    if (known !== undefined) return known;
    const peak = samples.reduce((largest, x) => Math.max(largest, x), -Infinity) || 1;
    this.#peaks.set(samples, peak);
    return peak;
  }

  /** The clip at its own rate. */
  get samples(): Float32Array {
    return this.#versions.get(this.sampleRate) ?? new Float32Array(0);
  }

  /** @throws MetadataError for a recipe whose tables can't be made, or another rate than the clip is there at */
  hear(recipe: Recipe): Matrix {
    const samples = this.#versions.get(recipe.sampleRate);
    if (!samples) throw new MetadataError(`front end: sampleRate: the sound is not there at ${recipe.sampleRate} Hz`);
    const { frames, coefficients, data } = new FrontEnd(recipe).features(samples);
    return { frames, size: coefficients, data };
  }

  /** Undefined where the recipe's tables can't be made, or the clip is not there at its rate. */
  heardBy(hearing: Hearing): Matrix | undefined {
    const { recipe } = hearing;
    const samples = this.samplesFor(hearing);
    if (!samples) return undefined;
    if (this.#used++ % SHARING === 0) this.#arena = newArena();
    try {
      const { frames, coefficients, data } = new FrontEnd(recipe, this.#arena).features(samples);
      return { frames, size: coefficients, data };
    } catch (error) {
      if (error instanceof MetadataError) return undefined;
      throw error;
    }
  }
}
