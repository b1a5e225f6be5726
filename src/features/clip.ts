/** Whole recordings, as the originals do them. */
import { ln } from '../arithmetic.js';
import { InputError } from '../errors.js';
import { ContextStream, vectorCount } from './context.js';
import type { Extractor } from './extractor.js';
import type { FeatureStream } from './feature-stream.js';
import { frameCount } from './framing.js';
import type { FrontEndPlan } from './plan.js';
import type { SpectralRecipe } from './recipe.js';

/** Features of a whole recording. */
export interface Features {
  readonly frames: number;
  readonly coefficients: number;
  readonly data: Float32Array; // [frames, coefficients]
}

/**
 * Divided by the largest of them, sign and all, as MLPerf Tiny does. Where that is 0, in silence and where no sample is above it,
 * it has NaN and −∞: here there is silence.
 */
export function normalizedByPeak(samples: Int16Array | Float32Array): Float32Array {
  let largest = -Infinity;
  for (const x of samples) if (x > largest) largest = x;
  return largest === 0 ? new Float32Array(samples.length) : Float32Array.from(samples, (x) => x / largest);
}

/**
 * Room for the features of so many samples.
 *
 * @throws InputError where there is not enough memory for them
 */
export function emptyFeatures({ framing, context, numFeatures }: FrontEndPlan, samples: number): Features {
  const frames = vectorCount(context, frameCount(framing, samples));
  const coefficients = numFeatures * (1 + context.deltas) * context.stack;
  return { frames, coefficients, data: emptyRows(samples, frames, coefficients) };
}

/** [rows, columns], zeros */
function emptyRows(samples: number, rows: number, columns: number): Float32Array {
  try {
    return new Float32Array(rows * columns);
  } catch (cause) {
    throw new InputError(
      `features: ${samples} samples come to ${rows} vectors of ${columns} numbers, for which there is not enough memory; ` +
        'take a shorter clip, a longer hopLength or a smaller stack, or vector after vector from frontEnd.open()',
      { cause },
    );
  }
}

/** A clip as a stream that ends, into `features`. */
export function streamedFeatures(
  stream: FeatureStream,
  samples: Int16Array | Float32Array,
  { data, coefficients }: Features,
): void {
  for (let at = stream.fillUnchecked(samples, 0); stream.ready; at = stream.fillUnchecked(samples, at))
    data.set(stream.next(), (stream.frames - 1) * coefficients);
  for (stream.finish(); stream.ready;) data.set(stream.next(), (stream.frames - 1) * coefficients);
}

/** A clip whose log energies are raised to what lies topDb below the greatest of them, into `features`. */
export function limitedFeatures(
  extractor: Extractor,
  plan: FrontEndPlan,
  { topDb, energy }: SpectralRecipe,
  samples: Int16Array | Float32Array,
  features: Features,
): void {
  const columns = plan.numMels + (energy === 'none' ? 0 : 1); // behind the filters, the logarithm of `energy`: not raised
  const energies = energiesOf(extractor, plan, columns, samples);
  raise(energies, plan.numMels, columns, (topDb * ln(10)) / 10);
  const context = new ContextStream(plan.context, plan.numFeatures);
  const give = (): void => {
    while (context.has(0)) features.data.set(context.next(), (context.given - 1) * features.coefficients);
  };
  for (let row = 0; row < energies.length; row += columns) {
    extractor.memory.set(energies.subarray(row, row + columns), extractor.energies);
    extractor.transform();
    context.push(extractor.memory, extractor.features);
    give();
  }
  context.finish();
  give();
}

/** Log energies of all frames, [frames, columns]. */
function energiesOf(
  extractor: Extractor,
  { framing }: FrontEndPlan,
  columns: number,
  samples: Int16Array | Float32Array,
): Float32Array {
  const { framer, energies: at } = extractor;
  const energies = emptyRows(samples.length, frameCount(framing, samples.length), columns);
  const take = (): void => {
    extractor.analyse();
    energies.set(extractor.memory.subarray(at, at + columns), framer.frames * columns);
    framer.advance();
  };
  for (let next = framer.fill(samples, 0); framer.ready; next = framer.fill(samples, next)) take();
  for (framer.finish(); framer.ready;) take();
  return energies;
}

/** @param energies [frames, columns], natural logarithms   @param range below the greatest of the first `count` columns */
function raise(energies: Float32Array, count: number, columns: number, range: number): void {
  let greatest = -Infinity;
  energies.forEach((energy, i) => {
    if (i % columns < count && energy > greatest) greatest = energy;
  });
  const least = greatest - range;
  energies.forEach((energy, i) => {
    if (i % columns < count && energy < least) energies[i] = least;
  });
}
