/** Whether two models differ by more than chance, on the same recordings: exact two-sided tests of their counts. */
import { checkCount } from './intervals.js';
import { binomialTail } from './tails.js';

/** A difference that chance alone brings less often than this is customarily taken for one. */
export const SIGNIFICANT = 0.05;

/**
 * McNemar's test (1947, Psychometrika 12), in its exact form: were both as good, what only one of them missed would
 * fall to either with even chances.
 *
 * @param onlyFirst utterances that the first model alone missed
 * @param onlySecond utterances that the second model alone missed
 * @returns chance of a split at least as uneven, 0 to 1; 1 where both counts are 0
 * @throws TypeError or RangeError for what is no count
 */
export function mcnemarExact(onlyFirst: number, onlySecond: number): number {
  checkCount('onlyFirst', onlyFirst);
  checkCount('onlySecond', onlySecond);
  return evenSplit(onlyFirst, onlySecond);
}

/**
 * Whether two counts of events over the same hours have one rate (Przyborowski and Wilenski 1940, Biometrika 31): given
 * their sum, two equal rates divide it by even chances. That takes single, independent events: where both models alarm
 * at the same sounds, chance parts the counts less, and p is too large; where alarms come in clusters, p is too small.
 *
 * @returns chance of a split at least as uneven, 0 to 1; 1 where both counts are 0
 * @throws TypeError or RangeError for what is no count
 */
export function equalCounts(first: number, second: number): number {
  checkCount('first', first);
  checkCount('second', second);
  return evenSplit(first, second);
}

/** Twice the chance of at least `larger` heads in as many throws as there are counts. */
function evenSplit(a: number, b: number): number {
  const larger = Math.max(a, b);
  return a === b ? 1 : Math.min(1, 2 * Math.exp(binomialTail(larger, a + b, 0).log));
}
