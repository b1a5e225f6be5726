/** What an operator is: for operands of known shapes, the shapes of its results and a loop that fills them. */
import { ModelFormatError, UnsupportedModelError } from '../errors.js';
import type { Constant, ElementType, Kind, Numbers, Operation, OperationOf } from '../model/network.js';
import type { Budget } from './specialization.js';

/** Axes of a tensor: more than any operator's tensors have. */
export const MAX_RANK = 16;
/** Of one tensor, 64 MiB of floats: a minute of 16 kHz audio has a sixteenth of it, and an index table takes as much again. */
export const MAX_ELEMENTS = 2 ** 24;

export interface Shape {
  readonly type: ElementType;
  readonly dims: readonly number[];
}

/** A tensor as far as it is known before the network runs. */
export interface Operand extends Shape {
  /** Row-major; null where only running tells. */
  readonly data: Numbers | null;
  /** As of constants. */
  readonly steps?: Float32Array;
}

export interface Prepared {
  /** One an output that the operation has; those that it leaves out included. */
  readonly outputs: readonly Shape[];
  /** Outputs that follow from shapes alone, as those of Shape; null where only some do. */
  readonly known?: readonly (Numbers | null)[];
  /** Of what runs bodies: what it takes at most. */
  readonly work?: number;
  /** As `work`, with one pass of each loop of which only running tells how often it runs. */
  readonly least?: number;
  /** Of what runs bodies: those of recurrent layers, products and convolutions alone. */
  readonly multiplyAdds?: number;
  /**
   * Fills the outputs, row-major, and allocates nothing. An input or output that the operation leaves out is null. Buffers may be
   * larger than their tensors.
   */
  compute(inputs: readonly (Numbers | null)[], outputs: readonly (Numbers | null)[]): void;
}

/** What bodies are prepared with: the operators of the network around them, and what is left of its limits. */
export interface Surroundings {
  readonly operators: Operators;
  readonly budget?: Budget;
}

/**
 * @throws ModelFormatError where shapes do not fit, UnsupportedModelError for what is not done
 */
export type Operator<K extends Kind> = (
  operation: OperationOf<K>,
  operands: readonly (Operand | null)[],
  around: Surroundings,
) => Prepared;

/** By kind; those that a network does not have may be missing. */
export type Operators = { readonly [K in Kind]?: Operator<K> };

/** How messages call an operation: `gru "gru_1"`, and loops as the file does. */
export const whereOf = ({ kind, name }: Operation): string => `${kind === 'loop' ? 'Loop node' : kind} "${name}"`;

export function unsupported(operation: Operation, what: string): UnsupportedModelError {
  return new UnsupportedModelError(`${whereOf(operation)}: ${what}`);
}

export function malformed(operation: Operation, what: string): ModelFormatError {
  return new ModelFormatError(`${whereOf(operation)}: ${what}`);
}

/** @throws ModelFormatError when it is absent */
export function required(operation: Operation, operands: readonly (Operand | null)[], index: number): Operand {
  const operand = operands[index];
  if (!operand) throw malformed(operation, `input ${index} is missing`);
  return operand;
}

/** An operand that decides shapes, such as a Reshape's target: it must be known before the network runs. */
export function known(operation: Operation, operands: readonly (Operand | null)[], index: number): Constant {
  const { type, dims, data } = required(operation, operands, index);
  if (data) return { type, dims, data };
  throw unsupported(
    operation,
    `input ${index} decides a shape, and is only known when the network runs; export with fixed sizes`,
  );
}

/** An operand that some operators take as float alone. */
export function floats(operation: Operation, operands: readonly (Operand | null)[], index: number): Operand {
  const operand = required(operation, operands, index);
  if (operand.type === 'float') return operand;
  throw unsupported(operation, `input ${index} is ${operand.type}, and only float is computed; cast it in the model`);
}

/** Of a list that decides shapes: a Split has the longest, of one an output. */
const MAX_LIST = 4096;

/** Axes, sizes and the like: a known vector of integers, or one integer. */
export function integers(operation: Operation, operands: readonly (Operand | null)[], index: number): number[] {
  const { type, dims, data } = known(operation, operands, index);
  if (type !== 'integer' || dims.length > 1)
    throw malformed(operation, `input ${index} is ${type} [${dims}]; expected a vector of integers`);
  const count = elements(dims);
  if (count > MAX_LIST)
    throw unsupported(operation, `input ${index} has ${count} integers, at most ${MAX_LIST} decide a shape`);
  return [...data.subarray(0, count)];
}

