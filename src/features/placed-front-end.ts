import type { Arena } from '../kernels/arena.js';
import type { Regions } from '../kernels/program.js';
import { Extractor } from './extractor.js';
import { FeatureStream } from './feature-stream.js';
import type { FrontEndPlan } from './plan.js';
import { verifyFrontEndPlan } from './verify-plan.js';

/** A front end's plan in memory: tables and scratch, which the streams of many signals share. It knows no recipe. */
export class PlacedFrontEnd {
  readonly plan: FrontEndPlan;
  readonly #arena: Arena;
  readonly #constants: number;
  readonly #scratch: number;

  /** @throws RangeError when the plan reaches outside its own regions */
  constructor(plan: FrontEndPlan, arena: Arena) {
    verifyFrontEndPlan(plan);
    this.plan = plan;
    this.#arena = arena;
    this.#constants = arena.place(plan.constants);
    this.#scratch = arena.allocate(plan.scratchBytes);
  }

  open(): FeatureStream {
    return new FeatureStream(this.extractor(), this.plan);
  }

  extractor(): Extractor {
    const regions: Regions = [this.#constants, this.#scratch, this.#arena.allocate(this.plan.stateBytes)];
    return new Extractor(this.plan, this.#arena, regions);
  }
}
