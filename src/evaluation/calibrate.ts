import { InputError } from '../errors.js';
import type { CalibratedPoint, Calibration, CalibrationAim, CalibrationOptions, NotCalibrated } from './calibration.js';
import { bestWith, HIGHEST_THRESHOLD, type Material } from './calibrated-point.js';
import { conditionsOf, secondsOutside, utterancesOf } from './conditions.js';
import type { Heard } from './heard.js';
import { hoursFor, proportionInterval, rateInterval, upperRate } from './intervals.js';
import type { Interval } from './result.js';
import { tally, type Tally } from './tally.js';
import type { Trace } from './trace.js';

const SMOOTHINGS = [0, 50, 100, 150, 200, 300]; // ms
const REFRACTORIES = [250, 500, 750, 1000, 1500, 2000]; // ms
/** Median latencies that differ by less are taken as equal: ms. */
const UNNOTICED = 50;
/** Share of the utterances that are too few more misses to prefer a setting for. */
const NEGLIGIBLE = 1 / 200;

/**
 * Chooses threshold, smoothing and refractory period of one keyword, so that false alarms stay within the aim under
 * every condition, by these rules in turn: fewest misses over all conditions, give or take one in 200 utterances;
 * fewest alarms; a median latency within 50 ms of the least; the widest range of thresholds with the same counts, in
 * logits. The threshold is the middle of that range, from 0.05 to 0.999. The refractory period is the shortest at which
 * no utterance fires twice, or that at which fewest do; where that meets the aim nowhere, the shortest that meets it.
 *
 * Figures of the recordings that settings were chosen on flatter them a little.
 *
 * @throws InputError where nothing is spoken of the keyword, or no recording is without it; RangeError for a wrong aim
 */
export function calibrate(
  heard: readonly Heard[],
  keyword: string,
  aim: CalibrationAim,
  options: CalibrationOptions = {},
): Calibration {
  const { alarmsPerHour } = aim;
  if (!(alarmsPerHour > 0 && alarmsPerHour < Infinity))
    throw new RangeError(`alarmsPerHour: got ${alarmsPerHour}, expected above 0`);
  const material = materialOf(heard, keyword, options);
  const allowed = Math.floor(alarmsPerHour * material.hours + 1e-9);
  const points = (options.smoothings ?? SMOOTHINGS).map((smoothing) =>
    bestWith(material, smoothing, options.refractories ?? REFRACTORIES, allowed),
  );
  const meeting = points.filter((point) => point !== null);
  const considered = meeting.filter(({ point }) => point.misses < point.utterances);
  if (considered.length === 0) return notCalibrated(material, alarmsPerHour, meeting.length > 0, options);
  const chosen = choose(considered);
  const { alarms, hours } = chosen.point;
  const known = new Map<Trace, Tally>();
  return {
    met: true,
    keyword,
    ...chosen,
    conditions: material.conditions.map((snr) => {
      const { heard: hits, alarms } = tally(heard, material.model, keyword, snr, chosen.settings, known);
      const misses = hits.filter((is) => !is).length;
      return { snr, threshold: chosen.settings.threshold, utterances: hits.length, misses, alarms, hours };
    }),
    missInterval: missInterval(chosen.point.misses, material),
    alarmInterval: rateInterval(alarms, hours),
    promised: upperRate(alarms, hours) <= alarmsPerHour,
    hoursNeeded: hoursFor(alarmsPerHour, alarms),
    considered,
  };
}

function materialOf(heard: readonly Heard[], keyword: string, options: CalibrationOptions): Material {
  const { model = 0, conditions = conditionsOf(heard) } = options;
  const spoken = heard.map((stream) => utterancesOf(stream, keyword));
  const outside = (durationOf: (stream: Heard) => number): number =>
    heard.reduce((sum, stream, k) => sum + secondsOutside(durationOf(stream), spoken[k]), 0);
  const utterances = spoken.reduce((sum, { length }) => sum + length, 0);
  if (utterances === 0)
    throw new InputError(
      `calibrate: got no utterance of "${keyword}", expected some; give recordings of it as positives`,
    );
  // Pauses of noise alone would promise what no speech has put to the test.
  const recorded = outside(({ excerpts }) => excerpts.reduce((sum, { duration }) => sum + duration, 0));
  if (recorded === 0)
    throw new InputError(
      `calibrate: got no recording without "${keyword}", expected hours of them; give speech and noise as negatives`,
    );
  return { heard, keyword, model, conditions, utterances, hours: outside(({ duration }) => duration) / 3600 };
}

function choose(points: readonly CalibratedPoint[]): CalibratedPoint {
  const least = (of: (point: CalibratedPoint) => number, among: readonly CalibratedPoint[], slack = 0) => {
    const lowest = Math.min(...among.map(of));
    return among.filter((point) => of(point) <= lowest + slack);
  };
  const negligible = Math.floor(points[0].point.utterances * NEGLIGIBLE);
  const fewestMisses = least(({ point }) => point.misses, points, negligible);
  const fewestAlarms = least(({ point }) => point.alarms, fewestMisses);
  const quick = least(({ latency }) => latency!.p50, fewestAlarms, UNNOTICED);
  return least(({ margin }) => -margin, quick)[0];
}

/**
 * Misses of all conditions are shared out over the utterances of one: wider than if each condition had brought new
 * ones.
 */
function missInterval(misses: number, { utterances, conditions }: Material): Interval {
  const share = misses / conditions.length;
  return [proportionInterval(Math.floor(share), utterances)[0], proportionInterval(Math.ceil(share), utterances)[1]];
}

function notCalibrated(
  { heard, keyword, model, conditions, hours }: Material,
  alarmsPerHour: number,
  isDeaf: boolean,
  { smoothings = SMOOTHINGS, refractories = REFRACTORIES }: CalibrationOptions,
): NotCalibrated {
  const aim = `at most ${alarmsPerHour} false alarms an hour`;
  if (isDeaf) {
    return {
      met: false,
      keyword,
      reason: `every setting with ${aim} misses all utterances of "${keyword}"; aim higher, or train a better model`,
    };
  }
  const refractory = Math.max(...refractories);
  const alarms = smoothings.map((smoothing) => {
    const settings = { threshold: HIGHEST_THRESHOLD, smoothing, refractory };
    return Math.max(...conditions.map((snr) => tally(heard, model, keyword, snr, settings).alarms));
  });
  const fewest = Math.min(...alarms);
  return {
    met: false,
    keyword,
    reason:
      `no setting of "${keyword}" gives ${aim}: ${fewest} in ${hours.toFixed(2)} h even at threshold ` +
      `${HIGHEST_THRESHOLD}, smoothed over ${smoothings[alarms.indexOf(fewest)]} ms; ` +
      'aim higher, or train with the sounds that set it off',
  };
}
