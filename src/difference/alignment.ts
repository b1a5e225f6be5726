import { isFiniteFrame, type Matrix } from './matrix.js';

/** Frames that two arrays share: their frame t beside our frame t + offset. */
export interface Alignment {
  readonly offset: number;
  /** Their frames that have a neighbour and hold finite numbers only. */
  readonly theirs: readonly number[];
}

/** Frames that an offset may reach: a window's half at a hop of a tenth of it, and some to spare. */
const FURTHEST = 6;
/** Better by less is chance: the offset nearer to 0 stays. */
const CLEARLY = 0.9;
/** Of the variance: so little is left by the right offset only. */
const RIGHT = 0.01;
/** Frames that tell an offset. */
const TELLING = 150;

function alignAt(theirs: Matrix, ours: Matrix, offset: number): Alignment {
  const frames: number[] = [];
  for (let t = Math.max(0, -offset); t < Math.min(theirs.frames, ours.frames - offset); t++)
    if (isFiniteFrame(theirs, t)) frames.push(t);
  return { offset, theirs: frames };
}

/** The offset at which features move together, whatever their scales: the one with the smallest residual of linear fits. */
export function alignFrames(theirs: Matrix, ours: Matrix): Alignment {
  let best = alignAt(theirs, ours, 0);
  const enough = Math.max(3, best.theirs.length / 2);
  const unmoved = unexplained(theirs, ours, best);
  if (unmoved < RIGHT) return best;
  let least = CLEARLY * unmoved;
  for (let distance = 1; distance <= FURTHEST; distance++) {
    for (const offset of [distance, -distance]) {
      const alignment = alignAt(theirs, ours, offset);
      if (alignment.theirs.length < enough) continue;
      const left = unexplained(theirs, ours, alignment);
      if (left < least) [best, least] = [alignment, left];
    }
  }
  return best;
}

/** The part of their variance that no line through ours explains, feature by feature: 0 to 1. */
function unexplained(theirs: Matrix, ours: Matrix, { offset, theirs: aligned }: Alignment): number {
  const stride = Math.ceil(aligned.length / TELLING);
  const frames = aligned.filter((_, i) => i % stride === 0);
  let left = 0;
  let all = 0;
  for (let c = 0; c < theirs.size; c++) {
    const { variance, residual } = lineOf(theirs, ours, { offset, theirs: frames }, c);
    left += residual;
    all += variance;
  }
  return all === 0 ? 1 : left / all;
}

/** theirs ≈ factor·ours + shift, by least squares. */
export interface Line {
  readonly factor: number;
  readonly shift: number;
  /** Of theirs, and of what the line leaves. */
  readonly variance: number;
  readonly residual: number;
}

/** The line of one feature, or of all of them at once. */
export function lineOf(theirs: Matrix, ours: Matrix, { offset, theirs: frames }: Alignment, feature?: number): Line {
  const [first, end] = feature === undefined ? [0, theirs.size] : [feature, feature + 1];
  const count = frames.length * (end - first);
  if (count === 0) return { factor: 0, shift: 0, variance: 0, residual: 0 };
  let [meanX, meanY, xx, xy, yy] = [0, 0, 0, 0, 0];
  for (const t of frames) {
    for (let c = first; c < end; c++) {
      meanX += ours.data[(t + offset) * ours.size + c];
      meanY += theirs.data[t * theirs.size + c];
    }
  }
  meanX /= count;
  meanY /= count;
  for (const t of frames) {
    for (let c = first; c < end; c++) {
      const x = ours.data[(t + offset) * ours.size + c] - meanX;
      const y = theirs.data[t * theirs.size + c] - meanY;
      xx += x * x;
      xy += x * y;
      yy += y * y;
    }
  }
  const factor = xx > 0 ? xy / xx : 0;
  const residual = Math.max(0, yy - factor * xy) / count;
  return { factor, shift: meanY - factor * meanX, variance: yy / count, residual };
}
