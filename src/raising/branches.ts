/** Branches whose condition the file decides: by a constant, or by sizes that it fixes. */
import type { Operation, OperationOf } from '../model/network.js';
import type { Draft } from './draft.js';
import type { FixedSizes } from './fixed-sizes.js';

/** The branch that is taken, in place of both; null where that is known when the network runs. */
export function takenBranch(operation: OperationOf<'if'>, draft: Draft, sizes: FixedSizes | null): Operation[] | null {
  const [condition, ...captured] = operation.inputs;
  const known = draft.constants.get(condition!)?.data[0] ?? sizes?.numberOf(condition!) ?? null;
  if (known === null) return null;
  return draft.inline(known !== 0 ? operation.thenBranch : operation.elseBranch, captured, operation.outputs);
}
