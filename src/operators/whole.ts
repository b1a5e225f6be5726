import { InputError } from '../errors.js';
import type { OperationOf } from '../model/network.js';
import { whereOf } from './operator.js';

/**
 * A quotient, power or mean of integers: towards zero, as onnxruntime has it.
 * @throws InputError for what is infinite or undefined, as onnxruntime refuses to divide integers by zero
 */
export function whole(operation: OperationOf<'binary' | 'reduce'>, x: number): number {
  if (Number.isFinite(x)) return Math.trunc(x);
  throw new InputError(
    `${whereOf(operation)}: ${operation.function} of integers is ${x}, expected a number; avoid it, or cast to float`,
  );
}
