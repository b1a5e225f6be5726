/** A network at the length of its windows, before one is run. */
import { TympanError } from '../errors.js';
import type { Network } from '../model/network.js';
import type { Operators } from '../operators/operator.js';
import { specialize, type Specialization } from '../operators/specialization.js';
import type { Analysis } from './analyze.js';
import { operandsFor } from './open-sizes.js';

export interface WindowShapes {
  /** null where the network does not fit so many frames. */
  readonly shapes: Specialization | null;
  /** Why not. */
  readonly misfit: string | null;
}

export function windowShapes(
  network: Network,
  operators: Operators,
  { inputDims }: Analysis,
  frames: number,
): WindowShapes {
  try {
    return { shapes: specialize(network, operandsFor(network, inputDims, frames), operators), misfit: null };
  } catch (error) {
    if (error instanceof TympanError) return { shapes: null, misfit: error.message };
    throw error;
  }
}
