/** Which keyword was heard where which was said: of models with several keywords, before each is looked at alone. */
import type { ConfusionRow, ConfusionTable, Evaluation, KeywordResult } from '../evaluation/result.js';
import { html, type Markup } from './html.js';
import { table, type Cell } from './table.js';
import { condition, modelNames, percent, percentInterval } from './words.js';

/** Null where no model has several keywords. */
export function confusionSection({ models, conditions }: Evaluation): Markup | null {
  if (models.every(({ confusion }) => confusion.length === 0)) return null;
  const names = modelNames(models);
  return html`<section aria-labelledby="confusion">
    <h2 id="confusion">Which keyword was heard first, by what was said</h2>
    <p class="note">
      A clip counts once, by the first event of any keyword from its start to 0.5 s after its end; of negatives each
      file is one. Missed: the word itself was not heard at all, neither first nor after another.
    </p>
    ${models.flatMap(({ keywords, confusion }, model) =>
      confusion.map((one) => {
        const title = [
          ...(models.length > 1 ? [names[model]] : []),
          ...(conditions.length > 1 ? [condition(one.snr)] : []),
        ].join(', ');
        return html`${title && html`<h3>${title}</h3>`} ${confusionTable(keywords, one, title)}`;
      }),
    )}
  </section>`;
}

function confusionTable(keywords: readonly KeywordResult[], { rows }: ConfusionTable, title: string): Markup {
  return table({
    label: ['Confusions', title].filter(Boolean).join(', '),
    caption: 'Counts, and shares of the clips.',
    kind: 'figures',
    titles: [
      ...['Said', 'Clips'],
      { over: 'Heard first', titles: [...keywords.map(({ keyword }) => keyword), 'nothing'] },
      { over: 'Missed', titles: ['share', '95 % interval'] },
    ],
    rows: rows.map((row) => ({
      names: [row.said],
      cells: [
        row.clips.toLocaleString('en-US'),
        ...keywords.map(({ keyword }) => countCell(row, row.first[keyword], keyword !== row.said)),
        countCell(row, row.nothing, row.kind === 'positives'),
        ...missedCells(row),
      ],
    })),
  });
}

function countCell({ clips }: ConfusionRow, count: number, isWrong: boolean): Cell {
  const text = count === 0 ? '0' : `${count.toLocaleString('en-US')} (${percent(count / clips)})`;
  return isWrong && count > 0 ? { text, failures: count } : text;
}

function missedCells({ missed }: ConfusionRow): Cell[] {
  return missed ? [percent(missed.missRate), percentInterval(missed.missInterval)] : ['', ''];
}
