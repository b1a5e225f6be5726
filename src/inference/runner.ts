import type { Arena } from '../kernels/arena.js';
import type { Precision } from '../kernels/layout.js';
import { elements, type Operand, type Operators } from '../operators/operator.js';
import { newNumbers, specialize, type Specialization } from '../operators/specialization.js';
import {
  elementTypeOf,
  hasRecurrence,
  isRecurrent,
  type Network,
  type Numbers,
  type ValueId,
} from '../model/network.js';
import type { CompileGates } from './compile-recurrent.js';
import { KernelOperators } from './kernel-operators.js';

/** A network for whole tensors of certain shapes, ready to run again and again. */
export class Run {
  readonly #network: Network;
  readonly #shapes: Specialization;
  readonly #buffers: (Numbers | null)[];

  constructor(network: Network, shapes: Specialization) {
    this.#network = network;
    this.#shapes = shapes;
    this.#buffers = network.names.map((_, value) => shapes.operands[value]?.data ?? null);
    for (const { operation, prepared } of shapes.steps) {
      operation.outputs.forEach((value, i) => {
        const { type, dims } = prepared.outputs[i] ?? {};
        if (value !== null && type) this.#buffers[value] = newNumbers(type, elements(dims));
      });
    }
    for (const { value, type } of network.inputs) {
      this.#buffers[value] ??= newNumbers(elementTypeOf(type), elements(shapes.operands[value]!.dims));
    }
  }

  /** Where an input's elements are written, and any tensor's are found after `compute`. */
  numbers(value: ValueId): Numbers {
    return this.#buffers[value]!;
  }

  shapeOf(value: ValueId): Operand {
    return this.#shapes.operands[value]!;
  }

  /** Tensors in the order in which they are computed, the inputs first. */
  get made(): readonly ValueId[] {
    const made = this.#shapes.steps.flatMap(({ operation }) => operation.outputs.filter((value) => value !== null));
    return [...this.#network.inputs.map(({ value }) => value), ...made];
  }

  compute(): void {
    for (const { operation, prepared } of this.#shapes.steps) {
      prepared.compute(
        operation.inputs.map((value) => (value === null ? null : this.#buffers[value])),
        operation.outputs.map((value) => (value === null ? null : this.#buffers[value])),
      );
    }
  }
}

/** What reaches X or the initial states of a recurrent layer, whose gates would make ordinary numbers of infinite ones. */
function reachingGates({ operations }: Network): Set<ValueId | null> {
  const found = new Set<ValueId | null>();
  for (const operation of [...operations].reverse()) {
    const { inputs, outputs } = operation;
    // Of a body, any input may.
    const reached = isRecurrent(operation) ? [inputs[0], inputs[5], inputs[6]] : inputs;
    if (hasRecurrence(operation)) for (const value of reached) found.add(value ?? null);
    if (outputs.some((value) => value !== null && found.has(value))) for (const value of inputs) found.add(value);
  }
  return found;
}

/** Runs a network on whole tensors. What it has prepared for the shapes of one run is kept for the next. */
export class Runner {
  readonly network: Network;
  /** Inputs that must be finite, among others. */
  readonly finite: ReadonlySet<ValueId | null>;
  readonly #operators: Operators;
  #last: { readonly key: string; readonly run: Run } | null = null;

  /** @param gates what `gatesFor` says of the network */
  constructor(network: Network, operators: Operators, precision: Precision, arena: Arena, gates?: CompileGates) {
    this.network = network;
    this.finite = reachingGates(network);
    this.#operators = new KernelOperators(network, operators, precision, arena, gates).table();
  }

  /** A run with buffers of its own. */
  open(inputs: ReadonlyMap<ValueId, Operand>): Run {
    return new Run(this.network, specialize(this.network, inputs, this.#operators));
  }

  /** @param inputs their shapes; `data` of those that may decide others */
  prepare(inputs: ReadonlyMap<ValueId, Operand>): Run {
    const key = JSON.stringify([...inputs].map(([value, { dims, data }]) => [value, dims, data && [...data]]));
    if (this.#last?.key !== key) this.#last = { key, run: this.open(inputs) };
    return this.#last.run;
  }
}
