/** Numbers that follow from open sizes: two lengths of a sequence can't tell a length from what is cut or rounded. */
import type { Operation, ValueId } from '../model/network.js';
import type { Operand } from '../operators/operator.js';
import { isMove } from '../operators/moves.js';

/** `linear`: sums of sizes and their multiples; `open`: anything else of them. */
export type Origin = 'linear' | 'open';

/** Of which only the first input gives elements, others a shape. */
const SHAPED = new Set(['expand', 'reshape', 'split', 'squeeze', 'tile', 'unsqueeze']);

const COMPARES = new Set(['less', 'lessOrEqual', 'greater', 'greaterOrEqual']);

/** What is behind every size, as exporters write it. */
export const BEHIND = 2 ** 31 - 1;

export class Origins {
  readonly #origins: Map<ValueId, Origin>;

  constructor(known: Iterable<readonly [ValueId, Origin]>) {
    this.#origins = new Map(known);
  }

  /** null where it does not depend on open sizes. */
  of(value: ValueId | null): Origin | null {
    return (value !== null && this.#origins.get(value)) || null;
  }

  /** @param results what the operation's outputs are */
  take(operation: Operation, operands: readonly (Operand | null)[], results: readonly Operand[]): void {
    const origin = this.#originOf(operation, operands, results);
    operation.outputs.forEach((value, index) => {
      if (origin && value !== null && results[index]?.data) this.#origins.set(value, origin);
    });
  }

  #originOf(operation: Operation, operands: readonly (Operand | null)[], [result]: readonly Operand[]): Origin | null {
    if (operation.kind === 'shape') return 'linear';
    const inputs = SHAPED.has(operation.kind) ? operation.inputs.slice(0, 1) : operation.inputs;
    const own = inputs.map((value) => this.of(value));
    if (own.every((origin) => origin === null)) return null;
    if (own.includes('open')) return 'open';
    return isLinear(operation, own, operands, result) ? 'linear' : 'open';
  }
}

function isLinear(
  operation: Operation,
  origins: readonly (Origin | null)[],
  operands: readonly (Operand | null)[],
  result: Operand,
): boolean {
  if (isMove(operation)) return operation.kind === 'concat' || origins.slice(1).every((origin) => origin === null);
  const given = operands[0]?.data;
  if (operation.kind === 'cast') return !!given && !!result.data?.every((number, at) => number === given[at]);
  if (operation.kind === 'reduce') return given?.length === 1;
  if (operation.kind === 'unary') return operation.function === 'neg' || operation.function === 'not';
  if (operation.kind !== 'binary') return false;
  const { function: name } = operation;
  const constant = operands.find((_, index) => origins[index] === null)?.data;
  if (name === 'add' || name === 'sub' || name === 'and') return true;
  if (name === 'mul') return !!constant;
  if (name === 'div') return origins[1] === null && result.type === 'float';
  // A sequence has a step at least.
  if (COMPARES.has(name)) return !!constant?.every((number) => number === 0);
  if (name === 'min') return !!constant?.every((number) => number >= BEHIND);
  return name === 'max' && !!constant?.every((number) => number <= 1);
}
