import type { Network } from '../model/network.js';
import type { Operators } from '../operators/operator.js';

export function raiseLoops(network: Network, _operators: Operators): Network {
  return network;
}
