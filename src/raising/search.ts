/** What all looks at the loops of one network share. */
import type { Operators } from '../operators/operator.js';
import type { Budget } from '../operators/specialization.js';
import type { Fold } from './bodies.js';

export interface Search {
  readonly operators: Operators;
  readonly fold: Fold;
  /** Whether states stay float32; otherwise all units of a layer share a scale of 16 bits at every step. */
  readonly isExact: boolean;
  /** Of all tracers together. */
  readonly budget: Budget;
  /** Names of loops that are no layers, as sizes have shown in which everything of them is known. */
  readonly refused: Set<string>;
  /** Names of loops that a single sequence does not decide, as several were seen. */
  readonly doubtful: Set<string>;
}
