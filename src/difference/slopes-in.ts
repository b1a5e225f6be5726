import type { Matrix } from './matrix.js';

/** Orders of deltas, and the frames on either side that they are taken over. */
export interface Slopes {
  readonly deltas: 0 | 1 | 2;
  readonly deltaWindow: number;
}

/** Windows of deltas that are tried. */
const WIDEST = 9;
/** Of the variance of deltas, what slopes of the features before them may leave: means and scales of features leave none. */
const UNEXPLAINED = 0.02;
const LEAST_FRAMES = 8;

/** Deltas that features show by themselves: the later columns are slopes of those before them, to a scale each. */
export function slopesIn(theirs: Matrix): Slopes {
  for (const deltas of [2, 1] as const) {
    const size = theirs.size / (1 + deltas);
    if (!Number.isInteger(size)) continue;
    for (let deltaWindow = 1; deltaWindow <= WIDEST; deltaWindow++) {
      const orders = Array.from({ length: deltas }, (_, order) => unexplained(theirs, order * size, size, deltaWindow));
      if (orders.every((part) => part < UNEXPLAINED)) return { deltas, deltaWindow };
    }
  }
  return { deltas: 0, deltaWindow: 2 };
}

/** The part of the variance of `size` columns behind those from `from` on that the slopes of these leave. */
function unexplained({ frames, size: columns, data }: Matrix, from: number, size: number, window: number): number {
  // At the ends an order of deltas has frames that are repeated; the next order takes slopes of those.
  const margin = 2 * window;
  if (frames < 2 * margin + LEAST_FRAMES) return 1;
  let left = 0;
  for (let c = from; c < from + size; c++) {
    let [xx, xy, yy] = [0, 0, 0];
    for (let t = margin; t < frames - margin; t++) {
      let x = 0;
      for (let n = 1; n <= window; n++) x += n * (data[(t + n) * columns + c] - data[(t - n) * columns + c]);
      const y = data[t * columns + c + size];
      if (!Number.isFinite(x) || !Number.isFinite(y)) continue;
      xx += x * x;
      xy += x * y;
      yy += y * y;
    }
    left += xx > 0 && yy > 0 ? 1 - (xy * xy) / (xx * yy) : 1;
  }
  return left / size;
}
