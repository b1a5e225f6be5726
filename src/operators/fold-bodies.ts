/** Constants within the bodies of loops and branches, computed as those of the network around them. */
import { bodiesOf, type Network, type Operation } from '../model/network.js';
import { foldNormalizations } from './fold-normalization.js';
import type { Operators } from './operator.js';
import { Budget, foldConstants } from './specialization.js';
import { stepsOf } from './steps.js';

/** The operation with other bodies, in the order of `bodiesOf`. */
export function withBodies(operation: Operation, bodies: readonly Network[]): Operation {
  if (operation.kind === 'if') return { ...operation, thenBranch: bodies[0], elseBranch: bodies[1] };
  return operation.kind === 'loop' || operation.kind === 'scan' ? { ...operation, body: bodies[0] } : operation;
}

/** The network with everything computed in its bodies that no input of theirs reaches. */
export function foldBodies(network: Network, operators: Operators, budget = new Budget()): Network {
  if (network.operations.every((operation) => bodiesOf(operation).length === 0)) return network;
  const fold = (body: Network): Network =>
    foldNormalizations(foldConstants(foldBodies(body, operators, budget), operators, stepsOf, budget));
  const operations = network.operations.map((operation) => withBodies(operation, bodiesOf(operation).map(fold)));
  return { ...network, operations };
}
