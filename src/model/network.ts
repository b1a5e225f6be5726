/**
 * The neutral form of a network: operations on tensors, in an order in which each follows those that it reads. What an
 * operation means is said by the newest ONNX operator of the same name, https://onnx.ai/onnx/operators; what older opsets say
 * otherwise, importing has already translated. Sizes are decided when inputs are given: nothing here is symbolic.
 */

/** Index into `Network.names`. */
export type ValueId = number;

/** What elements are while computing: float32; whole numbers up to 2⁵³, whatever their width; 0 and 1. */
export type ElementType = 'float' | 'integer' | 'boolean';

/** Float32Array of floats, Float64Array of integers and booleans. */
export type Numbers = Float32Array | Float64Array;

export interface Constant {
  readonly type: ElementType;
  readonly dims: readonly number[];
  readonly data: Numbers; // row-major
}

/** How tensors are called outside, as onnxruntime calls them. */
export type TensorType =
  'float32' | 'float16' | 'float64' | 'bfloat16' | 'int8' | 'int16' | 'int32' | 'int64' | 'uint8' | 'uint16' | 'bool';

/** An input or output of the network. */
export interface Port {
  readonly name: string;
  readonly value: ValueId;
  readonly type: TensorType;
  /** A name is a size that the file leaves open; null where the file says nothing of the shape. */
  readonly dims: readonly (number | string)[] | null;
}

export interface Network {
  /** The tensors' names in the ONNX file, by ValueId. */
  readonly names: readonly string[];
  readonly constants: ReadonlyMap<ValueId, Constant>;
  readonly inputs: readonly Port[];
  readonly operations: readonly Operation[];
  readonly outputs: readonly Port[];
}

export type UnaryFunction =
  // alpha and beta as in ONNX; functions that take none have zeros
  | 'affine' // alpha·x + beta
  | 'elu'
  | 'hardSigmoid'
  | 'leakyRelu'
  | 'relu'
  | 'scaledTanh' // alpha·tanh(beta·x)
  | 'sigmoid'
  | 'softplus'
  | 'softsign'
  | 'tanh'
  | 'thresholdedRelu'
  | 'celu'
  | 'selu' // alpha, beta: gamma
  | 'gelu'
  | 'geluTanh'
  | 'hardSwish'
  | 'swish' // x·sigmoid(alpha·x)
  | 'mish'
  | 'abs'
  | 'ceil'
  | 'cos'
  | 'erf'
  | 'exp'
  | 'floor'
  | 'log'
  | 'neg'
  | 'not'
  | 'reciprocal'
  | 'round' // halves to even
  | 'sign'
  | 'sin'
  | 'sqrt';

export interface Activation {
  readonly function: UnaryFunction;
  readonly alpha: number;
  readonly beta: number;
}

export type BinaryFunction =
  | 'add'
  | 'sub'
  | 'mul'
  | 'div' // of integers: towards zero
  | 'pow'
  | 'min'
  | 'max'
  | 'mod' // sign of the divisor
  | 'fmod' // sign of the dividend
  | 'prelu' // b is the slope
  | 'and'
  | 'or'
  | 'xor'
  | 'equal'
  | 'greater'
  | 'greaterOrEqual'
  | 'less'
  | 'lessOrEqual';

export type ReduceFunction =
  'sum' | 'mean' | 'max' | 'min' | 'prod' | 'l1' | 'l2' | 'logSum' | 'logSumExp' | 'sumSquare';

export type Direction = 'forward' | 'reverse';

/** What RNN, GRU and LSTM share. Inputs X, W, R, B?, sequenceLens?, initialH?; outputs Y?, Y_h?. */
interface Recurrent {
  /** One a direction: two are bidirectional. */
  readonly directions: readonly Direction[];
  /** [directions][f], of GRU [f, g], of LSTM [f, g, h] */
  readonly activations: readonly (readonly Activation[])[];
  /** Gate sums are cut to [−clip, clip] before their activation; Infinity for no clip. */
  readonly clip: number;
  /** ONNX `layout` 1: X [batch, time, input], Y [batch, time, directions, hidden], states [batch, directions, hidden]. */
  readonly batchFirst: boolean;
}

