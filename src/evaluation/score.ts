import type { KeywordEvent } from './events.js';
import type { Utterance } from './sound.js';
import { timeOf, type Trace } from './trace.js';

/** Seconds after an utterance's end in which it may still be heard. */
const AFTER = 0.5;
/** Seconds by which times that are equal may differ, as sums of binary fractions. */
const ROUNDING = 1e-9;

/** In place of an utterance's index: an event would be a confusion. */
export const OTHER_WORD = -2;

/**
 * Events of one keyword in a stream held against what was spoken. Hits and misses are all utterances; hits, alarms and
 * confusions all events.
 */
export interface Score {
  /** For each utterance the event that heard it; null where it was missed. */
  readonly hits: readonly (KeywordEvent | null)[];
  /** Events outside of every utterance, and all but the first inside of one of the keyword. */
  readonly alarms: readonly KeywordEvent[];
  /** How many of the alarms are second events inside of an utterance. */
  readonly repeats: number;
  /** Events inside of what was spoken of other keywords, and of none of this one. */
  readonly confusions: readonly Confusion[];
}

/** An event of one keyword where another was spoken. */
export interface Confusion extends KeywordEvent {
  readonly of: number; // index of the other utterance
}

/** A stretch that events belong to: seconds from the start of the stream. */
export type Stretch = Pick<Utterance, 'start' | 'end'>;

/**
 * The first event from an utterance's start to `AFTER` its end hears it; all others are confusions in an utterance of
 * another keyword, and else alarms. Where two utterances claim an event, it belongs to one of its own keyword, and
 * among them to the one that starts later.
 *
 * @param events of the keyword, in order
 * @param utterances of the keyword, by their start
 * @param others utterances of other keywords, by their start; none: nothing is a confusion
 */
export function score(
  events: readonly KeywordEvent[],
  utterances: readonly Stretch[],
  others: readonly Stretch[] = [],
): Score {
  const owner = ownership(utterances);
  const otherOwner = ownership(others);
  const hits: (KeywordEvent | null)[] = utterances.map(() => null);
  const alarms: KeywordEvent[] = [];
  const confusions: Confusion[] = [];
  let repeats = 0;
  for (const event of events) {
    const k = owner(event.time);
    const of = k >= 0 ? -1 : otherOwner(event.time);
    if (k >= 0 && !hits[k]) hits[k] = event;
    else if (of >= 0) confusions.push({ ...event, of });
    else {
      alarms.push(event);
      if (k >= 0) repeats++;
    }
  }
  return { hits, alarms, repeats, confusions };
}

/**
 * For each of the first `answers` answers of a trace the utterance whose hit an event there would be; `OTHER_WORD`
 * where it would be a confusion, −1 where an alarm: [answers].
 */
export function ownersOf(
  trace: Trace,
  answers: number,
  utterances: readonly Stretch[],
  others: readonly Stretch[] = [],
): Int32Array {
  const owners = new Int32Array(answers).fill(-1);
  if (utterances.length === 0 && others.length === 0) return owners;
  const owner = ownership(utterances);
  const otherOwner = ownership(others);
  for (let k = 0; k < answers; k++) {
    const time = timeOf(trace, k);
    owners[k] = owner(time);
    if (owners[k] < 0 && otherOwner(time) >= 0) owners[k] = OTHER_WORD;
  }
  return owners;
}

/** Highest mean in which each utterance could be heard: [utterances]; 0 where no answer falls into one. */
export function peaksOf(means: Float64Array, owners: Int32Array, utterances: number): Float64Array {
  const peaks = new Float64Array(utterances);
  if (utterances > 0)
    for (let k = 0; k < means.length; k++)
      if (owners[k] >= 0 && means[k] > peaks[owners[k]]) peaks[owners[k]] = means[k];
  return peaks;
}

/** A function from times, asked for in rising order, to the utterance that an event then belongs to, or −1. */
function ownership(utterances: readonly Stretch[]): (time: number) => number {
  let last = -1;
  return (time) => {
    while (last + 1 < utterances.length && utterances[last + 1].start <= time + ROUNDING) last++;
    return last >= 0 && time <= utterances[last].end + AFTER + ROUNDING ? last : -1;
  };
}

/** Milliseconds from an utterance's end of word to the event that heard it; negative where the event came before. */
export function latencyOf(event: KeywordEvent, utterance: Utterance): number {
  return (event.time - utterance.wordEnd) * 1000;
}

/** Median and 95th percentile, linear between neighbours (Hyndman & Fan 1996, type 7); null of nothing. */
export function latencySummary(latencies: readonly number[]): { readonly p50: number; readonly p95: number } | null {
  if (latencies.length === 0) return null;
  const sorted = Float64Array.from(latencies).sort();
  const quantile = (share: number): number => {
    const place = share * (sorted.length - 1);
    const below = sorted[Math.floor(place)];
    return below + (place % 1) * (sorted[Math.ceil(place)] - below);
  };
  return { p50: quantile(0.5), p95: quantile(0.95) };
}
