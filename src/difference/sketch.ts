import { melFilterbank } from '../features/mel-filterbank.js';
import type { SpectralRecipe } from '../features/recipe.js';
import { Spectrograph, spectraKey, type Spectra } from './spectra.js';
import type { Hearing, Sound } from './sound.js';

/** How a recipe hears the clip, `offset` frames late. */
export interface Placed {
  readonly recipe: SpectralRecipe;
  readonly taken: Hearing['taken'];
  readonly offset: number;
}

/** A filterbank without its zeros. */
interface Bank {
  readonly first: Int32Array; // [numMels] bin
  readonly start: Int32Array; // [numMels + 1] in weights
  readonly weights: Float64Array;
}

/** Results of a step that are kept, in all. */
const KEPT = 600;
/** ln x as a multiple of what is taken in its place. */
const LOG_UNITS = { ln: 1, log10: Math.LOG10E, db: 10 * Math.LOG10E, none: 1 };
/** As in planSpectral: the least energy where the floor is added. */
const LEAST_NORMAL = 2 ** -126;

/**
 * Features of some frames of a clip, for a search: what recipes share of the way from samples is computed once. Deltas are left
 * out, of a stack the first frame is given, and topDb counts from the loudest of these frames: the whole front end has the last
 * word.
 */
export class Sketcher {
  readonly #sound: Sound;
  readonly #frames: readonly number[];
  readonly #spectrograph: Spectrograph;
  readonly #spectra = new Map<string, Spectra>();
  readonly #energies = new Map<string, Float64Array>();
  readonly #banks = new Map<string, Bank>();
  readonly #cosines = new Map<string, Float64Array>();

  /** @param frames of theirs */
  constructor(sound: Sound, frames: readonly number[], spectrograph: Spectrograph) {
    this.#sound = sound;
    this.#frames = frames;
    this.#spectrograph = spectrograph;
  }

  /** [frames, numCoefficients]; undefined where the clip is not there at the recipe's rate. */
  sketch(placed: Placed): Float64Array | undefined {
    const { recipe } = placed;
    const samples = this.#sound.samplesFor(placed);
    if (!samples) return undefined;
    const key = `${placed.taken},${placed.offset},${spectraKey(recipe)}`;
    const spectra = kept(this.#spectra, key, () => {
      const frames = this.#frames.map((t) => (t + placed.offset) * recipe.stackStride);
      return this.#spectrograph.spectra(recipe, samples, frames);
    });
    const { melScale, melShape, melNorm, lowFrequency, highFrequency, numMels, fftSize, sampleRate } = recipe;
    const bank = [melScale, melShape, melNorm, lowFrequency, highFrequency, numMels, fftSize, sampleRate].join();
    const energies = kept(this.#energies, `${key},${bank},${recipe.spectrum}`, () =>
      filter(
        spectra,
        kept(this.#banks, bank, () => bankOf(recipe)),
        recipe.spectrum,
      ),
    );
    const gain = this.#gain(recipe, samples);
    const logs = logarithms(energies, recipe, recipe.spectrum === 'power' ? gain ** 2 : gain);
    return this.#transformed(logs, spectra, recipe, gain);
  }

  /** What samples are multiplied with. */
  #gain({ sampleScale, spectrumScale, normalize, fftSize }: SpectralRecipe, samples: Float32Array): number {
    const peak = normalize === 'peak' ? this.#sound.peakOf(samples) : 1;
    return (sampleScale === 'int16' ? 32768 : 1) / (spectrumScale === 'fftSize' ? Math.sqrt(fftSize) : 1) / peak;
  }

  /** Log energies [frames, numMels] as features. */
  #transformed(logs: Float64Array, spectra: Spectra, recipe: SpectralRecipe, gain: number): Float64Array {
    const { numMels, numCoefficients: size, dct, lifter, energy, outputScale, outputOffset, mean, scale } = recipe;
    const unit = LOG_UNITS[recipe.log];
    const frames = this.#frames.length;
    const features = new Float64Array(frames * size);
    const cosines = dct === 'none' ? undefined : this.#cosinesOf(numMels, size);
    for (let c = 0; c < size; c++) {
      const lift = lifter === 0 ? 1 : 1 + (lifter / 2) * Math.sin((Math.PI * c) / lifter);
      const norm = cosines ? unit * lift * Math.sqrt((c === 0 && dct === 'ortho' ? 1 : 2) / numMels) : unit;
      for (let i = 0; i < frames; i++) {
        let sum = 0;
        if (cosines) for (let j = 0; j < numMels; j++) sum += cosines[c * numMels + j] * logs[i * numMels + j];
        else sum = logs[i * numMels + c];
        const value = c === 0 && energy !== 'none' ? lnEnergy(spectra, recipe, gain, i) : norm * sum;
        features[i * size + c] = (outputScale * value + outputOffset - (mean?.[c] ?? 0)) * (scale?.[c] ?? 1);
      }
    }
    return features;
  }

  #cosinesOf(numMels: number, size: number): Float64Array {
    return kept(this.#cosines, `${numMels},${size}`, () =>
      Float64Array.from({ length: size * numMels }, (_, at) =>
        Math.cos((Math.PI * Math.floor(at / numMels) * ((at % numMels) + 0.5)) / numMels),
      ),
    );
  }
}

