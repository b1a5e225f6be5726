/** Two models on the same recordings: counts, and whether they differ by more than chance. */
import { SIGNIFICANT } from '../evaluation/paired.js';
import type { Comparison, Evaluation, ModelResult, Paired } from '../evaluation/result.js';
import { wrap } from './figures.js';
import { keepEnd, paint, printable, table } from './terminal.js';

/** Characters of a model's name. */
const LONGEST = 23;

export function describeComparison({ models, comparisons }: Evaluation, width: number): string[] {
  if (comparisons.length === 0) return [];
  const [first, second] = namesOf(models);
  return [
    `${paint('bold', 'compared')}  ${first} (first) with ${second} (second)`,
    ...comparisons.flatMap((comparison) => ['', ...comparisonTable(comparison)]),
    '',
    ...wrap(
      'alone: missed by that one only. at equal alarms: each where it misses least with no more alarms than the first has as set.' +
        (models[0].keywords.length > 1 ? ' Events where another keyword was said are alarms here.' : ''),
      width,
    ).map((line) => paint('dim', line)),
    '',
  ];
}

/** What tells the two apart: their files, or else their precisions. */
function namesOf([first, second]: readonly ModelResult[]): string[] {
  if (first.model === second.model) return [first.precision, second.precision];
  return [first, second].map(({ model }) => keepEnd(printable(model), LONGEST));
}

function comparisonTable({ keyword, snr, asSet, atEqualAlarms }: Comparison): string[] {
  const title = `${keepEnd(printable(keyword), 16)}, ${snr === null ? 'no noise' : `${snr} dB`}`;
  const right = ['first', 'second', 'alone', 'p'].map((name) => ({ title: name, align: 'right' as const }));
  return table(
    [{ title }, ...right, { title: '' }],
    [
      missesOf('missed', asSet),
      ['alarms', ...asSet.alarms.map(String), '', ...verdict(asSet.pAlarms, asSet.alarms)],
      ...equalRows(atEqualAlarms),
    ],
  );
}

function equalRows(equal: Comparison['atEqualAlarms']): string[][] {
  if (!equal) return [['at equal alarms –', '', '', '', '', 'one alarms more at any']];
  return [
    ['at equal alarms, from', ...equal.thresholds.map((threshold) => threshold.toFixed(3)), '', '', ''],
    missesOf('missed', equal),
  ];
}

function missesOf(title: string, { misses, onlyMissedBy, pMisses }: Paired): string[] {
  return [title, ...misses.map(String), onlyMissedBy.join(', '), ...verdict(pMisses, onlyMissedBy)];
}

function verdict(p: number, [first, second]: readonly [number, number]): string[] {
  const value = p < 0.001 ? '<0.001' : p.toFixed(p < 0.1 ? 3 : 2);
  if (p >= SIGNIFICANT) return [value, 'undecided'];
  return [value, first < second ? 'first better' : 'second better'];
}
