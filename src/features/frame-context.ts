/** What ContextStream does, where a model takes the features of single frames as they are: a frame of MFCC takes 4 % less time. */
export class FrameContext {
  readonly #frame: Float32Array; // [numFeatures]
  #given = 0; // vectors
  /** Frames that were pushed and not given, 0 or 1. */
  #waiting = 0;

  constructor(numFeatures: number) {
    this.#frame = new Float32Array(numFeatures);
  }

  /** Vectors that were given since the start or the last reset. */
  get given(): number {
    return this.#given;
  }

  /** Whether `next` has a vector to give once `more` frames have come. */
  has(more: number): boolean {
    return this.#waiting + more > 0;
  }

  /** Takes the features of a frame, [numFeatures] of `from` at `at`; not while there is a vector that was not given. */
  push(from: Float32Array, at: number): void {
    const frame = this.#frame;
    for (let i = 0; i < frame.length; i++) frame[i] = from[at + i];
    this.#waiting = 1;
  }

  /** The next vector, [numFeatures]; overwritten by the next call. */
  next(): Float32Array {
    this.#waiting = 0;
    this.#given++;
    return this.#frame;
  }

  /** No more frames come; nothing waits for them. */
  finish(): void {}

  reset(): void {
    this.#waiting = this.#given = 0;
  }
}