/** Of what was kept, the oldest half goes where it is too much. */
function kept<Value>(map: Map<string, Value>, key: string, make: () => Value): Value {
  const known = map.get(key);
  if (known !== undefined) return known;
  if (map.size >= KEPT) for (const old of [...map.keys()].slice(0, KEPT / 2)) map.delete(old);
  const value = make();
  map.set(key, value);
  return value;
}

function bankOf(recipe: SpectralRecipe): Bank {
  const filters = melFilterbank(recipe);
  const first = new Int32Array(filters.length);
  const start = new Int32Array(filters.length + 1);
  const runs = filters.map((weights, j) => {
    let [from, end] = [0, weights.length];
    while (from < end && weights[from] === 0) from++;
    while (end > from && weights[end - 1] === 0) end--;
    first[j] = from;
    start[j + 1] = start[j] + end - from;
    return weights.subarray(from, end);
  });
  const weights = new Float64Array(start[filters.length]);
  runs.forEach((run, j) => weights.set(run, start[j]));
  return { first, start, weights };
}

/** [frames, numMels] */
function filter({ bins, power }: Spectra, bank: Bank, spectrum: SpectralRecipe['spectrum']): Float64Array {
  const { first, start, weights } = bank;
  const numMels = first.length;
  const frames = power.length / bins;
  const values = spectrum === 'power' ? power : power.map(Math.sqrt);
  const energies = new Float64Array(frames * numMels);
  for (let i = 0; i < frames; i++) {
    for (let j = 0; j < numMels; j++) {
      const from = i * bins + first[j] - start[j];
      let sum = 0;
      for (let k = start[j]; k < start[j + 1]; k++) sum += weights[k] * values[from + k];
      energies[i * numMels + j] = sum;
    }
  }
  return energies;
}

/** Natural ones, floored. */
function logarithms(energies: Float64Array, recipe: SpectralRecipe, gain: number): Float64Array {
  const { log, floorKind, logFloor, topDb } = recipe;
  if (log === 'none') return energies.map((energy) => gain * energy);
  const add = floorKind === 'add' ? logFloor : 0;
  const least = floorKind === 'add' ? LEAST_NORMAL : logFloor;
  const logs = new Float64Array(energies.length);
  let greatest = -Infinity;
  for (let at = 0; at < logs.length; at++) {
    const energy = gain * energies[at];
    logs[at] = Math.log((energy > least ? energy : least) + add);
    if (logs[at] > greatest) greatest = logs[at];
  }
  if (topDb === 0) return logs;
  const bottom = greatest - (topDb * Math.LN10) / 10;
  return logs.map((value) => (value < bottom ? bottom : value));
}

/** What replaces cepstrum 0 of frame i. */
function lnEnergy(spectra: Spectra, recipe: SpectralRecipe, gain: number, i: number): number {
  const { energy, spectrum, logFloor, floorKind, spectrumScale, fftSize } = recipe;
  let sum = 0;
  if (energy === 'samples') {
    sum = gain ** 2 * (spectrumScale === 'fftSize' ? fftSize : 1) * spectra.energy[i];
  } else {
    for (let k = i * spectra.bins; k < (i + 1) * spectra.bins; k++)
      sum += spectrum === 'power' ? spectra.power[k] : Math.sqrt(spectra.power[k]);
    sum *= spectrum === 'power' ? gain ** 2 : gain;
  }
  return Math.log(floorKind === 'add' ? Math.max(sum, LEAST_NORMAL) + logFloor : Math.max(sum, logFloor));
}
