import { framesOf } from '../detection/frames.js';
import { Gate } from '../detection/gate.js';
import { MovingAverage } from '../detection/moving-average.js';
import { InputError } from '../errors.js';
import type { KeywordResult } from './result.js';
import { timeOf, type Trace } from './trace.js';

/** How one keyword is decided: threshold 0 to 1, smoothing and refractory period in ms. */
export type KeywordSettings = KeywordResult['settings'];

/** A moment at which a keyword fires. */
export interface KeywordEvent {
  /** Seconds from the start of the stream to the end of the frame that fired. */
  readonly time: number;
  /** The smoothed posterior, 0 to 1. */
  readonly posterior: number;
}

/**
 * What a Detector with these settings fires for one keyword over the stream, by the same average and gate.
 *
 * @throws InputError where the trace has not the keyword
 */
export function eventsOf(trace: Trace, keyword: string, settings: KeywordSettings): KeywordEvent[] {
  return eventsIn(smoothedOf(trace, keyword, settings.smoothing), trace, settings);
}

/** As `eventsOf`, of posteriors that are smoothed already: [answers]. */
export function eventsIn(means: Float64Array, trace: Trace, settings: KeywordSettings): KeywordEvent[] {
  const gate = new Gate(settings.threshold, framesOf(settings.refractory, trace.period));
  const events: KeywordEvent[] = [];
  for (let k = 0; k < means.length; k++)
    if (gate.push(means[k])) events.push({ time: timeOf(trace, k), posterior: means[k] });
  return events;
}

/**
 * Posteriors of one keyword after smoothing: [answers].
 *
 * @param smoothing ms
 * @throws InputError where the trace has not the keyword
 */
export function smoothedOf(trace: Trace, keyword: string, smoothing: number): Float64Array {
  const { posteriors, period } = trace;
  if (!Object.hasOwn(posteriors, keyword)) {
    const present = Object.keys(posteriors).join(', ') || 'none';
    throw new InputError(
      `trace: got posteriors of ${present}, expected "${keyword}"; hear the stream with that keyword`,
    );
  }
  const average = new MovingAverage(framesOf(smoothing, period));
  const own = posteriors[keyword];
  const means = new Float64Array(own.length);
  for (let k = 0; k < own.length; k++) means[k] = average.push(own[k]);
  return means;
}
