import { dftTables } from '../features/dft-tables.js';
import { framingOf } from '../features/framing.js';
import type { SpectralRecipe } from '../features/recipe.js';
import { spectrumTables } from '../features/spectrum-tables.js';
import { windowTable } from '../features/window.js';
import { newArena } from '../kernels/embedded.js';
import { dftWorkBytes, spectrumWorkBytes } from '../kernels/layout.js';

/** Of some frames of a clip. */
export interface Spectra {
  readonly bins: number;
  readonly power: Float64Array; // [frames, bins]
  /** Σ x² after removeDc. */
  readonly energy: Float64Array; // [frames]
}

/** A Fourier transform in memory: where its samples, tables, work space and power spectrum are. */
interface Transform {
  readonly samples: number;
  readonly run: () => void;
  readonly power: number;
}

/** Fields that spectra depend on; others change what is made of them. */
export const spectraKey = (recipe: SpectralRecipe): string => {
  const { window, windowLength, fftSize, framing, padding, removeDc, preEmphasis, preEmphasisOver } = recipe;
  const { hopLength, stackStride, sampleRate } = recipe;
  const before = framing === 'padded' ? 'whole' : framing;
  return [
    ...[sampleRate, hopLength, stackStride, before, padding, windowLength, fftSize, window, removeDc],
    ...[preEmphasis, preEmphasis > 0 && preEmphasisOver],
  ].join();
};

/** Power spectra of single frames, by the kernels that front ends run on. */
export class Spectrograph {
  readonly #arena = newArena();
  readonly #transforms = new Map<number, Transform>();
  readonly #windows = new Map<string, Float64Array>();

  /** @param frames that are wanted, before stacking; they may lie outside the clip */
  spectra(recipe: SpectralRecipe, samples: Float32Array, frames: readonly number[]): Spectra {
    const { fftSize, hopLength, padding } = recipe;
    const { before, frameLength, preEmphasis } = framingOf(recipe);
    const bins = Math.floor(fftSize / 2) + 1;
    const power = new Float64Array(frames.length * bins);
    const energy = new Float64Array(frames.length);
    const transform = this.#transform(fftSize);
    const window = this.#window(recipe);
    const x = new Float64Array(frameLength);
    frames.forEach((t, i) => {
      take(samples, t * hopLength - before, padding, preEmphasis, x);
      energy[i] = prepare(x, recipe);
      const memory = this.#arena.f32;
      const at = transform.samples >> 2;
      for (let n = 0; n < fftSize; n++) memory[at + n] = n < frameLength ? window[n] * x[n] : 0;
      transform.run();
      power.set(memory.subarray(transform.power >> 2, (transform.power >> 2) + bins), i * bins);
    });
    return { bins, power, energy };
  }

  #window(recipe: SpectralRecipe): Float64Array {
    const { window, windowLength, fftSize, framing } = recipe;
    const key = [window, windowLength, fftSize, framing === 'uncentred'].join();
    const known = this.#windows.get(key);
    const table = known ?? windowTable({ ...recipe, sampleScale: 'unit', spectrumScale: 'none' });
    this.#windows.set(key, table);
    return table;
  }

  #transform(size: number): Transform {
    const known = this.#transforms.get(size);
    if (known) return known;
    const arena = this.#arena;
    const isFast = size >= 64 && Number.isInteger(Math.log2(size));
    const ones = new Float64Array(size).fill(1); // frames come windowed
    const table = isFast ? spectrumTables(ones) : dftTables(ones, size);
    const tables = arena.place(new Uint8Array(table.buffer as ArrayBuffer));
    const samples = arena.allocate(4 * size + 16); // [size] f32
    const work = arena.allocate(isFast ? spectrumWorkBytes(size) : dftWorkBytes(size));
    const power = arena.allocate(4 * (size / 2 + 8)); // [⌊size / 2⌋ + 1] f32
    const { powerSpectrum, dftPowerSpectrum } = arena.kernels;
    const kernel = isFast ? powerSpectrum : dftPowerSpectrum;
    const transform = { samples, power, run: () => kernel(samples, tables, work, power, size) };
    this.#transforms.set(size, transform);
    return transform;
  }
}

/** The frame that begins at sample `start`, with what lies beyond the ends of the clip. */
function take(
  samples: Float32Array,
  start: number,
  padding: SpectralRecipe['padding'],
  preEmphasis: number,
  x: Float64Array,
): void {
  for (let i = 0; i < x.length; i++) {
    const n = placed(start + i, samples.length, padding);
    x[i] = n < 0 ? 0 : preEmphasis === 0 || n === 0 ? samples[n] : samples[n] - preEmphasis * samples[n - 1];
  }
}

/** Where sample n of a padded clip comes from; below 0: it is 0. Padding is shorter than the clip, or nothing is compared. */
function placed(n: number, length: number, padding: SpectralRecipe['padding']): number {
  if (n >= 0 && n < length) return n;
  const edge = padding === 'reflect' ? 1 : 0;
  const mirrored = n < 0 ? edge - 1 - n : 2 * length - 1 - edge - n;
  return padding === 'zeros' || mirrored < 0 || mirrored >= length ? -1 : mirrored;
}

/** What assembly/prepare.ts does, in place. */
function prepare(x: Float64Array, { removeDc, preEmphasis, preEmphasisOver }: SpectralRecipe): number {
  let sum = 0;
  if (removeDc) for (const value of x) sum += value;
  const mean = sum / x.length;
  let energy = 0;
  for (let n = 0; n < x.length; n++) {
    x[n] -= mean;
    energy += x[n] * x[n];
  }
  if (preEmphasis === 0 || preEmphasisOver !== 'frame') return energy;
  for (let n = x.length - 1; n > 0; n--) x[n] -= preEmphasis * x[n - 1];
  x[0] -= preEmphasis * x[0];
  return energy;
}
