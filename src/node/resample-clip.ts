/** A whole clip at another sample rate, as a stream of it would be heard. */
import { Resampler } from '../audio/resampler.js';

/** Samples a push. */
const CHUNK = 16384;

/** Files of one folder mostly have one rate, and a table takes milliseconds to fill. */
let last: Resampler | undefined;

/**
 * `samples` at `from` Hz → ⌈length × to / from⌉ samples at `to` Hz.
 *
 * @throws RangeError for rates that Resampler refuses
 */
export function resampleClip(samples: Float32Array, from: number, to: number): Float32Array {
  if (last?.from !== from || last.to !== to) last = new Resampler(from, to);
  const result = new Float32Array(Math.ceil((samples.length * to) / from));
  let filled = 0;
  for (let offset = 0; offset < samples.length; offset += CHUNK) {
    const resampled = last.push(samples.subarray(offset, offset + CHUNK));
    result.set(resampled, filled);
    filled += resampled.length;
  }
  result.set(last.flush(), filled);
  return result;
}
