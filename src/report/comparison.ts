/** Two models on the same recordings: whether what sets them apart could be chance. */
import type { Comparison, ConditionResult, Evaluation, Paired } from '../evaluation/result.js';
import { html, type Markup } from './html.js';
import type { Run } from './runs.js';
import { table, type Row } from './table.js';
import { condition, modelNames, probability } from './words.js';

/** The customary line below which a difference is taken for one. */
const SIGNIFICANT = 0.05;

/** Null where nothing is compared. */
export function comparisonSection(evaluation: Evaluation, keyword: string, runs: readonly Run[]): Markup | null {
  const comparisons = evaluation.comparisons.filter((comparison) => comparison.keyword === keyword);
  if (comparisons.length === 0) return null;
  const names = modelNames(evaluation.models) as [string, string];
  return html`<h3>${names[0]} against ${names[1]}</h3>
    ${table({
      label: 'Comparison',
      caption:
        `First : second. p is how often chance alone would set two equal models so far apart; below ` +
        `${SIGNIFICANT} is taken for a difference. Of twenty such figures one falls below by chance.`,
      kind: 'words',
      titles: ['Condition', 'Thresholds', 'Missed', 'Missed by one only', 'Difference', 'Alarms', 'Difference'],
      rows: comparisons.flatMap((comparison) => {
        const first = runs.find(({ model, result }) => model === 0 && result.snr === comparison.snr);
        return rowsOf(comparison, names, first && lowerMisses(first.result));
      }),
    })}`;
}

/** Fewer misses than it has that a model would have at another threshold with no more alarms; undefined for none. */
export function lowerMisses({
  sweep,
  misses,
  alarms,
}: Pick<ConditionResult, 'sweep' | 'misses' | 'alarms'>): number | undefined {
  const least = Math.min(...sweep.filter((point) => point.alarms <= alarms).map((point) => point.misses));
  return least < misses ? least : undefined;
}

/** @param free misses of the first model, were its threshold moved as the second's is */
function rowsOf({ snr, asSet, atEqualAlarms }: Comparison, names: readonly [string, string], free?: number): Row[] {
  const rows = [row(condition(snr), 'as set', asSet, verdict(asSet.misses, asSet.pMisses, 'misses', names), names)];
  if (!atEqualAlarms) return rows;
  const { misses, pMisses, threshold } = atEqualAlarms;
  // The second's threshold was chosen with these recordings in view, the first's was not: no test is fair to that.
  const difference =
    free !== undefined && misses[1] < misses[0]
      ? `${names[0]} too would miss ${free} at another threshold`
      : verdict(misses, pMisses, 'misses', names);
  const moved = `${names[1]} at ${Math.round(threshold * 1e4) / 1e4}`;
  return [...rows, row(condition(snr), moved, atEqualAlarms, difference, names)];
}

function row(
  snr: string,
  thresholds: string,
  paired: Paired,
  difference: string,
  names: readonly [string, string],
): Row {
  const { misses, onlyMissedBy, alarms, pAlarms } = paired;
  return {
    names: [snr, thresholds],
    cells: [
      misses.join(' : '),
      onlyMissedBy.join(' : '),
      difference,
      alarms.join(' : '),
      verdict(alarms, pAlarms, 'alarms', names),
    ],
  };
}

/** "could be chance (p = 0.34)", "happy.onnx misses fewer (p = 0.012)", "none" */
export function verdict(
  [first, second]: readonly [number, number],
  p: number,
  what: 'misses' | 'alarms',
  names: readonly [string, string],
): string {
  if (first === second) return 'none';
  if (!(p < SIGNIFICANT)) return `could be chance (${probability(p)})`;
  const better = names[first < second ? 0 : 1];
  return `${better} ${what === 'misses' ? 'misses fewer' : 'has fewer alarms'} (${probability(p)})`;
}
