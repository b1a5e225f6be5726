/** Products with the input that a graph computes for all steps, in front of a loop, as the layer's own weights. */
import { isRecurrent } from '../model/network.js';
import type { Constant, Network, Operation, OperationOf, ValueId } from '../model/network.js';
import { Draft, withoutDead } from './draft.js';

type Recurrent = OperationOf<'gru' | 'lstm' | 'rnn'>;

/** What stands in front of a layer: X = x·M + b, and the transposes between. */
interface Product {
  readonly x: ValueId;
  readonly matrix: Constant; // [input, columns]
  readonly bias: Float64Array; // [columns]
  /** The first to be done last. */
  readonly transposes: readonly (readonly number[])[];
}

const isLastKept = (perm: readonly number[]): boolean => perm.at(-1) === perm.length - 1;

class Absorption {
  readonly #makers = new Map<ValueId, Operation>();
  readonly #constants: ReadonlyMap<ValueId, Constant>;

  constructor({ operations, constants }: Network) {
    this.#constants = constants;
    for (const operation of operations) {
      for (const value of operation.outputs) if (value !== null) this.#makers.set(value, operation);
    }
  }

  /** Back from X, through transposes that leave the features last, and additions of constants. */
  productBefore(X: ValueId, columns: number): Product | null {
    const transposes: (readonly number[])[] = [];
    const bias = new Float64Array(columns);
    let at = X;
    for (let maker = this.#makers.get(at); maker; maker = this.#makers.get(at)) {
      const [first, second = null] = maker.inputs;
      if (maker.kind === 'transpose' && maker.perm && isLastKept(maker.perm)) {
        transposes.push(maker.perm);
        at = first!;
      } else if (maker.kind === 'identity') at = first!;
      else if (maker.kind === 'binary' && maker.function === 'add') {
        const [x, constant] = this.#isVector(second, columns) ? [first, second] : [second, first];
        if (!this.#isVector(constant, columns)) return null;
        this.#constants.get(constant!)!.data.forEach((number, i) => (bias[i] += number));
        at = x!;
      } else {
        const matrix = maker.kind === 'matmul' ? this.#constants.get(second!) : undefined;
        if (matrix?.dims.length !== 2 || matrix.dims[1] !== columns || first === null) return null;
        return { x: first, matrix, bias, transposes };
      }
    }
    return null;
  }

  #isVector(value: ValueId | null, columns: number): boolean {
    const constant = value === null ? undefined : this.#constants.get(value);
    return constant?.data.length === columns && constant.dims.at(-1) === columns;
  }

  /** Which column each row of W takes as it is; null where W is more than that. */
  selectionOf({ inputs }: Recurrent): Int32Array | null {
    const W = this.#constants.get(inputs[1]!);
    const B = this.#constants.get(inputs[3] ?? -1);
    if (!W || !B || W.dims[0] !== 1) return null;
    const [, rows, columns] = W.dims;
    const chosen = new Int32Array(rows).fill(-1);
    for (let row = 0; row < rows; row++) {
      for (let column = 0; column < columns; column++) {
        const weight = W.data[row * columns + column];
        if (weight !== 0 && (weight !== 1 || chosen[row] >= 0)) return null;
        if (weight === 1) chosen[row] = column;
      }
    }
    return chosen.every((column) => column >= 0) ? chosen : null;
  }
}

/** W [1, rows, input] of the columns of M [input, columns] that are chosen. */
function picked({ dims, data, steps }: Constant, chosen: Int32Array): Constant {
  const [inputs, columns] = dims;
  const pick = (from: ArrayLike<number>) =>
    Float32Array.from({ length: chosen.length * inputs }, (_, at) => {
      const [row, k] = [Math.floor(at / inputs), at % inputs];
      return from[k * columns + chosen[row]];
    });
  return {
    type: 'float',
    dims: [1, chosen.length, inputs],
    data: pick(data),
    ...(steps && { steps: pick(steps) }),
  };
}

function withProduct(layer: Recurrent, product: Product, chosen: Int32Array, draft: Draft): Operation[] {
  const { name, inputs } = layer;
  let x = product.x;
  const transposes = [...product.transposes].reverse().map((perm) => {
    const from = x;
    x = draft.value(`${name}.X`);
    return draft.operation('transpose', name, [from], [x], { perm });
  });
  const bias = Float32Array.from(draft.constants.get(inputs[3]!)!.data);
  chosen.forEach((column, row) => (bias[row] += product.bias[column]));
  const W = draft.constant(`${name}.W`, picked(product.matrix, chosen));
  const B = draft.floats(`${name}.B`, [1, bias.length], bias);
  return [...transposes, { ...layer, inputs: [x, W, inputs[2], B, ...inputs.slice(4)] }];
}

/** The network in which layers that take sums of their gates take what these are made of. */
export function absorbProducts(network: Network): Network {
  const absorption = new Absorption(network);
  const draft = new Draft(network);
  const operations = network.operations.flatMap((operation): readonly Operation[] => {
    const chosen = isRecurrent(operation) ? absorption.selectionOf(operation) : null;
    if (!chosen) return [operation];
    const layer = operation as Recurrent;
    const columns = network.constants.get(layer.inputs[1]!)!.dims[2];
    const product = absorption.productBefore(layer.inputs[0]!, columns);
    return product ? withProduct(layer, product, chosen, draft) : [operation];
  });
  return withoutDead({ ...network, names: draft.names, constants: draft.constants, operations });
}
