/** Recorded noise at stated levels: for the pauses between clips, and over the clips themselves. */
import { InputError } from '../errors.js';

/** RMS below which an excerpt can't be scaled to a level: 3 units of int16. */
const QUIETEST = 1e-4;

/** Its multiples spread evenly over [0, 1): Knuth, The Art of Computer Programming 3, section 6.4. */
const GOLDEN_RATIO = (Math.sqrt(5) - 1) / 2;

/** Excerpts of noise recordings in turn, each from where the one before in its recording ended; recordings go round. */
export class NoiseSource {
  readonly #recordings: readonly Float32Array[]; // [samples] each, [-1, 1)
  readonly #positions: number[]; // of the next excerpt in each recording, samples
  #next: number; // recording

  /**
   * @param recordings at least one, none empty, all at one sample rate
   * @param index from 0: sources of different indices begin with different recordings, and elsewhere in them once all
   *   have had their turn; 0 begins with the first, at its start
   */
  constructor(recordings: readonly Float32Array[], index = 0) {
    const round = Math.floor(index / recordings.length);
    this.#recordings = recordings;
    this.#positions = recordings.map(({ length }) => Math.floor(((round * GOLDEN_RATIO) % 1) * length));
    this.#next = index % recordings.length;
  }

  /**
   * The next excerpt; recordings that are silent there are passed over.
   *
   * @param length samples
   * @param rms of the excerpt
   * @returns [length], the caller's own
   * @throws InputError when there is no sound in any recording
   */
  excerpt(length: number, rms: number): Float32Array {
    const noise = new Float32Array(length);
    if (length === 0) return noise;
    for (let turns = this.#turnsFor(length); turns > 0; turns--) {
      this.#read(noise);
      const own = rmsOf(noise);
      if (own <= QUIETEST) continue;
      const gain = Math.fround(rms / own);
      for (let i = 0; i < length; i++) noise[i] *= gain;
      return noise;
    }
    const count = this.#recordings.length;
    throw new InputError(
      `noise: got ${count} recording${count === 1 ? '' : 's'} without sound (RMS up to ${QUIETEST}), ` +
        'expected one with sound at least; name other noise recordings',
    );
  }

  /** Turns after which every sample of every recording was in an excerpt. */
  #turnsFor(length: number): number {
    const longest = this.#recordings.reduce((most, recording) => Math.max(most, recording.length), 0);
    return this.#recordings.length * (Math.ceil(longest / length) + 1);
  }

  #read(into: Float32Array): void {
    const k = this.#next;
    this.#next = (k + 1) % this.#recordings.length;
    const recording = this.#recordings[k];
    let from = this.#positions[k];
    for (let at = 0; at < into.length;) {
      const count = Math.min(into.length - at, recording.length - from);
      into.set(recording.subarray(from, from + count), at);
      at += count;
      from = (from + count) % recording.length;
    }
    this.#positions[k] = from;
  }
}

/** Root mean square of samples, 0 of none. */
export function rmsOf(samples: Float32Array): number {
  let sum = 0;
  for (let i = 0; i < samples.length; i++) sum += samples[i] * samples[i];
  return samples.length === 0 ? 0 : Math.sqrt(sum / samples.length);
}
