/** How far numbers are from those that they should be. */

export interface Difference {
  readonly elements: number;
  /** The largest |a − b|; infinite where one of them is NaN, or shapes differ. */
  readonly max: number;
  /** The mean |a − b|. */
  readonly mean: number;
  /** 10·log₁₀(Σb² / Σ(a − b)²) in dB, b the expected: infinite where all are equal. */
  readonly signalToNoise: number;
  /** The largest |b|. */
  readonly largest: number;
}

/** Collects differences over several pairs of tensors. */
export class Differences implements Difference {
  elements = 0;
  max = 0;
  largest = 0;
  #sum = 0;
  #noise = 0;
  #signal = 0;

  get mean(): number {
    return this.elements === 0 ? 0 : this.#sum / this.elements;
  }

  get signalToNoise(): number {
    if (this.#noise === 0) return Infinity;
    return Number.isFinite(this.#noise) ? 10 * Math.log10(this.#signal / this.#noise) : -Infinity;
  }

  add(actual: ArrayLike<number | bigint>, expected: ArrayLike<number | bigint>): void {
    if (actual.length !== expected.length) return this.#note(Infinity);
    for (let i = 0; i < expected.length; i++) {
      const [a, b] = [Number(actual[i]), Number(expected[i])];
      this.elements++;
      if (Number.isFinite(b)) {
        this.largest = Math.max(this.largest, Math.abs(b));
        this.#signal += b * b;
      }
      // Infinities and NaN that both have are no difference.
      if (!Object.is(a, b)) this.#note(Math.abs(a - b));
    }
  }

  #note(difference: number): void {
    const known = Number.isNaN(difference) ? Infinity : difference;
    this.max = Math.max(this.max, known);
    this.#sum += known;
    this.#noise += known * known;
  }
}
