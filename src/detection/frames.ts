/**
 * Frames in a duration, to the nearest; half a frame counts as one, though binary fractions may put it just below.
 *
 * @param milliseconds at least 0
 * @param period seconds from one answer of the model to the next
 */
export function framesOf(milliseconds: number, period: number): number {
  return Math.round(milliseconds / 1000 / period + 1e-9);
}
