/** The operations there are, and what each says besides its inputs and outputs. */
import type { ElementType, Network, TensorType } from './network.js';

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
  /** x, lengths [batch]: the first so many of each sequence, last first; what is behind them stays. */
  reverseSequence: { readonly batchAxis: number; readonly timeAxis: number };
  /** x, pads, value?, axes? */
  pad: { readonly mode: 'constant' | 'reflect' | 'edge' | 'wrap' };
  shape: { readonly start: number; readonly end: number | null };
  size: object;
  /** shape */
  constantOfShape: { readonly value: number; readonly type: ElementType };
  range: object;
  identity: object;
  /**
   * condition, captured… Both branches take the captured values as their inputs, in that order, and give as many outputs as the
   * operation.
   */
  if: { readonly thenBranch: Network; readonly elseBranch: Network };
  /**
   * tripCount?, condition?, initial…, captured…; outputs: last…, scanned…. The body takes iteration, condition, carried…,
   * captured…, and gives condition, carried…, scanned….
   */
  loop: { readonly carried: number; readonly body: Network };
  /**
   * initial…, scanned…, captured…; outputs: last…, scanned…. The body takes carried…, one slice of each scanned input without its
   * axis, captured…, and gives carried…, one slice of each scanned output.
   */
  scan: {
    readonly carried: number;
    readonly scannedInputs: readonly ScannedAxis[];
    readonly scannedOutputs: readonly ScannedAxis[];
    readonly body: Network;
  };
  /** x, scale, zeroPoint?; the zero point's type, or `to`, says the range. `axis` where there is a scale an index of it. */
  quantizeLinear: { readonly axis: number; readonly to: TensorType };
  /** x, scale, zeroPoint? */
  dequantizeLinear: { readonly axis: number };
  /** x; outputs y, scale, zeroPoint */
  dynamicQuantizeLinear: object;
  /** a, b, aZeroPoint?, bZeroPoint? */
  matmulInteger: object;
  /** x, W, xZeroPoint?, WZeroPoint? */
  convolutionInteger: Window & { readonly group: number };
  /**
   * x, scale?, zeroPoint?: quantizes and dequantizes at once, the values between as if stored in `as`. Without a scale, by the
   * least and the greatest element, as DynamicQuantizeLinear. No operator of ONNX; raising makes it of several.
   */
  fakeQuantize: { readonly axis: number; readonly as: TensorType };
}

/** A sequence inside a tensor; steps go through it from its start, or from its end. */
export interface ScannedAxis {
  readonly axis: number;
  readonly direction: Direction;
}
