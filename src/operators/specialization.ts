/** A network for inputs of known shapes: every tensor's shape, what follows from shapes alone, and loops for the rest. */
import { ModelFormatError, UnsupportedModelError } from '../errors.js';
import { findNotFinite } from '../typed-arrays.js';
import {
  hasRecurrence,
  type Constant,
  type ElementType,
  type Kind,
  type Network,
  type Numbers,
  type Operation,
  type OperationOf,
  type ValueId,
} from '../model/network.js';
import { elements, whereOf, type Operand, type Operator, type Operators, type Prepared } from './operator.js';

/** Elements of all tensors that one specialization may hold: 256 MiB of floats. */
const MAX_TOTAL_ELEMENTS = 2 ** 26;

/** Multiply-adds that computing constants may take: a second or two. */
const MAX_WORK = 2 ** 28;

/** Operations with weights. */
const WEIGHED = new Set<string>([
  'gru',
  'lstm',
  'rnn',
  'matmul',
  'gemm',
  'convolution',
  'matmulInteger',
  'convolutionInteger',
]);

/** An operation that has to be computed when the network runs. */
export interface Step {
  readonly operation: Operation;
  readonly operands: readonly (Operand | null)[];
  readonly prepared: Prepared;
}

export interface Specialization {
  /** By ValueId; undefined for a tensor that nothing makes. */
  readonly operands: readonly (Operand | undefined)[];
  /** In the order of the network's operations. */
  readonly steps: readonly Step[];
}

export function newNumbers(type: ElementType, count: number): Numbers {
  return type === 'float' ? new Float32Array(count) : new Float64Array(count);
}

/** What `prepare` needs of `operators`: one function for any operation. */
export function prepare(
  operators: Operators,
  operation: Operation,
  operands: readonly (Operand | null)[],
  budget?: Budget,
): Prepared {
  const operator = operators[operation.kind] as Operator<Kind> | undefined;
  if (!operator) throw new Error(`${whereOf(operation)}: its operator was not loaded`);
  budget?.visit(operation, 1);
  return operator(operation as OperationOf<Kind>, operands, { operators, budget });
}

/** Preparing one operation takes as long as so many multiply-adds, a microsecond or two. */
const WORK_PER_VISIT = 1024;

/** Elements of all windows, each of which is prepared for itself; a 5 × 5 one has 25. */
const MAX_WINDOW_ELEMENTS = 2 ** 18;

/** What a network, and the bodies within it, may take in all. */
export class Budget {
  #windowElements = MAX_WINDOW_ELEMENTS;
  #left = MAX_TOTAL_ELEMENTS;
  #work = MAX_WORK;

  /** Multiply-adds. */
  get spent(): number {
    return MAX_WORK - this.#work;
  }

