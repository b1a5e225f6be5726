/**
 * One rule an operator that works on each frame alone: where the time axis of its operands is in its output.
 * Operators that look at several frames are in recurrent.ts, windows.ts and selection.ts.
 */
import type { Kind, Operation, OperationOf } from '../model/network.js';
import { elements } from '../operators/operator.js';
import { NotStreamable } from './timing.js';

/** What a rule knows of an operand: its whole shape, and its time axis where it has one. */
export interface Timed {
  readonly dims: readonly number[];
  readonly axis: number | null;
  /** Elements of a constant. */
  readonly data: ArrayLike<number> | null;
  readonly isFrame: boolean;
}

type Operands = readonly (Timed | null)[];
type Rule<K extends Kind> = (operation: OperationOf<K>, operands: Operands, out: readonly number[]) => number | null;

const normalized = (axis: number, rank: number): number => (axis < 0 ? axis + rank : axis);

const same = (_: Operation, [x]: Operands): number | null => x!.axis;

/** Of operands that are aligned at their last axes. */
function aligned(_: Operation, operands: Operands, out: readonly number[]): number | null {
  const frames = operands.filter((operand) => operand?.isFrame);
  const places = new Set(frames.map((x) => (x!.axis === null ? null : x!.axis + out.length - x!.dims.length)));
  if (places.size > 1) throw new NotStreamable('it combines every frame with what only another frame decides');
  return [...places][0];
}

function notOver(axis: number | null, axes: readonly number[], what: string): void {
  if (axis !== null && axes.includes(axis)) throw new NotStreamable(`it ${what} all frames`);
}

const from = (axis: number, rank: number): number[] => Array.from({ length: rank - axis }, (_, i) => axis + i);

/** The axis of the same size, with as many elements on the axes before it. */
function regrouped(_: Operation, [x]: Operands, out: readonly number[]): number | null {
  const { dims, axis } = x!;
  if (axis === null) return null;
  const before = (all: readonly number[], at: number) => elements(all.slice(0, at));
  const isTime = (at: number) => out[at] === dims[axis] && before(out, at) === before(dims, axis);
  const found = [axis, ...out.keys()].find(isTime);
  if (found === undefined)
    throw new NotStreamable(`it makes [${out}] of [${dims}], which takes the frames of axis ${axis} together`);
  return found;
}

const axesOf = (given: Timed | null | undefined, rank: number): number[] =>
  given?.data ? Array.from(given.data, (axis) => normalized(axis, rank)) : from(0, rank);

