import { framesOf } from '../detection/frames.js';
import { burstsOf } from './bursts.js';
import { othersOf, secondsOutside, utterancesOf } from './conditions.js';
import { eventsIn, smoothedOf, type KeywordSettings } from './events.js';
import type { Heard } from './heard.js';
import type { FileResult } from './result.js';
import { latencyOf, ownersOf, peaksOf, score, type Score } from './score.js';
import { placeOf, type Excerpt, type Utterance } from './sound.js';
import { LOWEST, sweep, type Sweep } from './sweep.js';
import type { Trace } from './trace.js';

/** One stream, as one model heard it under one condition, measured for one keyword. */
export interface Measured {
  readonly utterances: number;
  readonly misses: number;
  readonly alarms: number;
  readonly confusions: number;
  readonly seconds: number; // outside of the utterances of any keyword
  readonly latencies: readonly number[]; // of the hits, ms
  readonly files: readonly FileResult[]; // one an excerpt, in order
  readonly sweep: Sweep;
}

/** @throws InputError where the trace has not the keyword */
export function measure(stream: Heard, trace: Trace, keyword: string, settings: KeywordSettings): Measured {
  const [utterances, others] = [utterancesOf(stream, keyword), othersOf(stream, keyword)];
  const all = [...utterances, ...others].sort((a, b) => a.start - b.start);
  const means = smoothedOf(trace, keyword, settings.smoothing);
  const owners = ownersOf(trace, means.length, utterances, others);
  const scored = score(eventsIn(means, trace, settings), utterances, others);
  const refractoryFrames = framesOf(settings.refractory, trace.period);
  return {
    utterances: utterances.length,
    misses: scored.hits.filter((hit) => hit === null).length,
    alarms: scored.alarms.length,
    confusions: scored.confusions.length,
    seconds: secondsOutside(stream.duration, all),
    latencies: scored.hits.flatMap((hit, k) => (hit ? [latencyOf(hit, utterances[k])] : [])),
    files: filesOf(stream, utterances, peaksOf(means, owners, utterances.length), scored, others),
    sweep: sweep(burstsOf(means, owners, LOWEST, refractoryFrames), refractoryFrames),
  };
}

/**
 * Results by file. An event belongs to the last file that began before it, and one in the pause after a file comes at
 * that file's end; one before the first file comes at its start.
 */
function filesOf(
  { plan, excerpts }: Heard,
  utterances: readonly Utterance[],
  peaks: Float64Array,
  { hits, alarms, confusions }: Score,
  others: readonly Utterance[],
): FileResult[] {
  const files = excerpts.map(({ file }) => ({
    file,
    set: plan.set.name,
    utterances: [] as FileResult['utterances'][number][],
    alarms: [] as FileResult['alarms'][number][],
    confusions: [] as FileResult['confusions'][number][],
  }));
  for (const [k, utterance] of utterances.entries()) {
    const place = placeOf(excerpts, (utterance.start + utterance.end) / 2);
    const { start } = excerpts[place];
    const hit = hits[k];
    files[place].utterances.push({
      start: utterance.start - start,
      end: utterance.end - start,
      heard: hit !== null,
      latency: hit && latencyOf(hit, utterance),
      peak: peaks[k],
    });
  }
  for (const { time, posterior } of alarms) {
    const place = placeOf(excerpts, time);
    files[place].alarms.push({ time: timeIn(excerpts[place], time), posterior });
  }
  for (const { time, posterior, of } of confusions) {
    const place = placeOf(excerpts, time);
    files[place].confusions.push({ time: timeIn(excerpts[place], time), posterior, said: others[of].keyword });
  }
  return files;
}

/** Seconds in the file: those of the stream, within the file's. */
function timeIn({ start, duration }: Excerpt, time: number): number {
  return Math.min(Math.max(time - start, 0), duration);
}
