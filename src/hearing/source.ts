/** Chunks of samples: a microphone, a decoded file, an array of chunks. */
export type Source = AsyncIterable<Int16Array | Float32Array> | Iterable<Int16Array | Float32Array>;

/** A source's chunks, one after the other, until it ends or the signal aborts. */
export class SourceReader {
  readonly #iterator: AsyncIterator<Int16Array | Float32Array> | Iterator<Int16Array | Float32Array>;
  readonly #aborted: Promise<never> | undefined;
  readonly #forget: () => void = () => {};
  readonly #signal: AbortSignal | undefined;
  #state: 'idle' | 'reading' | 'ended' = 'idle';

  constructor(source: Source, signal: AbortSignal | undefined) {
    this.#iterator = Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]();
    this.#signal = signal;
    if (!signal) return;
    let abort = (): void => {};
    this.#aborted = new Promise((_, reject) => (abort = () => reject(signal.reason)));
    this.#aborted.catch(() => {});
    signal.addEventListener('abort', abort);
    this.#forget = () => signal.removeEventListener('abort', abort);
  }

  /** undefined where the source has ended. */
  async next(): Promise<Int16Array | Float32Array | undefined> {
    this.#signal?.throwIfAborted(); // a race is won by the source that never waits
    this.#state = 'reading';
    const next = Promise.resolve(this.#iterator.next());
    const { done, value } = await (this.#aborted ? Promise.race([next, this.#aborted]) : next);
    this.#state = done ? 'ended' : 'idle';
    return done ? undefined : value;
  }

  /** Lets go of the source. One that is being read ends when it can: a generator waits for the chunk it was asked for. */
  async close(): Promise<void> {
    this.#forget();
    if (this.#state === 'ended') return;
    const closed = Promise.resolve(this.#iterator.return?.());
    if (this.#state === 'idle') await closed;
    else closed.catch(() => {});
  }
}
