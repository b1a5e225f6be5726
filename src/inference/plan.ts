import { verifyPointer, verifyProgram } from '../kernels/program.js';
import type { Precision } from '../kernels/layout.js';

/** Where a value's `size` floats are. */
export interface Port {
  readonly pointer: number;
  readonly size: number;
}

/**
 * A network ready to run, as plain data: it can be cloned, posted to a worker or an audio worklet, and replayed by any host
 * of the kernels. Regions: `constants` are shared by all streams of a model, scratch too; every stream has its own state.
 */
export interface Plan {
  readonly precision: Precision;
  readonly constants: Uint8Array;
  readonly scratchBytes: number;
  readonly stateBytes: number;
  /** Kernel calls that begin a sequence, after the initial states were written. */
  readonly reset: Int32Array;
  /** Kernel calls of one frame. */
  readonly step: Int32Array;
  /** In the order of `Network.values`. */
  readonly ports: readonly Port[];
  /** Bytes of constants that each layer takes, in the order of `Network.layers`. */
  readonly layerBytes: readonly number[];
}

/**
 * Checks once that no kernel call and no port of the plan reaches outside its regions.
 *
 * @throws RangeError naming the kernel and the argument
 */
export function verifyPlan(plan: Plan): void {
  const regions = [plan.constants.byteLength, plan.scratchBytes, plan.stateBytes] as const;
  verifyProgram(plan.reset, plan.constants, regions);
  verifyProgram(plan.step, plan.constants, regions);
  for (const { pointer, size } of plan.ports) verifyPointer(pointer, 4 * size, regions);
}
