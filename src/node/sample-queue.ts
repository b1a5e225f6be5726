/** Chunks of sound between a recorder, which never waits, and a reader, which may. */

interface Waiting {
  resolve(result: IteratorResult<Int16Array, undefined>): void;
  reject(error: unknown): void;
}

export const DONE = { value: undefined, done: true } as const;

export class SampleQueue {
  /** Samples dropped since the beginning. */
  overruns = 0;
  readonly #capacity: number; // samples
  #chunks: Int16Array[] = [];
  #queued = 0; // samples
  #waiting: Waiting[] = [];
  #failure: { error: unknown } | undefined;
  #hasEnded = false;

  /** @param capacity samples that wait for the reader; then the oldest are dropped, so that what is heard stays recent */
  constructor(capacity: number) {
    this.#capacity = capacity;
  }

  /** True while nothing waits for the reader. */
  get isEmpty(): boolean {
    return this.#queued === 0;
  }

  push(samples: Int16Array): void {
    if (this.#hasEnded) return;
    const waiting = this.#waiting.shift();
    if (waiting) return waiting.resolve({ value: samples, done: false });
    this.#chunks.push(samples);
    this.#queued += samples.length;
    while (this.#queued > this.#capacity && this.#chunks.length > 1) {
      const dropped = this.#chunks.shift()!.length;
      this.#queued -= dropped;
      this.overruns += dropped;
    }
  }

  next(): Promise<IteratorResult<Int16Array, undefined>> {
    const chunk = this.#chunks.shift();
    if (chunk) {
      this.#queued -= chunk.length;
      return Promise.resolve({ value: chunk, done: false });
    }
    if (this.#failure) {
      const { error } = this.#failure;
      this.#failure = undefined; // an iteration fails once, then it is over
      return Promise.reject(error);
    }
    if (this.#hasEnded) return Promise.resolve(DONE);
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }

  /** Forgets what waits for the reader, an error too. */
  clear(): void {
    this.#chunks = [];
    this.#queued = 0;
    this.#failure = undefined;
  }

  /** What is queued is still delivered, then the failure, once, then the end. */
  end(failure?: { error: unknown }): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    const [first, ...others] = this.#waiting;
    this.#waiting = [];
    if (first && failure) first.reject(failure.error);
    else if (first) first.resolve(DONE);
    else this.#failure = failure;
    for (const waiting of others) waiting.resolve(DONE);
  }
}
