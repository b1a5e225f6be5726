/**
 * A network as it runs on one sequence, one frame at a time. Layouts are gone: a value is the features of a frame, and what
 * a layer needs of the past is its own state.
 */
import type { BINARY_FUNCTIONS, UNARY_FUNCTIONS } from '../kernels/table.js';
import type { Activation, Operation } from '../model/network.js';
import type { Operand } from '../operators/operator.js';

/** Index into `FrameNetwork.values`. */
export type FrameValueId = number;

export interface FrameValue {
  /** The tensor's name in the ONNX file. */
  readonly name: string;
  readonly size: number;
}

/** The parameters that all recurrent layers have, gates in ONNX's order. */
export interface RecurrentMatrices {
  readonly inputSize: number;
  readonly hiddenSize: number;
  readonly W: Float32Array; // [gates × hidden, input]
  readonly R: Float32Array; // [gates × hidden, hidden]
  readonly Wb: Float32Array; // [gates × hidden]
  readonly Rb: Float32Array; // [gates × hidden]
  /** Steps of W and of R, see `Constant.steps`; null where they have none. */
  readonly Ws: Float32Array | null; // [gates × hidden, input]
  readonly Rs: Float32Array | null; // [gates × hidden, hidden]
}

/** [hidden] floats that a sequence starts from: zeros where null. */
export type InitialState = FrameValueId | Float32Array | null;

interface RecurrentLayer extends RecurrentMatrices {
  readonly name: string;
  readonly input: FrameValueId;
  /** h after the frame. */
  readonly output: FrameValueId;
  /** [f, g, h], as many as the layer has. */
  readonly activations: readonly Activation[];
  /** Infinity for none. */
  readonly clip: number;
  readonly initialH: InitialState;
  /** Whether every frame starts from `initialH` and `initialC` again, which the network carries itself. */
  readonly reload: boolean;
}

/** Gates z r h in R and W; h̃ = g(Wh·x + Wbh + r∘(Rh·h + Rbh)) with linearBeforeReset, g(Wh·x + Wbh + Rh·(r∘h) + Rbh) without. */
export interface GruLayer extends RecurrentLayer {
  readonly kind: 'gru';
  readonly linearBeforeReset: boolean;
}

/** Gates i o f c in R and W. */
export interface LstmLayer extends RecurrentLayer {
  readonly kind: 'lstm';
  /** c after the frame. */
  readonly cell: FrameValueId;
  readonly initialC: InitialState;
  /** Weights from c to the gates i o f: [3 × hidden], or null. */
  readonly peepholes: Float32Array | null;
  readonly inputForget: boolean;
}

/** h ← f(W·x + Wb + R·h + Rb) */
export interface RnnLayer extends RecurrentLayer {
  readonly kind: 'rnn';
}

/** output = weights · input + bias */
export interface DenseLayer {
  readonly kind: 'dense';
  readonly name: string;
  readonly input: FrameValueId;
  readonly output: FrameValueId;
  readonly weights: Float32Array; // [output, input]
  readonly bias: Float32Array; // [output]
  /** Steps of the weights, see `Constant.steps`; null where they have none. */
  readonly steps: Float32Array | null; // [output, input]
}

export interface UnaryLayer extends Omit<Activation, 'function'> {
  readonly kind: 'unary';
  readonly name: string;
  readonly input: FrameValueId;
  readonly output: FrameValueId;
  /** clip cuts to [alpha, beta]. */
  readonly function: (typeof UNARY_FUNCTIONS)[number];
}

/** Of two values of one size, or of one and a constant. */
export interface BinaryLayer {
  readonly kind: 'binary';
  readonly name: string;
  readonly function: (typeof BINARY_FUNCTIONS)[number];
  readonly a: FrameValueId | Float32Array;
  readonly b: FrameValueId | Float32Array;
  readonly output: FrameValueId;
}