/** Sizes along the spatial axes, which are those behind [batch, channels]. */
export interface Window {
  /** null: as the weights say. */
  readonly kernelShape: readonly number[] | null;
  /** null: 1 a spatial axis, as for dilations. */
  readonly strides: readonly number[] | null;
  readonly dilations: readonly number[] | null;
  /** All begins, then all ends; null: 0. Given unless autoPad is. */
  readonly pads: readonly number[] | null;
  readonly autoPad: 'explicit' | 'sameUpper' | 'sameLower' | 'valid';
}

/** By kind; the comment names inputs where they differ from ONNX's. */
export interface Kinds {
  gru: Recurrent & { readonly linearBeforeReset: boolean };
  /** Inputs as in ONNX: X, W, R, B?, sequenceLens?, initialH?, initialC?, P?; outputs Y?, Y_h?, Y_c?. */
  lstm: Recurrent & { readonly inputForget: boolean };
  rnn: Recurrent;
  matmul: object;
  gemm: { readonly alpha: number; readonly beta: number; readonly transA: boolean; readonly transB: boolean };
  unary: Activation;
  binary: { readonly function: BinaryFunction };
  where: object;
  /** x, min?, max? */
  clip: object;
  cast: { readonly to: TensorType };
  /** `flatten`: over all axes from `axis` on, as below opset 13. */
  softmax: { readonly axis: number; readonly log: boolean; readonly flatten: boolean };
  /** x, axes? */
  reduce: { readonly function: ReduceFunction; readonly keepDims: boolean; readonly noopWithEmptyAxes: boolean };
  argReduce: {
    readonly function: 'max' | 'min';
    readonly axis: number;
    readonly keepDims: boolean;
    readonly lastIndex: boolean;
  };
  layerNormalization: { readonly axis: number; readonly epsilon: number };
  batchNormalization: { readonly epsilon: number };
  instanceNormalization: { readonly epsilon: number };
  convolution: Window & { readonly group: number };
  pool: Window & {
    readonly function: 'max' | 'average';
    readonly ceilMode: boolean;
    readonly countIncludePad: boolean;
  };
  /** Over all spatial axes, which stay as 1. */
  globalPool: { readonly function: 'max' | 'average' };
  /** x, shape */
  reshape: { readonly allowZero: boolean };
  flatten: { readonly axis: number };
  /** x, axes? */
  squeeze: object;
  /** x, axes */
  unsqueeze: object;
  /** null reverses the axes. */
  transpose: { readonly perm: readonly number[] | null };
  expand: object;
  tile: object;
  concat: { readonly axis: number };
  /** x, sizes? */
  split: { readonly axis: number; readonly numOutputs: number; readonly allowUneven: boolean };
  /** x, starts, ends, axes?, steps? */
  slice: object;
  gather: { readonly axis: number };
  /** x, pads, value?, axes? */
  pad: { readonly mode: 'constant' | 'reflect' | 'edge' | 'wrap' };
  shape: { readonly start: number; readonly end: number | null };
  size: object;
  /** shape */
  constantOfShape: { readonly value: number; readonly type: ElementType };
  range: object;
  identity: object;
}

export type Kind = keyof Kinds;

/** One step of the network. An optional input or output that is left out is null. */
export type OperationOf<K extends Kind> = {
  readonly [Key in K]: Kinds[Key] & {
    readonly kind: Key;
    /** The node's name in the file, for messages. */
    readonly name: string;
    readonly inputs: readonly (ValueId | null)[];
    readonly outputs: readonly (ValueId | null)[];
  };
}[K];

export type Operation = OperationOf<Kind>;

/** Whether an operation steps over a sequence. */
export const isRecurrent = (operation: Operation): operation is OperationOf<'gru' | 'lstm' | 'rnn'> =>
  operation.kind === 'gru' || operation.kind === 'lstm' || operation.kind === 'rnn';

export const elementTypeOf = (type: TensorType): ElementType =>
  type === 'bool' ? 'boolean' : /float/.test(type) ? 'float' : 'integer';
