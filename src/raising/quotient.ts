import type { Equations } from './equations.js';
import { NoCell } from './no-cell.js';
import { constant, numberOf, scaled, sum, unknownOf, type Polynomial } from './polynomial.js';

/** a / b: by a number; 1 / (1 + exp(−x)) is a sigmoid, x / (1 + |x|) a softsign. */
export function quotient(a: Polynomial, b: Polynomial, equations: Equations): Polynomial {
  const divisor = numberOf(b);
  if (divisor !== null && divisor !== 0) return scaled(a, 1 / divisor);
  const index = Math.abs((b.get('') ?? 0) - 1) < 1e-6 ? unknownOf(sum(b, constant(1), -1)) : null;
  const inner = index === null ? null : equations.activationOf(index);
  const dividend = numberOf(a);
  if (inner?.activation.function === 'exp' && dividend !== null)
    return scaled(equations.activate({ function: 'sigmoid', alpha: 0, beta: 0 }, scaled(inner.of, -1)), dividend);
  if (inner?.activation.function === 'abs' && sum(a, inner.of, -1).size === 0)
    return equations.activate({ function: 'softsign', alpha: 0, beta: 0 }, a);
  throw new NoCell('it divides by what it computes');
}
