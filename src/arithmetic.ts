/**
 * Elementary functions from basic arithmetic only. Engines' Math functions may differ in the last bit; tables made from these
 * are the same everywhere. Arguments are small; errors are below 1e-15 of the result or of 1.
 */

const LN2 = 0.6931471805599453;

/** Σ of a series whose term n + 1 is term n times `ratio(n)`, until terms no longer count. */
function series(first: number, ratio: (n: number) => number): number {
  let sum = 0;
  let term = first;
  for (let n = 1; Math.abs(term) > 1e-18; n++) {
    sum += term;
    term *= ratio(n);
  }
  return sum;
}

/** Taylor series; |x| is at most 1. */
const sinSeries = (x: number): number => series(x, (n) => (-x * x) / (2 * n * (2 * n + 1)));
const cosSeries = (x: number): number => series(1, (n) => (-x * x) / (2 * n * (2 * n - 1)));

/** cos(2π·numerator/denominator) and sin of the same; integers, so that the reduction to an eighth of a turn is exact. */
export function turn(numerator: number, denominator: number): { cos: number; sin: number } {
  const within = ((numerator % denominator) + denominator) % denominator;
  const eighths = (8 * within) / denominator;
  const quadrant = Math.floor((eighths + 1) / 2) % 4;
  const rest = (Math.PI / 4) * (eighths - 2 * Math.floor((eighths + 1) / 2));
  const cos = cosSeries(rest);
  const sin = sinSeries(rest);
  if (quadrant === 0) return { cos, sin };
  if (quadrant === 1) return { cos: -sin, sin: cos };
  if (quadrant === 2) return { cos: -cos, sin: -sin };
  return { cos: sin, sin: -cos };
}

/** eˣ */
export function exp(x: number): number {
  const halvings = Math.max(0, Math.ceil(Math.abs(x)));
  let result = series(1, (n) => x / (halvings || 1) / n);
  const factor = result;
  for (let i = 1; i < halvings; i++) result *= factor;
  return result;
}

/** ln x, x > 0, as 2·artanh((m − 1)/(m + 1)) + e·ln 2 with m in [¾, 1½). */
export function ln(x: number): number {
  let m = x;
  let e = 0;
  for (; m >= 1.5; e++) m /= 2;
  for (; m < 0.75; e--) m *= 2;
  const t = (m - 1) / (m + 1);
  return 2 * series(t, (n) => (t * t * (2 * n - 1)) / (2 * n + 1)) + e * LN2;
}
