/** Tables of an evaluation: figures on the right, and names that leave room for them. */
import { keepEnd, type Column } from './terminal.js';

export function right(...titles: string[]): Column[] {
  return titles.map((title) => ({ title, align: 'right' }));
}

/** The first column, of names, cut to what the others leave. */
export function fitted(rows: readonly string[][], columns: readonly Column[], width: number): string[][] {
  const others = columns
    .slice(1)
    .map(({ title }, i) => Math.max(title.length, ...rows.map((row) => row[i + 1].length)));
  const room = Math.max(width - others.reduce((sum, each) => sum + each + 2, 0), 12);
  return rows.map(([name, ...values]) => [keepEnd(name, room), ...values]);
}
