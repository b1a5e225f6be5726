import { framesOf } from '../detection/frames.js';
import { burstsIn, raiseFloor, type Burst } from './bursts.js';
import { traceOf, type Condition } from './conditions.js';
import type { KeywordSettings } from './events.js';
import type { Heard } from './heard.js';
import { equalCounts, mcnemarExact } from './paired.js';
import { bestPlateau, middleOf } from './plateau.js';
import type { Comparison, ConditionResult, ModelResult, Paired } from './result.js';
import { floorOf, stepsOf } from './steps.js';
import { HIGHEST, LOWEST } from './sweep.js';
import { tally } from './tally.js';
import type { Trace } from './trace.js';

/** What one model heard of each utterance, and how often it fired for something else: alarms and confusions. */
interface Performance {
  readonly heard: readonly boolean[];
  readonly alarms: number;
}

/**
 * Compares two models that heard the same streams, for every keyword that both know, under every condition.
 *
 * @param first result of the first of the traces
 * @param second result of the second
 */
export function compare(heard: readonly Heard[], first: ModelResult, second: ModelResult): Comparison[] {
  return first.keywords.flatMap(({ keyword, settings, conditions }) => {
    const other = second.keywords.find((result) => result.keyword === keyword);
    if (!other) return [];
    const bursts = new Map<Trace, readonly Burst[]>(); // negatives are the same under every condition
    return conditions.map((condition, i): Comparison => {
      const [one, two] = [settings, other.settings].map((own, model) =>
        atMostAlarms(heard, model, keyword, condition.snr, own, condition.alarms + condition.confusions, bursts),
      );
      return {
        keyword,
        snr: condition.snr,
        asSet: paired(performanceOf(condition), performanceOf(other.conditions[i])),
        atEqualAlarms: one && two && { ...paired(one, two), thresholds: [one.threshold, two.threshold] },
      };
    });
  });
}

function performanceOf({ files, alarms, confusions }: ConditionResult): Performance {
  const heard = files.flatMap(({ utterances }) => utterances.map(({ heard }) => heard));
  return { heard, alarms: alarms + confusions };
}

function paired(first: Performance, second: Performance): Paired {
  const misses = ({ heard }: Performance): number => heard.filter((is) => !is).length;
  const onlyFirst = first.heard.filter((is, k) => !is && second.heard[k]).length;
  const onlySecond = second.heard.filter((is, k) => !is && first.heard[k]).length;
  return {
    misses: [misses(first), misses(second)],
    onlyMissedBy: [onlyFirst, onlySecond],
    pMisses: mcnemarExact(onlyFirst, onlySecond),
    alarms: [first.alarms, second.alarms],
    pAlarms: equalCounts(first.alarms, second.alarms),
  };
}

/** A model at the threshold at which it misses least with no more than so many alarms; null where there is none. */
function atMostAlarms(
  heard: readonly Heard[],
  model: number,
  keyword: string,
  condition: Condition,
  settings: KeywordSettings,
  allowed: number,
  known: Map<Trace, readonly Burst[]>,
): (Performance & { readonly threshold: number }) | null {
  const traces = heard.map((stream) => traceOf(stream, condition, model));
  const refractoryFrames = framesOf(settings.refractory, traces[0].period);
  const bursts = traces.flatMap((trace, k) => {
    const own = known.get(trace) ?? burstsIn(heard[k], trace, keyword, settings.smoothing, LOWEST, refractoryFrames);
    known.set(trace, own);
    return own;
  });
  const low = Math.max(LOWEST, floorOf({ shared: bursts, conditions: [] }, allowed));
  if (low >= HIGHEST) return null;
  const groups = { shared: raiseFloor(bursts, low, refractoryFrames), conditions: [] };
  const { steps, isExact } = stepsOf(groups, refractoryFrames, low, HIGHEST);
  const { refractory } = settings;
  const plateau = bestPlateau(
    steps.map((step) => ({ ...step, refractory })),
    allowed,
  );
  if (!plateau) return null;
  const { threshold } = middleOf(plateau, isExact);
  return { ...tally(heard, model, keyword, condition, { ...settings, threshold }), threshold };
}
