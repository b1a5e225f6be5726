/** The trade between misses and false alarms (detection error trade-off). */
import type { Evaluation, OperatingPoint } from '../evaluation/result.js';
import { figure, rootAxis, rateAxis, ratePosition, type Chart } from './chart.js';
import { html, type Markup } from './html.js';
import { styleOf, type Run } from './runs.js';

/** A rate that the axis shows whatever the figures are, so that a curve has somewhere to go: alarms an hour. */
const SHOWN_RATE = 10;
/**
 * Of the upper ends of the intervals at the operating points, how far the misses are shown; what lies above is no
 * detector.
 */
const HEADROOM = 1.5;
const LEAST_SHOWN = 0.05; // of the utterances

/** Of a share, 0..1, on the axis of per cents. */
const sharePosition = (share: number) => Math.sqrt(100 * share);

interface Step {
  readonly rate: number; // alarms an hour, at most
  readonly missRate: number;
}

/**
 * The fewest misses that a threshold of the sweep has at each number of alarms or fewer: by rising rate, falling
 * misses.
 */
export function tradeOf(sweep: readonly OperatingPoint[]): Step[] {
  const steps: Step[] = [];
  const points = sweep.filter(({ hours, utterances }) => hours > 0 && utterances > 0);
  for (const { alarms, hours, misses, utterances } of points.sort(
    (a, b) => a.alarms - b.alarms || a.misses - b.misses,
  )) {
    const missRate = misses / utterances;
    const last = steps[steps.length - 1];
    if (!last || missRate < last.missRate) steps.push({ rate: alarms / hours, missRate });
  }
  return steps;
}

/** Null where either side was not measured. */
export function detFigure(evaluation: Evaluation, keyword: string, runs: readonly Run[]): Markup | null {
  const measured = runs.filter(({ result }) => result.hours > 0 && result.utterances > 0);
  if (measured.length === 0) return null;
  const chart = detChart(evaluation, keyword, measured);
  return html`<h3>Misses against false alarms</h3>
    ${figure(
      chart,
      html`Each step of a line is the fewest misses that a threshold leaves at so many false alarms or fewer. A dot is
      the model as it is set, in the box of its two 95 %
      intervals${evaluation.conditions.length > 1 && ' without noise'}. “none” is no alarm in all of the hours, which is
      not a rate of zero.`,
    )}`;
}

function detChart(evaluation: Evaluation, keyword: string, runs: readonly Run[]): Chart {
  const results = runs.map(({ result }) => result);
  const trades = results.map(({ sweep }) => tradeOf(sweep));
  const smallest = Math.min(...results.map(({ hours }) => 1 / hours));
  const most = Math.max(SHOWN_RATE, 10 * smallest, ...results.map(({ alarmInterval }) => 1.3 * alarmInterval[1]));
  const x = rateAxis('false alarms an hour', smallest, most);
  const highest = Math.max(...results.map(({ missInterval }) => missInterval[1]));
  const y = rootAxis('missed', 100 * Math.min(1, Math.max(LEAST_SHOWN, HEADROOM * highest)));
  const xs = [...new Set([...trades.flatMap((trade) => trade.map(({ rate }) => ratePosition(rate, x))), x.max])]
    .filter((position) => position <= x.max)
    .sort((a, b) => a - b);
  return {
    label:
      `DET curve of “${keyword}”: misses in per cent against false alarms an hour, ` +
      `for ${runs.map(({ name }) => name).join('; ')}`,
    height: 380,
    x,
    y,
    xs,
    lines: runs.map((run, i) => ({
      name: run.name,
      ...styleOf(run, evaluation),
      stepped: true,
      ys: xs.map((position) => {
        const reached = trades[i].filter(({ rate }) => ratePosition(rate, x) <= position);
        return reached.length > 0 ? sharePosition(reached[reached.length - 1].missRate) : null;
      }),
    })),
    marks: [
      { kind: 'span', from: x.min, to: Math.log10(smallest) - 0.25, text: '' },
      ...runs.map((run) => {
        const { alarmsPerHour, alarmInterval, missRate, missInterval } = run.result;
        const [left, right] = alarmInterval.map((rate) => ratePosition(rate, x));
        const [bottom, top] = missInterval.map(sharePosition);
        return {
          kind: 'point' as const,
          x: ratePosition(alarmsPerHour, x),
          y: sharePosition(missRate),
          hue: styleOf(run, evaluation).hue,
          ...(run.condition === 0 && { box: [left, right, bottom, top] as const }),
        };
      }),
    ],
  };
}
