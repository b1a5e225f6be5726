/** Bursts of a voice-like tone in a room's noise, with levels and places that are known. */
import { uniform } from './support.js';

export const RATE = 16000; // Hz

export interface Burst {
  /** Seconds. */
  readonly start: number;
  readonly duration: number;
  /** dB below full scale: RMS. */
  readonly level: number;
}

/**
 * @param room dB below full scale: RMS of white noise
 * @returns [seconds × RATE]
 */
export function wordsInARoom(seconds: number, room: number, bursts: readonly Burst[]): Int16Array {
  const next = uniform(1);
  const noise = 32768 * 10 ** (room / 20) * Math.sqrt(3); // of a uniform distribution
  const samples = Float64Array.from({ length: seconds * RATE }, () => next() * noise);
  for (const { start, duration, level } of bursts) {
    const amplitude = 32768 * 10 ** (level / 20); // of two sines: together their RMS
    const from = Math.round(start * RATE);
    for (let i = 0; i < duration * RATE; i++) {
      const t = (2 * Math.PI * i) / RATE;
      samples[from + i] += amplitude * (Math.sin(440 * t) + Math.sin(1310 * t));
    }
  }
  return Int16Array.from(samples, (sample) => Math.max(-32768, Math.min(32767, Math.round(sample))));
}
