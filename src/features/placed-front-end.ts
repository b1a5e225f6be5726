import type { Arena } from '../kernels/arena.js';
import { verifyPointer, verifyProgram, type Regions } from '../kernels/program.js';
import { Extractor } from './extractor.js';
import { FeatureStream } from './feature-stream.js';
import type { FrontEndPlan } from './plan.js';

/** A front end's plan in memory: tables and scratch, which the streams of many signals share. It knows no recipe. */
export class PlacedFrontEnd {
  readonly plan: FrontEndPlan;
  readonly #arena: Arena;
  readonly #constants: number;
  readonly #scratch: number;

  /** @throws RangeError when the plan reaches outside its own regions */
  constructor(plan: FrontEndPlan, arena: Arena) {
    const { constants, scratchBytes, stateBytes, analysis, cepstrum, samples, framing } = plan;
    const regions: Regions = [constants.byteLength, scratchBytes, stateBytes];
    verifyProgram(analysis, constants, regions);
    verifyProgram(cepstrum, constants, regions);
    verifyPointer(samples, 4 * (framing.history + framing.room), regions, 'front end: samples');
    this.plan = plan;
    this.#arena = arena;
    this.#constants = arena.place(constants);
    this.#scratch = arena.allocate(scratchBytes);
  }

  open(): FeatureStream {
    return new FeatureStream(this.extractor(), this.plan);
  }

  extractor(): Extractor {
    const regions: Regions = [this.#constants, this.#scratch, this.#arena.allocate(this.plan.stateBytes)];
    return new Extractor(this.plan, this.#arena, regions);
  }
}
