import type { Condition } from './conditions.js';
import { proportionInterval, rateInterval } from './intervals.js';
import type { Measured } from './measure.js';
import type { ConditionResult, SetResult, SweepPoint } from './result.js';
import { latencySummary } from './score.js';
import type { RecordingSet } from './sound.js';
import { SWEEP_THRESHOLDS } from './sweep.js';

/** A stream of a set, measured. */
export interface MeasuredStream {
  readonly set: Pick<RecordingSet, 'name' | 'kind'>;
  readonly measured: Measured;
}

/** Sums measured streams: one keyword of one model under one condition. */
export function conditionResult(
  streams: readonly MeasuredStream[],
  condition: Condition,
  threshold: number,
): ConditionResult {
  const all = streams.map(({ measured }) => measured);
  const point: SweepPoint = { threshold, ...totals(all) };
  return {
    snr: condition,
    ...point,
    ...rates(point),
    latency: latencySummary(all.flatMap(({ latencies }) => latencies)),
    sets: setsOf(streams),
    files: all.flatMap(({ files }) => files),
    sweep: sweepAround(point, all),
  };
}

type Totals = Omit<SweepPoint, 'threshold'>;

function totals(streams: readonly Measured[]): Totals {
  const sum = (of: (measured: Measured) => number): number => streams.reduce((total, one) => total + of(one), 0);
  return {
    utterances: sum(({ utterances }) => utterances),
    misses: sum(({ misses }) => misses),
    alarms: sum(({ alarms }) => alarms),
    confusions: sum(({ confusions }) => confusions),
    hours: sum(({ seconds }) => seconds) / 3600,
  };
}

type Rates = Pick<ConditionResult, 'missRate' | 'missInterval' | 'alarmsPerHour' | 'alarmInterval'>;

/** Rates with 95 % intervals. No utterances give a miss rate of 0 in [0, 1], no hours an alarm rate in [0, ∞]. */
function rates({ utterances, misses, alarms, hours }: Totals): Rates {
  return {
    missRate: utterances === 0 ? 0 : misses / utterances,
    missInterval: proportionInterval(misses, utterances),
    alarmsPerHour: alarms === 0 ? 0 : alarms / hours,
    alarmInterval: rateInterval(alarms, hours),
  };
}

function setsOf(streams: readonly MeasuredStream[]): SetResult[] {
  const sets = new Map<string, MeasuredStream[]>();
  for (const stream of streams) {
    const key = `${stream.set.kind} ${stream.set.name}`;
    const members = sets.get(key);
    if (members) members.push(stream);
    else sets.set(key, [stream]);
  }
  return [...sets.values()].map((members) => {
    const all = members.map(({ measured }) => measured);
    const { name, kind } = members[0].set;
    return { name, kind, files: all.reduce((sum, { files }) => sum + files.length, 0), ...totals(all) };
  });
}

/** The sweep's points, and that of the set threshold among them. */
function sweepAround(point: SweepPoint, streams: readonly Measured[]): SweepPoint[] {
  const { utterances, hours } = point;
  const points = SWEEP_THRESHOLDS.map((threshold, i): SweepPoint => {
    const sum = (of: (measured: Measured) => Uint32Array): number =>
      streams.reduce((total, one) => total + of(one)[i], 0);
    const misses = utterances - sum(({ sweep }) => sweep.hits);
    const [alarms, confusions] = [sum(({ sweep }) => sweep.alarms), sum(({ sweep }) => sweep.confusions)];
    return { threshold, utterances, misses, alarms, confusions, hours };
  });
  return [...points.filter(({ threshold }) => threshold !== point.threshold), point].sort(
    (a, b) => a.threshold - b.threshold,
  );
}
