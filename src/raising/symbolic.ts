/** A body's operations on polynomials in its inputs' elements: whichever way a cell is spelled, the same comes out. */
import type { BinaryFunction, Network, Operation, OperationOf, ValueId } from '../model/network.js';
import { broadcastIndices, elements, type Operand, type Operators } from '../operators/operator.js';
import { Equations, type Line } from './equations.js';
import { isMove } from '../operators/moves.js';
import { isMoved, moved } from './moves.js';
import { NoCell } from './no-cell.js';
import { constant, numberOf, product, sum, TooManyTerms, type Polynomial } from './polynomial.js';
import { quotient } from './quotient.js';
import { weightedSums } from './weighted-sums.js';
import type { Tracer } from './tracer.js';

/** Activations that a recurrent layer may have; affine ones are part of the sums. */
const ACTIVATIONS = new Set<string>([
  'elu',
  'hardSigmoid',
  'leakyRelu',
  'relu',
  'scaledTanh',
  'sigmoid',
  'softplus',
  'softsign',
  'tanh',
  'thresholdedRelu',
]);

/** Those that are cells' activations when something follows. */
const PARTS = new Set<string>(['exp', 'abs']);

/** Of all tensors of a body together. */
const MAX_ELEMENTS = 2 ** 19;

interface Symbolic {
  readonly dims: readonly number[];
  readonly elements: readonly Polynomial[]; // row-major
  /** Where the graph multiplies by one number, or adds one. */
  readonly line?: { readonly base: readonly Polynomial[]; readonly alpha: number; readonly beta: number };
}

export class SymbolicBody {
  readonly equations = new Equations();
  readonly #tensors = new Map<ValueId, Symbolic>();
  readonly #tracer: Tracer;
  readonly #operators: Operators;
  #left = MAX_ELEMENTS;

  /**
   * @param tracer what is known of the body's tensors
   * @param sources tensors whose elements are the unknowns
   * @throws NoCell
   */
  constructor(body: Network, tracer: Tracer, sources: readonly ValueId[], operators: Operators) {
    this.#tracer = tracer;
    this.#operators = operators;
    sources.forEach((value, source) => {
      const { dims } = this.#known(value);
      this.#place(value, { dims, elements: this.equations.addSource(source, this.#spend(dims)) });
    });
    for (const operation of body.operations) this.#compute(operation);
  }

  /** @throws NoCell where it is not computed of the sources */
  elementsOf(value: ValueId): readonly Polynomial[] {
    return this.#tensorOf(value).elements;
  }

