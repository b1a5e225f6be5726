import { alignFrames, lineOf, type Alignment, type Line } from './alignment.js';
import { quantile, type Matrix } from './matrix.js';

/** How near two arrays of equally many features are. */
export interface Nearness {
  readonly alignment: Alignment;
  /** What the search makes smaller. */
  readonly score: number;
  /** The part of it that scales and offsets of features have no share in. */
  readonly apart: number;
  /** Of |theirs − ours|: the largest, and the median frame's root mean square. */
  readonly largest: number;
  readonly typical: number;
}

/** What counts as nothing, as a part of the spread: f32 features have 2⁻²⁴ of their size. */
const NOTHING = 1e-5;
/** A frame more, or one later, counts as much as features that are a quarter further off; frames without a neighbour, a lot. */
const FRAMES_DIFFER = 0.1;
const FRAMES_MISSING = 5;

/**
 * The score is a sum of logarithms of residuals: as the arrays are, after one line through all features, and after a line a
 * feature. A right window shows in the last while a wrong logarithm drowns the first, and the other way round; so every right
 * field alone makes the score smaller. Medians over frames keep the ends of a clip from outweighing its middle, the worst frame
 * keeps them from going under.
 *
 * @param spread of theirs
 */
export function nearness(
  theirs: Matrix,
  ours: Matrix,
  spread: number,
  alignment: Alignment = alignFrames(theirs, ours),
): Nearness {
  const same: Line = { factor: 1, shift: 0, variance: 0, residual: 0 };
  const overall = lineOf(theirs, ours, alignment);
  const each = Array.from({ length: theirs.size }, (_, c) => lineOf(theirs, ours, alignment, c));
  const part = (value: number): number => Math.log10(value / spread + NOTHING);
  // Two numbers a feature are fitted, which few frames would hide.
  const free = Math.sqrt(alignment.theirs.length / Math.max(1, alignment.theirs.length - 2));
  const direct = residualFrames(theirs, ours, alignment, () => same);
  const fitted = residualFrames(theirs, ours, alignment, () => overall);
  const apart = residualFrames(theirs, ours, alignment, (c) => each[c]);
  const typical = quantile(direct.frames, 0.5);
  const missing =
    frameMissing(alignment.offset, theirs.frames !== ours.frames) +
    FRAMES_MISSING * (1 - alignment.theirs.length / theirs.frames);
  const shape = part(free * quantile(apart.frames, 0.5)) + part(free * quantile(apart.frames, 0.9)) / 2;
  const asTheyAre = part(typical) + part(quantile(direct.frames, 1)) + part(quantile(fitted.frames, 0.5));
  return { alignment, score: asTheyAre + shape + missing, apart: shape + missing, largest: direct.largest, typical };
}

/** What frames count that are somewhere else, or more or fewer. */
export function frameMissing(offset: number, otherCount: boolean): number {
  return offset !== 0 || otherCount ? FRAMES_DIFFER * (1 + Math.abs(offset)) : 0;
}

/** Root mean square of what a line a feature leaves, frame by frame, and the largest single value. */
export function residualFrames(
  theirs: Matrix,
  ours: Matrix,
  { offset, theirs: frames }: Alignment,
  line: (feature: number) => Pick<Line, 'factor' | 'shift'>,
): { frames: Float64Array; largest: number } {
  const { size } = theirs;
  const lines = Array.from({ length: size }, (_, c) => line(c));
  const rms = new Float64Array(frames.length); // [frames]
  let largest = 0;
  frames.forEach((t, i) => {
    let squares = 0;
    for (let c = 0; c < size; c++) {
      const { factor, shift } = lines[c];
      const left = Math.abs(theirs.data[t * size + c] - factor * ours.data[(t + offset) * size + c] - shift);
      squares += left * left;
      if (left > largest) largest = left;
    }
    rms[i] = Math.sqrt(squares / size);
  });
  return { frames: rms, largest };
}
