/** Which axes of a network's inputs may be time, the likeliest first. */
import type { Network, Port, ValueId } from '../model/network.js';

/** In place of an axis: the whole tensor is one frame. */
export const WHOLE_FRAME = -1;

export interface Candidate {
  /** Time axes of the inputs that have one, or WHOLE_FRAME. */
  readonly timeAxes: ReadonlyMap<ValueId, number>;
  /** How plausible the axes look. */
  readonly likeness: number;
}

/** Combinations of axes that are tried. */
const MAX_CANDIDATES = 64;

const TIME_NAMES = /time|seq|frame|step|len|^t$/i;
const BATCH_NAMES = /batch|^n$|^b$/i;

const isBatch = (dim: number | string): boolean => dim === 1 || (typeof dim === 'string' && BATCH_NAMES.test(dim));

/** How much an axis looks like time from outside: by its name, by being open, by where exporters put it. */
function likeness(dims: NonNullable<Port['dims']>, axis: number, frameSize?: number): number {
  const dim = dims[axis];
  // NaN where another axis is open
  const rest = dims.reduce<number>(
    (size, other, at) => (at === axis || isBatch(other) ? size : size * Number(other)),
    1,
  );
  if (rest === frameSize) return 3;
  if (isBatch(dim)) return -1;
  if (typeof dim === 'string' && TIME_NAMES.test(dim)) return 4;
  const usual = dims.length > 3 ? dims.length - 2 : isBatch(dims[1]) ? 0 : 1;
  return (typeof dim === 'string' ? 2 : 0) + (axis === usual && dims.length > 2 ? 1 : 0);
}

/** Beside a sequence, what has no time axis is rather a state than a frame. */
function likenessOf(dims: Port['dims'], axis: number, hasSequence: boolean, frameSize?: number): number {
  if (axis === WHOLE_FRAME) return hasSequence ? -1 : 0;
  return dims ? likeness(dims, axis, frameSize) : 0;
}

/** Sequences that run together have time axes of one fixed size, or of open ones; a whole frame is a sequence of 1. */
const agree = (ports: readonly Port[], timeAxes: ReadonlyMap<ValueId, number>): boolean => {
  const sizes = ports.flatMap(({ value, dims }) => {
    const axis = timeAxes.get(value);
    if (!dims || axis === undefined) return [];
    if (axis === WHOLE_FRAME) return [1];
    return [typeof dims[axis] === 'number' ? dims[axis] : 'open'];
  });
  return new Set(sizes).size <= 1;
};

/**
 * @param timeAxis where the user says it, of every input that has one
 * @param frameSize features of a frame, where they are known
 */
export function timeCandidates({ inputs }: Network, timeAxis?: number, frameSize?: number): Candidate[] {
  let all: Candidate[] = [{ timeAxes: new Map(), likeness: 0 }];
  const hasSequence = inputs.some(({ dims }) => (dims?.length ?? 3) > 2);
  for (const { value, dims } of inputs) {
    const rank = dims?.length ?? 3;
    // A cell's step has [batch, features], or features alone.
    const any = rank < 2 ? [WHOLE_FRAME] : rank === 2 ? [0, 1, WHOLE_FRAME] : [...Array(rank).keys()];
    const axes = timeAxis === undefined ? any : timeAxis < rank ? [timeAxis] : [];
    const more = all.flatMap(({ timeAxes, likeness: before }) =>
      axes.map((axis) => ({
        timeAxes: new Map([...timeAxes, [value, axis] as const]),
        likeness: before + likenessOf(dims, axis, hasSequence, frameSize),
      })),
    );
    all = [...all, ...more.filter(({ timeAxes }) => agree(inputs, timeAxes))];
    all = all.sort((a, b) => b.likeness - a.likeness).slice(0, MAX_CANDIDATES);
  }
  return all;
}
