/** A tensor seen as [outer, size, inner]: before, along and behind the axes from `first` up to, not including, `end`. */
import { elements } from './operator.js';

export interface Blocks {
  readonly outer: number;
  readonly size: number;
  readonly inner: number;
}

export function blocksOf(dims: readonly number[], first: number, end = first + 1): Blocks {
  return {
    outer: elements(dims.slice(0, first)),
    size: elements(dims.slice(first, end)),
    inner: elements(dims.slice(end)),
  };
}
