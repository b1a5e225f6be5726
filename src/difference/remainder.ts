import type { Matrix } from './matrix.js';
import type { Alignment } from './alignment.js';

/** First and last, counted from 0. */
export type Span = readonly [first: number, last: number];

/** Where two arrays differ by more than what counts as nothing. */
export interface Remainder {
  /** Of all values that are compared, those that differ: 0 to 1. */
  readonly part: number;
  readonly largest: number;
  readonly median: number;
  /** Where the largest difference is; frames are theirs. */
  readonly at: { readonly frame: number; readonly feature: number };
  readonly features: readonly Span[];
  readonly frames: readonly Span[];
}

/** `ours` are laid beside theirs after `line`, feature by feature. */
export function remainderOf(
  theirs: Matrix,
  ours: Matrix,
  { offset, theirs: frames }: Alignment,
  enough: number,
  line: (feature: number) => { readonly factor: number; readonly shift: number } = () => ({ factor: 1, shift: 0 }),
): Remainder {
  const { size } = theirs;
  const features = new Set<number>();
  const rows = new Set<number>();
  const all = new Float64Array(frames.length * size); // [frames, size]
  let count = 0;
  let [largest, at] = [0, { frame: frames[0] ?? 0, feature: 0 }];
  frames.forEach((t, i) => {
    for (let c = 0; c < size; c++) {
      const { factor, shift } = line(c);
      const left = Math.abs(theirs.data[t * size + c] - factor * ours.data[(t + offset) * size + c] - shift);
      all[i * size + c] = left;
      if (left > largest) [largest, at] = [left, { frame: t, feature: c }];
      if (left <= enough) continue;
      count++;
      features.add(c);
      rows.add(t);
    }
  });
  const median = all.length === 0 ? 0 : all.sort()[all.length >> 1];
  return { part: count / Math.max(1, all.length), largest, median, at, features: spans(features), frames: spans(rows) };
}

/** Runs of neighbours. */
function spans(indices: ReadonlySet<number>): Span[] {
  const runs: [number, number][] = [];
  for (const index of [...indices].sort((a, b) => a - b)) {
    const last = runs.at(-1);
    if (last && index === last[1] + 1) last[1] = index;
    else runs.push([index, index]);
  }
  return runs;
}
