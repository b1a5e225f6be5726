import type { Arena } from '../kernels/arena.js';
import { newArena } from '../kernels/embedded.js';
import { causalWarnings, checkCausal } from './causal.js';
import { emptyFeatures, limitedFeatures, normalizedByPeak, streamedFeatures, type Features } from './clip.js';
import type { FeatureStream } from './feature-stream.js';
import type { FrontEndPlan } from './plan.js';
import { PlacedFrontEnd } from './placed-front-end.js';
import { planFrontEnd, tableWarnings } from './plan-front-end.js';
import { featureSize, isMicrofrontend, type Recipe } from './recipe.js';
import { checkSamples } from './samples.js';

export type { Features } from './clip.js';

/** What is suspicious about a complete recipe, and where streams differ from clips, in sentences for its user. */
export function warningsOf(recipe: Recipe): string[] {
  return [...tableWarnings(recipe), ...causalWarnings(recipe)];
}

/** A recipe in memory: its tables, which the streams of many signals share. */
export class FrontEnd {
  readonly recipe: Recipe;
  /** Features that come out at a time. */
  readonly size: number;
  /** Samples from what comes out to what comes out next. */
  readonly hopLength: number;
  readonly #placed: PlacedFrontEnd;

  /**
   * @internal Use `loadFrontEnd`.
   * @param recipe a complete one, of `parseRecipe`
   * @throws MetadataError for a recipe that can't be planned
   */
  constructor(recipe: Recipe, arena: Arena = newArena()) {
    this.recipe = recipe;
    this.size = featureSize(recipe);
    this.hopLength = recipe.hopLength * recipe.stackStride;
    this.#placed = new PlacedFrontEnd(planFrontEnd(recipe), arena);
  }

  /** @internal Its tables and kernel calls, as plain data. */
  get plan(): FrontEndPlan {
    return this.#placed.plan;
  }

  /** What is suspicious about the recipe, and where streams differ from clips, in sentences for its user. */
  get warnings(): readonly string[] {
    return warningsOf(this.recipe);
  }

  /**
   * A new stream of samples.
   *
   * @throws MetadataError for a recipe that only whole clips have: normalize "peak"
   */
  open(): FeatureStream {
    checkCausal(this.recipe);
    return this.#placed.open();
  }

  /**
   * Features of a whole recording, as the original has them: its ends padded, and what depends on all of it done.
   *
   * @param samples mono, at the recipe's sample rate: int16, or floats in [−1, 1)
   * @throws TypeError or InputError for samples that are no sound; InputError where there is not enough memory for the features
   */
  features(samples: Int16Array | Float32Array): Features {
    checkSamples(samples);
    const { recipe } = this;
    const features = emptyFeatures(this.#placed.plan, samples.length);
    if (isMicrofrontend(recipe)) return this.#streamed(samples, features);
    const clip = recipe.normalize === 'peak' ? normalizedByPeak(samples) : samples;
    if (recipe.topDb === 0) return this.#streamed(clip, features);
    const extractor = this.#placed.extractor();
    try {
      limitedFeatures(extractor, this.#placed.plan, recipe, clip, features);
    } finally {
      extractor.close();
    }
    return features;
  }

  #streamed(samples: Int16Array | Float32Array, features: Features): Features {
    const stream = this.#placed.open();
    try {
      streamedFeatures(stream, samples, features);
    } finally {
      stream.close();
    }
    return features;
  }
}
