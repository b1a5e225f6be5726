/** What exporters and quantizers spell with many operators, as the layers that they mean. */
import type { Network } from '../model/network.js';
import { stepsOf } from '../operators/others.js';
import { Budget, foldConstants } from '../operators/specialization.js';
import type { Operators } from '../operators/operator.js';
import { raiseLoops } from './loops.js';
import { raiseQuantization } from './quantization.js';

/**
 * The network without branches that are known, without loops that are layers, and with weights of 8 bits as weights.
 *
 * @param isExact whether activations of 8 bits stay what they are in the file; otherwise only their range does
 */
export function raise(network: Network, operators: Operators, isExact: boolean): Network {
  const budget = new Budget();
  const folded = (own: Network) => foldConstants(own, operators, stepsOf, budget);
  const plain = (own: Network) => folded(raiseQuantization(folded(own), isExact));
  const search = {
    operators,
    fold: plain,
    isExact,
    budget: new Budget(),
    refused: new Set<string>(),
    doubtful: new Set<string>(),
  };
  return plain(raiseLoops(plain(network), search));
}
