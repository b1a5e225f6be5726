/** Whole recordings, as the originals do them. */
import { ln } from '../arithmetic.js';
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

/** Divided by the largest of them, sign and all, as MLPerf Tiny does; where that is 0, and it has NaN, they stay as they are. */
export function normalizedByPeak(samples: Int16Array | Float32Array): Float32Array {
  let largest = -Infinity;
  for (const x of samples) if (x > largest) largest = x;
  return largest === 0 ? new Float32Array(samples.length) : Float32Array.from(samples, (x) => x / largest);
}

/** A clip as a stream that ends. */
export function streamedFeatures(
  stream: FeatureStream,
  plan: FrontEndPlan,
  samples: Int16Array | Float32Array,
): Features {
  const features = emptyFeatures(plan, samples.length);
  const { data, coefficients } = features;
  for (let at = stream.fill(samples, 0); stream.ready; at = stream.fill(samples, at))
    data.set(stream.next(), (stream.frames - 1) * coefficients);
  for (stream.finish(); stream.ready;) data.set(stream.next(), (stream.frames - 1) * coefficients);
  return features;
}

/** A clip whose log energies are raised to what lies topDb below the greatest of them. */
export function limitedFeatures(
  extractor: Extractor,
  plan: FrontEndPlan,
  { topDb, energy }: SpectralRecipe,
  samples: Int16Array | Float32Array,
): Features {
  const features = emptyFeatures(plan, samples.length);
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
  return features;
}

function emptyFeatures({ framing, context, numFeatures }: FrontEndPlan, samples: number): Features {
  const frames = vectorCount(context, frameCount(framing, samples), true);
  const coefficients = numFeatures * (1 + context.deltas) * context.stack;
  return { frames, coefficients, data: new Float32Array(frames * coefficients) };
}

/** Log energies of all frames, [frames, columns]. */
function energiesOf(
  extractor: Extractor,
  { framing }: FrontEndPlan,
  columns: number,
  samples: Int16Array | Float32Array,
): Float32Array {
  const { framer, energies: at } = extractor;
  const energies = new Float32Array(frameCount(framing, samples.length) * columns);
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
