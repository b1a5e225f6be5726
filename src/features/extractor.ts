import type { Arena } from '../kernels/arena.js';
import { bindPointer, bindProgram, type Regions } from '../kernels/program.js';
import { execute } from '../kernels/table.js';
import { Framer } from './framer.js';
import type { FrontEndPlan } from './plan.js';

/** Samples in, the features of one frame after another in memory: a plan with the state of one signal. */
export class Extractor {
  readonly framer: Framer;
  /** Indices of floats in the arena; shifted, not divided, so that engines keep them as integers. */
  readonly energies: number;
  readonly features: number;
  readonly #arena: Arena;
  readonly #analysis: Int32Array;
  readonly #cepstrum: Int32Array;
  readonly #whole: Int32Array; // the one after the other
  readonly #state: number;
  readonly #stateBytes: number;

  constructor(plan: FrontEndPlan, arena: Arena, regions: Regions) {
    this.#arena = arena;
    this.#analysis = bindProgram(plan.analysis, regions);
    this.#cepstrum = bindProgram(plan.cepstrum, regions);
    this.#whole = Int32Array.of(...this.#analysis, ...this.#cepstrum);
    this.#state = regions[2];
    this.#stateBytes = plan.stateBytes;
    this.energies = bindPointer(plan.energies, regions) >> 2;
    this.features = bindPointer(plan.features, regions) >> 2;
    this.framer = new Framer(plan.framing, arena, bindPointer(plan.samples, regions) >> 2);
  }

  /** The arena's floats; ask again after anything that may have grown it. */
  get memory(): Float32Array {
    return this.#arena.f32;
  }

  /** The log energies of the frame that is ready, at `energies`. */
  analyse(): void {
    execute(this.#analysis, this.#arena.kernels);
  }

  /** Features of those, at `features`. */
  transform(): void {
    execute(this.#cepstrum, this.#arena.kernels);
  }

  /** The features of the frame that is ready, at `features`. */
  extract(): void {
    execute(this.#whole, this.#arena.kernels);
  }

  reset(): void {
    const start = this.#state >> 2;
    this.#arena.f32.fill(0, start, start + (this.#stateBytes >> 2));
    this.framer.reset();
  }

  /** Gives the state's memory back; the extractor can't be used any more. */
  close(): void {
    this.framer.close();
    this.#arena.release(this.#state, this.#stateBytes);
  }
}
