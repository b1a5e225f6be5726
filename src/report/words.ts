/** Figures in words, each with what it was counted from. */
import type { Interval, ModelResult } from '../evaluation/result.js';

/** "1 alarm", "2,000 alarms" */
export function plural(count: number, noun: string, many = `${noun}s`): string {
  return `${count.toLocaleString('en-US')} ${count === 1 ? noun : many}`;
}

/** A share in 0..1: "2.6 %", "0.12 %", "100 %" */
export function percent(share: number): string {
  return `${decimals(100 * share)}\u00a0%`;
}

/** Two digits that say something, and at most two decimals: 0.03, 0.5, 3.4, 27, 1,204 */
export function decimals(value: number): string {
  const digits = value >= 9.95 ? 0 : value >= 0.995 ? 1 : 2;
  return value.toLocaleString('en-US', { maximumFractionDigits: digits });
}

/** "0.9 to 6.1 %" */
export function percentInterval([low, high]: Interval): string {
  return `${decimals(100 * low)} to ${decimals(100 * high)}\u00a0%`;
}

/** "0.6 to 4.4 an hour", or for no alarms, whose interval has one side, "below 3.4 an hour" */
export function rateInterval([low, high]: Interval): string {
  return low === 0 ? `below ${decimals(high)} an hour` : `${decimals(low)} to ${decimals(high)} an hour`;
}

/** Of sound: "41 s", "12 min", "0.89 h" */
export function hours(value: number): string {
  if (value * 3600 < 99.5) return `${Math.round(value * 3600)} s`;
  if (value < 0.295) return `${Math.round(value * 60)} min`;
  return `${value.toLocaleString('en-US', { maximumSignificantDigits: 3 })} h`;
}

/** "0.0000123" is none that a reader compares: "p = 0.034", "p < 0.001" */
export function probability(p: number): string {
  if (p < 0.001) return 'p\u00a0<\u00a00.001';
  return `p\u00a0=\u00a0${p.toFixed(p < 0.095 ? 3 : 2)}`;
}

export function condition(snr: number | null): string {
  return snr === null ? 'as recorded' : `noise at ${snr} dB`;
}

/** "1:02.4" from an hour's file, "3.42 s" else: where in a file. */
export function position(seconds: number): string {
  if (seconds < 60) return `${seconds.toFixed(2)} s`;
  const tenths = Math.round(seconds * 10);
  const rest = ((tenths % 600) / 10).toFixed(1).padStart(4, '0');
  const minutes = Math.floor(tenths / 600);
  return minutes < 60
    ? `${minutes}:${rest}`
    : `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, '0')}:${rest}`;
}

export function baseName(path: string): string {
  return path.replace(/^.*[\\/](?=.)/s, '');
}

/** What tells the models apart: the file's name, and as much more as that takes. */
export function modelNames(models: readonly Pick<ModelResult, 'model' | 'precision'>[]): string[] {
  const ways: ((model: Pick<ModelResult, 'model' | 'precision'>, i: number) => string)[] = [
    ({ model }) => baseName(model),
    ({ model, precision }) => `${baseName(model)} ${precision}`,
    ({ model }) => model,
    ({ model, precision }) => `${model} ${precision}`,
    ({ model, precision }, i) => `${model} ${precision} (${i + 1})`,
  ];
  const names = ways.map((way) => models.map(way));
  return names.find((list) => new Set(list).size === list.length) ?? names[names.length - 1];
}
