/** A network at the length of its windows, before one is run. */
import { TympanError } from '../errors.js';
import { elementTypeOf, type Network, type ValueId } from '../model/network.js';
import type { Operand, Operators } from '../operators/operator.js';
import { specialize, type Specialization } from '../operators/specialization.js';
import { dimsFor, type Analysis } from './analyze.js';

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
  const dims = dimsFor(inputDims, frames);
  const operands = network.inputs.map(({ value, type }): [ValueId, Operand] => [
    value,
    { type: elementTypeOf(type), dims: dims.get(value)!, data: null },
  ]);
  try {
    return { shapes: specialize(network, new Map(operands), operators), misfit: null };
  } catch (error) {
    if (error instanceof TympanError) return { shapes: null, misfit: error.message };
    throw error;
  }
}
