/**
 * The neutral form of a network: operations on tensors, in an order in which each follows those that it reads. What an
 * operation means is said by the newest ONNX operator of the same name, https://onnx.ai/onnx/operators; what older opsets say
 * otherwise, importing has already translated. Sizes are decided when inputs are given: nothing here is symbolic.
 */

import type { Kinds } from './kinds.js';

export type {
  Activation,
  BinaryFunction,
  Direction,
  Kinds,
  ReduceFunction,
  ScannedAxis,
  UnaryFunction,
  Window,
} from './kinds.js';

/** Index into `Network.names`. */
export type ValueId = number;

/** What elements are while computing: float32; whole numbers up to 2⁵³, whatever their width; 0 and 1. */
export type ElementType = 'float' | 'integer' | 'boolean';

/** Float32Array of floats, and of constants of 8 and 16 bits; Float64Array of other integers and booleans. */
export type Numbers = Float32Array | Float64Array;

export interface Constant {
  readonly type: ElementType;
  readonly dims: readonly number[];
  readonly data: Numbers; // row-major
  /**
   * Of weights that the file has in 8 bits: one float an element, of which that element is a whole multiple, at most ±255. What
   * moves elements moves these too; what computes others drops them.
   */
  readonly steps?: Float32Array;
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

/** The networks within an operation. */
export const bodiesOf = (operation: Operation): readonly Network[] =>
  operation.kind === 'if'
    ? [operation.thenBranch, operation.elseBranch]
    : operation.kind === 'loop' || operation.kind === 'scan'
      ? [operation.body]
      : [];

/** Whether an operation is a recurrent layer, or has one within. */
export const hasRecurrence = (operation: Operation): boolean =>
  isRecurrent(operation) || bodiesOf(operation).some(({ operations }) => operations.some(hasRecurrence));
