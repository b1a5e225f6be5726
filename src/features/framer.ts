import type { Arena } from '../kernels/arena.js';
import { bindPointer, bindProgram, type Regions } from '../kernels/program.js';
import { execute } from '../kernels/table.js';
import type { FramePlan } from './frame-plan.js';
import type { SpectralRecipe } from './recipe.js';

/**
 * Samples in, frames of features out, whatever the chunks that samples come in:
 *
 *   for (let at = framer.fill(chunk, 0); framer.ready; at = framer.fill(chunk, at)) use(framer.next());
 */
export class Framer {
  readonly recipe: SpectralRecipe;
  readonly #arena: Arena;
  readonly #regions: Regions;
  readonly #stateBytes: number;
  readonly #program: Int32Array;
  /** Indices of floats in the arena; shifted, not divided, so that engines keep them as integers. */
  readonly #samples: number;
  readonly #features: number;
  readonly #out: Float32Array; // [numCoefficients]
  /** Samples of the current frame that are there; below 0 while samples between two frames are dropped. */
  #filled = 0;
  #frames = 0;

  constructor(recipe: SpectralRecipe, plan: FramePlan, arena: Arena, regions: Regions) {
    this.recipe = recipe;
    this.#arena = arena;
    this.#regions = regions;
    this.#stateBytes = plan.stateBytes;
    this.#program = bindProgram(plan.program, regions);
    this.#samples = bindPointer(plan.samples, regions) >> 2;
    this.#features = bindPointer(plan.features, regions) >> 2;
    this.#out = new Float32Array(recipe.numCoefficients);
  }

  /** Frames computed since the start or the last reset. */
  get frames(): number {
    return this.#frames;
  }

  /** Whether a whole frame is there for `next`. */
  get ready(): boolean {
    return this.#filled === this.recipe.windowLength;
  }

  /** Seconds from the start of the stream to the end of the last frame. */
  get time(): number {
    const { hopLength, windowLength, sampleRate } = this.recipe;
    return this.#frames === 0 ? 0 : ((this.#frames - 1) * hopLength + windowLength) / sampleRate;
  }

  /**
   * Takes samples from `start` on until a frame is complete or they end.
   *
   * @param samples int16, or floats in [−1, 1)
   * @returns the index of the first sample that was not taken
   */
  fill(samples: Int16Array | Float32Array, start: number): number {
    const count = Math.min(samples.length - start, this.recipe.windowLength - this.#filled);
    const dropped = Math.min(count, Math.max(0, -this.#filled));
    const to = this.#samples + Math.max(0, this.#filled);
    const memory = this.#arena.f32;
    if (samples.BYTES_PER_ELEMENT === 2) copyInt16(samples as Int16Array, start + dropped, memory, to, count - dropped);
    else copyFloat32(samples as Float32Array, start + dropped, memory, to, count - dropped);
    this.#filled += count;
    return start + count;
  }

  /** The features of the frame that is ready, [numCoefficients]; overwritten by the next one. */
  next(): Float32Array {
    const { windowLength, hopLength } = this.recipe;
    execute(this.#program, this.#arena.kernels);
    const memory = this.#arena.f32;
    for (let i = 0; i < this.#out.length; i++) this.#out[i] = memory[this.#features + i];
    if (hopLength < windowLength)
      memory.copyWithin(this.#samples, this.#samples + hopLength, this.#samples + windowLength);
    this.#filled = windowLength - hopLength;
    this.#frames++;
    return this.#out;
  }

  /** Begins a new stream. */
  reset(): void {
    this.#filled = 0;
    this.#frames = 0;
  }

  /** Gives the framer's memory back; it can't be used any more. */
  close(): void {
    this.#arena.release(this.#regions[2], this.#stateBytes);
  }
}

function copyInt16(from: Int16Array, at: number, memory: Float32Array, to: number, count: number): void {
  for (let i = 0; i < count; i++) memory[to + i] = from[at + i] / 32768;
}

/** `set` copies blocks, four times as fast as a loop; a view is made only where a chunk ends inside a frame. */
function copyFloat32(from: Float32Array, at: number, memory: Float32Array, to: number, count: number): void {
  memory.set(count === from.length ? from : from.subarray(at, at + count), to);
}
