import { vectorBytes } from '../kernels/kernel.js';
import { ProgramBuilder, RegionBuilder } from '../kernels/program.js';
import { BINARY_FUNCTIONS, UNARY_FUNCTIONS } from '../kernels/table.js';
import { finalScale } from './cepstrum.js';
import { framingOf } from './framing.js';
import type { Context, FrontEndPlan } from './plan.js';
import { isMicrofrontend, type Recipe } from './recipe.js';

/** Deltas, stack, and the scale that comes after deltas. */
function contextOf(recipe: Recipe): Context {
  const { stack, stackStride, mean, scale } = recipe;
  if (isMicrofrontend(recipe) || recipe.deltas === 0) return { deltas: 0, deltaWindow: 0, stack, stackStride };
  const { deltas, deltaWindow } = recipe;
  return {
    deltas,
    deltaWindow,
    stack,
    stackStride,
    mean: mean && Float32Array.from(mean),
    scale: scale && Float32Array.from(scale),
  };
}

/** A front end's plan in the making. */
export class FrontEndBuilder {
  readonly constants = new RegionBuilder('constants');
  readonly scratch = new RegionBuilder('scratch');
  readonly state = new RegionBuilder('state');
  readonly analysis = new ProgramBuilder();
  readonly cepstrum = new ProgramBuilder();
  readonly #recipe: Recipe;

  constructor(recipe: Recipe) {
    this.#recipe = recipe;
  }

  /** Numbers as they are, among the constants, padded as kernels take vectors. */
  floats(values: ArrayLike<number>): number {
    const padded = new Float32Array(vectorBytes(values.length) / 4);
    padded.set(values);
    return this.constants.place(new Uint8Array(padded.buffer));
  }

  /**
   * The last step where there is no DCT that could do it: `from` [count] f32, multiplied with `factor`, in the recipe's output
   * scale, mean and scale.
   *
   * @returns where they are then: `from` where nothing changes
   */
  scale(from: number, count: number, factor: number): number {
    const scales = Array.from({ length: count }, (_, i) => finalScale(this.#recipe, i));
    const factors = Float32Array.from(scales, (scale) => factor * scale.factor);
    const offsets = Float32Array.from(scales, (scale) => scale.offset);
    const isUniform = factors.every((x) => x === factors[0]) && offsets.every((x) => x === offsets[0]);
    if (isUniform && factors[0] === 1 && offsets[0] === 0) return from;
    const to = this.scratch.reserve(vectorBytes(count)); // [count] f32, padded
    if (isUniform) {
      const parameters = this.floats([factors[0], offsets[0]]);
      this.cepstrum.call('unary', from, parameters, to, count, UNARY_FUNCTIONS.indexOf('affine'));
    } else {
      this.cepstrum.call('binary', from, this.floats(factors), to, count, BINARY_FUNCTIONS.indexOf('mul'));
      this.cepstrum.call('binary', to, this.floats(offsets), to, count, BINARY_FUNCTIONS.indexOf('add'));
    }
    return to;
  }

  finish(places: Pick<FrontEndPlan, 'samples' | 'energies' | 'features' | 'numFeatures'>): FrontEndPlan {
    return {
      sampleRate: this.#recipe.sampleRate,
      constants: this.constants.finish(),
      scratchBytes: this.scratch.size,
      stateBytes: this.state.size,
      analysis: this.analysis.finish(),
      cepstrum: this.cepstrum.finish(),
      ...places,
      numMels: this.#recipe.numMels,
      framing: framingOf(this.#recipe),
      context: contextOf(this.#recipe),
    };
  }
}
