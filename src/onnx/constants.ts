/**
 * Tensors known while importing: weights, shapes, and the states that a network starts from. An axis of symbolic size
 * (the batch) is stored once, because what an exporter builds for it repeats.
 */
import { UnsupportedModelError } from '../errors.js';
import type { Dim } from './dims.js';
import { heldBy } from './element-types.js';
import { maxIntegers } from './limits.js';
import { listed, quoted } from './names.js';

export interface Constant {
  readonly kind: 'constant';
  readonly name: string;
  readonly type: 'float' | 'integer' | 'boolean';
  /** TensorProto.DataType */
  readonly elementType: number;
  readonly dims: readonly Dim[];
  /** Row-major, [dims] with 1 for every symbol. Integers may be symbols themselves: a shape holds sizes. */
  readonly data: Float32Array | readonly Dim[];
}

/** All constants that folding makes, in elements: 16 times the weights of the largest network that runs in real time. */
const maxFoldedElements = 2 ** 24;

/** Makes constants, and counts what they take. */
export class Folder {
  #left = maxFoldedElements;

  /** `element` gives what stands at a row-major index of the stored elements. */
  make(name: string, elementType: number, dims: readonly Dim[], element: (index: number) => Dim): Constant {
    const type = heldBy(elementType) ?? 'float';
    const count = storedCount(dims);
    if (!(count >= 0 && count <= Math.min(this.#left, type === 'float' ? Infinity : maxIntegers))) {
      throw new UnsupportedModelError(
        `tensor ${quoted(name)} of [${listed(dims)}] is too large to be computed while importing`,
      );
    }
    this.#left -= count;
    const data = type === 'float' ? new Float32Array(count) : new Array<Dim>(count);
    for (let index = 0; index < count; index++) data[index] = element(index);
    return { kind: 'constant', name, type, elementType, dims, data: data as Constant['data'] };
  }

  /** A view in other axes: each axis of the result steps `steps[axis]` elements of the source, from `start`. */
  strided(source: Constant, name: string, dims: readonly Dim[], start: number, steps: readonly number[]): Constant {
    const sizes = dims.map(stored);
    return this.make(name, source.elementType, dims, (index) => {
      let at = start;
      for (let axis = sizes.length - 1, rest = index; axis >= 0; axis--) {
        at += (rest % sizes[axis]) * steps[axis];
        rest = Math.floor(rest / sizes[axis]);
      }
      return source.data[at];
    });
  }
}

/** The same elements under other dims: nothing is copied. */
export function withDims(source: Constant, name: string, dims: readonly Dim[]): Constant {
  return { ...source, name, dims };
}

/** How many of a dimension's elements are stored. */
export function stored(dim: Dim): number {
  return typeof dim === 'number' ? dim : 1;
}

export function storedCount(dims: readonly Dim[]): number {
  return dims.reduce<number>((count, dim) => count * stored(dim), 1);
}

/** Elements from one index of an axis to the next. */
export function stridesOf(dims: readonly Dim[]): number[] {
  const strides = new Array<number>(dims.length);
  let stride = 1;
  for (let axis = dims.length - 1; axis >= 0; axis--) {
    strides[axis] = stride;
    stride *= stored(dims[axis]);
  }
  return strides;
}

export function replaced<T>(list: readonly T[], at: number, value: T): T[] {
  return list.map((old, index) => (index === at ? value : old));
}
