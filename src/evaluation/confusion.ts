/** Which keyword is heard where which was said: all keywords of a model together. */
import { traceOf, type Condition } from './conditions.js';
import { eventsOf } from './events.js';
import type { Heard } from './heard.js';
import type { ConfusionRow, ConfusionTable, KeywordResult } from './result.js';
import { score, type Stretch } from './score.js';
import type { Trace } from './trace.js';

/** What was said from here to there: a keyword, or null in a file of a set of negatives. */
interface Clip extends Stretch {
  readonly said: string | null;
  readonly set: string;
}

/** A clip, and which keyword was heard in it before any other; null for none. */
interface Outcome {
  readonly clip: Clip;
  readonly first: string | null;
}

/**
 * Confusion tables of one model: one for each condition.
 *
 * An event of a keyword belongs to the utterance of it that hears it, else to that of another keyword in which it
 * falls (see `score`), so that a late event of one word is none of the next. What is heard in a positive outside of
 * every utterance has no row: it is an alarm.
 *
 * @param model index of its trace
 * @param keywords its results on these streams
 * @throws InputError where a stream was not heard under a condition
 */
export function confusionTables(
  heard: readonly Heard[],
  model: number,
  keywords: readonly KeywordResult[],
  conditions: readonly Condition[],
): ConfusionTable[] {
  const known = new Map<Trace, readonly Outcome[]>(); // negatives are the same under every condition
  return conditions.map((snr, i) => {
    const outcomes = heard.flatMap((stream) => {
      const trace = traceOf(stream, snr, model);
      const own = known.get(trace) ?? outcomesOf(stream, trace, keywords);
      known.set(trace, own);
      return own;
    });
    const spoken = keywords.map(({ keyword, conditions }) => {
      const { misses, missRate, missInterval } = conditions[i];
      const own = outcomes.filter(({ clip }) => clip.said === keyword);
      return rowOf(keyword, 'positives', own, keywords, { misses, missRate, missInterval });
    });
    const silent = outcomes.filter(({ clip }) => clip.said === null);
    const sets = [...new Set(silent.map(({ clip }) => clip.set))].map((set) => {
      const own = silent.filter(({ clip }) => clip.set === set);
      return rowOf(set, 'negatives', own, keywords, null);
    });
    return { snr, rows: [...spoken.filter(({ clips }) => clips > 0), ...sets] };
  });
}

function rowOf(
  said: string,
  kind: ConfusionRow['kind'],
  outcomes: readonly Outcome[],
  keywords: readonly KeywordResult[],
  missed: ConfusionRow['missed'],
): ConfusionRow {
  const count = (wanted: string | null): number => outcomes.filter(({ first }) => first === wanted).length;
  const first = Object.fromEntries(keywords.map(({ keyword }) => [keyword, count(keyword)]));
  return { said, kind, clips: outcomes.length, first, nothing: count(null), missed };
}

/** By start of the clips. */
function outcomesOf(stream: Heard, trace: Trace, keywords: readonly KeywordResult[]): Outcome[] {
  const clips = clipsOf(stream);
  const earliest = clips.map(() => ({ time: Infinity, posterior: 0, keyword: null as string | null }));
  for (const { keyword, settings } of keywords) {
    const [own, others] = [true, false].map((is) =>
      [...clips.keys()].filter((k) => (clips[k].said === keyword) === is),
    );
    const { hits, confusions } = score(
      eventsOf(trace, keyword, settings),
      own.map((k) => clips[k]),
      others.map((k) => clips[k]),
    );
    const found = [
      ...hits.flatMap((hit, k) => (hit ? [{ ...hit, clip: own[k] }] : [])),
      ...confusions.map((event) => ({ ...event, clip: others[event.of] })),
    ];
    for (const { clip, time, posterior } of found) {
      const before = earliest[clip];
      // Of events of one answer the surer one.
      if (time < before.time || (time === before.time && posterior > before.posterior))
        earliest[clip] = { time, posterior, keyword };
    }
  }
  return clips.map((clip, k) => ({ clip, first: earliest[k].keyword }));
}

/** Utterances of positives, files of negatives: by their start. */
function clipsOf({ plan, utterances, excerpts }: Heard): Clip[] {
  const { name, kind } = plan.set;
  const clips =
    kind === 'positives'
      ? utterances.map(({ keyword, start, end }) => ({ said: keyword, set: name, start, end }))
      : excerpts.map(({ start, duration }) => ({ said: null, set: name, start, end: start + duration }));
  return clips.sort((a, b) => a.start - b.start);
}
