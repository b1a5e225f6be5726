/**
 * What counts prove: exact 95 % confidence intervals of a proportion (Clopper and Pearson 1934, Biometrika 26) and of a
 * rate (Garwood 1936, Biometrika 28), right to 1e-9 of themselves for counts up to 100,000 and beyond.
 */
import type { Interval } from './result.js';
import { binomialTail, poissonHead, poissonTail, type Tail } from './tails.js';

/** Chance outside of a 95 % interval: half of it on each side, or all of it above. */
const OUTSIDE = 0.05;

/**
 * 95 % interval of the proportion behind `count` of `trials`, 0 to 1. Without a trial nothing is known: [0, 1].
 *
 * @throws TypeError or RangeError for what is no count, and for more than there are trials
 */
export function proportionInterval(count: number, trials: number): Interval {
  checkCount('trials', trials);
  checkCount('count', count);
  if (count > trials) throw new RangeError(`count: got ${count}, expected at most the number of trials, ${trials}`);
  const low = count === 0 ? -Infinity : lowestLogit(count, trials);
  // The other side is that of what was not counted.
  const high = count === trials ? Infinity : -lowestLogit(trials - count, trials);
  return [1 / (1 + Math.exp(-low)), 1 / (1 + Math.exp(-high))];
}

/**
 * 95 % interval of the rate an hour behind `count` events in `hours`; for none, the one-sided bound above, 3.0 / hours.
 * In no time nothing is known: [0, Infinity].
 *
 * @throws TypeError or RangeError for what is no count, and for hours that are negative or not finite
 */
export function rateInterval(count: number, hours: number): Interval {
  checkCount('count', count);
  checkHours(hours);
  if (hours === 0) return [0, Infinity];
  if (count === 0) return [0, greatestMean(0, OUTSIDE) / hours];
  return [leastMean(count, OUTSIDE / 2) / hours, greatestMean(count, OUTSIDE / 2) / hours];
}

/**
 * The rate an hour below which the true one lies with 95 % confidence, after `count` events in `hours`.
 * Infinity in no time.
 *
 * @throws TypeError or RangeError as rateInterval does
 */
export function upperRate(count: number, hours: number): number {
  checkCount('count', count);
  checkHours(hours);
  return greatestMean(count, OUTSIDE) / hours;
}

/**
 * Hours that it takes to promise at most `rate` events an hour with 95 % confidence when there are `count` in them:
 * 3.0 / rate for none.
 *
 * @throws TypeError or RangeError for a rate that is not finite and above 0, and for what is no count
 */
export function hoursFor(rate: number, count = 0): number {
  checkNumber('rate', rate);
  if (!(rate > 0 && rate < Infinity)) throw new RangeError(`rate: got ${rate}, expected events an hour, above 0`);
  checkCount('count', count);
  return greatestMean(count, OUTSIDE) / rate;
}

/** Logit of the proportion at which `count` of `trials` or more come with half of OUTSIDE; count 1 to trials. */
function lowestLogit(count: number, trials: number): number {
  const start = Math.log(count / (trials - count + 1));
  return solve((logit) => binomialTail(count, trials, logit), OUTSIDE / 2, start);
}

/** The mean at which `count` or more come with this chance; count from 1. */
function leastMean(count: number, chance: number): number {
  return Math.exp(solve((logMean) => poissonTail(count, logMean), chance, Math.log(count)));
}

/** The mean at which `count` or fewer come with this chance. */
function greatestMean(count: number, chance: number): number {
  if (count === 0) return -Math.log(chance);
  return Math.exp(solve((logMean) => poissonHead(count, logMean), chance, Math.log(count)));
}

const ROUNDS = 50;
/** Newton's steps shrink by squares: the one after such a step is lost in rounding. */
const LAST_STEP = 1e-9;

/**
 * Where a tail comes to `chance`, by Newton's method: its logarithm is concave in these parameters, so that from the
 * second step on every one falls short of the solution and none beyond it.
 */
function solve(tail: (parameter: number) => Tail, chance: number, start: number): number {
  const target = Math.log(chance);
  let parameter = start;
  for (let round = 0; round < ROUNDS; round++) {
    const { log, slope } = tail(parameter);
    const step = (target - log) / slope;
    parameter += step;
    if (Math.abs(step) < LAST_STEP) break;
  }
  return parameter;
}

/** @throws TypeError or RangeError for what is no count: an integer from 0 to 2^53 − 1 */
export function checkCount(name: string, value: number): void {
  checkNumber(name, value);
  if (!(Number.isSafeInteger(value) && value >= 0))
    throw new RangeError(`${name}: got ${value}, expected a count, an integer from 0`);
}

function checkHours(hours: number): void {
  checkNumber('hours', hours);
  if (!(hours >= 0 && hours < Infinity))
    throw new RangeError(`hours: got ${hours}, expected a finite number of hours from 0`);
}

function checkNumber(name: string, value: unknown): void {
  if (typeof value !== 'number')
    throw new TypeError(`${name}: got ${value === null ? 'null' : typeof value}, expected a number`);
}
