/** Text for people: colours where the stream shows them, columns, lengths, numbers. */
import util from 'node:util';

type Style = Parameters<typeof util.styleText>[0];

/** Plain text when the stream is not a terminal, NO_COLOR is set, or Node is older than 20.12. */
export function paint(style: Style, text: string, stream: NodeJS.WriteStream = process.stdout): string {
  return stream.isTTY && stream.hasColors() && 'styleText' in util ? util.styleText(style, text) : text;
}

/** Names come from files: what would steer the terminal, or turn its text around, is replaced, a character for a character. */
export function printable(text: string): string {
  return text.replace(/[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu, '\ufffd');
}

/** JSON leaves DEL and the C1 controls as they are, and terminals may obey them. */
export function toJson(value: unknown, indent?: number): string {
  return JSON.stringify(value, null, indent).replace(/[\x7f-\x9f]/g, (c) => `\\u00${c.charCodeAt(0).toString(16)}`);
}

export interface Column {
  title: string;
  align?: 'left' | 'right';
}

/** Rows under dim titles, two spaces apart; no spaces at the ends of lines. */
export function table(columns: readonly Column[], cells: readonly (readonly string[])[]): string[] {
  const rows = cells.map((row) => row.map(printable));
  const widths = columns.map((column, i) => Math.max(column.title.length, ...rows.map((row) => row[i].length)));
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, i) => (columns[i].align === 'right' ? cell.padStart(widths[i]) : cell.padEnd(widths[i])))
      .join('  ')
      .trimEnd();
  return [paint('dim', line(columns.map((column) => column.title))), ...rows.map(line)];
}

/** At most `width` characters, the beginning cut away: a path's end says which file it is. */
export function keepEnd(text: string, width: number): string {
  return text.length <= width ? text : `…${text.slice(text.length - width + 1)}`;
}

export function plural(count: number, noun: string): string {
  return `${count.toLocaleString('en-US')} ${noun}${count === 1 ? '' : 's'}`;
}

export function bytes(count: number): string {
  return count < 10000 ? `${count.toLocaleString('en-US')} B` : `${(count / 1024).toFixed(1)} KiB`;
}

/** Four digits, for JSON: a tenth of a millisecond, and more than a posterior means. */
export function round(value: number): number {
  return Math.round(value * 1e4) / 1e4;
}

/** 0.05 s, 12.4 s, 3 min 20 s, 2 h 05 min */
export function span(seconds: number): string {
  if (seconds < 1) return `${seconds.toFixed(2)} s`;
  if (seconds < 59.95) return `${seconds.toFixed(1)} s`;
  const whole = Math.round(seconds);
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${String(whole % 60).padStart(2, '0')} s`;
  const minutes = Math.round(seconds / 60);
  return `${Math.floor(minutes / 60)} h ${String(minutes % 60).padStart(2, '0')} min`;
}

/** `fraction` of `width` cells, in eighths of a cell where the locale has them. */
export function bar(fraction: number, width: number): string {
  const filled = Math.min(Math.max(fraction, 0), 1) * width;
  const whole = Math.floor(filled);
  if (!hasUnicode()) return '#'.repeat(whole).padEnd(width, '.');
  const part = ' ▏▎▍▌▋▊▉'[Math.floor((filled - whole) * 8)].trim();
  return `${'█'.repeat(whole)}${part}`.padEnd(width, ' ');
}

export function hasUnicode(): boolean {
  const { LC_ALL, LC_CTYPE, LANG } = process.env;
  return process.platform === 'win32' || /utf-?8/i.test(LC_ALL || LC_CTYPE || LANG || '');
}

/** Columns of the terminal, 80 where the output is none. */
export const terminalWidth = (): number => process.stdout.columns || 80;
