/** A network while its operations are replaced: new tensors, constants and operations behind those that are there. */
import type { Constant, ElementType, Network, Operation, OperationOf, Kind, ValueId } from '../model/network.js';

type Inputs = readonly (ValueId | null)[];

/** What an operation says besides its name, inputs and outputs. */
type Settings<K extends Kind> = Omit<OperationOf<K>, 'kind' | 'name' | 'inputs' | 'outputs'>;

export class Draft {
  readonly names: string[];
  readonly constants: Map<ValueId, Constant>;

  constructor({ names, constants }: Pick<Network, 'names' | 'constants'>) {
    this.names = [...names];
    this.constants = new Map(constants);
  }

  value(name: string): ValueId {
    this.names.push(name);
    return this.names.length - 1;
  }

  constant(name: string, constant: Constant): ValueId {
    const value = this.value(name);
    this.constants.set(value, constant);
    return value;
  }

  integers(name: string, numbers: readonly number[]): ValueId {
    return this.constant(name, { type: 'integer', dims: [numbers.length], data: Float64Array.from(numbers) });
  }

  floats(name: string, dims: readonly number[], data: Float32Array, steps?: Float32Array): ValueId {
    return this.constant(name, { type: 'float' satisfies ElementType, dims, data, ...(steps && { steps }) });
  }

  operation<K extends Kind>(
    kind: K,
    name: string,
    inputs: Inputs,
    outputs: Inputs,
    settings: Settings<K>,
  ): OperationOf<K> {
    return { kind, name, inputs, outputs, ...settings } as unknown as OperationOf<K>;
  }

  identity(from: ValueId, to: ValueId): Operation {
    return this.operation('identity', this.names[to], [from], [to], {});
  }

  /**
   * The operations of a network, whose inputs are `given`, as operations of this one.
   *
   * @param outputs what the network's outputs are called here; null for those that nothing reads
   */
  inline(body: Network, given: Inputs, outputs: Inputs): Operation[] {
    const own = new Map<ValueId, ValueId>();
    body.inputs.forEach(({ value }, i) => {
      if (given[i] !== null) own.set(value, given[i]);
    });
    const place = (value: ValueId): ValueId => {
      const known = own.get(value);
      if (known !== undefined) return known;
      const constant = body.constants.get(value);
      const made = constant ? this.constant(body.names[value], constant) : this.value(body.names[value]);
      own.set(value, made);
      return made;
    };
    const all = (values: Inputs) => values.map((value) => (value === null ? null : place(value)));
    const operations = body.operations.map((operation): Operation => ({
      ...operation,
      inputs: all(operation.inputs),
      outputs: all(operation.outputs),
    }));
    body.outputs.forEach(({ value }, i) => {
      const to = outputs[i] ?? null;
      if (to !== null) operations.push(this.identity(place(value), to));
    });
    return operations;
  }
}

/** The operations without those of which nothing is read, and the constants that are left. */
export function withoutDead(network: Network): Network {
  const live = new Set<ValueId | null>(network.outputs.map(({ value }) => value));
  const operations = [...network.operations]
    .reverse()
    .filter(({ inputs, outputs }) => {
      if (!outputs.some((value) => value !== null && live.has(value))) return false;
      for (const value of inputs) live.add(value);
      return true;
    })
    .reverse();
  return { ...network, operations, constants: new Map([...network.constants].filter(([value]) => live.has(value))) };
}
