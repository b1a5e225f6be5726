import { align, dftWorkBytes, paddedSize, spectrumWorkBytes } from '../kernels/layout.js';
import { MEL_LOGS, UNARY_FUNCTIONS } from '../kernels/table.js';
import { cepstrumMatrix, logFactor } from './cepstrum.js';
import { dftTables } from './dft-tables.js';
import { framingOf } from './framing.js';
import { FrontEndBuilder } from './front-end-builder.js';
import { melFilterbank } from './mel-filterbank.js';
import { packFilters, type PackedFilters } from './pack-filters.js';
import type { FrontEndPlan } from './plan.js';
import type { SpectralRecipe } from './recipe.js';
import { spectrumTables } from './spectrum-tables.js';
import { windowTable } from './window.js';

/** The smallest transform of powerSpectrum. */
const SMALLEST_FFT = 64;

const bytesOf = ({ buffer }: Float32Array | Float64Array): Uint8Array => new Uint8Array(buffer as ArrayBuffer);

/** Where the energy that `prepare` leaves lies among the bins, in floats: behind the last. */
const energyPlace = ({ fftSize }: SpectralRecipe): number => align(Math.floor(fftSize / 2) + 1, 4);

/** The filterbank, and behind it one filter more that gathers what replaces cepstrum 0. */
function packedFilters(recipe: SpectralRecipe): PackedFilters {
  const { fftSize, energy, log, floorKind, logFloor } = recipe;
  const filters = melFilterbank(recipe);
  if (energy === 'spectrum') filters.push(new Float64Array(Math.floor(fftSize / 2) + 1).fill(1));
  if (energy === 'samples') filters.push(new Float64Array(energyPlace(recipe) + 1).fill(1, energyPlace(recipe)));
  if (log === 'none') return packFilters(filters, 0, 0);
  // Energies are 0 or more: with logFloor added, none is below it.
  return packFilters(filters, logFloor, floorKind === 'add' ? logFloor : 0);
}

/**
 * The samples of a frame before their window: as they are, or by `prepare` where the recipe asks for what it does. Pre-emphasis
 * over the signal is the framer's.
 *
 * @param frame [frameLength] f32   @param energy [4] f32
 * @returns where they are, [frameFloats] f32
 */
function planPreparation(
  plan: FrontEndBuilder,
  recipe: SpectralRecipe,
  frame: number,
  frameFloats: number,
  energy: number,
): number {
  const { preEmphasis, preEmphasisOver, removeDc, energy: replacing, sampleScale } = recipe;
  const coefficient = preEmphasisOver === 'frame' ? preEmphasis : 0;
  if (coefficient === 0 && !removeDc && replacing !== 'samples') return frame;
  const energyScale = replacing !== 'samples' ? 0 : sampleScale === 'int16' ? 32768 ** 2 : 1;
  const parameters = plan.floats([coefficient, Number(removeDc), energyScale]);
  const prepared = plan.scratch.reserve(4 * frameFloats); // [frameLength] f32, zeros behind
  plan.analysis.call('prepare', frame, parameters, prepared, energy, framingOf(recipe).frameLength);
  return prepared;
}

/** Samples [fftSize] f32 → |X|² or |X|, [⌊fftSize / 2⌋ + 1] f32. */
function planSpectrum(plan: FrontEndBuilder, recipe: SpectralRecipe, samples: number, power: number): void {
  const { fftSize, spectrum } = recipe;
  const window = windowTable(recipe);
  if (fftSize >= SMALLEST_FFT && Number.isInteger(Math.log2(fftSize))) {
    const tables = plan.constants.place(bytesOf(spectrumTables(window))); // f32, see assembly/fft.ts
    const work = plan.scratch.reserve(spectrumWorkBytes(fftSize)); // [2, fftSize] f32
    plan.analysis.call('powerSpectrum', samples, tables, work, power, fftSize);
  } else {
    const tables = plan.constants.place(bytesOf(dftTables(window, fftSize))); // f64, see assembly/dft.ts
    const work = plan.scratch.reserve(dftWorkBytes(fftSize)); // [2, fftSize, 2] f64
    plan.analysis.call('dftPowerSpectrum', samples, tables, work, power, fftSize);
  }
  if (spectrum === 'power') return;
  const bins = Math.floor(fftSize / 2) + 1;
  plan.analysis.call('unary', power, plan.floats([0, 0]), power, bins, UNARY_FUNCTIONS.indexOf('sqrt'));
}

/** Log energies → cepstra, or the log energies themselves, as the recipe scales them. */
function planFeatures(plan: FrontEndBuilder, recipe: SpectralRecipe, energies: number): number {
  if (recipe.dct === 'none') return plan.scale(energies, recipe.numCoefficients, logFactor(recipe.log));
  const { bytes, rows, columns } = cepstrumMatrix(recipe);
  const matrix = plan.constants.place(bytes); // [rows, columns] f32, packed, and [rows] of bias
  const features = plan.scratch.reserve(4 * rows); // [numCoefficients] f32, padded
  plan.cepstrum.call('matvecF32', matrix, energies, features, rows, columns);
  return features;
}

/** Window, Fourier transform, filterbank, logarithm and cosine transform. */
export function planSpectral(recipe: SpectralRecipe): FrontEndPlan {
  const plan = new FrontEndBuilder(recipe);
  const { fftSize, numMels, numCoefficients, log } = recipe;
  const { history, frameLength, room } = framingOf(recipe);
  // The window is zero at the samples that the framer looks ahead at.
  const frameFloats = Math.max(fftSize, align(frameLength, 4), room);
  const samples = plan.state.reserve(4 * (history + frameFloats)); // [history + frame] f32, zeros behind
  const filters = packedFilters(recipe);
  // [⌊fftSize / 2⌋ + 1] f32 | the energy of samples [4] f32 | zeros as far as the last filter's vectors reach
  const power = plan.scratch.reserve(4 * Math.max(energyPlace(recipe) + 4, filters.powerFloats));
  const frame = planPreparation(plan, recipe, samples + 4 * history, frameFloats, power + 4 * energyPlace(recipe));
  planSpectrum(plan, recipe, frame, power);
  const bank = plan.constants.place(filters.bytes); // [groups], see assembly/mel.ts
  // [numMels, 1 more where energy replaces a cepstrum] f32, padded to whole groups and columns
  const energies = plan.scratch.reserve(4 * Math.max(4 * filters.groups, paddedSize(numMels + 1)));
  plan.analysis.call('logMel', power, bank, energies, filters.groups, MEL_LOGS.indexOf(log === 'none' ? 'none' : 'ln'));
  const features = planFeatures(plan, recipe, energies);
  return plan.finish({ samples, energies, features, numFeatures: numCoefficients });
}
