/** A body that is prepared for inputs of known shapes, with memory to run in. */
import { TympanError } from '../errors.js';
import type { Network, Numbers, Operation, ValueId } from '../model/network.js';
import { multiplyAdds } from './multiply-adds.js';
import { elements, malformed, required, whereOf, type Operand, type Prepared, type Surroundings } from './operator.js';
import { Budget, newNumbers, specialize, workOf, type Specialization } from './specialization.js';

/** Looking at so many values of a body takes as long as preparing one operation. */
const VALUES_PER_VISIT = 64;

/** Prepares a body for inputs of known shapes, by ValueId of the body. */
export type SpecializeBody = (body: Network, inputs: ReadonlyMap<ValueId, Operand>) => Specialization;

export const specializer =
  (operation: Operation, { operators, budget = new Budget() }: Surroundings): SpecializeBody =>
  (body, inputs) => {
    budget.visit(operation, body.names.length / VALUES_PER_VISIT);
    try {
      return specialize(body, inputs, operators, budget);
    } catch (error) {
      if (!(error instanceof TympanError)) throw error;
      throw new (error.constructor as typeof TympanError)(`${whereOf(operation)}: body: ${error.message}`, {
        cause: error,
      });
    }
  };

/** What a body is given, from its input `first` on, by its own ids. */
export function given(
  operation: Operation,
  body: Network,
  operands: readonly (Operand | null)[],
  first = 0,
): [ValueId, Operand][] {
  return operands.map((_, index) => [body.inputs[first + index].value, required(operation, operands, index)]);
}

/** What a body makes as its output `index`. */
export function resultOf(operation: Operation, body: Network, shapes: Specialization, index: number): Operand {
  const result = shapes.operands[body.outputs[index].value];
  if (!result) throw malformed(operation, `"${body.outputs[index].name}" of its body is an output that nothing makes`);
  return result;
}

/** Of `Prepared`. */
export type Cost = Required<Pick<Prepared, 'work' | 'least' | 'multiplyAdds'>>;

export const NO_COST: Cost = { work: 0, least: 0, multiplyAdds: 0 };

export const costs = (a: Cost, b: Cost, times = 1): Cost => ({
  work: a.work + times * b.work,
  least: a.least + times * b.least,
  multiplyAdds: a.multiplyAdds + times * b.multiplyAdds,
});

/** Of one run. */
export function bodyCost({ steps }: Specialization): Cost {
  const all = steps.map(({ operation, operands, prepared }): Cost => {
    const inputs = operands.map((operand) => operand?.dims ?? null);
    const work = workOf(operation, operands, prepared);
    return {
      work,
      least: prepared.least ?? work,
      multiplyAdds: prepared.multiplyAdds ?? multiplyAdds(operation, inputs, prepared.outputs[0].dims),
    };
  });
  return all.reduce((sum, cost) => costs(sum, cost), { work: 1, least: 1, multiplyAdds: 0 });
}

type Buffers = (Numbers | null)[];

interface Call {
  readonly prepared: Prepared;
  readonly inputs: readonly (ValueId | null)[];
  readonly outputs: readonly (ValueId | null)[];
  /** As `inputs` and `outputs`, filled before each call. */
  readonly from: Buffers;
  readonly to: Buffers;
}

export class BodyRun {
  readonly #body: Network;
  readonly #buffers: Buffers; // by ValueId
  readonly #calls: readonly Call[];

  constructor(body: Network, { operands, steps }: Specialization) {
    this.#body = body;
    this.#buffers = body.names.map((_, value) => operands[value]?.data ?? null);
    this.#calls = steps.map(({ operation: { inputs, outputs }, prepared }) => {
      outputs.forEach((value, i) => {
        const { type, dims } = prepared.outputs[i] ?? {};
        if (value !== null && type) this.#buffers[value] = newNumbers(type, elements(dims));
      });
      return { prepared, inputs, outputs, from: inputs.map(() => null), to: outputs.map(() => null) };
    });
  }

  /** Lends the body memory for its input `index`; it may be larger than the tensor. */
  give(index: number, numbers: Numbers): void {
    this.#buffers[this.#body.inputs[index].value] = numbers;
  }

  /** Where output `index` is after `compute`: it may be what was given as an input. */
  result(index: number): Numbers {
    return this.#buffers[this.#body.outputs[index].value]!;
  }

  compute(): void {
    for (const { prepared, inputs, outputs, from, to } of this.#calls) {
      for (let i = 0; i < from.length; i++) from[i] = inputs[i] === null ? null : this.#buffers[inputs[i]!];
      for (let i = 0; i < to.length; i++) to[i] = outputs[i] === null ? null : this.#buffers[outputs[i]!];
      prepared.compute(from, to);
    }
  }
}

/** Buffers may be larger than their tensors. */
export function copyNumbers(from: Numbers, to: Numbers, count: number): void {
  for (let i = 0; i < count; i++) to[i] = from[i];
}
