/** Two models on the same recordings: whether what sets them apart could be chance. */
import { SIGNIFICANT } from '../evaluation/paired.js';
import type { Comparison, Evaluation, Paired } from '../evaluation/result.js';
import { html, type Markup } from './html.js';
import { keywordsOf } from './runs.js';
import { table, type Row } from './table.js';
import { condition, modelNames, probability } from './words.js';

/** Null where nothing is compared. */
export function comparisonSection(evaluation: Evaluation, keyword: string): Markup | null {
  const comparisons = evaluation.comparisons.filter((comparison) => comparison.keyword === keyword);
  if (comparisons.length === 0) return null;
  const names = modelNames(evaluation.models) as [string, string];
  return html`<h3>${names[0]} against ${names[1]}</h3>
    ${table({
      label: 'Comparison',
      caption:
        `First : second. At equal alarms: each where it misses least with no more alarms than the first has as set. p is how often chance alone would set two equal models so far apart; below ` +
        `${SIGNIFICANT} is taken for a difference. Of twenty such figures one falls below by chance.` +
        (keywordsOf(evaluation).length > 1 ? ' Events where another keyword was said are alarms here.' : ''),
      kind: 'words',
      titles: ['Condition', 'Thresholds', 'Missed', 'Missed by one only', 'Difference', 'Alarms', 'Difference'],
      rows: comparisons.flatMap((comparison) => rowsOf(comparison, names)),
    })}`;
}

function rowsOf({ snr, asSet, atEqualAlarms }: Comparison, names: readonly [string, string]): Row[] {
  const rows = [row(condition(snr), 'as set', asSet, names)];
  if (!atEqualAlarms) return rows;
  const moved = atEqualAlarms.thresholds.map((threshold) => Math.round(threshold * 1e4) / 1e4).join(' : ');
  return [...rows, row(condition(snr), `at equal alarms, ${moved}`, atEqualAlarms, names)];
}

function row(snr: string, thresholds: string, paired: Paired, names: readonly [string, string]): Row {
  const { misses, onlyMissedBy, pMisses, alarms, pAlarms } = paired;
  return {
    names: [snr, thresholds],
    cells: [
      misses.join(' : '),
      onlyMissedBy.join(' : '),
      verdict(misses, pMisses, 'misses', names),
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
