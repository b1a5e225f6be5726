/** What an evaluation found, as lines for people: 80 columns. */
import { HIGHEST, logit, LOWEST } from '../evaluation/sweep.js';
import type {
  ConditionResult,
  Evaluation,
  FileResult,
  KeywordResult,
  ModelResult,
  SweepPoint,
} from '../evaluation/result.js';
import { describeComparison } from './comparison-text.js';
import { describeConfusion } from './confusion-text.js';
import { fitted, right } from './evaluation-table.js';
import { hours, hoursDigits, percentWithin, rate, rateWithin, wrap } from './figures.js';
import { describeProof } from './proof-text.js';
import { keepEnd, paint, plural, printable, table, terminalWidth } from './terminal.js';
import { keepStart } from './text-width.js';

/** Failures named in the text; the page and the clips have more. */
const WORST = 5;
/** Rows of the sweep: thresholds whose logits lie this far from the one that is set. */
const AROUND = [-2, -1, -0.5, 0, 0.5, 1, 2];

const ABSENT = '–';
/** Characters of a keyword. */
const LONGEST_KEYWORD = 24;

export function describeEvaluation(evaluation: Evaluation, width = terminalWidth()): string[] {
  const room = Math.min(width, 100);
  return [
    ...evaluation.models.flatMap((model) => [...describeModel(model, evaluation, room), '']),
    ...describeComparison(evaluation, room),
    ...wrap(
      'Intervals and "below" at 95 %. Latency from the end of the word to the event: the median, ' +
        'and within which 95 % lie.',
      room,
    ).map((line) => paint('dim', line)),
  ];
}

function describeModel(
  { model, precision, keywords, confusion }: ModelResult,
  { arrangement }: Evaluation,
  width: number,
): string[] {
  return [
    `${paint('bold', keepEnd(printable(model), width - 40))}  ${precision}, ${inWhichWay(arrangement)}`,
    ...keywords.flatMap((keyword) => ['', ...describeKeyword(keyword, keywords.length > 1, width)]),
    ...describeConfusion(keywords, confusion, width),
  ];
}

function describeKeyword(
  { keyword, settings, conditions }: KeywordResult,
  hasOthers: boolean,
  width: number,
): string[] {
  const [asIs] = conditions;
  const happened = asIs.utterances > 0 || asIs.alarms > 0 || asIs.confusions > 0;
  return [
    `${paint('green', keepStart(printable(keyword), LONGEST_KEYWORD))} ${inWords(settings)}`,
    `${plural(asIs.utterances, 'word')}, and ${hours(asIs.hours)} besides`,
    '',
    ...conditionTable(conditions),
    ...(happened
      ? [
          ...setTable(conditions, width),
          ...worstMisses(asIs, width),
          ...worstAlarms(asIs, width),
          ...worstConfusions(asIs, width),
          ...sweepTable(conditions, hasOthers),
        ]
      : []),
    '',
    ...describeProof(keepStart(keyword, LONGEST_KEYWORD), asIs, width),
  ];
}

/** How a keyword is decided on. */
export function inWords({ threshold, smoothing, refractory }: KeywordResult['settings']): string {
  return `from ${threshold}, smoothed over ${smoothing} ms, then not for ${refractory} ms`;
}

/** How a model heard the recordings. */
export function inWhichWay(arrangement: Evaluation['arrangement']): string {
  return arrangement === 'joined' ? 'recordings joined, never reset' : 'each file a stream of its own';
}

export function noiseOf(snr: number | null): string {
  return snr === null ? 'none' : `${snr} dB`;
}

function conditionTable(conditions: readonly ConditionResult[]): string[] {
  const rows = conditions.map((condition) => {
    const { snr, utterances, misses, missRate, missInterval, alarms, alarmsPerHour, alarmInterval, latency } =
      condition;
    const words = utterances > 0;
    const time = condition.hours > 0;
    return [
      noiseOf(snr),
      words ? `${misses.toLocaleString('en-US')} of ${utterances.toLocaleString('en-US')}` : ABSENT,
      words ? percentWithin(missRate, missInterval) : 'no words',
      time || alarms > 0 ? alarms.toLocaleString('en-US') : ABSENT,
      time ? rateWithin(alarmsPerHour, alarmInterval) : 'no hours',
      latency ? `${latency.p50.toFixed(0)}, ${latency.p95.toFixed(0)} ms` : ABSENT,
    ];
  });
  const [missed, alarmed] = right('missed', 'alarms');
  return table(
    [{ title: 'noise' }, missed, { title: 'miss rate' }, alarmed, { title: 'an hour' }, { title: 'latency' }],
    rows,
  );
}

