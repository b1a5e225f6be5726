/** Branches and loops that are left: they run on what is no sequence of frames. */
import { hasRecurrence, type OperationOf } from '../model/network.js';
import type { Rule } from './rules.js';
import { NotStreamable } from './timing.js';

type WithBodies = 'if' | 'loop' | 'scan';

export const lowerBodies: Rule<WithBodies> = (operation: OperationOf<WithBodies>, lowering, pointwise) => {
  for (const index of operation.inputs.keys()) {
    const axis = lowering.frameOf(operation, index)?.axis ?? null;
    if (axis !== null)
      throw new NotStreamable(
        operation.kind === 'if'
          ? 'its branches take whole sequences'
          : 'it loops over whole sequences, and is no layer',
      );
  }
  if (hasRecurrence(operation))
    throw new NotStreamable('a recurrent layer within it takes kernels, which a frame does not');
  pointwise();
};
