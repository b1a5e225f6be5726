import type { Arena } from '../kernels/arena.js';
import { AFFINE } from '../kernels/kernel.js';
import { frameCount, type Framing } from './framing.js';

/** Full scale of int16 samples. */
const FULL_SCALE = 32768;

/** Samples: 0.1 s at 16 kHz, and above what audio worklets give. */
const SHORT = 1600;

/**
 * Cuts a signal into frames in memory, whatever the chunks that it comes in, and pads its ends. In memory lie
 * history [framing.history] | frame [framing.frameLength] | what the first frame waits for beyond itself.
 */
export class Framer {
  readonly #framing: Framing;
  readonly #arena: Arena;
  /** Indices of floats in the arena. */
  readonly #history: number;
  readonly #frame: number;
  /** Address of α = 1 / FULL_SCALE, β = 0. */
  readonly #unit: number;
  /** Samples of the current frame that are there, padding among them; below 0 while samples between two frames are dropped. */
  #filled: number;
  #needed: number;
  #frames = 0;
  /** Samples since the start. */
  #heard = 0;
  /** The last one of them, before pre-emphasis. */
  #last = 0;
  /** Frames in all, known once the signal has ended. */
  #count = Infinity;
  /** Where in the current frame the signal has ended. */
  #end = 0;

  /** @param at index in the arena of framing.history + framing.room floats, zeros */
  constructor(framing: Framing, arena: Arena, at: number) {
    this.#framing = framing;
    this.#arena = arena;
    this.#history = at;
    this.#frame = at + framing.history;
    this.#unit = arena.place(new Uint8Array(Float32Array.of(1 / FULL_SCALE, 0).buffer));
    this.#filled = framing.before;
    this.#needed = framing.room;
  }

  /** Frames that are done since the start or the last reset. */
  get frames(): number {
    return this.#frames;
  }

  /** Whether a whole frame is in memory. */
  get ready(): boolean {
    return this.#filled >= this.#needed && this.#frames < this.#count;
  }

  get hasEnded(): boolean {
    return this.#count !== Infinity;
  }

  /**
   * Takes samples from `start` on until a frame is complete or they end.
   *
   * @param samples int16, or floats in [−1, 1)
   * @returns the index of the first sample that was not taken
   */
  fill(samples: Int16Array | Float32Array, start: number): number {
    const count = Math.min(samples.length - start, this.#needed - this.#filled);
    if (count <= 0) return start;
    const dropped = Math.min(count, Math.max(0, -this.#filled));
    const from = start + dropped;
    const to = this.#frame + Math.max(0, this.#filled);
    copy(samples, from, this.#arena.f32, to, count - dropped);
    if (samples.BYTES_PER_ELEMENT === 2) this.#scale(to, count - dropped);
    if (this.#framing.preEmphasis > 0) this.#emphasize(samples, from, to, count - dropped);
    this.#filled += count;
    this.#heard += count;
    if (this.#frames === 0 && this.#filled === this.#needed && this.#framing.padding !== 'zeros')
      this.#mirror(0, this.#framing.before);
    return start + count;
  }

  /** The frame in memory is done with; the next one takes its place. */
  advance(): void {
    const { frameLength, hopLength } = this.#framing;
    const end = this.#frame + this.#filled;
    const kept = end - this.#history - hopLength;
    if (kept > 0) this.#arena.kernels.copy(4 * this.#history, 4 * this.#history, 4 * hopLength, 0, 4 * kept);
    this.#filled -= hopLength;
    this.#needed = frameLength;
    this.#frames++;
    if (!this.hasEnded) return;
    this.#end -= hopLength;
    if (this.#frames < this.#count) this.#pad();
  }

  /** The signal ends here: what its last frames have beyond it is padding. */
  finish(): void {
    const { padding, before, history, frameLength } = this.#framing;
    this.#count = frameCount(this.#framing, this.#heard);
    this.#end = this.#filled;
    if (this.#frames >= this.#count) return;
    if (padding !== 'zeros' && this.#frames === 0 && this.#filled < this.#needed) {
      // So short that what is mirrored is mirrored again, at both ends.
      this.#mirror(-history, before);
      this.#mirror(this.#filled, frameLength);
      this.#filled = Math.max(this.#filled, frameLength);
    }
    this.#needed = frameLength;
    this.#pad();
  }

  /** Gives memory of its own back; it can't be used any more. */
  close(): void {
    this.#arena.release(this.#unit, 8);
  }

  reset(): void {
    this.#filled = this.#framing.before;
    this.#needed = this.#framing.room;
    this.#frames = this.#heard = this.#last = 0;
    this.#count = Infinity;
  }

  /** Fills `from` to `to` of the first frame, all of the signal being in it. */
  #mirror(from: number, to: number): void {
    const { before, padding } = this.#framing;
    const memory = this.#arena.f32;
    const start = this.#frame + before;
    for (let n = from - before; n < to - before; n++)
      memory[start + n] = memory[start + mirrored(n, this.#heard, padding === 'reflect')];
  }

  /** Fills the current frame behind the end of the signal, from what lies before it. */
  #pad(): void {
    const { padding, frameLength } = this.#framing;
    const memory = this.#arena.f32;
    const end = this.#frame + frameLength;
    const first = this.#frame + Math.max(0, this.#filled);
    if (padding === 'zeros') memory.fill(0, first, end);
    else {
      const sum = 2 * (this.#frame + this.#end) - (padding === 'reflect' ? 2 : 1);
      for (let i = first; i < end; i++) memory[i] = memory[sum - i];
    }
    this.#filled = Math.max(this.#filled, frameLength);
  }

  /** int16 samples that `fill` has just put `to`, in place, by a kernel as far as they fill its vectors. */
  #scale(to: number, count: number): void {
    const { f32: memory, kernels } = this.#arena;
    const vectors = count - (count % 4);
    kernels.unary(4 * to, this.#unit, 4 * to, vectors, AFFINE);
    for (let i = vectors; i < count; i++) memory[to + i] /= FULL_SCALE;
  }

  /** x[n] − c·x[n − 1] of the samples that `fill` has just put `to`, in place. */
  #emphasize(samples: Int16Array | Float32Array, from: number, to: number, count: number): void {
    const { preEmphasis } = this.#framing;
    const memory = this.#arena.f32;
    const scale = samples.BYTES_PER_ELEMENT === 2 ? 1 / FULL_SCALE : 1;
    if (from > 0) this.#last = samples[from - 1] * scale;
    if (count === 0) return;
    for (let i = count - 1; i > 0; i--) memory[to + i] -= preEmphasis * memory[to + i - 1];
    memory[to] -= preEmphasis * this.#last;
    this.#last = samples[from + count - 1] * scale;
  }
}

/** Where sample `n` comes from in a signal of `length` that is mirrored at its ends, as often as it takes (numpy.pad). */
function mirrored(n: number, length: number, isReflected: boolean): number {
  const edge = isReflected ? 1 : 0;
  const period = Math.max(1, 2 * (length - edge));
  const place = ((n % period) + period) % period;
  return place < length ? place : period - place - 1 + edge;
}

/**
 * `set` copies blocks, four times as fast as a loop, but of a part of a chunk only through a view, which is garbage: sound that is
 * live comes in short chunks, and goes without.
 */
function copy(from: Int16Array | Float32Array, at: number, memory: Float32Array, to: number, count: number): void {
  if (count === from.length) memory.set(from, to);
  else if (from.length > SHORT) memory.set(from.subarray(at, at + count), to);
  else for (let i = 0; i < count; i++) memory[to + i] = from[at + i];
}
