/**
 * Samples at one rate, in chunks of any length → at another.
 *
 * @module tympan/resampler
 */
import { newArena } from '../kernels/embedded.js';
import { SharedResampler } from './shared-resampler.js';

/**
 * Brings a stream of samples to another rate, whatever the chunks that it comes in: a polyphase windowed-sinc filter.
 *
 * Output m lies at the time m / to exactly: the phase is linear, nothing is shifted. Before the start and behind the end there
 * are zeros. Flat within 0.0006 dB to 0.3 of the lower rate and 0.091 dB to 0.45, and 92 dB down from 0.55 on. Chunks don't
 * matter: the same samples give the same bits. Positions are integers, exact after any time. Samples are not inspected: one that
 * is not finite spoils the outputs near it, and no more.
 *
 * @example
 * const resampler = new Resampler(48000, 16000);
 * for await (const chunk of chunks) stream.push(resampler.push(chunk));
 * stream.push(resampler.flush());
 */
export class Resampler extends SharedResampler {
  /**
   * @param from whole Hz, 1,000 to 192,000
   * @param to whole Hz, 1,000 to 192,000
   * @throws TypeError, RangeError for what is no rate, and for a pair that takes more than 4,194,304 taps, such as 44,101 to
   *   16,001 Hz: the rates have no common divisor to speak of
   */
  constructor(from: number, to: number) {
    super(from, to, newArena);
  }
}
