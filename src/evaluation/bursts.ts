import type { Gate } from '../detection/gate.js';
import { utterancesOf } from './conditions.js';
import { smoothedOf } from './events.js';
import type { Heard } from './heard.js';
import { OTHER_WORD, ownersOf } from './score.js';
import type { Trace } from './trace.js';

/**
 * A stretch of a stream that can be decided without the rest of it: before its first answer the gate is armed and no
 * refractory period runs, whatever the threshold, if it is at least the floor that the stream was cut at; and no
 * utterance reaches from one burst into another.
 */
export interface Burst {
  readonly means: Float64Array; // [answers], smoothed; the first and the last reach the floor
  readonly owners: Int32Array; // [answers], as `ownersOf` gives them
  readonly peak: number; // highest of `means`
}

/** What a burst, or many, gives at one threshold. */
export interface Counts {
  readonly hits: number;
  readonly alarms: number;
  /** Of the alarms, second events inside an utterance. */
  readonly repeats: number;
  /** Events in utterances of other keywords. */
  readonly confusions: number;
}

export const NOTHING: Counts = { hits: 0, alarms: 0, repeats: 0, confusions: 0 };

/**
 * Cuts smoothed posteriors into the bursts that matter from a threshold on.
 *
 * @param owners as `ownersOf` gives them
 * @param floor lowest threshold that the bursts are to be decided at
 */
export function burstsOf(
  means: Float64Array,
  owners: Int32Array,
  floor: number,
  refractoryFrames: number,
): readonly Burst[] {
  const bursts: Burst[] = [];
  let first = -1; // of the burst that grows
  let last = -1; // answer of it that reaches the floor
  let peak = 0;
  const end = (): void => {
    if (first >= 0) bursts.push({ means: means.slice(first, last + 1), owners: owners.slice(first, last + 1), peak });
  };
  for (let k = 0; k < means.length; k++) {
    if (!(means[k] >= floor)) continue;
    const isSameUtterance = first >= 0 && owners[k] >= 0 && owners[k] === owners[last];
    if (first >= 0 && (k === last + 1 || k - last < refractoryFrames || isSameUtterance)) {
      peak = Math.max(peak, means[k]);
    } else {
      end();
      first = k;
      peak = means[k];
    }
    last = k;
  }
  end();
  return bursts;
}

/** Cuts bursts anew for a higher floor. */
export function raiseFloor(bursts: readonly Burst[], floor: number, refractoryFrames: number): readonly Burst[] {
  return bursts.flatMap(({ means, owners, peak }) =>
    peak < floor ? [] : burstsOf(means, owners, floor, refractoryFrames),
  );
}

/** Counts of a burst by a gate whose threshold is not below the burst's floor. */
export function decide({ means, owners }: Burst, gate: Gate): Counts {
  gate.reset();
  let hits = 0;
  let alarms = 0;
  let repeats = 0;
  let confusions = 0;
  let heard = -1;
  for (let k = 0; k < means.length; k++) {
    if (!gate.push(means[k])) continue;
    if (owners[k] > heard) {
      heard = owners[k];
      hits++;
    } else if (owners[k] === OTHER_WORD) {
      confusions++;
    } else {
      alarms++;
      if (owners[k] >= 0) repeats++;
    }
  }
  return { hits, alarms, repeats, confusions };
}

/**
 * Bursts of what a stream was answered for one keyword. What is spoken of others is as any other sound: an event there
 * is an alarm.
 *
 * @param smoothing ms
 * @throws InputError where the trace has not the keyword
 */
export function burstsIn(
  stream: Heard,
  trace: Trace,
  keyword: string,
  smoothing: number,
  floor: number,
  refractoryFrames: number,
): readonly Burst[] {
  const means = smoothedOf(trace, keyword, smoothing);
  return burstsOf(means, ownersOf(trace, means.length, utterancesOf(stream, keyword)), floor, refractoryFrames);
}
