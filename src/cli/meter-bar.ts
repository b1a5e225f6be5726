/** A bar of colours with a mark, in cells of a terminal. */

export type Style = 'dim' | 'green' | 'yellow' | 'red' | 'bold';

/** How bars are drawn: colours or none, block characters or ASCII. */
export interface Brush {
  paint(style: Style, text: string): string;
  readonly hasUnicode: boolean;
}

export interface Bar {
  /** Of the width, 0 to 1. */
  readonly value: number;
  /** Where the mark stands, 0 to 1. */
  readonly mark: number;
  /** Of a cell, by the part of the bar that lies before it: 0 to 1. */
  styleAt(place: number): Style;
}

const EIGHTHS = ['', '▏', '▎', '▍', '▌', '▋', '▊', '▉'];

/** The bar in its frame: `width` + 2 columns. */
export function drawBar({ value, mark, styleAt }: Bar, width: number, { paint, hasUnicode }: Brush): string {
  const [left, right, full, empty, line, notch] = hasUnicode ? '▕▏█ │┃' : '[]#.|+';
  const filled = Math.min(Math.max(value, 0), 1) * width;
  const whole = Math.floor(filled);
  const partial = hasUnicode ? EIGHTHS[Math.floor((filled - whole) * 8)] : '';
  const marked = Math.min(Math.floor(Math.min(Math.max(mark, 0), 1) * width), width - 1);
  const cells = Array.from({ length: width }, (_, i): [Style | undefined, string] => {
    if (i < whole) return [styleAt(i / width), i === marked ? notch : full];
    if (i === marked) return [undefined, line];
    return i === whole && partial ? [styleAt(i / width), partial] : [undefined, empty];
  });
  return `${paint('dim', left)}${join(cells, paint)}${paint('dim', right)}`;
}

/** Neighbours of one style are painted at once. */
function join(cells: readonly [Style | undefined, string][], paint: Brush['paint']): string {
  let text = '';
  for (let i = 0; i < cells.length;) {
    const [style] = cells[i];
    let run = '';
    for (; i < cells.length && cells[i][0] === style; i++) run += cells[i][1];
    text += style ? paint(style, run) : run;
  }
  return text;
}
