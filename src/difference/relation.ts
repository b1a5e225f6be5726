import { lineOf, type Line } from './alignment.js';
import { quantile, type Matrix } from './matrix.js';
import { residualFrames } from './nearness.js';
import type { Attempt } from './trial.js';

/** What is left to do with our features to have theirs. */
export type Relation =
  | { readonly kind: 'none' }
  /** theirs = factor·ours + shift */
  | { readonly kind: 'line'; readonly factor: number; readonly shift: number }
  /** theirs = (ours − mean)·scale, feature by feature; `over` the clip where theirs have mean 0 (and variance 1) in it. */
  | {
      readonly kind: 'features';
      readonly mean: readonly number[];
      readonly scale: readonly number[];
      readonly over: 'clip' | 'clip with variance' | null;
    };

/** A line a feature fits anything that has few frames. */
const LEAST_FRAMES = 6;
/** Of the spread: what a mean over a clip differs from 0 by in single precision, or with one frame more. */
const ZERO = 2e-3;

/** The simplest relation that leaves no more than `enough`; "none" where none does. */
export function relationOf(theirs: Matrix, attempt: Attempt, enough: number): Relation {
  const { ours, alignment } = attempt;
  const none: Relation = { kind: 'none' };
  if (attempt.largest <= enough || alignment.theirs.length < LEAST_FRAMES) return none;
  const overall = lineOf(theirs, ours, alignment);
  if (overall.factor !== 0 && residualFrames(theirs, ours, alignment, () => overall).largest <= enough)
    return { kind: 'line', factor: overall.factor, shift: overall.shift };
  const lines = Array.from({ length: theirs.size }, (_, c) => lineOf(theirs, ours, alignment, c));
  const left = residualFrames(theirs, ours, alignment, (c) => lines[c]).largest;
  const factors = Float64Array.from(lines, ({ factor }) => Math.abs(factor));
  if (quantile(factors, 0) < 1e-6 || left > enough) return none;
  return { kind: 'features', ...normalization(lines), over: overClip(lines, attempt, theirs.data, theirs.size) };
}

function normalization(lines: readonly Line[]): { mean: number[]; scale: number[] } {
  const scale = lines.map(({ factor }) => (Math.abs(factor - 1) < 1e-4 ? 1 : Number(factor.toPrecision(7))));
  return { mean: lines.map(({ shift }, c) => Number((-shift / scale[c]).toPrecision(7))), scale };
}

/** Whether theirs were normalized by the clip's own mean and variance. */
function overClip(
  lines: readonly Line[],
  { alignment }: Attempt,
  data: Float32Array | Float64Array, // [frames, size]
  size: number,
): 'clip' | 'clip with variance' | null {
  let variances = 0;
  for (let c = 0; c < size; c++) {
    const { variance } = lines[c];
    const mean = alignment.theirs.reduce((sum, t) => sum + data[t * size + c], 0) / alignment.theirs.length;
    if (Math.abs(mean) > ZERO * Math.sqrt(variance)) return null;
    // Over n or over n − 1 frames.
    if (Math.abs(variance - 1) < 2 / alignment.theirs.length + ZERO) variances++;
  }
  return variances === size ? 'clip with variance' : 'clip';
}
