import { typeName } from '../typed-arrays.js';

/** Chunks of samples: a microphone, a decoded file, an array of chunks. */
export type Source = AsyncIterable<Int16Array | Float32Array> | Iterable<Int16Array | Float32Array>;

/**
 * @param sampleRate Hz, that is listened at
 * @throws TypeError for what has no chunks; RangeError for a source that says it has another rate, as a microphone does
 */
export function checkSource(source: Source, sampleRate: number): void {
  const isIterable = typeof source === 'object' && source !== null && !ArrayBuffer.isView(source);
  if (!isIterable || !(Symbol.asyncIterator in source || Symbol.iterator in source))
    throw new TypeError(
      `source: got ${typeName(source)}, expected chunks of samples to iterate over: a microphone, or an array of Int16Arrays`,
    );
  const { sampleRate: own = sampleRate } = source as { readonly sampleRate?: number };
  if (own !== sampleRate)
    throw new RangeError(
      `source: has ${own} Hz, expected ${sampleRate}, the detector's sampleRate; use microphone({ sampleRate: detector.sampleRate })`,
    );
}

/** A source's chunks, one after the other, until it ends or the signal aborts. */
export class SourceReader {
  readonly #iterator: AsyncIterator<Int16Array | Float32Array> | Iterator<Int16Array | Float32Array>;
  readonly #signal: AbortSignal | undefined;
  /** Rejects the read that is under way. */
  #abort: (reason: unknown) => void = () => {};
  readonly #aborted = (): void => this.#abort(this.#signal!.reason);
  #state: 'idle' | 'reading' | 'ended' = 'idle';

  constructor(source: Source, signal: AbortSignal | undefined) {
    this.#iterator = Symbol.asyncIterator in source ? source[Symbol.asyncIterator]() : source[Symbol.iterator]();
    this.#signal = signal;
    signal?.addEventListener('abort', this.#aborted);
  }

  /** undefined where the source has ended. */
  async next(): Promise<Int16Array | Float32Array | undefined> {
    this.#signal?.throwIfAborted(); // what is aborted while a source does not wait
    this.#state = 'reading';
    const { done, value } = await this.#read();
    this.#state = done ? 'ended' : 'idle';
    return done ? undefined : value;
  }

  /** A race with one promise of the signal would leave something behind at every chunk, as long as the signal lives. */
  #read(): Promise<IteratorResult<Int16Array | Float32Array>> {
    return new Promise((resolve, reject) => {
      this.#abort = reject;
      Promise.resolve(this.#iterator.next()).then(resolve, reject);
    });
  }

  /** Lets go of the source. One that is being read ends when it can: a generator waits for the chunk it was asked for. */
  async close(): Promise<void> {
    this.#signal?.removeEventListener('abort', this.#aborted);
    if (this.#state === 'ended') return;
    const closed = Promise.resolve(this.#iterator.return?.());
    if (this.#state === 'idle') await closed;
    else closed.catch(() => {});
  }
}