const rules: { readonly [K in Kind]?: Rule<K> } = {
  unary: same,
  clip: same,
  cast: same,
  identity: same,
  quantizeLinear: same,
  dequantizeLinear: same,
  fakeQuantize: same,
  binary: aligned,
  where: aligned,
  softmax: ({ axis, flatten }, [x]) => {
    const at = normalized(axis, x!.dims.length);
    notOver(x!.axis, flatten ? from(at, x!.dims.length) : [at], 'is a distribution over');
    return x!.axis;
  },
  reduce: ({ keepDims, noopWithEmptyAxes }, [x, given]) => {
    const axes =
      given?.data?.length === 0 ? (noopWithEmptyAxes ? [] : from(0, x!.dims.length)) : axesOf(given, x!.dims.length);
    return reduced(x!, axes, keepDims);
  },
  argReduce: ({ axis, keepDims }, [x]) => reduced(x!, [normalized(axis, x!.dims.length)], keepDims),
  layerNormalization: ({ axis }, [x]) => {
    notOver(x!.axis, from(normalized(axis, x!.dims.length), x!.dims.length), 'normalizes over');
    return x!.axis;
  },
  // Over time they are in windows.ts.
  convolution: same,
  pool: same,
  batchNormalization: (_, [x]) => {
    notOver(x!.axis, [1], 'has other statistics for each of');
    return x!.axis;
  },
  instanceNormalization: (_, [x]) => {
    notOver(x!.axis, from(1, x!.dims.length), 'normalizes over');
    return x!.axis;
  },
  globalPool: (_, [x]) => {
    notOver(x!.axis, from(2, x!.dims.length), 'pools');
    return x!.axis;
  },
  matmul: matmulAxis,
  gemm: ({ transA, transB }, [A, B]) => {
    notOver(A!.axis, [transA ? 0 : 1], 'sums over');
    notOver(B!.axis, [transB ? 1 : 0], 'sums over');
    if (A!.isFrame && B!.isFrame) throw new NotStreamable('it multiplies frames with frames');
    return A!.isFrame ? (A!.axis === null ? null : 0) : B!.axis === null ? null : 1;
  },
  reshape: regrouped,
  flatten: regrouped,
  squeeze: (_, [x, given]) => {
    const axes = given?.data
      ? axesOf(given, x!.dims.length)
      : from(0, x!.dims.length).filter((axis) => x!.dims[axis] === 1);
    if (x!.axis !== null && axes.includes(x!.axis)) return null;
    return x!.axis === null ? null : x!.axis - axes.filter((axis) => axis < x!.axis!).length;
  },
  unsqueeze: (_, [x, given], out) => {
    if (x!.axis === null) return null;
    const added = axesOf(given, out.length);
    return from(0, out.length).filter((axis) => !added.includes(axis))[x!.axis];
  },
  transpose: ({ perm }, [x]) =>
    x!.axis === null ? null : (perm ?? from(0, x!.dims.length).reverse()).indexOf(x!.axis),
  expand: (_, [x], out) => (x!.axis === null ? null : x!.axis + out.length - x!.dims.length),
  tile: (_, [x, repeats]) => {
    if (x!.axis !== null && repeats!.data![x!.axis] !== 1) throw new NotStreamable('it repeats all frames');
    return x!.axis;
  },
  concat: (operation, operands, out) => {
    const place = aligned(operation, operands, out);
    notOver(place, [normalized(operation.axis, out.length)], 'puts something before or behind');
    return place;
  },
  split: ({ axis }, [x]) => {
    notOver(x!.axis, [normalized(axis, x!.dims.length)], 'takes apart');
    return x!.axis;
  },
  gather: ({ axis }, [data, indices]) => {
    const at = normalized(axis, data!.dims.length);
    if (data!.isFrame && indices!.isFrame) throw new NotStreamable('it picks by frame from frames');
    if (indices!.isFrame) return indices!.axis === null ? null : at + indices!.axis;
    notOver(data!.axis, [at], 'picks some of');
    if (data!.axis === null) return null;
    return data!.axis < at ? data!.axis : data!.axis + indices!.dims.length - 1;
  },
  slice: (_, [x]) => x!.axis,
  pad: (_, [x]) => x!.axis,
};

function reduced(x: Timed, axes: readonly number[], keepDims: boolean): number | null {
  notOver(x.axis, axes, 'takes one number of');
  if (x.axis === null || keepDims) return x.axis;
  return x.axis - axes.filter((axis) => axis < x.axis!).length;
}

function matmulAxis(_: Operation, [A, B]: Operands, out: readonly number[]): number | null {
  const [rankA, rankB] = [A!.dims.length, B!.dims.length];
  notOver(A!.axis, [rankA - 1], 'sums over');
  notOver(B!.axis, [Math.max(0, rankB - 2)], 'sums over');
  const places = [A!, B!]
    .filter(({ isFrame }) => isFrame)
    .map((x) => {
      if (x.axis === null) return null;
      if (x === A) return rankB === 1 ? x.axis : x.axis + out.length - rankA;
      return x.axis + out.length - rankB;
    });
  if (places.length === 2 && places[0] !== null && places[0] >= out.length - 2)
    throw new NotStreamable('it multiplies every frame with every other');
  if (new Set(places).size > 1) throw new NotStreamable('it multiplies every frame with every other');
  return places[0];
}

/** @throws NotStreamable where the operation needs more than one frame */
export function timeAxisOf(operation: Operation, operands: Operands, out: readonly number[]): number | null {
  const rule = rules[operation.kind] as Rule<Kind> | undefined;
  if (rule) return rule(operation as OperationOf<Kind>, operands, out);
  // What frames have no axis for is of the latest frame, whatever is computed of it.
  if (operands.some((operand) => operand && operand.axis !== null))
    throw new NotStreamable('it works on whole sequences only');
  return null;
}
