import { Arena } from '../kernels/arena.js';
import { align, ALIGNMENT, paddedRows, paddedSize, spectrumWorkBytes } from '../kernels/layout.js';
import { bindPointer, bindProgram, pointerTo, ProgramBuilder, verifyProgram, type Regions } from '../kernels/program.js';
import { execute } from '../kernels/table.js';
import type { Recipe } from './recipe.js';
import { cepstrumMatrix, layOut, melFilterbank, packFilters, spectrumTables } from './tables.js';

/** The kernel calls that turn a frame of samples into features, and the tables they read. */
interface FramePlan {
  readonly constants: Uint8Array;
  readonly scratchBytes: number;
  readonly program: Int32Array;
  readonly samples: number;
  readonly features: number;
}

function planFrame(recipe: Recipe): FramePlan {
  const filters = packFilters(melFilterbank(recipe), recipe.logFloor);
  const matrix = cepstrumMatrix(recipe);
  const { bytes, offsets } = layOut([new Uint8Array(spectrumTables(recipe).buffer), filters.bytes, matrix.bytes]);
  const [tables, bank, dct] = offsets.map((offset) => pointerTo('constants', offset));
  let scratchBytes = 0;
  const scratch = (size: number): number => {
    const offset = scratchBytes;
    scratchBytes += align(size, ALIGNMENT);
    return pointerTo('scratch', offset);
  };
  const samples = scratch(4 * recipe.fftSize);
  const work = scratch(spectrumWorkBytes(recipe.fftSize));
  const power = scratch(4 * Math.max(recipe.fftSize / 2 + 1, filters.powerFloats));
  const energies = scratch(4 * Math.max(4 * filters.groups, paddedSize(recipe.numMels)));
  const features = scratch(4 * paddedRows(recipe.numCoefficients));
  const program = new ProgramBuilder();
  program.call('powerSpectrum', samples, tables, work, power, recipe.fftSize);
  program.call('logMel', power, bank, energies, filters.groups);
  program.call('matvecF32', dct, energies, features, matrix.rows, matrix.columns);
  return { constants: bytes, scratchBytes, program: program.finish(), samples, features };
}

/**
 * Samples in, frames of features out, whatever the chunks that samples come in:
 *
 *   for (let at = 0; (at = frontEnd.fill(chunk, at)), frontEnd.ready; ) use(frontEnd.next());
 */
export class FrontEnd {
  readonly recipe: Recipe;
  /** Frames computed since the start or the last reset. */
  frames = 0;
  readonly #arena = new Arena();
  readonly #program: Int32Array;
  /** Indices of floats in the arena; shifted, not divided, so that engines keep them as integers. */
  readonly #samples: number;
  readonly #features: number;
  readonly #out: Float32Array;
  /** Samples of the current frame that are there; below 0 while samples between two frames are dropped. */
  #filled = 0;

  constructor(recipe: Recipe) {
    const plan = planFrame(recipe);
    verifyProgram(plan.program, plan.constants, [plan.constants.byteLength, plan.scratchBytes, 0]);
    const regions: Regions = [this.#arena.place(plan.constants), this.#arena.allocate(plan.scratchBytes), 0];
    this.recipe = recipe;
    this.#program = bindProgram(plan.program, regions);
    this.#samples = bindPointer(plan.samples, regions) >> 2;
    this.#features = bindPointer(plan.features, regions) >> 2;
    this.#out = new Float32Array(recipe.numCoefficients);
  }

  /** Whether a whole frame is there for `next`. */
  get ready(): boolean {
    return this.#filled === this.recipe.windowLength;
  }

  /** Seconds from the start of the stream to the end of the last frame. */
  get time(): number {
    const { hopLength, windowLength, sampleRate } = this.recipe;
    return this.frames === 0 ? 0 : ((this.frames - 1) * hopLength + windowLength) / sampleRate;
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
    const to = this.#samples + this.#filled + dropped;
    if (samples instanceof Int16Array) copyInt16(samples, start + dropped, this.#arena.f32, to, count - dropped);
    else copyFloat32(samples, start + dropped, this.#arena.f32, to, count - dropped);
    this.#filled += count;
    return start + count;
  }

  /** The features of the frame that is ready, [numCoefficients]; overwritten by the next one. */
  next(): Float32Array {
    const { windowLength, hopLength } = this.recipe;
    execute(this.#program, this.#arena.kernels);
    const memory = this.#arena.f32;
    for (let i = 0; i < this.#out.length; i++) this.#out[i] = memory[this.#features + i];
    if (hopLength < windowLength) memory.copyWithin(this.#samples, this.#samples + hopLength, this.#samples + windowLength);
    this.#filled = windowLength - hopLength;
    this.frames++;
    return this.#out;
  }

  /** Begins a new stream. */
  reset(): void {
    this.#filled = 0;
    this.frames = 0;
  }
}

function copyInt16(from: Int16Array, at: number, memory: Float32Array, to: number, count: number): void {
  for (let i = 0; i < count; i++) memory[to + i] = from[at + i] / 32768;
}

/** `set` copies blocks, four times as fast as a loop; a view is made only where a chunk ends inside a frame. */
function copyFloat32(from: Float32Array, at: number, memory: Float32Array, to: number, count: number): void {
  memory.set(count === from.length ? from : from.subarray(at, at + count), to);
}
