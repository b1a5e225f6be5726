/**
 * A block of lines that is redrawn at the bottom of a terminal while other lines scroll above it.
 *
 * The cursor rests at the block's upper left corner. What is erased and drawn anew is all below it, so that nothing has to be known
 * of how the terminal has wrapped the old lines when it was made narrower, and what others write meanwhile stays where it is.
 */
import type { Size } from './live-block.js';
import type { Brush } from './meter-bar.js';
import { hasUnicode, paint } from './terminal.js';

/** Milliseconds between two drawings. */
const INTERVAL = 66;
const HIDE_CURSOR = '\x1b[?25l';
const SHOW_CURSOR = '\x1b[?25h';
const ERASE = '\r\x1b[J';

export class LiveScreen {
  readonly #stream: NodeJS.WriteStream;
  readonly #lines: (size: Size, brush: Brush) => string[];
  #timer: NodeJS.Timeout | undefined;
  #isHidden = 0; // by how many
  #drawn = '';

  readonly #showCursor = () => void this.#stream.write(`${ERASE}${SHOW_CURSOR}`);
  /** Ctrl-Z: the terminal is the shell's until the process goes on. */
  readonly #suspend = () => {
    this.#showCursor();
    process.kill(process.pid, 'SIGSTOP');
  };
  readonly #goOn = () => {
    this.#stream.write(HIDE_CURSOR);
    this.#drawn = '';
  };

  /** @param lines what is to be seen, asked for before each drawing; none reaches the last column */
  constructor(stream: NodeJS.WriteStream, lines: (size: Size, brush: Brush) => string[]) {
    this.#stream = stream;
    this.#lines = lines;
  }

  open(): void {
    this.#stream.write(HIDE_CURSOR);
    process.once('exit', this.#showCursor); // an error elsewhere, a closed pipe
    if (process.platform !== 'win32') process.on('SIGTSTP', this.#suspend).on('SIGCONT', this.#goOn);
    this.#timer = setInterval(() => this.#draw(), INTERVAL).unref();
    this.#draw();
  }

  /** Writes whole lines above the block. */
  above(write: () => void): void {
    if (this.#timer) this.#stream.write(ERASE);
    write();
    this.#drawn = '';
    this.#draw();
  }

  /** Starts what may write, and draws nothing until it is done or some milliseconds have gone. */
  hideFor(start: () => Promise<void> | undefined, most: number): void {
    if (this.#timer) this.#stream.write(ERASE);
    this.#isHidden++;
    let timer: NodeJS.Timeout | undefined;
    const end = new Promise<void>((resolve) => (timer = setTimeout(resolve, most).unref()));
    void Promise.race([start(), end]).then(() => {
      clearTimeout(timer);
      this.#isHidden--;
      this.#drawn = '';
      this.#draw();
    });
  }

  close(): void {
    if (!this.#timer) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
    process.off('exit', this.#showCursor);
    if (process.platform !== 'win32') process.off('SIGTSTP', this.#suspend).off('SIGCONT', this.#goOn);
    this.#showCursor();
  }

  #draw(): void {
    if (!this.#timer || this.#isHidden > 0) return;
    const size = { columns: this.#stream.columns || 80, rows: this.#stream.rows || 24 };
    const brush = {
      paint: (style: Parameters<typeof paint>[0], text: string) => paint(style, text, this.#stream),
      hasUnicode: hasUnicode(),
    };
    const lines = this.#lines(size, brush);
    const text = lines.map((line) => `${line}\x1b[K`).join('\n');
    const block = `\r${text}\x1b[J\r${lines.length > 1 ? `\x1b[${lines.length - 1}A` : ''}`;
    if (block === this.#drawn) return;
    this.#drawn = block;
    this.#stream.write(`\x1b[?2026h${block}\x1b[?2026l`); // one write, shown at once where terminals know the mode: no flicker
  }
}