/** Softmax, or its logarithm, over a frame. */
export interface SoftmaxLayer {
  readonly kind: 'softmax';
  readonly name: string;
  readonly input: FrameValueId;
  readonly output: FrameValueId;
  readonly log: boolean;
}

/** Parts of values, one behind the other. */
export interface CopyLayer {
  readonly kind: 'copy';
  readonly name: string;
  readonly parts: readonly {
    readonly input: FrameValueId | Float32Array;
    readonly start: number;
    readonly size: number;
  }[];
  readonly output: FrameValueId;
}

/** The last `frames` frames of a value, oldest first; before there were any, `fill`. */
export interface ContextLayer {
  readonly kind: 'context';
  readonly name: string;
  readonly input: FrameValueId;
  readonly output: FrameValueId;
  readonly frames: number;
  readonly fill: number;
}

/** Any other operation, in plain TypeScript. */
export interface HostLayer {
  readonly kind: 'host';
  readonly name: string;
  readonly operation: Operation;
  /** Shapes of a frame; `data` of constants. */
  readonly operands: readonly (Operand | null)[];
  /** null for constants and for what the operation leaves out. */
  readonly inputs: readonly (FrameValueId | null)[];
  readonly outputs: readonly (FrameValueId | null)[];
}

export type FrameLayer =
  | GruLayer
  | LstmLayer
  | RnnLayer
  | DenseLayer
  | UnaryLayer
  | BinaryLayer
  | SoftmaxLayer
  | CopyLayer
  | ContextLayer
  | HostLayer;

/** At which frames, counted from 0, a layer runs: `from`, and every `every` from there on. */
export interface Schedule {
  readonly from: number;
  readonly every: number;
}

export interface Scheduled {
  readonly layer: FrameLayer;
  readonly schedule: Schedule;
  /** What it computes; one operation may need several layers, or none. */
  readonly operation: Operation | null;
}

export interface FramePort {
  readonly name: string;
  readonly value: FrameValueId;
}

export interface FrameOutput extends FramePort {
  readonly schedule: Schedule;
}

export interface FrameNetwork {
  readonly values: readonly FrameValue[];
  /** Given at every frame. */
  readonly inputs: readonly FramePort[];
  /** Given once a sequence: zeros unless said otherwise. */
  readonly states: readonly FramePort[];
  /** Runs once a sequence, before its first frame. */
  readonly prologue: readonly FrameLayer[];
  /** In an order in which every layer follows the layers that it reads. */
  readonly layers: readonly Scheduled[];
  /** After every frame, `from` becomes the state `to`. */
  readonly carried: readonly { readonly from: FrameValueId; readonly to: FrameValueId }[];
  readonly outputs: readonly FrameOutput[];
}

export function valuesReadBy(layer: FrameLayer): readonly FrameValueId[] {
  const all = (values: readonly (FrameValueId | Float32Array | null)[]) =>
    values.filter((value): value is FrameValueId => typeof value === 'number');
  switch (layer.kind) {
    case 'gru':
    case 'rnn':
      return all([layer.input, layer.initialH]);
    case 'lstm':
      return all([layer.input, layer.initialH, layer.initialC]);
    case 'binary':
      return all([layer.a, layer.b]);
    case 'copy':
      return all(layer.parts.map(({ input }) => input));
    case 'host':
      return all(layer.inputs);
    default:
      return [layer.input];
  }
}

export function valuesMadeBy(layer: FrameLayer): readonly FrameValueId[] {
  if (layer.kind === 'host') return layer.outputs.filter((value) => value !== null);
  return layer.kind === 'lstm' ? [layer.output, layer.cell] : [layer.output];
}

/** Multiply-adds of one frame, without padding; of host layers none are counted. */
export function multiplyAdds(layer: FrameLayer): number {
  if (layer.kind === 'gru' || layer.kind === 'lstm' || layer.kind === 'rnn') return layer.W.length + layer.R.length;
  return layer.kind === 'dense' ? layer.weights.length : 0;
}
