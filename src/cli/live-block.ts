/** The block that `listen` redraws on a terminal: a row of the level, and one a keyword. */
import { FLOOR } from './meter-level.js';
import { drawBar, type Bar, type Brush, type Style } from './meter-bar.js';
import { keepStart, padEnd, widthOf } from './text-width.js';

export interface LiveState {
  /** Seconds of sound. */
  readonly heard: number;
  /** Seconds of sound that were dropped. */
  readonly lost: number;
  /** What is said instead of the level while there is none. */
  readonly notice?: string;
  readonly level: {
    readonly level: number;
    readonly peak: number;
    readonly isClipping: boolean;
    readonly isSilent: boolean;
  };
  readonly keywords: readonly KeywordRow[];
}

export interface KeywordRow {
  readonly name: string;
  readonly posterior: number;
  readonly threshold: number;
  readonly hasJustFired: boolean;
}

export interface Size {
  readonly columns: number;
  readonly rows: number;
}

interface Layout {
  readonly name: number; // columns
  readonly bar: number;
  readonly hint: number;
  readonly all: number;
}

/** Columns after a bar: "  −60 dB", or " clipping" where there is no room for a hint: "  1:02:03 lost". */
const VALUE = 9;
const HINT = 14;
/** Columns of a terminal from which there is. */
const WIDE = 46;
const LONGEST_BAR = 60;
/** Keywords that have a row; of more, the likeliest. */
const MOST_ROWS = 12;
/** dB from which speech is too loud, and from which it clips. */
const LOUD = -12;
const TOO_LOUD = -3;

/**
 * Lines that fit the terminal: none reaches its last column, where some terminals wrap.
 *
 * @returns the first is empty, where there is room: what is typed, or written by others, lands on it
 */
export function drawBlock(state: LiveState, { columns, rows }: Size, brush: Brush): string[] {
  const room = Math.max(1, Math.min(rows - 3, MOST_ROWS)); // for keywords
  const isCut = state.keywords.length > room && room > 1;
  const shown = likeliest(state.keywords, isCut ? room - 1 : room);
  const layout = layOut(state, shown, columns);
  const hidden = `and ${state.keywords.length - shown.length} more`;
  const more = isCut ? [brush.paint('dim', keepStart(hidden, layout.all))] : [];
  const lines = [
    '',
    levelRow(state, layout, brush),
    ...shown.map((keyword) => keywordRow(keyword, layout, brush)),
    ...more,
  ];
  return rows < 4 ? lines.slice(1, 1 + Math.max(1, rows - 1)) : lines;
}

/** In the order in which all stand, so that rows do not change places. */
function likeliest(keywords: readonly KeywordRow[], count: number): readonly KeywordRow[] {
  if (keywords.length <= count) return keywords;
  const chosen = new Set([...keywords].sort((a, b) => b.posterior - a.posterior).slice(0, count));
  return keywords.filter((keyword) => chosen.has(keyword));
}

function layOut({ heard }: LiveState, shown: readonly KeywordRow[], columns: number): Layout {
  const all = Math.max(1, columns - 1);
  const longest = Math.max(clock(heard).length, ...shown.map(({ name }) => widthOf(name)));
  const name = Math.min(longest, Math.max(7, Math.floor(all / 3)));
  const hint = all >= WIDE ? HINT : 0;
  const bar = Math.min(all - name - 3 - VALUE - hint, LONGEST_BAR); // a space and the frame
  return { name, bar, hint, all };
}

function levelRow({ heard, lost, notice, level }: LiveState, layout: Layout, brush: Brush): string {
  const time = padEnd(keepStart(clock(heard), layout.name), layout.name);
  if (notice !== undefined) {
    const room = layout.all - widthOf(time) - 2;
    if (room < 8) return keepStart(notice, layout.all);
    const text = keepStart(notice, room);
    return `${brush.paint('dim', time)}  ${brush.paint('yellow', text)}`;
  }
  const minus = brush.hasUnicode ? '−' : '-';
  const decibels = Math.round(level.level);
  const value = `${decibels < 0 ? minus : ''}${Math.abs(decibels)} dB`;
  const hint = level.isClipping
    ? 'clipping'
    : level.isSilent
      ? 'silence'
      : lost > 0 && layout.hint > 0
        ? `${span(lost)} lost`
        : '';
  const bar = { value: onScale(level.level), mark: onScale(level.peak), styleAt: styleOfLevel };
  return row(time, bar, value, hint, layout, brush);
}

function keywordRow({ name, posterior, threshold, hasJustFired }: KeywordRow, layout: Layout, brush: Brush): string {
  const text = padEnd(keepStart(name, layout.name), layout.name);
  const style: Style = posterior >= threshold ? 'green' : 'yellow';
  const bar = { value: posterior, mark: threshold, styleAt: () => style };
  const hint = hasJustFired ? 'heard' : '';
  return row(text, bar, posterior.toFixed(2), hint, layout, brush, hasJustFired ? 'green' : 'bold');
}

/** Where a terminal is too narrow, first the hint takes the value's place, then the bar goes. */
function row(
  name: string,
  bar: Bar,
  value: string,
  hint: string,
  { bar: width, hint: hintRoom, all }: Layout,
  brush: Brush,
  style: Style = 'dim',
): string {
  const said = brush.paint(hint === 'heard' ? 'green' : 'red', hint);
  if (width < 4) return keepStart(`${name} ${hint || value}`, all);
  const drawn = `${brush.paint(style, name)} ${drawBar(bar, width, brush)}`;
  if (!hint) return `${drawn}  ${value}`;
  return hintRoom === 0 ? `${drawn} ${said}` : `${drawn}  ${padEnd(value, VALUE - 3)}  ${said}`;
}

const onScale = (level: number): number => (level - FLOOR) / -FLOOR;

function styleOfLevel(place: number): Style {
  const level = FLOOR - place * FLOOR;
  return level >= TOO_LOUD ? 'red' : level >= LOUD ? 'yellow' : 'green';
}

const span = (seconds: number): string => (seconds < 99.95 ? `${seconds.toFixed(1)} s` : clock(seconds));

/** 0:07, 12:34, 1:02:03 */
export function clock(seconds: number): string {
  const whole = Math.floor(seconds);
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  return `${h > 0 ? `${h}:${String(m).padStart(2, '0')}` : m}:${String(s).padStart(2, '0')}`;
}
