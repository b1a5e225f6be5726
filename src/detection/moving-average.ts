/** Mean of a keyword's last posteriors, of fewer at the start of a stream. Takes a frame without allocating. */
export class MovingAverage {
  #window: Float64Array; // [frames], the newest last; zeros where nothing was heard yet
  #heard = 0; // of them

  /** @param frames whole, as `framesOf` makes it; 0, as 1, takes each frame as it is */
  constructor(frames: number) {
    this.#window = new Float64Array(Math.max(1, frames));
  }

  /**
   * Takes the posterior of the next frame. One that is no number makes no number of every mean that it is in.
   *
   * @returns the mean, in the posterior's unit
   */
  push(posterior: number): number {
    const window = this.#window;
    const last = window.length - 1;
    // Added up anew, oldest first: a running sum would keep rounding errors, and a NaN, for ever.
    let sum = 0;
    for (let i = 0; i < last; i++) {
      window[i] = window[i + 1];
      sum += window[i];
    }
    window[last] = posterior;
    if (this.#heard <= last) this.#heard++;
    return (sum + posterior) / this.#heard;
  }

  /** Averages over another number of frames; as many of the last posteriors as fit stay in the mean. Allocates. */
  resize(frames: number): void {
    const old = this.#window;
    this.#window = new Float64Array(Math.max(1, frames));
    const added = this.#window.length - old.length;
    this.#window.set(old.subarray(Math.max(0, -added)), Math.max(0, added));
    this.#heard = Math.min(this.#heard, this.#window.length);
  }

  /** Begins a new stream. */
  reset(): void {
    this.#window.fill(0);
    this.#heard = 0;
  }
}
