import { framesOf } from '../detection/frames.js';
import { burstsIn, raiseFloor, type Burst } from './bursts.js';
import type { CalibratedPoint } from './calibration.js';
import { traceOf, utterancesOf, type Condition } from './conditions.js';
import type { KeywordSettings } from './events.js';
import type { Heard } from './heard.js';
import { bestPlateau, leastRefractory, middleOf, widthOf, type Plateau } from './plateau.js';
import { latencySummary } from './score.js';
import { coarseThresholds, floorOf, stepsOf, type BurstGroups, type Steps } from './steps.js';
import { tally } from './tally.js';
import type { Trace } from './trace.js';

/** Thresholds are chosen above the one, and at most at the other. */
const LOWEST_THRESHOLD = 0.05;
export const HIGHEST_THRESHOLD = 0.999;

/** What a keyword is calibrated on. */
export interface Material {
  readonly heard: readonly Heard[];
  readonly keyword: string;
  readonly model: number; // index of its trace
  readonly conditions: readonly Condition[];
  readonly utterances: number; // under one condition
  readonly hours: number; // outside of the utterances, under one condition
}

/**
 * The best threshold and refractory period for one smoothing; null where each gives more than the allowed alarms.
 *
 * @param smoothing ms
 * @param refractories ms: the shortest at which no utterance fires twice, or fewest do, or else the shortest that meets
 *   the allowance
 * @param allowed alarms under any one condition
 */
export function bestWith(
  material: Material,
  smoothing: number,
  refractories: readonly number[],
  allowed: number,
): CalibratedPoint | null {
  const periods = [...refractories].sort((a, b) => a - b);
  const frames = (refractory: number): number => framesOf(refractory, periodOf(material));
  const longest = frames(periods.at(-1)!);
  let low = LOWEST_THRESHOLD;
  let groups = groupsOf(material, smoothing, low, longest);
  for (let floor = floorOf(groups, allowed); floor > low; floor = floorOf(groups, allowed)) {
    if (floor >= HIGHEST_THRESHOLD) return null;
    low = floor;
    groups = raised(groups, low, longest); // more bursts may come of one
  }
  const grid = coarseThresholds(groups, low, HIGHEST_THRESHOLD);
  const lists: (Steps & { readonly refractory: number })[] = [];
  let plateau: Plateau | undefined;
  for (const refractory of periods) {
    const own = raised(groups, low, frames(refractory));
    lists.push({ refractory, ...stepsOf(own, frames(refractory), low, HIGHEST_THRESHOLD, grid) });
    const choices = leastRefractory(lists);
    plateau = bestPlateau(choices, allowed);
    if (plateau && choices.every(({ repeats }) => repeats === 0)) break; // longer ones would change nothing
  }
  // Where second events in words ask for none that meets the aim: the shortest that does.
  for (const { refractory, steps } of lists)
    plateau ??= bestPlateau(
      steps.map((step) => ({ ...step, refractory })),
      allowed,
    );
  if (!plateau) return null;
  const { threshold, step } = middleOf(plateau, grid === undefined);
  const settings = { threshold, smoothing, refractory: step.refractory };
  const utterances = material.utterances * material.conditions.length;
  return {
    settings,
    point: {
      threshold,
      utterances,
      misses: utterances - plateau.hits,
      alarms: plateau.alarms,
      hours: material.hours,
    },
    latency: latencyAt(material, settings),
    margin: widthOf(plateau),
  };
}

function periodOf({ heard, conditions, model }: Material): number {
  return traceOf(heard[0], conditions[0], model).period;
}

/** Bursts of streams that are heard once for all conditions, and of those that are heard under each. */
function groupsOf(material: Material, smoothing: number, floor: number, refractoryFrames: number): BurstGroups {
  const { heard, keyword, model, conditions } = material;
  const shared: Burst[] = [];
  const own: Burst[][] = conditions.map(() => []);
  for (const stream of heard) {
    const cut = (trace: Trace): readonly Burst[] =>
      burstsIn(stream, trace, keyword, smoothing, floor, refractoryFrames);
    const traces = conditions.map((condition) => traceOf(stream, condition, model));
    if (traces.every((trace) => trace === traces[0])) for (const burst of cut(traces[0])) shared.push(burst);
    else for (const [k, trace] of traces.entries()) for (const burst of cut(trace)) own[k].push(burst);
  }
  return { shared, conditions: own };
}

function raised({ shared, conditions }: BurstGroups, floor: number, refractoryFrames: number): BurstGroups {
  const raise = (bursts: readonly Burst[]): readonly Burst[] => raiseFloor(bursts, floor, refractoryFrames);
  return { shared: raise(shared), conditions: conditions.map(raise) };
}

function latencyAt(
  { heard, keyword, model, conditions }: Material,
  settings: KeywordSettings,
): CalibratedPoint['latency'] {
  const spoken = heard.filter((stream) => utterancesOf(stream, keyword).length > 0);
  return latencySummary(
    conditions.flatMap((condition) => tally(spoken, model, keyword, condition, settings).latencies),
  );
}
