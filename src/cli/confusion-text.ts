/** Which keyword was heard where which was said, as tables of 80 columns. */
import type { ConfusionRow, ConfusionTable, KeywordResult } from '../evaluation/result.js';
import { fitted, right } from './evaluation-table.js';
import { percent, percentWithin, wrap } from './figures.js';
import { paint, plural, printable, table, type Column } from './terminal.js';
import { keepStart } from './text-width.js';

/** Characters of a keyword over a column; of what was said, where columns ask for room. */
const LONGEST_TITLE = 12;
const LEAST_NAME = 16;
const LONGEST_NAME = 28;

/** A column: what stands under its title in each row, and the share below it. */
interface Figures {
  readonly column: Column;
  readonly cells: readonly (readonly [count: string, share: string])[];
}

/** Nothing of a model with one keyword. */
export function describeConfusion(
  keywords: readonly KeywordResult[],
  tables: readonly ConfusionTable[],
  width: number,
): string[] {
  if (tables.length === 0) return [];
  return [
    '',
    paint('green', 'Which keyword was heard first, by what was said'),
    ...tables.flatMap((one) => ['', ...confusionTable(keywords, one, tables.length > 1, width)]),
    '',
    ...wrap(
      'A clip counts once, by the first event from its start to half a second after its end; of negatives each ' +
        'file is one. missed: the word itself was not heard at all.',
      width,
    ).map((line) => paint('dim', line)),
  ];
}

/** Two lines a row, the shares below the counts; columns that don't fit come below, under the same names. */
function confusionTable(
  keywords: readonly KeywordResult[],
  { snr, rows }: ConfusionTable,
  isOneOfMany: boolean,
  width: number,
): string[] {
  const said = isOneOfMany ? (snr === null ? 'said, no noise' : `said, at ${snr} dB`) : 'said';
  const names = rows.flatMap((row) => [row.said, '']);
  const figures = figuresOf(keywords, rows);
  const longest = Math.max(said.length, ...names.map(({ length }) => length));
  const nameWidth = Math.min(longest, LONGEST_NAME, Math.max(LEAST_NAME, width - widthOf(figures)));
  const blocks = blocksOf(figures, width - nameWidth).map((block) => {
    const columns = [{ title: said }, ...block.map(({ column }) => column)];
    const cells = names.map((name, i) => [name, ...block.map(({ cells }) => cells[i >> 1][i & 1])]);
    // A cut name must not be longer beside few columns than beside many.
    const rows = fitted(cells, columns, nameWidth + widthOf(block));
    return table(columns, rows).filter((line) => line !== '');
  });
  return [...blocks.flatMap((block, i) => (i === 0 ? block : ['', ...block])), ...lateOnes(rows, width)];
}

function figuresOf(keywords: readonly KeywordResult[], rows: readonly ConfusionRow[]): Figures[] {
  const counted = (title: string, countOf: (row: ConfusionRow) => number): Figures => ({
    column: right(keepStart(printable(title), LONGEST_TITLE))[0],
    cells: rows.map((row) => {
      const count = countOf(row);
      return [count.toLocaleString('en-US'), count > 0 ? percent(count / row.clips) : ''];
    }),
  });
  return [
    { column: right('clips')[0], cells: rows.map(({ clips }) => [clips.toLocaleString('en-US'), '']) },
    ...keywords.map(({ keyword }) => counted(keyword, ({ first }) => first[keyword])),
    counted('nothing', ({ nothing }) => nothing),
    {
      column: { title: 'missed' },
      cells: rows.map(({ missed }) => [missed ? percentWithin(missed.missRate, missed.missInterval) : '', '']),
    },
  ];
}

/** As many columns side by side as there is room for, one at least. */
function blocksOf(figures: readonly Figures[], room: number): Figures[][] {
  const blocks: Figures[][] = [];
  for (const one of figures) {
    const last = blocks.at(-1);
    if (last && widthOf([...last, one]) <= room) last.push(one);
    else blocks.push([one]);
  }
  return blocks;
}

function widthOf(block: readonly Figures[]): number {
  const widths = block.map(({ column, cells }) => Math.max(column.title.length, ...cells.flat().map((c) => c.length)));
  return widths.reduce((sum, width) => sum + width + 2, 0);
}

/** Clips that count under another keyword, and yet are not missed. */
function lateOnes(rows: readonly ConfusionRow[], width: number): string[] {
  const late = rows.reduce(
    (sum, { said, clips, first, missed }) => sum + (missed ? clips - missed.misses - first[said] : 0),
    0,
  );
  if (late === 0) return [];
  return wrap(`Not missed: ${plural(late, 'clip')} in which another keyword was heard before the right one.`, width);
}
