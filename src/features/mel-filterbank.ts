import { log10Double, power10Double } from './double-precision.js';
import { MEL_SCALES } from './mel-scale.js';
import type { SpectralRecipe } from './recipe.js';

/** The weight at x of a triangle that is 1 at `centre`, and 0 at `left` and `right` where they are not there too. */
function triangle(x: number, left: number, centre: number, right: number): number {
  if (x < centre) return x > left ? (x - left) / (centre - left) : 0;
  return x < right ? (right - x) / (right - centre) : 0;
}

/** Where filters begin, peak and end, [numMels + 2] in mel, equally far apart. */
function edgesInMel({ numMels, melScale, lowFrequency, highFrequency }: SpectralRecipe): number[] {
  const { fromHertz } = MEL_SCALES[melScale];
  const low = fromHertz(lowFrequency);
  const step = (fromHertz(highFrequency) - low) / (numMels + 1);
  return Array.from({ length: numMels + 2 }, (_, i) => low + i * step);
}

/** The same in Hz. */
function edgesInHertz(recipe: SpectralRecipe): number[] {
  return edgesInMel(recipe).map(MEL_SCALES[recipe.melScale].toHertz);
}

/** Hz by way of HTK's mel, operation for operation as python_speech_features: hz2mel, mel2hz. */
function throughMel(hertz: number): number {
  const mel = 2595 * log10Double(1 + hertz / 700);
  return 700 * (power10Double(mel / 2595) - 1);
}

/**
 * The same in whole bins. An outermost edge often is a whole number of bins, and what its way to mel and back leaves of it then
 * decides its bin: python_speech_features' goes there, while sonopy's last must stay where it is said to be. sonopy's
 * correct_grid, which is to part edges that coincide, leaves all as they are.
 */
function edgesInBins(recipe: SpectralRecipe): number[] {
  const { fftSize, sampleRate, lowFrequency, highFrequency, melShape } = recipe;
  const points = melShape === 'sonopy' ? Math.floor(fftSize / 2) + 1 : fftSize + 1;
  const ends = [lowFrequency, highFrequency].map(melShape === 'sonopy' ? (hertz) => hertz : throughMel);
  const inside = edgesInHertz(recipe).slice(1, -1);
  return [ends[0], ...inside, ends[1]].map((hertz) => Math.floor((points * hertz) / sampleRate));
}

/** Edges of the filters, [numMels + 2], and where bins lie on the same axis. */
interface Grid {
  readonly edges: readonly number[];
  readonly placeOf: (bin: number) => number;
  /** Bins below it have no weight. */
  readonly firstBin: number;
}

function gridOf(recipe: SpectralRecipe): Grid {
  const { melShape, melScale, fftSize, sampleRate, lowFrequency } = recipe;
  const hertzOf = (bin: number): number => (bin * sampleRate) / fftSize;
  const inMel = (bin: number): number => MEL_SCALES[melScale].fromHertz(hertzOf(bin));
  switch (melShape) {
    case 'hertz':
      return { edges: edgesInHertz(recipe), placeOf: hertzOf, firstBin: 0 };
    case 'mel':
      return { edges: edgesInMel(recipe), placeOf: inMel, firstBin: 0 };
    case 'tensorflow': // mfcc_mel_filterbank.cc: start_index_
      return {
        edges: edgesInMel(recipe),
        placeOf: inMel,
        firstBin: Math.floor(1.5 + (lowFrequency * fftSize) / sampleRate),
      };
    default:
      return { edges: edgesInBins(recipe), placeOf: (bin) => bin, firstBin: 0 };
  }
}

/**
 * Triangular filters on the bins of a spectrum, [numMels][⌊fftSize / 2⌋ + 1]. A filter so narrow that it holds no bin is all
 * zeros, as in the original programs.
 */
export function melFilterbank(recipe: SpectralRecipe): Float64Array[] {
  const { numMels, fftSize, melNorm } = recipe;
  const { edges, placeOf, firstBin } = gridOf(recipe);
  const bins = Math.floor(fftSize / 2) + 1;
  const places = Array.from({ length: bins }, (_, bin) => placeOf(bin));
  const hertz = melNorm === 'slaney' ? edgesInHertz(recipe) : [];
  return Array.from({ length: numMels }, (_, filter) => {
    const [left, centre, right] = edges.slice(filter, filter + 3);
    const height = melNorm === 'slaney' ? 2 / (hertz[filter + 2] - hertz[filter]) : 1;
    const weights = new Float64Array(bins);
    for (let bin = firstBin; bin < bins && places[bin] <= right; bin++)
      weights[bin] = height * triangle(places[bin], left, centre, right);
    return weights;
  });
}

/** Sentences about filters that hold no bin, whose features never change. */
export function filterbankWarnings(recipe: SpectralRecipe, filters: readonly Float64Array[]): string[] {
  const empty = filters.flatMap((filter, i) => (filter.some((weight) => weight > 0) ? [] : [i]));
  if (empty.length === 0) return [];
  const { numMels, fftSize, sampleRate, preset } = recipe;
  const [first] = empty;
  const [from, , to] = edgesInHertz(recipe).slice(first, first + 3);
  return [
    `front end "${preset}": ${empty.length} of ${numMels} filters (the first is filter ${first}, ${from.toFixed(0)} to ` +
      `${to.toFixed(0)} Hz) hold no bin of a ${fftSize}-point spectrum at ${sampleRate} Hz, and are the floor whatever is ` +
      'heard, as in the original; a model of your own hears more with fewer numMels, a larger fftSize or a higher lowFrequency',
  ];
}
