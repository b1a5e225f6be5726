/** Listens to a stream with one model, and keeps what it answers. */
import type { Trace } from '../../evaluation/trace.js';
import type { Detector, Model } from '../../index.js';

/** Room for answers to begin with: 100 s of them, of most models. */
const ROOM = 10_000;

export class Tracer {
  readonly #detector: Detector;
  readonly #indices: readonly number[]; // of the keywords' posteriors among those of all labels
  #posteriors: readonly Float32Array[]; // [room] of each keyword
  #answers = 0;
  #firstTime = 0; // s

  constructor(model: Model) {
    // Its decisions are not asked for: what it keeps for them is as little as can be.
    this.#detector = model.detector({ smoothing: 0, onFrame: (posteriors, time) => this.#keep(posteriors, time) });
    this.#indices = this.#detector.keywords.map((keyword) => this.#detector.labels.indexOf(keyword));
    this.#posteriors = this.#indices.map(() => new Float32Array(ROOM));
  }

  /** Begins a new stream. */
  begin(): void {
    this.#detector.reset();
    this.#answers = 0;
    this.#firstTime = 0;
  }

  /** Takes the next samples of the stream. */
  push(samples: Float32Array): void {
    const { period, sampleRate } = this.#detector;
    const needed = this.#answers + Math.ceil(samples.length / (period * sampleRate)) + 1;
    const room = this.#posteriors[0].length;
    if (needed > room) this.#posteriors = this.#posteriors.map((old) => resized(old, Math.max(needed, 2 * room)));
    this.#detector.push(samples);
  }

  /** Answers since `begin`. */
  trace(): Trace {
    const posteriors = this.#detector.keywords.map((keyword, i): [string, Float32Array] => [
      keyword,
      this.#posteriors[i].slice(0, this.#answers),
    ]);
    return {
      posteriors: Object.fromEntries(posteriors),
      firstTime: this.#firstTime,
      period: this.#detector.period,
    };
  }

  #keep(posteriors: Float32Array, time: number): void {
    const k = this.#answers++;
    if (k === 0) this.#firstTime = time;
    for (let i = 0; i < this.#indices.length; i++) this.#posteriors[i][k] = posteriors[this.#indices[i]];
  }
}

function resized(old: Float32Array, length: number): Float32Array {
  const posteriors = new Float32Array(length);
  posteriors.set(old);
  return posteriors;
}
