/** Tensors that come of shapes and numbers alone. */
import type { ElementType } from '../model/network.js';
import {
  checkedShape,
  elements,
  integers,
  known,
  malformed,
  type Operator,
  type Prepared,
  required,
  type Shape,
} from './operator.js';

/** A result that needs no running: values in a Float64Array. */
function constant(type: ElementType, dims: readonly number[], values: readonly number[]): Prepared {
  const data = Float64Array.from(values);
  return {
    outputs: [{ type, dims }],
    known: [data],
    compute: (_, [y]) => y!.set(data),
  };
}

export const shape: Operator<'shape'> = (operation, operands) => {
  const { dims } = required(operation, operands, 0);
  const values = dims.slice(operation.start, operation.end ?? undefined);
  return constant('integer', [values.length], values);
};

export const size: Operator<'size'> = (operation, operands) =>
  constant('integer', [], [elements(required(operation, operands, 0).dims)]);

/** A result that is made element by element. */
function sequence(output: Shape, at: (i: number) => number): Prepared {
  const count = elements(output.dims);
  return {
    outputs: [output],
    compute: (_, [y]) => {
      for (let i = 0; i < count; i++) y![i] = at(i);
    },
  };
}

export const constantOfShape: Operator<'constantOfShape'> = (operation, operands) =>
  sequence(checkedShape(operation, operation.type, integers(operation, operands, 0)), () => operation.value);

export const range: Operator<'range'> = (operation, operands) => {
  const bounds = [0, 1, 2].map((index) => known(operation, operands, index));
  const [start, limit, delta] = bounds.map(({ data }) => data[0]);
  const { type } = bounds[0];
  if (type === 'boolean' || bounds.some((bound) => bound.type !== type || elements(bound.dims) !== 1))
    throw malformed(operation, 'start, limit and delta; expected three numbers of one type');
  const length = Math.max(Math.ceil((limit - start) / delta), 0);
  if (!Number.isFinite(length)) throw malformed(operation, `from ${start} to ${limit} by ${delta} has no end`);
  return sequence(checkedShape(operation, type, [length]), (i) => start + i * delta);
};
