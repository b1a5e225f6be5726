/** The line that `listen` redraws on a terminal: time, level and the likeliest keyword. */
import type { Detector } from '../index.js';
import { bar, hasUnicode, paint, plural, printable } from './terminal.js';

/** The level's scale, in dB below full scale: a quiet room is about −60. */
const FLOOR = -60;
/** Milliseconds between two drawings. */
const INTERVAL = 66;
/** A posterior that was high stays visible for a while: this much of it is left a frame later. */
const DECAY = 0.97;

export class Meter {
  readonly #stream = process.stderr;
  #keywords: readonly { name: string; label: number; threshold: number }[] = [];
  #sampleRate = 0; // Hz
  #posteriors = new Float32Array(0); // [labels], decaying peaks
  #heard = 0; // samples
  #level = FLOOR; // dB
  #detections = 0;
  #overruns = 0; // samples
  #drawn = 0; // milliseconds

  readonly #showCursor = () => void this.#stream.write('\r\x1b[K\x1b[?25h');

  open({ labels, settings, sampleRate }: Pick<Detector, 'labels' | 'settings' | 'sampleRate'>): void {
    this.#keywords = Object.entries(settings.keywords).map(([name, { threshold }]) => ({
      name: printable(name),
      threshold,
      label: labels.indexOf(name),
    }));
    this.#posteriors = new Float32Array(labels.length);
    this.#sampleRate = sampleRate;
    this.#stream.write(`\x1b[?25l${paint('dim', 'waiting for the microphone …', this.#stream)}`);
    process.once('exit', this.#showCursor); // a second Ctrl-C, an error elsewhere
  }

  /** Takes a frame's posteriors; draws nothing. */
  frame(posteriors: Float32Array): void {
    for (let i = 0; i < this.#posteriors.length; i++)
      this.#posteriors[i] = Math.max(posteriors[i] ?? 0, this.#posteriors[i] * DECAY);
  }

  chunk(samples: Int16Array, overruns: number): void {
    this.#heard += samples.length;
    this.#overruns = overruns;
    let energy = 0;
    for (const sample of samples) energy += sample * sample;
    const level = 10 * Math.log10(energy / samples.length / 32768 ** 2 + 1e-10);
    this.#level = Math.max(level, this.#level - 3, FLOOR); // falls slowly, so that the eye can follow
    const now = performance.now();
    if (now - this.#drawn < INTERVAL) return;
    this.#drawn = now;
    this.#stream.write(`\r${this.#line(this.#stream.columns || 80)}\x1b[K`); // one write: no flicker
  }

  detected(): void {
    this.#detections++;
  }

  /** Makes room for a line above. */
  clear(): void {
    this.#stream.write('\r\x1b[K');
    this.#drawn = 0;
  }

  close(): void {
    process.off('exit', this.#showCursor);
    this.#showCursor();
    if (this.#heard === 0) return;
    const summary = `${plural(this.#detections, 'detection')} in ${clock(this.#heard / this.#sampleRate)}`;
    this.#stream.write(`${paint('dim', summary, this.#stream)}\n`);
  }

  /** As much as fits, and leaves room for the ^C that a terminal shows: it must not wrap. */
  #line(terminalColumns: number): string {
    const columns = terminalColumns - 2;
    const [likeliest] = [...this.#keywords].sort((a, b) => this.#posterior(b) - this.#posterior(a));
    if (!likeliest) return '';
    const { name, threshold } = likeliest;
    const posterior = this.#posterior(likeliest);
    const time = clock(this.#heard / this.#sampleRate);
    const decibels = `${String(Math.round(this.#level)).padStart(3)} dB`;
    const value = posterior.toFixed(2);
    const fixed = time.length + decibels.length + name.length + value.length + 12;
    const width = Math.min(Math.floor((columns - 1 - fixed) / 2), 30);
    if (width < 4) return `${time}  ${decibels}  ${name} ${value}`.slice(0, columns - 1);
    const level = framed((this.#level - FLOOR) / -FLOOR, width, 'cyan', this.#stream);
    const heat = framed(posterior, width, posterior >= threshold ? 'green' : 'yellow', this.#stream);
    const lost = this.#overruns > 0 ? `  ${(this.#overruns / this.#sampleRate).toFixed(1)} s lost` : '';
    const plain = fixed + 2 * width;
    const rest = plain + lost.length < columns ? lost : '';
    return `${paint('dim', time, this.#stream)}  ${level} ${decibels}   ${name} ${heat} ${value}${rest}`;
  }

  #posterior(keyword: { label: number }): number {
    return this.#posteriors[keyword.label] ?? 0;
  }
}

function framed(
  fraction: number,
  width: number,
  style: 'cyan' | 'green' | 'yellow',
  stream: NodeJS.WriteStream,
): string {
  const [left, right] = hasUnicode() ? ['▕', '▏'] : ['[', ']'];
  return `${paint('dim', left, stream)}${paint(style, bar(fraction, width), stream)}${paint('dim', right, stream)}`;
}

/** 0:07, 12:34, 1:02:03 */
function clock(seconds: number): string {
  const whole = Math.floor(seconds);
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  return `${h > 0 ? `${h}:${String(m).padStart(2, '0')}` : m}:${String(s).padStart(2, '0')}`;
}
