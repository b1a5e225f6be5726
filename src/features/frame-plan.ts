import { paddedRows, paddedSize, spectrumWorkBytes } from '../kernels/layout.js';
import { ProgramBuilder, RegionBuilder } from '../kernels/program.js';
import { MEL_LOGS } from '../kernels/table.js';
import type { SpectralRecipe } from './recipe.js';
import { cepstrumMatrix, melFilterbank, packFilters, spectrumTables } from './tables.js';

/** The kernel calls that turn a frame of samples into features, and the tables they read: plain data, like a network's plan. */
export interface FramePlan {
  readonly constants: Uint8Array;
  readonly scratchBytes: number;
  readonly stateBytes: number;
  readonly program: Int32Array;
  /** Where the samples of a frame go, [fftSize] f32, and where its features are, [numCoefficients] f32. */
  readonly samples: number;
  readonly features: number;
}

/** @throws MetadataError for a filterbank with a filter that holds no bin */
export function planFrame(recipe: SpectralRecipe): FramePlan {
  const constants = new RegionBuilder('constants');
  const scratch = new RegionBuilder('scratch');
  const state = new RegionBuilder('state');
  const filters = packFilters(melFilterbank(recipe), recipe.logFloor);
  const matrix = cepstrumMatrix(recipe);
  const tables = constants.place(new Uint8Array(spectrumTables(recipe).buffer)); // f32, see assembly/fft.ts
  const bank = constants.place(filters.bytes); // [groups], see assembly/mel.ts
  const dct = constants.place(matrix.bytes); // [rows, columns] f32, packed, and [rows] of bias
  const samples = state.reserve(4 * recipe.fftSize); // [fftSize] f32, zero behind the window
  const work = scratch.reserve(spectrumWorkBytes(recipe.fftSize)); // [4, fftSize / 2 + 4] f32
  // [fftSize / 2 + 1] f32, and zeros as far as the last filter's vectors reach
  const power = scratch.reserve(4 * Math.max(recipe.fftSize / 2 + 1, filters.powerFloats));
  // [numMels] f32, padded to whole groups and columns
  const energies = scratch.reserve(4 * Math.max(4 * filters.groups, paddedSize(recipe.numMels)));
  const features = scratch.reserve(4 * paddedRows(recipe.numCoefficients)); // [numCoefficients] f32, padded
  const program = new ProgramBuilder();
  program.call('powerSpectrum', samples, tables, work, power, recipe.fftSize);
  program.call('logMel', power, bank, energies, filters.groups, MEL_LOGS.indexOf('ln'));
  program.call('matvecF32', dct, energies, features, matrix.rows, matrix.columns);
  return {
    constants: constants.finish(),
    scratchBytes: scratch.size,
    stateBytes: state.size,
    program: program.finish(),
    samples,
    features,
  };
}
