import { UnsupportedModelError } from '../errors.js';
import type { Arena } from '../kernels/arena.js';
import type { Operators } from '../operators/operator.js';
import { FrameEngine } from './frame-engine.js';
import { hostOperation, type NetworkPlan } from './network-plan.js';
import { Session } from './session.js';
import type { Engine } from './stream.js';

/** What runs a network's plan in a memory. */
export type OpenNetwork = (network: NetworkPlan, arena: Arena) => Engine;

/**
 * Runs what kernels alone can: no operator is needed, and none is carried along.
 *
 * @throws UnsupportedModelError for a network that needs more; RangeError when its plan reaches outside its own regions
 */
export function openKernelNetwork(network: NetworkPlan, arena: Arena): Engine {
  const host = hostOperation(network);
  if (network.kind === 'windows' || host)
    throw new UnsupportedModelError(
      `this network does not run in the kernels alone, because of ${host}; load tympan/worklet/full in place of tympan/worklet`,
    );
  return openFrames(network, arena, {});
}

export function openFrames(
  { plan }: NetworkPlan & { readonly kind: 'frames' },
  arena: Arena,
  operators: Operators,
): Engine {
  return new FrameEngine(new Session(plan, arena, operators));
}
