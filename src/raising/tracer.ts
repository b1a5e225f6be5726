/** What is known of a network's tensors for inputs of certain shapes, operation by operation. */
import { TympanError } from '../errors.js';
import { bodiesOf, hasRecurrence, type Operation, type ValueId } from '../model/network.js';
import { elements, type Operand, type Operators, type Prepared } from '../operators/operator.js';
import { newNumbers, prepare, type Budget } from '../operators/specialization.js';
import { Origins, type Origin } from './origins.js';

/** Elements of tensors that are computed to know shapes; what is larger is weights, which nobody asks for. */
const MAX_KNOWN = 2 ** 16;

export interface TracerOptions {
  /** Of all tracers together: behind it nothing is known. */
  readonly budget: Budget;
  /** Whether large tensors are computed too. */
  readonly computesAll?: boolean;
  /** Of what is known and follows from open sizes; null where there are none. */
  readonly origins: Iterable<readonly [ValueId, Origin]> | null;
}

export class Tracer {
  readonly operands: Map<ValueId, Operand>;
  readonly #operators: Operators;
  readonly #budget: Budget;
  readonly #computesAll: boolean;
  readonly #origins: Origins | null;

  constructor(operators: Operators, known: Iterable<readonly [ValueId, Operand]>, options: TracerOptions) {
    this.#operators = operators;
    this.operands = new Map(known);
    this.#budget = options.budget;
    this.#computesAll = options.computesAll ?? false;
    this.#origins = options.origins && new Origins(options.origins);
  }

  get hasOpenSizes(): boolean {
    return this.#origins !== null;
  }

  /** What a known number follows from; null where open sizes don't decide it. */
  originOf(value: ValueId): Origin | null {
    return this.#origins?.of(value) ?? null;
  }

  operandsOf({ inputs }: Operation): (Operand | null)[] {
    return inputs.map((value) => (value === null ? null : (this.operands.get(value) ?? null)));
  }

  /**
   * Learns what an operation's outputs are.
   *
   * @returns false where that can't be known, because of the operation or of one before it
   */
  take(operation: Operation): boolean {
    if (operation.inputs.some((value) => value !== null && !this.operands.has(value))) return false;
    if (!this.#operators[operation.kind]) return false;
    try {
      this.#compute(operation);
      return true;
    } catch (error) {
      if (error instanceof TympanError) return false;
      throw error;
    }
  }

  #compute(operation: Operation): void {
    const own = this.operandsOf(operation);
    const prepared = prepare(this.#operators, operation, own, this.#budget);
    const data = prepared.outputs.map((_, i) => prepared.known?.[i] ?? null);
    if (data.includes(null) && this.#isComputed(operation, own, prepared)) {
      prepared.outputs.forEach(({ type, dims }, i) => {
        data[i] = newNumbers(type, this.#budget.take(operation, dims));
      });
      prepared.compute(
        own.map((operand) => operand?.data ?? null),
        data,
      );
    }
    const results = prepared.outputs.map((shape, i): Operand => ({ ...shape, data: data[i] }));
    operation.outputs.forEach((value, i) => {
      if (value !== null && results[i]) this.operands.set(value, results[i]);
    });
    this.#origins?.take(operation, own, results);
  }

  #isComputed(operation: Operation, own: readonly (Operand | null)[], { outputs }: Prepared): boolean {
    if (hasRecurrence(operation) || !own.every((operand) => !operand || operand.data !== null)) return false;
    // A loop may take as long as it likes.
    const isShort = bodiesOf(operation).length === 0 && outputs.every(({ dims }) => elements(dims) <= MAX_KNOWN);
    return this.#computesAll || isShort;
  }
}
