/**
 * Slopes of rows over time by regression: d[t] = Σ n·(c[t + n] − c[t − n]) / 2Σ n², n = 1 … window, with the first and the last row
 * repeated (HTK; python_speech_features.delta, torchaudio's compute_deltas). They come `window` rows late.
 */
export class Slopes {
  readonly #window: number;
  readonly #size: number;
  readonly #divisor: number;
  readonly #rows: Float32Array; // [2 × window + 1, size]
  #pushed = 0;
  #given = 0;

  constructor(window: number, size: number) {
    this.#window = window;
    this.#size = size;
    this.#divisor = (window * (window + 1) * (2 * window + 1)) / 3; // 2Σ n²
    this.#rows = new Float32Array((2 * window + 1) * size);
  }

  /** Takes `size` floats of `from` at `at`. */
  push(from: Float32Array, at: number): void {
    const to = this.#at(this.#pushed++);
    for (let i = 0; i < this.#size; i++) this.#rows[to + i] = from[at + i];
  }

  /** Whether `next` has a slope to give; `isEnd`: no more rows come. */
  has(isEnd: boolean): boolean {
    return this.#given + (isEnd ? 0 : this.#window) < this.#pushed;
  }

  /** The next slope, written to `to` at `at`. */
  next(to: Float32Array, at: number): void {
    const t = this.#given++;
    for (let i = 0; i < this.#size; i++) {
      let sum = 0;
      for (let n = 1; n <= this.#window; n++) {
        const after = this.#at(Math.min(this.#pushed - 1, t + n));
        sum += n * (this.#rows[after + i] - this.#rows[this.#at(Math.max(0, t - n)) + i]);
      }
      to[at + i] = sum / this.#divisor;
    }
  }

  /** Row `t`, one of the last 2 × window + 1, written to `to` at `at`. */
  copy(t: number, to: Float32Array, at: number): void {
    const from = this.#at(t);
    for (let i = 0; i < this.#size; i++) to[at + i] = this.#rows[from + i];
  }

  reset(): void {
    this.#pushed = this.#given = 0;
  }

  #at(t: number): number {
    return (t % (2 * this.#window + 1)) * this.#size;
  }
}
