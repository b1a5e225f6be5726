/** Milliseconds for a chunk that waits to be read while the program was busy: timers run before it. */
const GRACE = 250;

/** Calls `onHang` once when `feed` was not called for a time, and `GRACE` more. */
export class Watchdog {
  readonly #timeout: number;
  readonly #onHang: () => void;
  #timer: NodeJS.Timeout | undefined;
  #fed = performance.now(); // ms

  /** @param timeout milliseconds; Infinity waits for ever */
  constructor(timeout: number, onHang: () => void) {
    this.#timeout = timeout;
    this.#onHang = onHang;
    this.#wait(timeout);
  }

  feed(): void {
    this.#fed = performance.now();
  }

  stop(): void {
    clearTimeout(this.#timer);
  }

  #wait(milliseconds: number): void {
    if (milliseconds !== Infinity) this.#timer = setTimeout(() => this.#look(), milliseconds);
  }

  /** One timer that waits for the rest: to set it anew with every chunk would cost more than to note the time. */
  #look(): void {
    const fed = this.#fed;
    const rest = fed + this.#timeout - performance.now();
    if (rest > 0) return this.#wait(rest);
    this.#timer = setTimeout(() => (this.#fed === fed ? this.#onHang() : this.#look()), GRACE);
  }
}
