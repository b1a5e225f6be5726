import { secondsOutside, traceOf, utterancesOf, type Condition } from './conditions.js';
import { eventsOf, type KeywordSettings } from './events.js';
import type { Heard } from './heard.js';
import { latencyOf, score } from './score.js';
import type { Trace } from './trace.js';

/** Streams, or one, by one keyword of one model under one condition, at given settings. */
export interface Tally {
  /** Of each utterance, in the order of streams: whether it was heard. */
  readonly heard: readonly boolean[];
  readonly alarms: number;
  readonly latencies: readonly number[]; // ms
  readonly seconds: number; // outside of the utterances
}

/**
 * Counts anew, from posteriors. What is spoken of other keywords is as any other sound.
 *
 * @param known tallies of single streams at the same settings: what is heard once under all conditions is counted once
 */
export function tally(
  streams: readonly Heard[],
  model: number,
  keyword: string,
  condition: Condition,
  settings: KeywordSettings,
  known = new Map<Trace, Tally>(),
): Tally {
  const each = streams.map((stream) => {
    const trace = traceOf(stream, condition, model);
    const own = known.get(trace) ?? tallyOf(stream, trace, keyword, settings);
    known.set(trace, own);
    return own;
  });
  return {
    heard: each.flatMap(({ heard }) => heard),
    alarms: each.reduce((sum, { alarms }) => sum + alarms, 0),
    latencies: each.flatMap(({ latencies }) => latencies),
    seconds: each.reduce((sum, { seconds }) => sum + seconds, 0),
  };
}

function tallyOf(stream: Heard, trace: Trace, keyword: string, settings: KeywordSettings): Tally {
  const utterances = utterancesOf(stream, keyword);
  const { hits, alarms } = score(eventsOf(trace, keyword, settings), utterances);
  return {
    heard: hits.map((hit) => hit !== null),
    alarms: alarms.length,
    latencies: hits.flatMap((hit, k) => (hit ? [latencyOf(hit, utterances[k])] : [])),
    seconds: secondsOutside(stream.duration, utterances),
  };
}
