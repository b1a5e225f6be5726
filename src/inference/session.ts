import { Arena } from '../kernels/arena.js';
import type { Network } from '../model/network.js';
import { verifyPlan, type Plan } from './plan.js';
import { Stream } from './stream.js';

/** A plan in memory: weights and scratch, which its streams share. */
export class Session {
  readonly network: Network;
  readonly plan: Plan;
  /** Shared with whoever works on the same streams, such as a front end. */
  readonly arena = new Arena();
  readonly #constants: number;
  readonly #scratch: number;

  /** @throws RangeError when the plan reaches outside its own regions, or memory does not suffice */
  constructor(network: Network, plan: Plan) {
    verifyPlan(plan);
    this.network = network;
    this.plan = plan;
    this.#constants = this.arena.place(plan.constants);
    this.#scratch = this.arena.allocate(plan.scratchBytes);
  }

  open(): Stream {
    const state = this.arena.allocate(this.plan.stateBytes);
    return new Stream(this.network, this.plan, this.arena, [this.#constants, this.#scratch, state]);
  }
}
