/** The newest samples of a stream, in a ring. Takes chunks of any length without allocating. */
export class RecentSound {
  readonly #ring: Float32Array; // [capacity], sample n at n mod capacity
  #first: number;
  #heard: number;

  /**
   * @param capacity samples that are kept, at least 1
   * @param first the number of the first sample that will come, where others were heard before
   */
  constructor(capacity: number, first = 0) {
    this.#ring = new Float32Array(capacity);
    this.#first = this.#heard = first;
  }

  /** Samples since the start. */
  get heard(): number {
    return this.#heard;
  }

  /** @param samples int16, or floats in [−1, 1) */
  push(samples: Int16Array | Float32Array): void {
    const ring = this.#ring;
    const scale = samples.BYTES_PER_ELEMENT === 2 ? 1 / 32768 : 1;
    let at = this.#heard % ring.length;
    for (let i = 0; i < samples.length; i++) {
      ring[at] = samples[i] * scale;
      if (++at === ring.length) at = 0;
    }
    this.#heard += samples.length;
  }

  /** The first sample that is still there. */
  get oldest(): number {
    return Math.max(this.#first, this.#heard - this.#ring.length);
  }

  /**
   * Copies samples `from` to `to`, which must lie between `oldest` and `heard`.
   *
   * @param out floats in [−1, 1), at least to − from
   */
  copy(from: number, to: number, out: Float32Array): void {
    const ring = this.#ring;
    let at = from % ring.length;
    for (let i = 0; i < to - from; i++) {
      out[i] = ring[at];
      if (++at === ring.length) at = 0;
    }
  }

  reset(): void {
    this.#first = this.#heard = 0;
  }
}
