/** Milliseconds for a chunk that waits to be read while the program was busy: timers run before it. */
const GRACE = 250;

/** Calls `onHang` once when `feed` was not called for a time. */
export class Watchdog {
  readonly #timeout: number;
  readonly #onHang: () => void;
  #timer: NodeJS.Timeout | undefined;
  #wasFed = true;

  /** @param timeout milliseconds; Infinity waits for ever */
  constructor(timeout: number, onHang: () => void) {
    this.#timeout = timeout;
    this.#onHang = onHang;
    this.#wait();
  }

  feed(): void {
    this.#wasFed = true;
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #wait(): void {
    this.#wasFed = false;
    if (this.#timeout !== Infinity) this.#timer = setTimeout(() => this.#look(), this.#timeout);
  }

  #look(): void {
    if (this.#wasFed) return this.#wait();
    this.#timer = setTimeout(() => (this.#wasFed ? this.#wait() : this.#onHang()), GRACE);
  }
}
