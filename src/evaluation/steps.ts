import { Gate } from '../detection/gate.js';
import { decide, NOTHING, type Burst, type Counts } from './bursts.js';
import { thresholdsBetween } from './sweep.js';

/** Thresholds above `low`, up to and with `high`, that all give the same counts. */
export interface Step {
  readonly low: number;
  readonly high: number;
  readonly hits: number; // over all groups
  readonly alarms: number; // of the shared group, and of that other group which has most
  readonly repeats: number; // over all groups
}

/** Counts as a function of the threshold: steps from the highest threshold down, without gaps. */
export interface Steps {
  readonly steps: readonly Step[];
  /** Whether every threshold within a step gives its counts; else only its `high` is known to. */
  readonly isExact: boolean;
}

/** Bursts that count under every condition, and those under each. */
export interface BurstGroups {
  readonly shared: readonly Burst[];
  readonly conditions: readonly (readonly Burst[])[];
}

/** Decisions (frames × thresholds) up to which all thresholds are tried: about a second. */
const MOST_DECISIONS = 3e8;
/** Thresholds that are tried where a posterior never rests. */
const COARSE = 200;

interface Change extends Omit<Counts, 'confusions'> {
  readonly threshold: number; // at and below which it holds
  readonly group: number;
}

/**
 * The thresholds, falling, that are to be tried where all of them would be too many; else undefined. What is cut for a
 * longer refractory period asks for no fewer decisions than what is cut for a shorter one.
 */
export function coarseThresholds({ shared, conditions }: BurstGroups, low: number, high: number): Grid {
  const decisions = [shared, ...conditions].flat().reduce((sum, { means }) => sum + means.length ** 2, 0);
  if (decisions <= MOST_DECISIONS) return undefined;
  return thresholdsBetween(low, high, COARSE + 1)
    .slice(1)
    .reverse();
}

type Grid = readonly number[] | undefined;

/**
 * Counts at every threshold in (low, high]. Bursts are decided on their own at each of their means, since nothing
 * changes between two of them: exact, however counts rise and fall.
 *
 * @param bursts cut at `low` or lower
 * @param grid the only thresholds to try; lists of steps that are joined have the same
 */
export function stepsOf(
  bursts: BurstGroups,
  refractoryFrames: number,
  low: number,
  high: number,
  grid: Grid = coarseThresholds(bursts, low, high),
): Steps {
  const groups = [bursts.shared, ...bursts.conditions];
  const gate = new Gate(high, refractoryFrames);
  const changes: Change[] = [];
  for (const [group, bursts] of groups.entries()) {
    for (const burst of bursts) {
      let before = NOTHING;
      for (const threshold of grid ?? meansBetween(burst, low, high)) {
        if (threshold > burst.peak) continue;
        gate.configure(threshold, refractoryFrames);
        const counts = decide(burst, gate);
        const change = minus(counts, before);
        if (change.hits !== 0 || change.alarms !== 0 || change.repeats !== 0)
          changes.push({ threshold, group, ...change });
        before = counts;
      }
    }
  }
  changes.sort((a, b) => b.threshold - a.threshold);
  return { steps: accumulate(changes, groups.length, low, high), isExact: grid === undefined };
}

/** Thresholds at which a burst may change, falling, none twice: its means, and those above `high` as `high`. */
function meansBetween({ means }: Burst, low: number, high: number): Float64Array {
  const inside = means
    .filter((mean) => mean > low)
    .sort()
    .reverse();
  let count = 0;
  for (const mean of inside) {
    const threshold = Math.min(mean, high);
    if (count === 0 || threshold < inside[count - 1]) inside[count++] = threshold;
  }
  return inside.subarray(0, count);
}

function minus(a: Counts, b: Counts): Omit<Counts, 'confusions'> {
  return { hits: a.hits - b.hits, alarms: a.alarms - b.alarms, repeats: a.repeats - b.repeats };
}

function accumulate(changes: readonly Change[], groups: number, low: number, high: number): Step[] {
  const alarms = new Array<number>(groups).fill(0);
  let hits = 0;
  let repeats = 0;
  const steps: Step[] = [];
  let top = high;
  const close = (bottom: number): void => {
    if (bottom >= top) return;
    steps.push({ low: bottom, high: top, hits, alarms: alarms[0] + Math.max(0, ...alarms.slice(1)), repeats });
    top = bottom;
  };
  for (const change of changes) {
    close(change.threshold);
    hits += change.hits;
    repeats += change.repeats;
    alarms[change.group] += change.alarms;
  }
  close(low);
  return steps;
}

/**
 * The threshold at and below which there are more alarms than allowed, for certain: a burst without an utterance fires
 * at least once wherever its peak reaches the threshold. 0 where there is none.
 */
export function floorOf({ shared, conditions }: BurstGroups, allowed: number): number {
  const floors = (conditions.length > 0 ? conditions : [[]]).map((bursts) => {
    const peaks = [...shared, ...bursts].filter(({ owners }) => owners.every((owner) => owner < 0));
    return peaks.map(({ peak }) => peak).sort((a, b) => b - a)[allowed] ?? 0;
  });
  return Math.max(...floors);
}
