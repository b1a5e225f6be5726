/** Measured figures as people read them: no more digits than they carry. */
import type { Interval } from '../evaluation/result.js';

/** 2.6 %, and 0.05 % where a tenth would say nothing. */
export function percent(rate: number): string {
  return `${percentDigits(rate)} %`;
}

/** 2.6 % (0.9–6.1) */
export function percentWithin(rate: number, [low, high]: Interval): string {
  return `${percent(rate)} (${percentDigits(low)}–${percentDigits(high)})`;
}

/** Two digits: 0.023, 0.50, 2.4, 17. */
export function rate(perHour: number): string {
  if (perHour === 0) return '0';
  if (perHour >= 9.95) return Math.round(perHour).toLocaleString('en-US');
  return perHour.toFixed(perHour >= 0.995 ? 1 : Math.min(1 - Math.floor(Math.log10(perHour) + 0.002), 6));
}

/** 2.3 (0.5–6.7), or below 3.6 where nothing was counted: the interval has one side then. */
export function rateWithin(perHour: number, [low, high]: Interval): string {
  return low === 0 ? `below ${rate(high)}` : `${rate(perHour)} (${rate(low)}–${rate(high)})`;
}

/** 0.841 h, 12.3 h, 1,304 h */
export function hours(value: number): string {
  return `${hoursDigits(value)} h`;
}

export function hoursDigits(value: number): string {
  if (value >= 999.5) return Math.round(value).toLocaleString('en-US');
  return value.toFixed(value >= 9.9995 ? 1 : 3);
}

/** Two digits: 0.15 h, 3.0 h, 30 h, 6,000 h. */
export function roughHours(value: number): string {
  const step = 10 ** Math.floor(Math.log10(value) - 1);
  return `${value < 9.95 ? value.toPrecision(2) : (Math.round(value / step) * step).toLocaleString('en-US')} h`;
}

function percentDigits(rate: number): string {
  const value = 100 * rate;
  return value > 0 && value < 0.095 ? value.toPrecision(1) : value.toFixed(1);
}

/** Lines of at most `width` characters, broken between words, but not between a number and its unit. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(/ (?!(?:%|h|s|ms|dB)(?!\w))/)) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= width) lines[lines.length - 1] = `${last} ${word}`;
    else lines.push(word);
  }
  return lines;
}
