import { InputError } from '../errors.js';
import type { Arena } from '../kernels/arena.js';
import { checkSampleType, isInt16Array } from '../typed-arrays.js';
import { HALF_LENGTH } from './low-pass.js';
import { PolyphaseFilter } from './polyphase-filter.js';
import { planPolyphase } from './polyphase.js';
import { checkSampleRate } from './sample-rate.js';

/** A resampler in a memory that others share: see `Resampler`, which has one of its own. */
export class SharedResampler {
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
   * @internal
   * @param arena asked for where there is something to do
   */
  constructor(from: number, to: number, arena: () => Arena) {
    checkSampleRate(from, 'from');
    checkSampleRate(to, 'to');
    this.from = from;
    this.to = to;
    this.delay = from === to ? 0 : HALF_LENGTH / Math.min(from, to);
    if (from !== to) this.#filter = new PolyphaseFilter(planPolyphase(from, to), arena());
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
    this.#filter?.close();
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