  #known(value: ValueId): Operand {
    const operand = this.#tracer.operands.get(value);
    if (!operand) throw new NoCell('a shape is not known');
    return operand;
  }

  /** Of which the numbers count, and not only the shape. */
  #weighing(value: ValueId): Operand {
    if (this.#tracer.originOf(value)) throw new NoCell('a number depends on open sizes');
    return this.#known(value);
  }

  #spend(dims: readonly number[]): number {
    const count = elements(dims);
    this.#left -= count;
    if (this.#left < 0) throw new NoCell('it is too large');
    return count;
  }

  #place(value: ValueId, tensor: Symbolic): void {
    this.#tensors.set(value, tensor);
  }

  #tensorOf(value: ValueId): Symbolic {
    const tensor = this.#tensors.get(value);
    if (tensor) return tensor;
    const { dims, data } = this.#weighing(value);
    if (!data) throw new NoCell('it reads what it is not given');
    return { dims, elements: Array.from(data.subarray(0, this.#spend(dims)), constant) };
  }

  /** What can't be computed is left out: only reading it is an error. */
  #compute(operation: Operation): void {
    const { inputs, outputs } = operation;
    const isDone = outputs.every((value) => value === null || this.#tensors.has(value) || this.#known(value).data);
    if (isDone || !inputs.some((value) => value !== null && this.#tensors.has(value))) return;
    const results = this.#tried(operation);
    if (!results) return;
    outputs.forEach((value, i) => {
      if (value === null || this.#tensors.has(value)) return;
      const { dims } = this.#known(value);
      this.#spend(dims);
      this.#place(value, { dims, elements: results[i].elements, line: results[i].line });
    });
  }

  #tried(operation: Operation): readonly Omit<Symbolic, 'dims'>[] | null {
    try {
      return this.#resultsOf(operation);
    } catch (error) {
      if (error instanceof NoCell || error instanceof TooManyTerms) return null;
      throw error;
    }
  }

  #resultsOf(operation: Operation): readonly Omit<Symbolic, 'dims'>[] {
    if (isMove(operation)) return this.#move(operation);
    if (operation.kind === 'cast') {
      if (this.#known(operation.outputs[0]!).type !== 'float') throw new NoCell('it computes integers of floats');
      return [this.#tensorOf(operation.inputs[0]!)];
    }
    if (operation.kind === 'unary') return [this.#unary(operation)];
    if (operation.kind === 'binary') return [this.#binary(operation)];
    if (operation.kind === 'clip') {
      const [low, high] = [1, 2].map((index) => this.#scalar(operation, index));
      return [this.#cut(this.#tensorOf(operation.inputs[0]!), low ?? -Infinity, high ?? Infinity)];
    }
    if (operation.kind === 'matmul' || operation.kind === 'gemm')
      return [{ elements: this.#offset(this.#multiply(operation), operation) }];
    throw new NoCell(`it has a ${operation.kind}`);
  }

  /** Where an operator puts the numbers of elements, it puts the elements. */
  #move(operation: Operation): Omit<Symbolic, 'dims'>[] {
    const all: Polynomial[] = [];
    const numbers = operation.inputs.map((value, index) => {
      if (value === null) return null;
      if (!isMoved(operation, index)) {
        if (!this.#known(value).data) throw new NoCell('where it takes elements from is computed');
        return null;
      }
      const tensor = this.#tensorOf(value);
      const first = all.length;
      all.push(...tensor.elements);
      return Float64Array.from(tensor.elements, (_, i) => first + i);
    });
    return moved(operation, this.#tracer.operandsOf(operation), numbers, this.#operators).map((places) => ({
      elements: Array.from(places, (at) => all[at]),
    }));
  }

  /** A number that is known, one of dims [] or [1]. */
  #scalar({ inputs }: Operation, index: number): number | null {
    const value = inputs[index] ?? null;
    if (value === null) return null;
    const { dims, data } = this.#weighing(value);
    if (!data || elements(dims) !== 1) throw new NoCell('a bound is computed');
    return data[0];
  }

  #unary({ function: name, alpha, beta, inputs }: OperationOf<'unary'>): Omit<Symbolic, 'dims'> {
    const x = this.#tensorOf(inputs[0]!);
    if (name === 'neg') return this.#along(x, -1, 0);
    if (name === 'affine') return this.#along(x, alpha, beta);
    if (name === 'reciprocal') return { elements: x.elements.map((of) => quotient(constant(1), of, this.equations)) };
    if (!ACTIVATIONS.has(name) && !PARTS.has(name)) throw new NoCell(`it has a ${name}`);
    return { elements: x.elements.map((of) => this.equations.activate({ function: name, alpha, beta }, of)) };
  }

  /** alpha · x + beta */
  #along({ elements, line }: Symbolic, alpha: number, beta: number): Omit<Symbolic, 'dims'> {
    const inner = line ?? { base: elements, alpha: 1, beta: 0 };
    return {
      elements: elements.map((of) => sum(constant(beta), of, alpha)),
      line: { base: inner.base, alpha: alpha * inner.alpha, beta: alpha * inner.beta + beta },
    };
  }

  #cut({ elements, line }: Symbolic, low: number, high: number): Omit<Symbolic, 'dims'> {
    return {
      elements: elements.map((of, i) => {
        const spelled: Line =
          line && line.alpha !== 0 ? { ...line, base: line.base[i] } : { base: of, alpha: 1, beta: 0 };
        return this.equations.cut(of, spelled, low, high);
      }),
    };
  }

  #binary(operation: OperationOf<'binary'>): Omit<Symbolic, 'dims'> {
    const [a, b] = operation.inputs.map((value) => this.#tensorOf(value!));
    const name = operation.function;
    const numbers = [a, b].map(({ elements }) => (elements.length === 1 ? numberOf(elements[0]) : null));
    const dims = this.#known(operation.outputs[0]!).dims;
    const count = elements(dims);
    // Of one unit, a bias looks like the number of a line, and is as right as one.
    const spelled = [a, b].find((_, i) => numbers[1 - i] !== null);
    const number = numbers[0] ?? numbers[1];
    if (spelled && number !== null && spelled.elements.length === count) {
      const isLeft = numbers[0] !== null;
      if (name === 'add') return this.#along(spelled, 1, number);
      if (name === 'mul') return this.#along(spelled, number, 0);
      if (name === 'sub') return isLeft ? this.#along(spelled, -1, number) : this.#along(spelled, 1, -number);
      if (name === 'div' && !isLeft) return this.#along(spelled, 1 / number, 0);
      if (name === 'min') return this.#cut(spelled, -Infinity, number);
      if (name === 'max') return this.#cut(spelled, number, Infinity);
    }
    const [left, right] = [a, b].map((side) => broadcastIndices(side.dims, dims));
    return {
      elements: Array.from(left, (at, i) => this.#combine(name, a.elements[at], b.elements[right[i]])),
    };
  }

  #combine(name: BinaryFunction, a: Polynomial, b: Polynomial): Polynomial {
    if (name === 'add') return sum(a, b);
    if (name === 'sub') return sum(a, b, -1);
    if (name === 'mul') return product(a, b);
    if (name === 'div') return quotient(a, b, this.equations);
    const [x, y] = [numberOf(a), numberOf(b)];
    if ((name !== 'min' && name !== 'max') || (x === null) === (y === null)) throw new NoCell(`it has a ${name}`);
    const [of, bound] = x === null ? [a, y!] : [b, x];
    const line: Line = { base: of, alpha: 1, beta: 0 };
    return this.equations.cut(of, line, name === 'max' ? bound : -Infinity, name === 'min' ? bound : Infinity);
  }

  #multiply(operation: OperationOf<'matmul' | 'gemm'>): Polynomial[] {
    const { inputs } = operation;
    const [a, b] = [inputs[0]!, inputs[1]!].map((value) => ({
      ...(this.#tensors.has(value) ? this.#known(value) : this.#weighing(value)),
      symbols: this.#tensors.get(value)?.elements ?? null,
    }));
    return weightedSums(operation, a, b, this.equations);
  }

  /** Y + beta · C */
  #offset(results: readonly Polynomial[], operation: OperationOf<'matmul' | 'gemm'>): readonly Polynomial[] {
    if (operation.kind === 'matmul' || operation.inputs[2] == null) return results;
    const C = this.#tensorOf(operation.inputs[2]);
    const places = broadcastIndices(C.dims, this.#known(operation.outputs[0]!).dims);
    return results.map((of, i) => sum(of, C.elements[places[i]], operation.beta));
  }
}
