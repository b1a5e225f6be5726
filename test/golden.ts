/** What the original programs gave for test/fixtures/front-ends/signals (tools/golden/), and how far ours is from it. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { logFactor } from '#dist/features/cepstrum.js';
import { FrontEnd, type Features } from '#dist/features/front-end.js';
import { parseRecipe } from '#dist/features/parse-recipe.js';
import type { RecipeOptions, SpectralRecipe } from '#dist/features/recipe.js';
import { readAudio } from '#dist/node/index.js';

const FOLDER = 'test/fixtures/front-ends';

/** One original program in one setting. */
export interface GoldenEntry {
  readonly name: string;
  readonly original: string;
  /** In which the original computes. */
  readonly precision: 'float32' | 'float64' | 'int16';
  readonly recipe: RecipeOptions;
  /** Frames of each signal, which lie one after the other in `file`. */
  readonly frames: Readonly<Record<string, number>>;
  readonly file: string;
}

export function goldenEntries(): GoldenEntry[] {
  return JSON.parse(readFileSync(`${FOLDER}/manifest.json`, 'utf8')) as GoldenEntry[];
}

const signals = new Map<string, Promise<Float32Array>>();

/** A signal in [−1, 1), whatever the rate that a recipe takes it to have. */
export function goldenSignal(name: string): Promise<Float32Array> {
  const known = signals.get(name) ?? readAudio(`${FOLDER}/signals/${name}.flac`).then(({ samples }) => samples);
  signals.set(name, known);
  return known;
}

/** What the original gave, by signal. */
export function goldenFeatures({ file, frames }: GoldenEntry): Map<string, Features> {
  const bytes = readFileSync(`${FOLDER}/${file}`);
  const start = 10 + bytes.readUInt16LE(8);
  assert.match(bytes.toString('latin1', 10, start), /'descr': '<f4', 'fortran_order': False/, file);
  const all = new Float32Array(bytes.buffer.slice(bytes.byteOffset + start, bytes.byteOffset + bytes.byteLength));
  const coefficients = all.length / Object.values(frames).reduce((sum, count) => sum + count, 0);
  let at = 0;
  return new Map(
    Object.entries(frames).map(([name, count]) => {
      const data = all.subarray(at, (at += count * coefficients));
      return [name, { frames: count, coefficients, data }];
    }),
  );
}

/**
 * Below the loudest band of its frame by this, single precision has little left of a band: an FFT rounds to 10⁻⁷ of the loudest.
 * At the floor, and where topDb raises it, there is nothing to be lost.
 */
const RANGE_DB = 70;

/** The largest differences of two arrays of features, in units of ln, and where they are. */
export interface Difference {
  /**
   * Of bands within 70 dB of the loudest of their frame, and of those at their floor; of cepstra, in frames whose bands all are
   * so.
   */
  readonly largest: number;
  readonly frame: number;
  readonly feature: number;
  /** Numbers that `largest` is of. */
  readonly compared: number;
  /** Of the rest. */
  readonly quiet: number;
}

/**
 * By how much each of a recipe's log energies, [frames × numMels], is below the loudest of its frame, in dB; 0 of those at their
 * floor.
 */
function depthsOf(recipe: SpectralRecipe, samples: Float32Array): Float32Array {
  const { numMels, mean: _mean, scale: _scale, ...rest } = recipe;
  const plain = {
    lifter: 0,
    deltas: 0,
    energy: 'none',
    outputScale: 1,
    outputOffset: 0,
    stack: 1,
    stackStride: 1,
  } as const;
  const bands = parseRecipe({ ...rest, ...plain, numMels, numCoefficients: numMels, log: 'ln', dct: 'none' });
  const { data } = new FrontEnd(bands).features(samples);
  const decibels = (recipe.spectrum === 'magnitude' ? 20 : 10) / Math.LN10;
  const raised = recipe.topDb > 0 ? loudestOf(data) - (recipe.topDb * Math.LN10) / 10 : -Infinity;
  const floor = recipe.log === 'none' ? -Infinity : Math.max(Math.log(recipe.logFloor), raised) + FLOOR_ERROR;
  return data.map((own, at) => {
    const frame = at - (at % numMels);
    return own <= floor ? 0 : decibels * (loudestOf(data.subarray(frame, frame + numMels)) - own);
  });
}

/** Of a logarithm of a float: below 1e-6 of its value, which is up to 40. */
const FLOOR_ERROR = 4e-5;

const loudestOf = (energies: Float32Array): number => energies.reduce((most, energy) => Math.max(most, energy));

/**
 * How far ours is from `theirs`.
 *
 * @throws AssertionError where there are not as many frames or features
 */
export function differenceOf(recipe: SpectralRecipe, samples: Float32Array, theirs: Features): Difference {
  const ours = new FrontEnd(recipe).features(samples);
  assert.deepEqual([ours.frames, ours.coefficients], [theirs.frames, theirs.coefficients]);
  const { dct, log, outputScale, outputOffset, numMels } = recipe;
  const unit = outputScale * logFactor(log);
  const inLn = (x: number): number => (log === 'none' ? Math.log(x) : (x - outputOffset) / unit);
  const depths = depthsOf(recipe, samples);
  const difference = { largest: 0, frame: 0, feature: 0, compared: 0, quiet: 0 };
  for (let at = 0; at < theirs.data.length; at++) {
    const frame = Math.floor(at / theirs.coefficients);
    const feature = at % theirs.coefficients;
    const own = depths.subarray(frame * numMels, (frame + 1) * numMels);
    const depth = dct === 'none' && feature < numMels ? own[feature] : Math.max(...own);
    const apart = Math.abs(inLn(ours.data[at]) - inLn(theirs.data[at]));
    if (depth > RANGE_DB) {
      difference.quiet = Math.max(difference.quiet, apart);
      continue;
    }
    difference.compared++;
    if (!(apart <= difference.largest)) Object.assign(difference, { largest: apart, frame, feature });
  }
  return difference;
}
