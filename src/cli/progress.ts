/** A progress bar on a terminal's stderr, once the work turns out to be long. */
import { SingleBar } from 'cli-progress';
import { hasUnicode } from './terminal.js';

/** Work shorter than this shows no progress bar: milliseconds. */
const PATIENCE = 500;

export class Progress {
  readonly #bar: SingleBar | undefined;
  readonly #total: number;
  readonly #began = performance.now();
  #started = false;

  /**
   * @param total of the work, in any unit in which its parts take about the same time
   * @param wanted none is drawn where results for machines are printed all the while
   * @param withDone beside the bar stands what `at` was told to have been done
   */
  constructor(total: number, wanted = true, withDone = false) {
    this.#total = total;
    if (!wanted || !process.stderr.isTTY) return;
    this.#bar = new SingleBar({
      format: `{bar} {percentage} %${withDone ? '  {done}' : ''}  {eta_formatted} left`,
      barCompleteChar: hasUnicode() ? '━' : '=',
      barIncompleteChar: hasUnicode() ? '┄' : '-',
      barsize: 30,
      stream: process.stderr,
      clearOnComplete: true,
      forceRedraw: true, // results are printed over it
      gracefulExit: false, // its handler would swallow Ctrl-C
      linewrap: null,
    });
  }

  at(value: number, done = ''): void {
    if (!this.#bar) return;
    if (this.#started) this.#bar.update(value, { done });
    else if (performance.now() - this.#began > PATIENCE) {
      this.#started = true;
      this.#bar.start(this.#total, value, { done });
    }
  }

  /** Makes room for a line of results. */
  clear(): void {
    if (this.#started) process.stderr.write('\r\x1b[K');
  }

  stop(): void {
    if (!this.#started) return;
    // The cursor goes back to where it was saved, and lines were printed since the start.
    process.stderr.write('\r\x1b7');
    this.#bar?.stop();
  }
}
