import { Gate } from '../detection/gate.js';
import { decide, type Burst } from './bursts.js';

/** Thresholds from which, and up to which, a sweep goes. */
export const LOWEST = 0.01;
export const HIGHEST = 0.9999;
const POINTS = 120;

export const logit = (p: number): number => Math.log(p / (1 - p));
export const logistic = (x: number): number => 1 / (1 + Math.exp(-x));

/** `count` thresholds from `low` to `high`, evenly in logits, where posteriors crowd at both ends: [count], rising. */
export function thresholdsBetween(low: number, high: number, count: number): readonly number[] {
  const [from, to] = [logit(low), logit(high)];
  const rounded = (p: number): number => Math.round(p * 1e6) / 1e6;
  return Array.from({ length: count }, (_, i) => rounded(logistic(from + ((to - from) * i) / (count - 1))));
}

/** The thresholds of every sweep: [120], rising. */
export const SWEEP_THRESHOLDS = thresholdsBetween(LOWEST, HIGHEST, POINTS);

/** Hits, alarms and confusions of streams at each threshold of a sweep: [thresholds] each. */
export interface Sweep {
  readonly hits: Uint32Array;
  readonly alarms: Uint32Array;
  readonly confusions: Uint32Array;
}

/**
 * Decides bursts at each threshold. Hits and alarms need not fall as the threshold rises: a dip that a higher threshold
 * no longer bridges makes two events of one, and an utterance is missed where the mean rose above a low threshold
 * before it began.
 *
 * @param bursts cut at the first of the thresholds, or lower
 * @param thresholds rising
 */
export function sweep(
  bursts: readonly Burst[],
  refractoryFrames: number,
  thresholds: readonly number[] = SWEEP_THRESHOLDS,
): Sweep {
  const hits = new Uint32Array(thresholds.length);
  const alarms = new Uint32Array(thresholds.length);
  const confusions = new Uint32Array(thresholds.length);
  const gate = new Gate(thresholds[0], refractoryFrames);
  for (const burst of bursts) {
    for (let i = 0; i < thresholds.length && thresholds[i] <= burst.peak; i++) {
      gate.configure(thresholds[i], refractoryFrames);
      const counts = decide(burst, gate);
      hits[i] += counts.hits;
      alarms[i] += counts.alarms;
      confusions[i] += counts.confusions;
    }
  }
  return { hits, alarms, confusions };
}
