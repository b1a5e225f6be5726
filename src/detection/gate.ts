/**
 * Turns the smoothed posteriors of one keyword into events: one fires in the frame whose mean reaches the threshold,
 * unless the refractory period of the last event runs, or the mean has not been below the threshold since. Takes a
 * frame without allocating.
 */
export class Gate {
  #threshold: number; // 0 to 1
  #refractoryFrames: number;
  #armed = true;
  #sinceEvent = Infinity; // frames

  /** @param refractoryFrames from an event to the first frame that may fire again: whole, as `framesOf` makes it */
  constructor(threshold: number, refractoryFrames: number) {
    this.#threshold = threshold;
    this.#refractoryFrames = refractoryFrames;
  }

  /** Takes the mean of the next frame, NaN as one below the threshold; true where an event fires. */
  push(mean: number): boolean {
    this.#sinceEvent++;
    if (!(mean >= this.#threshold)) {
      this.#armed = true;
      return false;
    }
    if (!this.#armed || this.#sinceEvent < this.#refractoryFrames) return false;
    this.#armed = false;
    this.#sinceEvent = 0;
    return true;
  }

  /**
   * Decides the frames to come by other settings; those before are not decided anew. A mean that already lies above a
   * lowered threshold reaches it with the next frame, and fires then, unless it has not been below a threshold since
   * its last event. The refractory period counts from that event.
   */
  configure(threshold: number, refractoryFrames: number): void {
    this.#threshold = threshold;
    this.#refractoryFrames = refractoryFrames;
  }

  /** Begins a new stream. */
  reset(): void {
    this.#armed = true;
    this.#sinceEvent = Infinity;
  }
}