/** Sets by name, with the misses of each condition beside one another. */
function setTable(conditions: readonly ConditionResult[], width: number): string[] {
  const [asIs, ...noisy] = conditions;
  const rows = asIs.sets.map((set, i) => {
    const words = set.utterances > 0;
    const missesOf = (condition: ConditionResult): string => (words ? String(condition.sets[i].misses) : '');
    return [
      set.name,
      set.files.toLocaleString('en-US'),
      words ? set.utterances.toLocaleString('en-US') : '',
      missesOf(asIs),
      ...noisy.map(missesOf),
      set.alarms.toLocaleString('en-US'),
      hoursDigits(set.hours),
    ];
  });
  const columns = [
    { title: 'set' },
    ...right('files', 'words', 'missed', ...noisy.map(({ snr }) => noiseOf(snr)), 'alarms', 'hours'),
  ];
  return ['', ...table(columns, fitted(rows, columns, width))];
}

function worstMisses({ files }: ConditionResult, width: number): string[] {
  const missed = each(files, ({ utterances }) => utterances)
    .filter(({ heard }) => !heard)
    .sort((a, b) => a.peak - b.peak);
  return worst('worst misses', 'peak', missed.length, missed.slice(0, WORST), ({ start }) => start, width);
}

function worstAlarms({ files }: ConditionResult, width: number): string[] {
  const alarms = surestFirst(each(files, (file) => file.alarms));
  return worst('worst alarms', 'posterior', alarms.length, alarms.slice(0, WORST), ({ time }) => time, width);
}

function worstConfusions({ files }: ConditionResult, width: number): string[] {
  const confusions = surestFirst(each(files, (file) => file.confusions));
  const title = 'worst where another keyword was said';
  return worst(title, 'posterior', confusions.length, confusions.slice(0, WORST), ({ time }) => time, width);
}

function surestFirst<T extends { posterior: number }>(events: readonly T[]): (T & { peak: number })[] {
  return events.map((event) => ({ ...event, peak: event.posterior })).sort((a, b) => b.peak - a.peak);
}

function each<T extends object>(
  files: readonly FileResult[],
  part: (file: FileResult) => readonly T[],
): (T & { file: string })[] {
  return files.flatMap((file) => part(file).map((one) => ({ ...one, file: file.file })));
}

function worst<T extends { file: string; peak: number }>(
  title: string,
  value: string,
  count: number,
  shown: readonly T[],
  timeOf: (one: T) => number,
  width: number,
): string[] {
  if (count === 0) return [];
  const more = count > shown.length ? ` of ${count.toLocaleString('en-US')}` : '';
  const columns = [{ title: `${title}${more}` }, ...right('at', value)];
  const rows = shown.map((one) => [one.file, `${timeOf(one).toFixed(2)} s`, one.peak.toFixed(3)]);
  return ['', ...table(columns, fitted(rows, columns, width))];
}

/** A threshold in logits, 0 and 1 at the ends of the sweep. */
function placeOf(threshold: number): number {
  return logit(Math.min(Math.max(threshold, LOWEST), HIGHEST));
}

/** The trade around the threshold that is set; the points of all conditions have the same thresholds. */
function sweepTable(conditions: readonly ConditionResult[], hasOthers: boolean): string[] {
  const [asIs, ...noisy] = conditions;
  const rows = indicesAround(asIs.sweep, asIs.threshold).map((i) => {
    const { threshold, utterances, alarms, confusions, hours: time } = asIs.sweep[i];
    const missesOf = ({ sweep }: ConditionResult): string => (utterances > 0 ? String(sweep[i].misses) : '');
    return [
      threshold.toFixed(3),
      ...conditions.map(missesOf),
      alarms.toLocaleString('en-US'),
      time > 0 ? rate(alarms / time) : '',
      ...(hasOthers ? [confusions.toLocaleString('en-US')] : []),
      threshold === asIs.threshold ? 'as set' : '',
    ];
  });
  const titles = ['threshold', 'missed', ...noisy.map(({ snr }) => noiseOf(snr)), 'alarms', 'an hour'];
  if (hasOthers) titles.push('confused');
  return rows.length < 2 ? [] : ['', ...table([...right(...titles), { title: '' }], rows)];
}

function indicesAround(sweep: readonly SweepPoint[], set: number): number[] {
  const nearest = (target: number): number => {
    const distances = sweep.map(({ threshold }) => Math.abs(placeOf(threshold) - target));
    return distances.indexOf(Math.min(...distances));
  };
  const exact = sweep.findIndex(({ threshold }) => threshold === set);
  const chosen = AROUND.map((step) => (step === 0 && exact >= 0 ? exact : nearest(placeOf(set) + step)));
  return [...new Set(chosen)].sort((a, b) => a - b);
}
