/** What a calibration chose, as lines for people: 80 columns. */
import type { Calibrated, CalibratedPoint, Calibration, CalibrationAim } from '../evaluation/calibration.js';
import { evaluate } from '../evaluation/evaluate.js';
import type { Contender, Hearing } from './evaluation-hearing.js';
import { inWhichWay, inWords, noiseOf } from './evaluation-text.js';
import { upperRate } from '../evaluation/intervals.js';
import { latencySummary } from '../evaluation/score.js';
import { hours, percentWithin, rate, rateWithin, roughHours, wrap } from './figures.js';
import { paint, printable, table, terminalWidth } from './terminal.js';

export interface CalibrationContext {
  readonly model: Contender;
  readonly hearing: Hearing;
  readonly aim: CalibrationAim;
  /** The file that has the settings now; undefined where none was written. */
  readonly written?: string;
  /** The file that was to have them. */
  readonly target?: string;
}

export function describeCalibration(
  found: readonly Calibration[],
  context: CalibrationContext,
  width = terminalWidth(),
): string[] {
  const { model, hearing, aim } = context;
  const room = Math.min(width, 100);
  return [
    `${paint('bold', printable(model.file))}  ${model.precision}, ${inWhichWay(hearing.arrangement)}`,
    `aim: at most ${plainRate(aim)} false alarms an hour`,
    ...found.flatMap((one) => ['', ...(one.met ? describe(one, context, room) : wrap(printable(one.reason), room))]),
    '',
    ...wrap(printable(ending(found, context)), room),
  ];
}

function describe(found: Calibrated, context: CalibrationContext, width: number): string[] {
  const { settings, conditions, point, missInterval, alarmInterval } = found;
  const over =
    conditions.length > 1 ? ` Misses are those under ${conditions.length} conditions, alarms the most under any.` : '';
  const rates =
    `Missed ${percentWithin(point.misses / point.utterances, missInterval)}; ` +
    `alarms an hour ${rateWithin(point.alarms / point.hours, alarmInterval)}; intervals and "below" at 95 %.${over}`;
  return [
    `${paint('green', printable(found.keyword))} ${inWords(settings)}`,
    '',
    ...choiceTable(found, context),
    ...(conditions.length > 1 ? ['', ...conditionTable(conditions)] : []),
    '',
    ...wrap(`${rates} ${promise(found, context.aim)}`, width),
  ];
}

const RIGHT = 'smoothing,threshold,refractory,missed,alarms,latency'.split(',');

/** The best point of each smoothing, under the settings that the model has. */
function choiceTable({ keyword, settings, considered }: Calibrated, { model, hearing }: CalibrationContext): string[] {
  const rows = considered.map((one) => choice(one, sameSettings(one.settings, settings) ? 'chosen' : ''));
  const columns = RIGHT.map((title) => ({ title, align: 'right' as const }));
  return table([...columns, { title: '' }], [choice(presentPoint(keyword, model, hearing), 'as set'), ...rows]);
}

function choice({ settings, point, latency }: Omit<CalibratedPoint, 'margin'>, note: string): string[] {
  const { threshold, smoothing, refractory } = settings;
  return [
    `${smoothing} ms`,
    threshold.toFixed(4),
    `${refractory} ms`,
    `${point.misses.toLocaleString('en-US')} of ${point.utterances.toLocaleString('en-US')}`,
    point.alarms.toLocaleString('en-US'),
    latency ? `${latency.p50.toFixed(0)} ms` : '–',
    note,
  ];
}

function sameSettings(a: CalibratedPoint['settings'], b: CalibratedPoint['settings']): boolean {
  return a.threshold === b.threshold && a.smoothing === b.smoothing && a.refractory === b.refractory;
}

/** What the model's own settings do on the same recordings, counted as calibrated points are. */
function presentPoint(keyword: string, model: Contender, hearing: Hearing): Omit<CalibratedPoint, 'margin'> {
  const settings = model.settings[keyword];
  const own = { ...model, settings: { [keyword]: settings } };
  const [{ keywords }] = evaluate(hearing.heard, [own], hearing.arrangement).models;
  const [{ conditions }] = keywords;
  const latencies = conditions.flatMap(({ files }) =>
    files.flatMap(({ utterances }) => utterances.flatMap(({ latency }) => latency ?? [])),
  );
  const sum = (of: (one: (typeof conditions)[number]) => number) =>
    conditions.reduce((total, one) => total + of(one), 0);
  return {
    settings,
    point: {
      threshold: settings.threshold,
      utterances: sum(({ utterances }) => utterances),
      misses: sum(({ misses }) => misses),
      alarms: Math.max(...conditions.map(({ alarms }) => alarms)),
      hours: conditions[0].hours,
    },
    latency: latencySummary(latencies),
  };
}

function conditionTable(conditions: Calibrated['conditions']): string[] {
  return table(
    [{ title: 'noise' }, { title: 'missed', align: 'right' }, { title: 'alarms', align: 'right' }],
    conditions.map(({ snr, misses, utterances, alarms }) => [
      noiseOf(snr),
      `${misses.toLocaleString('en-US')} of ${utterances.toLocaleString('en-US')}`,
      alarms.toLocaleString('en-US'),
    ]),
  );
}

/** Whether the hours are enough to say that the aim is met, and not only that it was met here. */
function promise({ point, promised, hoursNeeded }: Calibrated, aim: CalibrationAim): string {
  const aimed = `${plainRate(aim)} an hour`;
  if (promised) return `${hours(point.hours)} alone would be enough to promise ${aimed} with 95 % confidence.`;
  const without = point.alarms === 0 ? 'without an alarm' : 'with no further alarm';
  return (
    `Too little audio to promise ${aimed}: ${hours(point.hours)} can't show a rate below ` +
    `${rate(upperRate(point.alarms, point.hours))}; it takes ${roughHours(hoursNeeded)} ${without}.`
  );
}

function plainRate({ alarmsPerHour }: CalibrationAim): string {
  return String(Number(alarmsPerHour.toPrecision(3)));
}

function ending(found: readonly Calibration[], { written, target }: CalibrationContext): string {
  const chosen = 'Chosen on these recordings, so expect a little worse elsewhere.';
  if (written !== undefined) return `${chosen} Written into ${written}.`;
  if (found.some(({ met }) => !met)) return 'Nothing written: no setting meets the aim.';
  if (target !== undefined) return `${chosen} Nothing written, because some of them could not be heard.`;
  return `${chosen} Nothing written: --in-place and --output do that.`;
}
