import type { LevelMessage, Writable } from './protocol.js';

/** Of a level. */
const SECONDS = 0.05;

/** How loud sound is, piece by piece. Allocates nothing. */
export class Level {
  readonly #length: number; // samples
  readonly #message: Writable<LevelMessage> = { type: 'level', rms: 0, peak: 0, time: 0 };
  #squares = 0;
  #peak = 0;
  #count = 0;

  constructor(sampleRate: number) {
    this.#length = SECONDS * sampleRate;
  }

  /** @returns the level of a piece that these samples complete, overwritten by the next; null else */
  hear(samples: Float32Array, time: number): LevelMessage | null {
    for (let i = 0; i < samples.length; i++) {
      const x = Math.abs(samples[i]);
      this.#squares += x * x;
      if (x > this.#peak) this.#peak = x;
    }
    this.#count += samples.length;
    if (this.#count < this.#length) return null;
    const message = this.#message;
    message.rms = Math.sqrt(this.#squares / this.#count);
    message.peak = this.#peak;
    message.time = time;
    this.#squares = this.#peak = this.#count = 0;
    return message;
  }
}
