/** A cell's parameters as the tensors of ONNX's recurrent operators. */
import type { Activation } from '../model/network.js';
import type { Cell, Weights } from './cell.js';

export interface LayerWeights extends Pick<Cell, 'kind' | 'activations' | 'linearBeforeReset' | 'inputForget'> {
  readonly activations: readonly Activation[];
  readonly inputs: number;
  readonly hidden: number;
  readonly W: Float32Array; // [gates × hidden, input]
  readonly R: Float32Array; // [gates × hidden, hidden]
  readonly Wb: Float32Array; // [gates × hidden]
  readonly Rb: Float32Array; // [gates × hidden]
  readonly P: Float32Array | null; // [3 × hidden]
  /** As Constant.steps; null where not all weights have them. */
  readonly stepsOfW: Float32Array | null;
  readonly stepsOfR: Float32Array | null;
}

const flat = (rows: readonly Weights[], of: keyof Weights): Float32Array =>
  Float32Array.from(rows.flatMap((row) => Array.from(row[of])));

function stepsOf(rows: readonly Weights[]): Float32Array | null {
  const isWhole = rows.every(({ values, steps }) => values.every((value, i) => value === 0 || steps[i] > 0));
  // Of a weight that is 0, any step is one.
  return isWhole ? flat(rows, 'steps').map((step) => step || 1) : null;
}

/** @param columns of W, those that the layer's input has */
export function layerWeights(cell: Cell, columns: readonly number[]): LayerWeights {
  const { kind, activations, R, Wb, Rb, peepholes, linearBeforeReset, inputForget } = cell;
  const pick = (from: Float64Array) => Float64Array.from(columns, (column) => from[column]);
  const W = cell.W.map(({ values, steps }) => ({ values: pick(values), steps: pick(steps) }));
  return {
    ...{ kind, activations, linearBeforeReset, inputForget },
    inputs: columns.length,
    hidden: R[0].values.length,
    W: flat(W, 'values'),
    R: flat(R, 'values'),
    Wb: Float32Array.from(Wb),
    Rb: Float32Array.from(Rb),
    P: peepholes && Float32Array.from(peepholes),
    stepsOfW: stepsOf(W),
    stepsOfR: stepsOf(R),
  };
}
