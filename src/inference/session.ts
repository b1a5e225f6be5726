import type { Arena } from '../kernels/arena.js';
import { elements, type Operators, type Prepared } from '../operators/operator.js';
import { prepare } from '../operators/specialization.js';
import type { HostLayer } from '../streaming/frame-network.js';
import { Machine, type PreparedLayers } from './machine.js';
import { verifyPlan, type Plan } from './plan.js';

/** A plan in memory: weights and scratch, which its machines share. */
export class Session {
  readonly #constants: number;
  readonly #scratch: number;
  readonly #prepared: PreparedLayers;

  /** @throws RangeError when the plan reaches outside its own regions, or memory does not suffice */
  constructor(
    readonly plan: Plan,
    /** Shared with whoever works on the same streams, such as a front end. */
    readonly arena: Arena,
    operators: Operators,
  ) {
    verifyPlan(plan);
    const layers = [...plan.reset, ...plan.step].flatMap((section): HostLayer[] =>
      section.kind === 'host' ? [section.layer] : [],
    );
    this.#prepared = new Map(layers.map((layer) => [layer, this.#prepare(layer, operators)]));
    this.#constants = arena.place(plan.constants);
    this.#scratch = arena.allocate(plan.scratchBytes);
  }

  /** The operation itself knows how much it writes. */
  #prepare(layer: HostLayer, operators: Operators): Prepared {
    const prepared = prepare(operators, layer.operation, layer.operands);
    layer.outputs.forEach((value, i) => {
      if (value !== null && !(this.plan.ports[value].size >= elements(prepared.outputs[i].dims)))
        throw new RangeError(
          `plan: ${layer.name}: output ${i} is [${prepared.outputs[i].dims}], more than its place holds`,
        );
    });
    return prepared;
  }

  open(): Machine {
    return new Machine(this.plan, this.arena, this.#constants, this.#scratch, this.#prepared);
  }

  /** Gives the memory back, once no machine is open. */
  close(): void {
    this.arena.release(this.#constants, this.plan.constants.byteLength);
    this.arena.release(this.#scratch, this.plan.scratchBytes);
  }
}
