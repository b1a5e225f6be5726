/** Operands whose element type an operator has a rule for. */
import type { ElementType, Operation } from '../model/network.js';
import { malformed, required, type Operand } from './operator.js';

export const FLOAT: readonly ElementType[] = ['float'];
export const BOOLEAN: readonly ElementType[] = ['boolean'];
export const NUMERIC: readonly ElementType[] = ['float', 'integer'];
export const ANY: readonly ElementType[] = ['float', 'integer', 'boolean'];

/** @throws ModelFormatError when it is absent, or of another type than those */
export function typedOperand(
  operation: Operation,
  operands: readonly (Operand | null)[],
  index: number,
  types: readonly ElementType[],
): Operand {
  const operand = required(operation, operands, index);
  if (types.includes(operand.type)) return operand;
  const what = 'function' in operation ? `${operation.function}: ` : '';
  throw malformed(operation, `${what}input ${index} is ${operand.type}, expected ${types.join(' or ')}; cast it`);
}
