import { InputError } from '../errors.js';
import { Arena } from '../kernels/arena.js';
import { checkSampleType, isInt16Array } from '../typed-arrays.js';
import { HALF_LENGTH } from './low-pass.js';
import { PolyphaseFilter } from './polyphase-filter.js';
import { planPolyphase } from './polyphase.js';
import { checkSampleRate } from './sample-rate.js';

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
export class Resampler {
  readonly from: number; // Hz
  readonly to: number; // Hz
  /** Seconds of input that an output waits for: 20 samples of the lower rate; 0 where nothing is to be done. */
  readonly delay: number;
  #filter: PolyphaseFilter | undefined; // undefined: the rates are the same
  #isClosed = false;
  #out = new Float32Array(0);
  /** What was given last, by the parity of its length: equal chunks give two lengths at most, and no garbage. */
  readonly #views = [this.#out, this.#out];

  /**
   * @param from whole Hz, 1,000 to 192,000
   * @param to whole Hz, 1,000 to 192,000
   * @throws TypeError, RangeError for what is no rate, and for a pair that takes more than 4,194,304 taps, such as 44,101 to
   *   16,001 Hz: the rates have no common divisor to speak of
   */
  constructor(from: number, to: number) {
    checkSampleRate(from, 'from');
    checkSampleRate(to, 'to');
    this.from = from;
    this.to = to;
    this.delay = from === to ? 0 : HALF_LENGTH / Math.min(from, to);
    if (from !== to) this.#filter = new PolyphaseFilter(planPolyphase(from, to), new Arena());
  }

  /**
   * Takes a chunk and gives the outputs whose last input is there: ⌊chunk·to/from⌋ of them, more or less one, once `delay` has
   * passed. Nothing is allocated where all chunks have one length, of 2,048 samples at most.
   *
   * @param samples int16, or floats in [−1, 1)
   * @returns overwritten by the next call
   * @throws TypeError for another type; InputError after `close`
   */
  push(samples: Int16Array | Float32Array): Float32Array {
    this.#assertOpen();
    checkSampleType(samples);
    this.#reserve(Math.ceil((samples.length * this.to) / this.from) + 1);
    if (this.#filter) return this.#view(this.#filter.push(samples, this.#out));
    this.#out.set(samples);
    if (isInt16Array(samples)) for (let i = 0; i < samples.length; i++) this.#out[i] /= 32768;
    return this.#view(samples.length);
  }

  /**
   * The outputs up to the end of the stream, so that N samples have become ⌈N·to/from⌉: those at times before N / from, as
   * scipy.signal.resample_poly and librosa count. Begins a new stream.
   *
   * @returns overwritten by the next call
   * @throws InputError after `close`
   */
  flush(): Float32Array {
    this.#assertOpen();
    if (!this.#filter) return this.#view(0);
    this.#reserve(Math.ceil(this.delay * this.to) + 1);
    const count = this.#filter.flush(this.#out);
    this.#filter.reset();
    return this.#view(count);
  }

  /** Begins a new stream. Throws InputError after `close`. */
  reset(): void {
    this.#assertOpen();
    this.#filter?.reset();
  }

  /** Lets go of its memory; it can't be used any more. */
  close(): void {
    this.#isClosed = true;
    this.#filter = undefined;
  }

  #assertOpen(): void {
    if (this.#isClosed) throw new InputError('this resampler is closed; make another one with new Resampler(from, to)');
  }

  #reserve(length: number): void {
    if (this.#out.length < length) this.#out = new Float32Array(length);
  }

  #view(length: number): Float32Array {
    const known = this.#views[length & 1];
    if (known.length === length && known.buffer === this.#out.buffer) return known;
    return (this.#views[length & 1] = this.#out.subarray(0, length));
  }
}
