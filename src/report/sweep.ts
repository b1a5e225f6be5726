/** What another threshold would have missed, and how often it would have fired. */
import type { Evaluation, OperatingPoint } from '../evaluation/result.js';
import { figure, linearAxis, rateAxis, ratePosition, thresholdAxis, thresholdPosition, type Chart } from './chart.js';
import { html, type Markup } from './html.js';
import { styleOf, type Run } from './runs.js';
import { table, type Cell } from './table.js';
import { decimals } from './words.js';

/** Rows of the table, beside the thresholds that are set. */
const LISTED = [0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 0.98, 0.99, 0.995, 0.999];

const MISS_CAPTION = 'Misses at every threshold. The upright line is the threshold that is set.';
const ALARM_CAPTION = 'False alarms an hour at every threshold.';

/** @param several whether the model has other keywords too */
export function sweepSection(
  evaluation: Evaluation,
  keyword: string,
  runs: readonly Run[],
  several: boolean,
): Markup | null {
  const spoken = runs.filter(({ result }) => result.utterances > 0);
  const heard = runs.filter(({ result }) => result.hours > 0);
  if (spoken.length + heard.length === 0) return null;
  const distinct = heard.filter((run, i) => !heard.slice(0, i).some((other) => soundsTheSame(run, other)));
  const merged =
    distinct.length < heard.length && ' Where noise among the positives adds no alarm, one line stands for all.';
  return html`<h3>Other thresholds</h3>
    <div class="pair">
      ${spoken.length > 0 && figure(missChart(evaluation, keyword, spoken), MISS_CAPTION)}
      ${heard.length > 0 && figure(alarmChart(evaluation, keyword, distinct), [ALARM_CAPTION, merged])}
    </div>
    <details>
      <summary>As a table</summary>
      ${sweepTable(runs, several)}
    </details>`;
}

/** Whether two runs have as many alarms at every threshold. */
function soundsTheSame({ model, result }: Run, other: Run): boolean {
  return model === other.model && result.sweep.every(({ alarms }, k) => alarms === other.result.sweep[k]?.alarms);
}

function missChart(evaluation: Evaluation, keyword: string, runs: readonly Run[]): Chart {
  const y = linearAxis('missed', 100, ' %');
  return sweepChart(evaluation, runs, {
    label: `Misses of “${keyword}” in per cent against the threshold`,
    y,
    height: 280,
    positionOf: ({ misses, utterances }) => (100 * misses) / utterances,
  });
}

function alarmChart(evaluation: Evaluation, keyword: string, runs: readonly Run[]): Chart {
  const rates = runs.flatMap(({ result }) => result.sweep.map(({ alarms, hours }) => alarms / hours));
  const y = rateAxis('an hour', Math.min(...runs.map(({ result }) => 1 / result.hours)), Math.max(1, ...rates));
  return sweepChart(evaluation, runs, {
    label: `False alarms of “${keyword}” an hour against the threshold`,
    y,
    height: 280,
    positionOf: ({ alarms, hours }) => ratePosition(alarms / hours, y),
  });
}

type Plotted = Pick<Chart, 'label' | 'y' | 'height'> & { readonly positionOf: (point: OperatingPoint) => number };

function sweepChart(evaluation: Evaluation, runs: readonly Run[], { positionOf, ...chart }: Plotted): Chart {
  const x = thresholdAxis('threshold');
  const curves = runs.map(
    ({ result }) => new Map(result.sweep.map((point) => [thresholdPosition(point.threshold, x), positionOf(point)])),
  );
  const xs = [...new Set(curves.flatMap((curve) => [...curve.keys()]))].sort((a, b) => a - b);
  const thresholds = [...new Set(runs.map(({ settings }) => settings.threshold))].sort((a, b) => a - b);
  return {
    ...chart,
    x,
    xs,
    lines: runs.map((run, i) => ({
      name: run.name,
      ...styleOf(run, evaluation),
      ys: xs.map((position) => curves[i].get(position) ?? null),
    })),
    marks: thresholds.map((threshold, i) => ({
      kind: 'bound',
      x: thresholdPosition(threshold, x),
      text: short(threshold),
      side: i === 0 && thresholds.length > 1 ? 'left' : 'right',
    })),
  };
}

/** At the listed thresholds, by the nearest of the sweep, and those that are set. */
function sweepTable(runs: readonly Run[], several: boolean): Markup {
  const all = [...new Set(runs.flatMap(({ result }) => result.sweep.map(({ threshold }) => threshold)))];
  const set = new Set(runs.map(({ settings }) => settings.threshold));
  const listed = new Set([...(all.length > 0 ? LISTED.map((threshold) => nearest(all, threshold)) : []), ...set]);
  const what = several ? 'Misses, false alarms and events where another keyword was said' : 'Misses and false alarms';
  return table({
    label: 'Other thresholds',
    caption: `${what}; a threshold that is set is marked.`,
    kind: 'figures',
    titles: [
      'Threshold',
      ...runs.map(({ name }) => ({ over: name, titles: ['missed', 'alarms', ...(several ? ['confused'] : [])] })),
    ],
    rows: [...listed]
      .sort((a, b) => a - b)
      .map((threshold) => ({
        names: [short(threshold)],
        cells: runs.flatMap((run) => countsAt(run, threshold).slice(0, several ? 3 : 2)),
        marked: set.has(threshold),
      })),
  });
}

function countsAt({ result }: Run, threshold: number): [misses: Cell, alarms: Cell, confusions: Cell] {
  const point = result.sweep.find((other) => other.threshold === threshold);
  if (!point) return ['', '', ''];
  const { misses, alarms, confusions, utterances, hours } = point;
  const rate = hours > 0 ? `${alarms} (${decimals(alarms / hours)}/h)` : '–';
  return [utterances > 0 ? misses : '–', rate, confusions];
}

const nearest = (values: readonly number[], to: number) =>
  values.reduce((best, value) => (Math.abs(value - to) < Math.abs(best - to) ? value : best), Infinity);

const short = (threshold: number) => String(Math.round(threshold * 1e4) / 1e4);
