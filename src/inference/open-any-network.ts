import { common } from '../operators/index.js';
import { others } from '../operators/others.js';
import type { Arena } from '../kernels/arena.js';
import { compileGates } from './gates.js';
import type { NetworkPlan } from './network-plan.js';
import { openFrames } from './open-network.js';
import { Runner } from './runner.js';
import type { Engine } from './stream.js';
import { WindowEngine } from './window-engine.js';

const OPERATORS = { ...common, ...others };

/** Runs any network, with all operators at hand. */
export function openAnyNetwork(network: NetworkPlan, arena: Arena): Engine {
  if (network.kind === 'frames') return openFrames(network, arena, OPERATORS);
  const { precision, windows } = network;
  return new WindowEngine(new Runner(network.network, OPERATORS, precision, arena, compileGates), windows);
}
