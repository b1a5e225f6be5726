/** Operations that only move elements, whatever the elements are. */
import type { Numbers, Operation } from '../model/network.js';
import { elements, type Operand, type Operators } from '../operators/operator.js';
import { prepare } from '../operators/specialization.js';

/** Whether an input is what is moved; others say where to. */
export const isMoved = ({ kind }: Operation, index: number): boolean => index === 0 || kind === 'concat';

/**
 * Numbers that stand for elements, moved as an operation moves these.
 *
 * @param numbers by input; of those that say where to, null for what `operands` know
 */
export function moved(
  operation: Operation,
  operands: readonly (Operand | null)[],
  numbers: readonly (Numbers | null)[],
  operators: Operators,
): Float64Array[] {
  const prepared = prepare(operators, operation, operands);
  const outputs = prepared.outputs.map(({ dims }) => new Float64Array(elements(dims)));
  prepared.compute(
    numbers.map((own, index) => own ?? operands[index]?.data ?? null),
    outputs,
  );
  return outputs;
}