/** What is wrong with dims, null when they can be computed with. An axis without elements doesn't excuse the others. */
function excess(dims: readonly number[]): string | null {
  if (dims.length > MAX_RANK) return `has ${dims.length} axes; at most ${MAX_RANK} are computed`;
  if (dims.reduce((product, dim) => product * Math.max(dim, 1), 1) > MAX_ELEMENTS)
    return `has more than ${MAX_ELEMENTS} elements, which is all that is computed; run smaller inputs`;
  return null;
}

const isSize = (dim: number): boolean => Number.isInteger(dim) && dim >= 0;

/** @throws UnsupportedModelError for more than MAX_ELEMENTS: what allocates by dims asks here before */
export function elements(dims: readonly number[]): number {
  const what = dims.every(isSize) ? excess(dims) : 'has a size that is no whole number';
  if (what !== null) throw new UnsupportedModelError(`a tensor of [${dims.slice(0, MAX_RANK)}] ${what}`);
  return dims.reduce((product, dim) => product * dim, 1);
}

/** Dims of a result, before memory is taken for it. */
export function checkedDims<D extends readonly number[]>(operation: Operation, dims: D): D {
  if (!dims.every(isSize)) throw malformed(operation, `its result would be [${dims}], which is no shape`);
  const what = excess(dims);
  if (what !== null) throw unsupported(operation, `its result [${dims.slice(0, MAX_RANK)}] ${what}`);
  return dims;
}

/** Shape of a result, before memory is taken for it. */
export const checkedShape = (operation: Operation, type: ElementType, dims: readonly number[]): Shape => ({
  type,
  dims: checkedDims(operation, dims),
});

/** Elements from one index of an axis to the next. */
export function stridesOf(dims: readonly number[]): number[] {
  const strides = new Array<number>(dims.length);
  let stride = 1;
  for (let axis = dims.length - 1; axis >= 0; axis--) {
    strides[axis] = stride;
    stride *= dims[axis];
  }
  return strides;
}

/** An axis or an index, counted from the end when negative. */
export function axisOf(operation: Operation, axis: number, rank: number, what = 'axis'): number {
  const result = axis < 0 ? axis + rank : axis;
  if (!Number.isInteger(result) || result < 0 || result >= rank)
    throw malformed(operation, `${what} ${axis} is outside of −${rank} to ${rank - 1}`);
  return result;
}

/** Distinct axes, in the order given. */
export function axesOf(operation: Operation, axes: Iterable<number>, rank: number): number[] {
  const result = [...axes].map((axis) => axisOf(operation, axis, rank));
  if (new Set(result).size < result.length) throw malformed(operation, `axes [${[...axes]}] name one twice`);
  return result;
}

/** ONNX's multidirectional broadcasting. */
export function broadcastDims(operation: Operation, a: readonly number[], b: readonly number[]): number[] {
  const rank = Math.max(a.length, b.length);
  const dims = Array.from({ length: rank }, (_, axis) => {
    const left = a[axis - rank + a.length] ?? 1;
    const right = b[axis - rank + b.length] ?? 1;
    if (left === right || right === 1) return left;
    if (left === 1) return right;
    throw malformed(operation, `[${a}] and [${b}] don't broadcast`);
  });
  return checkedDims(operation, dims);
}

/** For every element of a tensor of `dims`, where the element of `from` that is broadcast to it stands. */
export function broadcastIndices(from: readonly number[], dims: readonly number[]): Int32Array {
  const strides = stridesOf(from);
  const offset = dims.length - from.length;
  return stridedIndices(
    dims,
    dims.map((_, axis) => (axis >= offset && from[axis - offset] > 1 ? strides[axis - offset] : 0)),
  );
}

/** Row-major over `dims`: start + Σ index[axis] · steps[axis]. */
export function stridedIndices(dims: readonly number[], steps: readonly number[], start = 0): Int32Array {
  const indices = new Int32Array(elements(dims));
  const index = new Int32Array(dims.length);
  for (let at = 0, place = start; at < indices.length; at++) {
    indices[at] = place;
    for (let axis = dims.length - 1; axis >= 0; axis--) {
      place += steps[axis];
      if (++index[axis] < dims[axis]) break;
      place -= steps[axis] * dims[axis];
      index[axis] = 0;
    }
  }
  return indices;
}

/** An operator that only moves elements: output[i] = input[indices[i]]. */
export function moved({ type }: Shape, dims: readonly number[], indices: Int32Array): Prepared {
  return {
    outputs: [{ type, dims }],
    compute: ([x], [y]) => {
      for (let i = 0; i < indices.length; i++) y![i] = x![indices[i]];
    },
  };
}

/** The same elements in another shape. */
export function reshaped({ type }: Shape, dims: readonly number[]): Prepared {
  const count = elements(dims);
  return {
    outputs: [{ type, dims }],
    compute: ([x], [y]) => {
      for (let i = 0; i < count; i++) y![i] = x![i];
    },
  };
}
