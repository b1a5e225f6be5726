import type { Arena } from '../kernels/arena.js';
import { verifyProgram, type Regions } from '../kernels/program.js';
import { planFrame, type FramePlan } from './frame-plan.js';
import { Framer } from './framer.js';
import type { SpectralRecipe } from './recipe.js';

/** A recipe in memory: its tables, which the framers of many streams share. */
export class FrontEnd {
  readonly recipe: SpectralRecipe;
  readonly #plan: FramePlan;
  readonly #arena: Arena;
  readonly #constants: number;
  readonly #scratch: number;

  /** @throws MetadataError for a filterbank with a filter that holds no bin */
  constructor(recipe: SpectralRecipe, arena: Arena) {
    this.recipe = recipe;
    this.#arena = arena;
    this.#plan = planFrame(recipe);
    const { constants, scratchBytes, stateBytes, program } = this.#plan;
    verifyProgram(program, constants, [constants.byteLength, scratchBytes, stateBytes]);
    this.#constants = arena.place(constants);
    this.#scratch = arena.allocate(scratchBytes);
  }

  /** A new stream of samples. */
  open(): Framer {
    const regions: Regions = [this.#constants, this.#scratch, this.#arena.allocate(this.#plan.stateBytes)];
    return new Framer(this.recipe, this.#plan, this.#arena, regions);
  }
}
