/**
 * Turns the posteriors of one keyword into events. The posterior is averaged over the last frames; an event fires in the
 * frame whose average reaches the threshold, unless the refractory period of the last event runs or the average has not been
 * below the threshold since.
 */
export class Trigger {
  readonly #threshold: number;
  #smoothed = 0;
  readonly #refractoryFrames: number;
  readonly #window: Float64Array; // the last posteriors, a ring
  #seen = 0;
  #armed = true;
  #lastEvent = -Infinity;

  /** @param smoothingFrames frames in the average, at least 1 */
  constructor(threshold: number, smoothingFrames: number, refractoryFrames: number) {
    this.#threshold = threshold;
    this.#window = new Float64Array(smoothingFrames);
    this.#refractoryFrames = refractoryFrames;
  }

  /** Mean of the last posteriors, of fewer at the start of a stream. */
  get smoothed(): number {
    return this.#smoothed;
  }

  /** Takes the posterior of the next frame; true where an event fires. */
  push(posterior: number): boolean {
    const frame = this.#seen++;
    this.#window[frame % this.#window.length] = posterior;
    // Added up anew: a running sum would keep rounding errors for ever.
    let sum = 0;
    for (const value of this.#window) sum += value;
    this.#smoothed = sum / Math.min(this.#seen, this.#window.length);
    if (!(this.#smoothed >= this.#threshold)) {
      this.#armed = true;
      return false;
    }
    if (!this.#armed || frame - this.#lastEvent < this.#refractoryFrames) return false;
    this.#armed = false;
    this.#lastEvent = frame;
    return true;
  }

  reset(): void {
    this.#window.fill(0);
    this.#seen = 0;
    this.#smoothed = 0;
    this.#armed = true;
    this.#lastEvent = -Infinity;
  }
}
