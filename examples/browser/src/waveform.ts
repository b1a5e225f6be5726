import type { Level } from 'tympan/browser';
import type { Palette } from './palette.js';
import type { Plot, View } from './plot.js';

const BAR = 3; // CSS pixels, at least, with the gap after it
const GAP = 1;
/** Speech is quiet against full scale; below 1, this makes it visible. */
const EXPONENT = 0.6;

/**
 * The waveform's outline: peak and, darker, root mean square of every piece of sound.
 *
 * @param period seconds from one level to the next
 */
export function drawWaveform(plot: Plot, levels: readonly Level[], view: View, period: number, palette: Palette): void {
  plot.clear();
  const middle = plot.height / 2;
  plot.line(0, middle, plot.width, middle, palette.grid);
  const { context } = plot;
  const merged = Math.max(1, Math.ceil((BAR * (view.to - view.from)) / (period * plot.width)));
  const width = (merged * period * plot.width) / (view.to - view.from) - GAP;
  for (const bar of bars(levels, merged, period)) {
    const x = plot.x(bar.start, view);
    if (x + width < 0 || x > plot.width) continue;
    const peak = Math.max(1, bar.peak ** EXPONENT * middle);
    const rms = Math.max(0.5, bar.rms ** EXPONENT * middle);
    context.fillStyle = palette.soft;
    context.fillRect(x, middle - peak, width, 2 * peak);
    context.fillStyle = palette.accent;
    context.fillRect(x, middle - rms, width, 2 * rms);
  }
}

interface Bar {
  readonly start: number; // s
  peak: number;
  rms: number;
}

/** Levels, several to a bar. Bars begin at whole multiples of their length, so that they keep their shape while they move. */
function bars(levels: readonly Level[], merged: number, period: number): Bar[] {
  const found: Bar[] = [];
  let last = NaN;
  let squares = 0;
  let count = 0;
  for (const { time, peak, rms } of levels) {
    const place = Math.floor((Math.round(time / period) - 1) / merged);
    if (place !== last) {
      found.push({ start: place * merged * period, peak: 0, rms: 0 });
      last = place;
      squares = count = 0;
    }
    const bar = found[found.length - 1];
    squares += rms * rms;
    count++;
    bar.peak = Math.max(bar.peak, peak);
    bar.rms = Math.sqrt(squares / count);
  }
  return found;
}
