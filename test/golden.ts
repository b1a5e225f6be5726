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

/** Below the loudest band of its frame by this, single precision has little left of a band: an FFT rounds to 10⁻⁷ of the loudest. */
const RANGE_DB = 70;

/** The largest differences of two arrays of features, in units of ln, and where they are. */
export interface Difference {
  /** Of bands within 70 dB of the loudest of their frame; of cepstra, in frames whose bands all are. */
  readonly largest: number;
  readonly frame: number;
  readonly feature: number;
  /** Of the rest. */
  readonly quiet: number;
}

/** The recipe's log energies, which say how far apart the bands of a frame are. */
function bandsOf(recipe: SpectralRecipe, samples: Float32Array): Features {
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
  return new FrontEnd(bands).features(samples);
}

/**
 * How far ours is from `theirs`.
 *
 * @throws AssertionError where there are not as many frames or features
 */
export function differenceOf(recipe: SpectralRecipe, samples: Float32Array, theirs: Features): Difference {
  const ours = new FrontEnd(recipe).features(samples);
  assert.deepEqual([ours.frames, ours.coefficients], [theirs.frames, theirs.coefficients]);
  const { dct, log, spectrum, outputScale, outputOffset, numMels } = recipe;
  const unit = outputScale * logFactor(log);
  const inLn = (x: number): number => (log === 'none' ? Math.log(x) : (x - outputOffset) / unit);
  const range = (RANGE_DB * Math.LN10) / (spectrum === 'magnitude' ? 20 : 10);
  const bands = bandsOf(recipe, samples).data;
  const difference = { largest: 0, frame: 0, feature: 0, quiet: 0 };
  for (let at = 0; at < theirs.data.length; at++) {
    const frame = Math.floor(at / theirs.coefficients);
    const feature = at % theirs.coefficients;
    const own = bands.subarray(frame * numMels, (frame + 1) * numMels);
    const quietest = dct === 'none' && feature < numMels ? own[feature] : Math.min(...own);
    const apart = Math.abs(inLn(ours.data[at]) - inLn(theirs.data[at]));
    if (quietest < Math.max(...own) - range) difference.quiet = Math.max(difference.quiet, apart);
    else if (!(apart <= difference.largest)) Object.assign(difference, { largest: apart, frame, feature });
  }
  return difference;
}
