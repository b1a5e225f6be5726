/** The 8-bit form of a row of weights: w = scale·(q − zeroPoint), q from −128 to 127. */
export interface RowQuantization {
  /** Positive; 0 where all weights are, and not finite where one is not. */
  readonly scale: number; // float32
  /** A whole number from −128 to 127. */
  readonly zeroPoint: number;
}

/** Below it the reciprocal of a scale would overflow in float32, and multiples of a step would be none: such weights are zeros. */
const SMALLEST = 1e-30;

/** By how much of a step a weight may miss its multiple. */
const OFF = 1e-3;

/**
 * How a row of weights is quantized that has no step of its own: symmetrically, the largest to ±127. Its integers are w / scale,
 * divided in float32 and rounded, halves to even.
 *
 * @returns the scale, a float32: max |w| / 127; 0 for a row of zeros, NaN or infinite for a row that is not finite
 */
export function symmetricScale(weights: Float32Array): number {
  let bound = 0;
  for (let i = 0; i < weights.length; i++) bound = Math.max(bound, Math.abs(weights[i]));
  return bound <= SMALLEST ? 0 : Math.fround(bound / 127);
}

/**
 * How a row of weights is packed. One whose weights are whole multiples of one step, 255 of them apart at most, keeps them exactly;
 * any other is quantized symmetrically.
 *
 * @param steps of each weight, see `Constant.steps`; null where the row has none
 */
export function quantizationOf(weights: Float32Array, steps: Float32Array | null): RowQuantization {
  let [step, least, most] = [0, 0, 0];
  // A weight of 0 is a multiple of any step.
  for (let i = 0; steps && i < weights.length; i++) {
    if (weights[i] === 0) continue;
    if (step === 0) step = steps[i];
    const multiple = step === steps[i] ? Math.round(weights[i] / step) : Infinity;
    // float32 rounds what was computed of an integer and its step by less.
    if (Math.abs(weights[i] - multiple * step) > OFF * step) return { scale: symmetricScale(weights), zeroPoint: 0 };
    least = Math.min(least, multiple);
    most = Math.max(most, multiple);
  }
  const isKept = step > SMALLEST && most - least <= 255;
  if (!isKept) return { scale: symmetricScale(weights), zeroPoint: 0 };
  return { scale: step, zeroPoint: most > 127 ? 127 - most : Math.max(-128 - least, 0) };
}
