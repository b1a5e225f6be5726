/** Events that wait for a loop that does not take them; then the oldest is dropped. */
const MOST_WAITING = 100;

interface Waiting<T> {
  resolve(result: IteratorResult<T, undefined>): void;
  reject(error: unknown): void;
}

interface Ending {
  readonly failed: boolean;
  readonly error?: unknown;
}

/** Events for any number of loops. A loop gets those from when it began. */
export class Broadcast<T> {
  readonly #loops = new Set<Loop<T>>();
  #ending: Ending | undefined;

  push(value: T): void {
    for (const loop of [...this.#loops]) loop.push(value);
  }

  /** Loops end at once: what still waits is dropped. */
  end(): void {
    this.#end({ failed: false }, true);
  }

  /** Loops throw the error, once each, after what still waits. Those that begin later throw it too. */
  fail(error: unknown): void {
    this.#end({ failed: true, error }, false);
  }

  /** @param leave called when a loop is left by break, return or an error of its own */
  subscribe(leave: () => Promise<void>): AsyncIterableIterator<T> {
    const loop = new Loop<T>(async () => {
      this.#loops.delete(loop);
      await leave();
    });
    if (this.#ending) loop.end(this.#ending, true);
    else this.#loops.add(loop);
    return loop;
  }

  #end(ending: Ending, drop: boolean): void {
    if (this.#ending) return;
    this.#ending = ending;
    for (const loop of this.#loops) loop.end(ending, drop);
    this.#loops.clear();
  }
}

class Loop<T> implements AsyncIterableIterator<T> {
  #values: T[] = [];
  #waiting: Waiting<T>[] = [];
  #ending: Ending | undefined;
  readonly #leave: () => Promise<void>;

  constructor(leave: () => Promise<void>) {
    this.#leave = leave;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<T, undefined>> {
    if (this.#values.length > 0) return Promise.resolve({ value: this.#values.shift()!, done: false });
    if (!this.#ending) return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
    const { failed, error } = this.#ending;
    this.#ending = { failed: false }; // an iteration fails once, then it is over
    return failed ? Promise.reject(error) : Promise.resolve({ value: undefined, done: true });
  }

  async return(): Promise<IteratorResult<T, undefined>> {
    this.end({ failed: false }, true);
    await this.#leave();
    return { value: undefined, done: true };
  }

  push(value: T): void {
    const waiting = this.#waiting.shift();
    if (waiting) return waiting.resolve({ value, done: false });
    this.#values.push(value);
    if (this.#values.length > MOST_WAITING) this.#values.shift();
  }

  end(ending: Ending, drop: boolean): void {
    this.#ending = ending;
    if (drop) this.#values = [];
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const { resolve, reject } of waiting) void this.next().then(resolve, reject);
  }
}
