/**
 * The neutral layer form: a recurrent network as it runs on one sequence, one frame at a time. Exporters' layouts
 * (batch first or not, squeezed directions, stacked states) survive only in the description of inputs and outputs.
 *
 * Gates are in ONNX's order (GRU: z update, r reset, h candidate).
 */

/** Index into `Network.values`. */
export type ValueId = number;

/** What one frame of one sequence carries at a place of the graph: `size` floats. */
export interface Value {
  /** The tensor's name in the ONNX file; of a stacked state, with the index of the part. */
  readonly name: string;
  readonly size: number;
}

/** One GRU layer, ONNX `GRU`, direction forward, activations Sigmoid and Tanh. */
export interface GruLayer {
  readonly kind: 'gru';
  readonly name: string;
  readonly input: ValueId;
  readonly output: ValueId;
  readonly inputSize: number;
  readonly hiddenSize: number;
  /** true: h̃ = tanh(Wh·x + Wbh + r∘(Rh·h + Rbh)); false: h̃ = tanh(Wh·x + Wbh + Rh·(r∘h) + Rbh). */
  readonly linearBeforeReset: boolean;
  readonly W: Float32Array; // [3 × hidden, input]
  readonly R: Float32Array; // [3 × hidden, hidden]
  readonly Wb: Float32Array; // [3 × hidden]
  readonly Rb: Float32Array; // [3 × hidden]
  /** A state input of the network, a constant of [hidden], or null for zeros. */
  readonly initialH: ValueId | Float32Array | null;
}

/** output = weights · input + bias */
export interface DenseLayer {
  readonly kind: 'dense';
  readonly name: string;
  readonly input: ValueId;
  readonly output: ValueId;
  readonly weights: Float32Array; // [output, input]
  readonly bias: Float32Array; // [output]
}

/** An element-wise function. */
export interface ActivationLayer {
  readonly kind: 'activation';
  readonly name: string;
  readonly input: ValueId;
  readonly output: ValueId;
  readonly activation: 'sigmoid' | 'tanh' | 'relu';
}

/** Softmax, or its logarithm, over the features of a frame. */
export interface SoftmaxLayer {
  readonly kind: 'softmax';
  readonly name: string;
  readonly input: ValueId;
  readonly output: ValueId;
  readonly log: boolean;
}

/** Features of several values, one after the other. */
export interface ConcatLayer {
  readonly kind: 'concat';
  readonly name: string;
  readonly inputs: readonly ValueId[];
  readonly output: ValueId;
}

/** Features `start` to `start + size of the output` of a value. */
export interface SliceLayer {
  readonly kind: 'slice';
  readonly name: string;
  readonly input: ValueId;
  readonly output: ValueId;
  readonly start: number;
}

export type Layer = GruLayer | DenseLayer | ActivationLayer | SoftmaxLayer | ConcatLayer | SliceLayer;

/**
 * One factor of a tensor's axis. `part` counts the values that a tensor stacks (the layers of a state);
 * a symbolic size is a dimension that the file leaves open.
 */
export interface AxisFactor {
  readonly role: 'batch' | 'time' | 'part' | 'feature';
  readonly size: number | string;
}

/** An axis is the product of its factors, slowest first; none is an axis of size 1. */
export type Axis = readonly AxisFactor[];

/** How values are laid out in a tensor of `model.run`. */
export interface TensorLayout {
  readonly name: string;
  readonly axes: readonly Axis[];
  /** One value a part; a tensor without a `part` factor has exactly one. */
  readonly values: readonly ValueId[];
}

export interface Network {
  readonly values: readonly Value[];
  /** Tensors with a time axis: one frame of each is given at every step. */
  readonly inputs: readonly TensorLayout[];
  /** Tensors without one, given once a sequence: initial states, and whatever else layers read at every frame. */
  readonly states: readonly TensorLayout[];
  /** In an order in which every layer follows the layers that it reads. */
  readonly layers: readonly Layer[];
  /** An output without a time axis is what its value is after the last frame. */
  readonly outputs: readonly TensorLayout[];
}

/** Elements of `axis` in a sequence of `frames` and a batch of `batch`. */
export function axisSize(axis: Axis, batch: number, frames: number): number {
  let size = 1;
  for (const factor of axis) {
    if (factor.role === 'batch') size *= batch;
    else if (factor.role === 'time') size *= frames;
    else size *= Number(factor.size);
  }
  return size;
}

/** Whether a tensor has a frame for every frame of the sequence. */
export function hasTime(layout: TensorLayout): boolean {
  return layout.axes.some((axis) => axis.some(({ role }) => role === 'time'));
}

/** Multiply-adds of one frame, without padding. */
export function multiplyAdds(layer: Layer): number {
  if (layer.kind === 'gru') return 3 * layer.hiddenSize * (layer.inputSize + layer.hiddenSize);
  if (layer.kind === 'dense') return layer.weights.length;
  return 0;
}

/** Weights and biases of a layer. */
export function parameterCount(layer: Layer): number {
  if (layer.kind === 'gru') return layer.W.length + layer.R.length + layer.Wb.length + layer.Rb.length;
  if (layer.kind === 'dense') return layer.weights.length + layer.bias.length;
  return 0;
}
