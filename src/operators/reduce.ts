/** Reductions over any axes, computed in double. */
import type { OperationOf, ReduceFunction } from '../model/network.js';
import { axesOf, integers, stridedIndices, stridesOf, unsupported, type Operand, type Operator } from './operator.js';
import { ANY, NUMERIC, typedOperand } from './typed-operand.js';
import { whole } from './whole.js';

interface Reducer {
  /** Of no elements. */
  readonly start: number;
  /** `shift` is the largest element, where `shifted`, and 0 otherwise. */
  step(result: number, x: number, shift: number): number;
  end?(result: number, count: number, shift: number): number;
  readonly shifted?: true;
}

const add = (sum: number, x: number): number => sum + x;
const addSquare = (sum: number, x: number): number => sum + x * x;

const REDUCERS: Readonly<Record<ReduceFunction, Reducer>> = {
  sum: { start: 0, step: add },
  mean: { start: 0, step: add, end: (sum, count) => sum / count },
  max: { start: -Infinity, step: (max, x) => Math.max(max, x) },
  min: { start: Infinity, step: (min, x) => Math.min(min, x) },
  prod: { start: 1, step: (product, x) => product * x },
  l1: { start: 0, step: (sum, x) => sum + Math.abs(x) },
  l2: { start: 0, step: addSquare, end: Math.sqrt },
  logSum: { start: 0, step: add, end: Math.log },
  logSumExp: {
    start: 0,
    step: (sum, x, shift) => sum + Math.exp(x - shift),
    end: (sum, _, shift) => Math.log(sum) + shift,
    shifted: true,
  },
  sumSquare: { start: 0, step: addSquare },
};

/** Axis by axis, whether it is reduced. */
function reducedAxes(
  operation: OperationOf<'reduce'>,
  operands: readonly (Operand | null)[],
  rank: number,
): readonly boolean[] {
  const axes = operands[1] ? axesOf(operation, integers(operation, operands, 1), rank) : [];
  const all = axes.length === 0 && !operation.noopWithEmptyAxes;
  return Array.from({ length: rank }, (_, axis) => all || axes.includes(axis));
}

export const reduce: Operator<'reduce'> = (operation, operands) => {
  const name = operation.function;
  const { type, dims } = typedOperand(operation, operands, 0, name === 'max' || name === 'min' ? ANY : NUMERIC);
  const reduced = reducedAxes(operation, operands, dims.length);
  const strides = stridesOf(dims);
  const ofAxes = <T>(values: readonly T[], are: boolean): T[] => values.filter((_, axis) => reduced[axis] === are);
  const kept = ofAxes(dims, false);
  const starts = stridedIndices(kept, ofAxes(strides, false)); // [outputs]
  const offsets = stridedIndices(ofAxes(dims, true), ofAxes(strides, true)); // [count]
  const count = offsets.length;
  const { start, step, end = (result) => result, shifted } = REDUCERS[name];
  if (starts.length > 0 && count === 0 && type !== 'float' && !Number.isFinite(end(start, 0, 0)))
    throw unsupported(operation, `${name} of no elements is not a number that ${type} has`);
  return {
    outputs: [{ type, dims: operation.keepDims ? dims.map((dim, axis) => (reduced[axis] ? 1 : dim)) : kept }],
    compute: ([x], [y]) => {
      for (let i = 0; i < starts.length; i++) {
        let shift = -Infinity;
        if (shifted) for (let j = 0; j < count; j++) shift = Math.max(shift, x![starts[i] + offsets[j]]);
        if (!Number.isFinite(shift)) shift = 0;
        let result = start;
        for (let j = 0; j < count; j++) result = step(result, x![starts[i] + offsets[j]], shift);
        result = end(result, count, shift);
        y![i] = type === 'float' ? result : whole(operation, result);
      }
    },
  };
};
