import { othersOf, utterancesOf } from './conditions.js';
import { eventsIn, smoothedOf } from './events.js';
import type { Heard, StreamPlan } from './heard.js';
import type { Evaluation, KeywordResult } from './result.js';
import { ownersOf, peaksOf, score } from './score.js';
import { placeOf, type Excerpt, type Utterance } from './sound.js';
import { timeOf, type Trace } from './trace.js';

/** A miss, a false alarm or a confusion, and the stretch of its stream that shows how it came. */
export interface Failure {
  readonly kind: 'miss' | 'alarm' | 'confusion';
  readonly model: number; // index in Evaluation.models
  readonly keyword: string;
  readonly snr: number | null; // dB
  readonly plan: StreamPlan;
  readonly file: string;
  /**
   * Where the utterance begins, or the event came: seconds in the file. One in the pause after a file is given the
   * file's end.
   */
  readonly time: number;
  /** The same in the stream, s, and where in it the file begins. */
  readonly at: number;
  readonly fileStart: number;
  readonly from: number; // of the stretch, s in the stream
  readonly to: number;
  /**
   * Highest smoothed posterior: while the utterance could have been heard; from the event to the end of the stretch.
   * 0..1
   */
  readonly peak: number;
  /**
   * Smoothed posteriors of the keyword in the stretch: `posteriors[k]` at `firstTime + k · period` seconds in the
   * stream.
   */
  readonly trace: Pick<Trace, 'firstTime' | 'period'> & { readonly posteriors: Float32Array };
  /** What is spoken in the stretch, any keyword. */
  readonly words: readonly Utterance[];
}

/** Seconds of a stream before and after: around an utterance, and around an event. */
const AROUND = { miss: [0.5, 1], alarm: [2, 0.5], confusion: [2, 0.5] } as const;

/**
 * The misses that came least close and the confusions and alarms that were surest, worst first: for every model,
 * keyword and condition, in this order. Alarms of negatives are listed as recorded, and not again under noise,
 * which they are not mixed with.
 *
 * @param evaluation of `heard`
 * @param limit of each kind, for each model, keyword and condition
 */
export function failuresOf(evaluation: Evaluation, heard: readonly Heard[], limit = 10): Failure[] {
  return evaluation.models.flatMap(({ keywords }, model) =>
    keywords.flatMap(({ keyword, settings }) =>
      evaluation.conditions.flatMap((snr) => {
        const found = heard.flatMap((stream) => {
          const trace = stream.answers.find((answers) => answers.snr === snr)?.traces[model];
          return trace ? failuresIn(stream, trace, keyword, settings) : [];
        });
        const misses = found.filter(({ kind }) => kind === 'miss').sort((a, b) => a.peak - b.peak);
        const surest = (kind: Failure['kind']) =>
          found.filter((one) => one.kind === kind).sort((a, b) => b.peak - a.peak);
        const lists = [misses, surest('confusion'), surest('alarm')];
        return lists
          .flatMap((list) => list.slice(0, limit))
          .map(({ show, ...failure }) => ({
            ...failure,
            ...show(),
            model,
            keyword,
            snr,
          }));
      }),
    ),
  );
}

type Found = Pick<Failure, 'kind' | 'plan' | 'file' | 'time' | 'at' | 'fileStart' | 'from' | 'to' | 'peak'> & {
  /** What is copied only of those that are chosen. */
  readonly show: () => Pick<Failure, 'trace' | 'words'>;
};

function failuresIn(stream: Heard, trace: Trace, keyword: string, settings: KeywordResult['settings']): Found[] {
  const means = smoothedOf(trace, keyword, settings.smoothing);
  const spoken = utterancesOf(stream, keyword);
  const scored = score(eventsIn(means, trace, settings), spoken, othersOf(stream, keyword));
  const { hits, alarms, confusions } = scored;

  const found = (kind: Failure['kind'], start: number, end: number, peak?: number): Found => {
    const [before, after] = AROUND[kind];
    const from = Math.max(0, start - before);
    const to = Math.min(end + after, Math.max(end, timeOf(trace, means.length - 1)));
    return {
      ...{ kind, plan: stream.plan, ...fileAt(start, stream.excerpts), at: start, from, to },
      peak: peak ?? highest(means, indexAt(trace, start), indexAt(trace, to)),
      show: () => ({
        trace: cut(means, trace, from, to),
        words: stream.utterances.filter((utterance) => utterance.start < to && utterance.end > from),
      }),
    };
  };
  const peaks = hits.includes(null) ? peaksOf(means, ownersOf(trace, means.length, spoken), spoken.length) : [];
  return [
    ...spoken.flatMap(({ start, end }, k) => (hits[k] ? [] : [found('miss', start, end, peaks[k])])),
    ...alarms.map(({ time }) => found('alarm', time, time)),
    ...confusions.map(({ time }) => found('confusion', time, time)),
  ];
}

/** The first answer at `time` or after it. Answers that fall on `time` may have been rounded to just before. */
function indexAt({ firstTime, period }: Trace, time: number): number {
  return Math.max(0, Math.ceil((time - firstTime) / period - 1e-6));
}

function highest(means: Float64Array, from: number, to: number): number {
  return means.subarray(from, to + 1).reduce((peak, mean) => Math.max(peak, mean), 0);
}

function cut(means: Float64Array, trace: Trace, from: number, to: number): Failure['trace'] {
  const first = indexAt(trace, from);
  const posteriors = Float32Array.from(means.subarray(first, indexAt(trace, to) + 1));
  return { firstTime: timeOf(trace, first), period: trace.period, posteriors };
}

/** The file that plays at a time of the stream, or has just ended; what lies before the first is its beginning. */
function fileAt(at: number, excerpts: readonly Excerpt[]): Pick<Failure, 'file' | 'time' | 'fileStart'> {
  const { file, start, duration } = excerpts[placeOf(excerpts, at)];
  return { file, fileStart: start, time: Math.min(Math.max(0, at - start), duration) };
}