  /** Before a convolution or a pool is prepared. */
  window(operation: Operation, operands: readonly (Operand | null)[]): void {
    if (!('kernelShape' in operation)) return;
    const kernel = operation.kernelShape ?? operands[1]?.dims.slice(2) ?? [];
    this.#windowElements -= kernel.reduce((product, size) => product * size, 1);
    if (!(this.#windowElements >= 0)) {
      throw new UnsupportedModelError(
        `${whereOf(operation)}: with its [${kernel}] all windows have more than ${MAX_WINDOW_ELEMENTS} elements; use smaller ones`,
      );
    }
  }

  /** Before operations are prepared: loops may do it again and again. */
  visit(operation: Operation, count: number): void {
    this.work(
      operation,
      count * WORK_PER_VISIT,
      'what is prepared pass by pass takes too long; let loops run less often',
    );
  }

  /** Before constants are computed. */
  work(
    operation: Operation,
    multiplyAdds: number,
    what = 'what it computes of constants takes too long; compute it before exporting',
  ): void {
    this.#work -= multiplyAdds;
    if (!(this.#work >= 0)) throw new UnsupportedModelError(`${whereOf(operation)}: ${what}`);
  }

  take(operation: Operation, dims: readonly number[]): number {
    const count = elements(dims);
    this.#left -= count;
    if (!(this.#left >= 0)) {
      throw new UnsupportedModelError(
        `${whereOf(operation)}: with its [${dims}] the tensors have more than ${MAX_TOTAL_ELEMENTS} elements in all; give ` +
          'shorter sequences, or use a smaller network',
      );
    }
    return count;
  }
}

/** Multiply-adds at most: products of [m, k] and [k, n] take √(mk · kn · mn), others fewer. */
export function workOf(
  { kind }: Operation,
  operands: readonly (Operand | null)[],
  { work, outputs }: Prepared,
): number {
  if (work !== undefined) return work;
  const counts = [...operands.slice(0, 2), outputs[0]].map((shape) => (shape ? elements(shape.dims) : 1));
  return WEIGHED.has(kind) ? Math.sqrt(counts.reduce((product, count) => product * count, 1)) : Math.max(...counts);
}

/**
 * Operands of the operation's results: known ones where everything that it reads is known. Recurrent layers need kernels, and are
 * computed when the network runs, even between constants.
 */
function resultsOf(operation: Operation, operands: readonly (Operand | null)[], prepared: Prepared, budget: Budget) {
  const { outputs, known } = prepared;
  const counts = outputs.map(({ dims }) => budget.take(operation, dims));
  let data = known ?? outputs.map(() => null);
  const isKnown = !hasRecurrence(operation) && operands.every((operand) => operand === null || operand.data !== null);
  if (isKnown && data.includes(null)) {
    budget.work(operation, workOf(operation, operands, prepared));
    data = outputs.map(({ type }, i) => newNumbers(type, counts[i]));
    prepared.compute(
      operands.map((operand) => operand?.data ?? null),
      data,
    );
  }
  return outputs.map((shape, i): Operand => ({ ...shape, data: data[i] }));
}

/** @param inputs the network's inputs by ValueId; `data` where it is to decide shapes */
export function specialize(
  network: Network,
  inputs: ReadonlyMap<ValueId, Operand>,
  operators: Operators,
  budget = new Budget(),
): Specialization {
  const operands: (Operand | undefined)[] = new Array(network.names.length);
  for (const [value, constant] of network.constants) operands[value] = constant;
  for (const [value, operand] of inputs) operands[value] = operand;
  const steps: Step[] = [];
  for (const operation of network.operations) {
    const own = operation.inputs.map((value) => (value === null ? null : (operands[value] ?? null)));
    budget.window(operation, own);
    const prepared = prepare(operators, operation, own, budget);
    const results = resultsOf(operation, own, prepared, budget);
    operation.outputs.forEach((value, i) => {
      if (value !== null) operands[value] = results[i];
    });
    if (results.some(({ data }) => data === null)) steps.push({ operation, operands: own, prepared });
  }
  return { operands, steps };
}

/** Importing has seen the file's weights, and not what is computed of them: a Cast from float64 may overflow. */
function checkWeights(operation: Operation, network: Network, constants: ReadonlyMap<ValueId, Constant>): void {
  if (!WEIGHED.has(operation.kind)) return;
  for (const value of operation.inputs) {
    const data = value === null || network.constants.has(value) ? undefined : constants.get(value)?.data;
    const bad = data ? findNotFinite(data) : -1;
    if (bad >= 0) {
      throw new ModelFormatError(
        `${whereOf(operation)}: its weights "${network.names[value!]}" hold ${data![bad]} at element ${bad} of float32: ` +
          'they were computed too large; export them as float32',
      );
    }
  }
}

/** Of an operation between constants, what is whole multiples of what in each of its results. */
export type StepsOf = (
  operation: Operation,
  operands: readonly (Constant | null)[],
  prepared: Prepared,
) => readonly (Float32Array | undefined)[];

/**
 * The network with everything computed that no input reaches.
 *
 * @param stepsOf where there may be weights of 8 bits
 */
export function foldConstants(
  network: Network,
  operators: Operators,
  stepsOf?: StepsOf,
  budget = new Budget(),
): Network {
  const constants = new Map<ValueId, Constant>(network.constants);
  const operations = network.operations.filter((operation) => {
    const operands = operation.inputs.map((value) => (value === null ? null : (constants.get(value) ?? null)));
    const isConstant = operation.inputs.every((value, i) => value === null || operands[i] !== null);
    if (!isConstant || hasRecurrence(operation)) return true;
    const prepared = prepare(operators, operation, operands, budget);
    const results = resultsOf(operation, operands, prepared, budget);
    const steps = stepsOf?.(operation, operands, prepared);
    operation.outputs.forEach((value, i) => {
      const { type, dims, data } = results[i] ?? {};
      if (value !== null && data) constants.set(value, { type, dims, data, ...(steps?.[i] && { steps: steps[i] }) });
    });
    return false;
  });
  for (const operation of operations) checkWeights(operation, network, constants);
  const read = new Set([...operations.flatMap(({ inputs }) => inputs), ...network.outputs.map(({ value }) => value)]);
  return {
    ...network,
    operations,
    constants: new Map([...constants].filter(([value]) => read.has(value))),
  };
}
