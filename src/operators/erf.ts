/** Largest |erf(x) − the error function|. */
export const ERF_MAX_ERROR = 1e-14;

/**
 * erf x = 2/√π · e^(−x²) · Σ 2ⁿ x^(2n+1) / (1·3·…·(2n+1)): Abramowitz and Stegun 7.1.6, whose terms are all of one sign, so that
 * nothing cancels. From 6 on, 1 − erf x < 3e-17. A rational fit such as their 7.1.26 takes constant time, but is off by 1.5e-7, more
 * than float32 resolves.
 */
export function erf(x: number): number {
  if (!(Math.abs(x) < 6)) return Number.isNaN(x) ? NaN : Math.sign(x);
  let term = x;
  let sum = x;
  for (let n = 1; Math.abs(term) > 1e-16 * Math.abs(sum); n++) {
    term *= (2 * x * x) / (2 * n + 1);
    sum += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * sum;
}
