/**
 * Tails of the binomial and the Poisson distribution. In logarithms, so that none underflows, and summed from the edge
 * outwards, all terms positive, so that nothing cancels: about 8 standard deviations of terms.
 */

/** ln of a tail, and its slope: by the logit of the chance, or by ln of the mean. */
export interface Tail {
  readonly log: number;
  readonly slope: number;
}

/** Share of a sum below which a term is lost in rounding, and with it all that follow, which are smaller. */
const LOST = 1e-18;

/**
 * P(X ≥ k) of a binomial distribution of n trials, each with the chance 1 / (1 + e^−logit).
 *
 * @param k 1 to n; for P(X ≤ k) ask for n − k failures or more: `binomialTail(n - k, n, -logit)`
 */
export function binomialTail(k: number, n: number, logit: number): Tail {
  const odds = Math.exp(logit);
  const q = 1 / (1 + odds);
  const sum = sumOfRatios((j) => (odds * (n - k - j)) / (k + j + 1));
  return { log: logBinomialTerm(k, n, odds * q, q) + Math.log(sum), slope: (k * q) / sum };
}

/** P(X ≥ k) of a Poisson distribution, k ≥ 1. */
export function poissonTail(k: number, logMean: number): Tail {
  const mean = Math.exp(logMean);
  const sum = sumOfRatios((j) => mean / (k + j + 1));
  return { log: logPoissonTerm(k, mean) + Math.log(sum), slope: k / sum };
}

/** P(X ≤ k) of a Poisson distribution. */
export function poissonHead(k: number, logMean: number): Tail {
  const mean = Math.exp(logMean);
  const sum = sumOfRatios((j) => (k - j) / mean);
  return { log: logPoissonTerm(k, mean) + Math.log(sum), slope: -mean / sum };
}

/** 1 + r₀ + r₀·r₁ + r₀·r₁·r₂ + …, for ratios that keep falling. */
function sumOfRatios(ratio: (j: number) => number): number {
  let sum = 1;
  for (let term = 1, j = 0; term > sum * LOST; j++) {
    term *= ratio(j);
    sum += term;
  }
  return sum;
}

/**
 * ln P(X = k), by the deviance (Loader 2000, Fast and Accurate Computation of Binomial Probabilities): its two parts
 * are logarithms of numbers near 1, where ln n! would lose the digits that count.
 */
function logBinomialTerm(k: number, n: number, p: number, q: number): number {
  // From the smaller side, where fewer digits cancel.
  const difference = p < q ? k - n * p : n * q - (n - k);
  return (
    remainder(n) - remainder(k) - remainder(n - k) - excess(k, n * p, difference) - excess(n - k, n * q, -difference)
  );
}

function logPoissonTerm(k: number, mean: number): number {
  return k - mean - excess(k, mean, k - mean) - remainder(k);
}

/** k·ln(k / mean), where k = mean + difference. */
function excess(k: number, mean: number, difference: number): number {
  return k === 0 ? 0 : k * Math.log1p(difference / mean);
}

/** From here on, Stirling's series (Abramowitz and Stegun 6.1.41) is right to 2e-14. */
const SERIES_FROM = 16;

/** ln n! − (n·ln n − n). */
function remainder(n: number): number {
  if (n === 0) return 0;
  if (n >= SERIES_FROM) {
    const s = 1 / (n * n);
    return 0.5 * Math.log(2 * Math.PI * n) + (1 / 12 - (1 / 360 - (1 / 1260 - s / 1680) * s) * s) / n;
  }
  let factorial = 1;
  for (let i = 2; i <= n; i++) factorial *= i;
  return Math.log(factorial) - (n * Math.log(n) - n);
}
