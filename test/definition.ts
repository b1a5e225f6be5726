/** A recipe's features by the words of its fields, in float64 and with nothing folded into anything: what a plan must come to. */
import { melFilterbank } from '#dist/features/mel-filterbank.js';
import type { SpectralRecipe } from '#dist/features/recipe.js';

const WINDOWS: Record<SpectralRecipe['window'], (t: number, length: number) => number> = {
  hann: (t, length) => 0.5 - 0.5 * Math.cos((2 * Math.PI * t) / length),
  'hann-symmetric': (t, length) => 0.5 - 0.5 * Math.cos((2 * Math.PI * t) / (length - 1)),
  hamming: (t, length) => 0.54 - 0.46 * Math.cos((2 * Math.PI * t) / length),
  'hamming-symmetric': (t, length) => 0.54 - 0.46 * Math.cos((2 * Math.PI * t) / (length - 1)),
  povey: (t, length) => Math.max(0, 0.5 - 0.5 * Math.cos((2 * Math.PI * t) / (length - 1))) ** 0.85,
  rectangular: () => 1,
};

const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/** Frame `t` before its window, of framing "whole" or "uncentred". */
function frameOf(recipe: SpectralRecipe, samples: Float32Array, t: number): { frame: number[]; energy: number } {
  const { sampleScale, preEmphasis, preEmphasisOver, removeDc, framing, windowLength, fftSize, hopLength } = recipe;
  const start = t * hopLength;
  const length = framing === 'uncentred' ? fftSize : windowLength;
  const heard = Array.from(samples, (x) => (sampleScale === 'int16' ? 32768 * x : x));
  const signal =
    preEmphasisOver === 'signal' ? heard.map((x, n) => x - preEmphasis * (n === 0 ? 0 : heard[n - 1])) : heard;
  const cut = signal.slice(start, start + length);
  const mean = removeDc ? sum(cut) / length : 0;
  const level = cut.map((x) => x - mean);
  const energy = sum(level.map((x) => x * x));
  const frame = level.map((x, n) => (preEmphasisOver === 'frame' ? x - preEmphasis * level[Math.max(0, n - 1)] : x));
  return { frame, energy };
}

function spectrumOf(recipe: SpectralRecipe, frame: readonly number[]): number[] {
  const { window, windowLength, fftSize, framing, spectrum, spectrumScale } = recipe;
  const start = framing === 'uncentred' ? Math.floor((fftSize - windowLength) / 2) : 0;
  const windowed = frame.slice(0, fftSize).map((x, n) => {
    const inside = n >= start && n < start + windowLength;
    return inside ? x * WINDOWS[window](n - start, windowLength) : 0;
  });
  return Array.from({ length: Math.floor(fftSize / 2) + 1 }, (_, k) => {
    const angle = (n: number): number => (2 * Math.PI * ((k * n) % fftSize)) / fftSize;
    const re = sum(windowed.map((x, n) => x * Math.cos(angle(n))));
    const im = sum(windowed.map((x, n) => x * Math.sin(angle(n))));
    const power = (re * re + im * im) / (spectrumScale === 'fftSize' ? fftSize : 1);
    return spectrum === 'magnitude' ? Math.sqrt(power) : power;
  });
}

/** The features of frame `t`, without deltas. */
export function featuresByDefinition(recipe: SpectralRecipe, samples: Float32Array, t: number): number[] {
  const { numMels, numCoefficients, log, floorKind, logFloor, dct, lifter, energy: replacing } = recipe;
  const { frame, energy } = frameOf(recipe, samples, t);
  const spectrum = spectrumOf(recipe, frame);
  const floored = (x: number): number => (floorKind === 'add' ? x + logFloor : Math.max(x, logFloor));
  const logs = { ln: Math.log, log10: Math.log10, db: (x: number) => 10 * Math.log10(x), none: (x: number) => x };
  const bands = melFilterbank(recipe).map((filter) => {
    const band = sum(spectrum.map((x, k) => x * filter[k]));
    return log === 'none' ? band : logs[log](floored(band));
  });
  const cepstrum = (c: number): number => {
    const norm = Math.sqrt((c === 0 && dct === 'ortho' ? 1 : 2) / numMels);
    const lift = lifter === 0 ? 1 : 1 + (lifter / 2) * Math.sin((Math.PI * c) / lifter);
    return norm * lift * sum(bands.map((band, j) => band * Math.cos((Math.PI * c * (j + 0.5)) / numMels)));
  };
  const features = Array.from({ length: numCoefficients }, (_, c) => (dct === 'none' ? bands[c] : cepstrum(c)));
  if (replacing !== 'none') features[0] = Math.log(floored(replacing === 'samples' ? energy : sum(spectrum)));
  return features.map((x, c) => {
    const scaled = x * recipe.outputScale + recipe.outputOffset;
    return (scaled - (recipe.mean?.[c] ?? 0)) * (recipe.scale?.[c] ?? 1);
  });
}
