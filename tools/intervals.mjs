/** Exact two-sided 95 % confidence intervals for counts, by bisection on the distributions themselves. */

const TAIL = 0.025;

/** The x in [low, high] at which a rising function crosses `target`. */
function solve(rising, target, low, high) {
  for (let i = 0; i < 100; i++) {
    const middle = (low + high) / 2;
    if (rising(middle) < target) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}

/** P(X ≤ k) of a binomial distribution. */
function binomialCdf(k, n, p) {
  if (p <= 0) return 1;
  if (p >= 1) return k >= n ? 1 : 0;
  let logTerm = n * Math.log1p(-p);
  let sum = Math.exp(logTerm);
  for (let i = 1; i <= k; i++) {
    logTerm += Math.log((n - i + 1) / i) + Math.log(p) - Math.log1p(-p);
    sum += Math.exp(logTerm);
  }
  return Math.min(1, sum);
}

/** P(X ≤ k) of a Poisson distribution. */
function poissonCdf(k, mean) {
  let logTerm = -mean;
  let sum = Math.exp(logTerm);
  for (let i = 1; i <= k; i++) {
    logTerm += Math.log(mean / i);
    sum += Math.exp(logTerm);
  }
  return Math.min(1, sum);
}

/** Clopper and Pearson (1934): the rate behind `count` of `trials`. */
export function proportionInterval(count, trials) {
  return [
    count === 0 ? 0 : solve((p) => 1 - binomialCdf(count - 1, trials, p), TAIL, 0, 1),
    count === trials ? 1 : solve((p) => 1 - binomialCdf(count, trials, p), 1 - TAIL, 0, 1),
  ];
}

/** The rate an hour behind `count` events in `hours` (Garwood 1936); for none, the one-sided bound, 3.0 / hours. */
export function rateInterval(count, hours) {
  if (count === 0) return [0, -Math.log(2 * TAIL) / hours];
  const most = 10 * count + 50;
  return [
    solve((mean) => 1 - poissonCdf(count - 1, mean), TAIL, 0, most) / hours,
    solve((mean) => 1 - poissonCdf(count, mean), 1 - TAIL, 0, most) / hours,
  ];
}
