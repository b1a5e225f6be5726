import type { Context } from './plan.js';
import { Slopes } from './slopes.js';

/** How many vectors come out of a signal of `frames` frames. */
export function vectorCount({ stack, stackStride }: Context, frames: number): number {
  return frames < stack ? 0 : 1 + Math.floor((frames - stack) / stackStride);
}

/** Features of frames in, what a model takes out: with their deltas, normalized, and several frames side by side. */
export class ContextStream {
  readonly #context: Context;
  readonly #numFeatures: number; // of a frame, without deltas
  readonly #perFrame: number;
  /** Of the first order, and of the second. */
  readonly #first: Slopes | undefined;
  readonly #second: Slopes | undefined;
  readonly #slope: Float32Array; // [numFeatures], on its way from the one to the other
  readonly #rows: Float32Array; // [stack, perFrame], of the last frames
  /** The rows themselves where none comes between a vector and the next: a stream that ends may take more before it is read. */
  readonly #out: Float32Array; // [stack × perFrame]
  #pushed = 0; // frames
  #made = 0; // rows
  #place = 0; // of the next row, in place of the oldest
  #given = 0; // vectors
  /** Rows that the next vector needs. */
  #due: number;
  /** Frames that rows come late by. */
  #lag: number;

  constructor(context: Context, numFeatures: number) {
    const { deltas, deltaWindow, stack, stackStride } = context;
    this.#context = context;
    this.#numFeatures = numFeatures;
    this.#perFrame = numFeatures * (1 + deltas);
    this.#first = deltas > 0 ? new Slopes(deltaWindow, numFeatures) : undefined;
    this.#second = deltas > 1 ? new Slopes(deltaWindow, numFeatures) : undefined;
    this.#slope = new Float32Array(numFeatures);
    this.#rows = new Float32Array(stack * this.#perFrame);
    this.#due = stack;
    this.#lag = deltas * deltaWindow;
    this.#out = stack * stackStride === 1 ? this.#rows : new Float32Array(this.#rows.length);
  }

  /** Vectors that were given since the start or the last reset. */
  get given(): number {
    return this.#given;
  }

  /** Whether `next` has a vector to give once `more` frames have come. */
  has(more: number): boolean {
    return this.#pushed + more - this.#lag >= this.#due;
  }

  /** Takes the features of a frame, [numFeatures] of `from` at `at`; not while there is a vector that was not given. */
  push(from: Float32Array, at: number): void {
    this.#pushed++;
    if (!this.#first) {
      const to = this.#place;
      for (let i = 0; i < this.#numFeatures; i++) this.#rows[to + i] = from[at + i];
      this.#finishRow();
      return;
    }
    this.#first.push(from, at);
    this.#feedSecond(this.#first);
    if ((this.#second ?? this.#first).has(false)) this.#makeRow(this.#first);
  }

  /** The next vector, [stack × perFrame], the oldest frame first; overwritten by the next call. */
  next(): Float32Array {
    while (this.#first && this.#made < this.#due) {
      this.#feedSecond(this.#first);
      this.#makeRow(this.#first);
    }
    this.#given++;
    this.#due += this.#context.stackStride;
    if (this.#out !== this.#rows) {
      const oldest = this.#place;
      for (let i = oldest; i < this.#rows.length; i++) this.#out[i - oldest] = this.#rows[i];
      for (let i = 0; i < oldest; i++) this.#out[this.#rows.length - oldest + i] = this.#rows[i];
    }
    return this.#out;
  }

  /** No more frames come: those that slopes still wait for are the last one again. */
  finish(): void {
    this.#lag = 0;
  }

  reset(): void {
    const { stack, deltas, deltaWindow } = this.#context;
    this.#pushed = this.#made = this.#place = this.#given = 0;
    this.#due = stack;
    this.#lag = deltas * deltaWindow;
    this.#first?.reset();
    this.#second?.reset();
  }

  #feedSecond(first: Slopes): void {
    const second = this.#second;
    while (second && !second.has(false) && first.has(this.#lag === 0)) {
      first.next(this.#slope, 0);
      second.push(this.#slope, 0);
    }
  }

  #makeRow(first: Slopes): void {
    const to = this.#place;
    first.copy(this.#made, this.#rows, to);
    this.#second?.copy(this.#made, this.#rows, to + this.#numFeatures);
    if (this.#second) this.#second.next(this.#rows, to + 2 * this.#numFeatures);
    else first.next(this.#rows, to + this.#numFeatures);
    this.#finishRow();
  }

  #finishRow(): void {
    const { mean, scale } = this.#context;
    const at = this.#place;
    if (mean) for (let i = 0; i < this.#perFrame; i++) this.#rows[at + i] -= mean[i];
    if (scale) for (let i = 0; i < this.#perFrame; i++) this.#rows[at + i] *= scale[i];
    this.#place = at + this.#perFrame === this.#rows.length ? 0 : at + this.#perFrame;
    this.#made++;
  }
}
