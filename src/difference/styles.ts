import { parseRecipe, PRESET_NAMES } from '../features/parse-recipe.js';
import { featuresPerFrame, isMicrofrontend, type Recipe, type SpectralRecipe } from '../features/recipe.js';
import type { Placed } from './sketch.js';
import type { Sound } from './sound.js';

/** Hz, the rate of most models for speech. */
const SPEECH_RATE = 16000;

/** A preset, or what was given, at a rate. */
export interface Style {
  readonly recipe: SpectralRecipe;
  readonly taken: Placed['taken'];
}

/** Vectors of several frames. */
interface Stacking {
  readonly stack: number;
  readonly stackStride: number;
}

/** Other calls that are common: what comes before a transform is hardest to find from afar. */
const COMMON_CALLS: readonly Partial<SpectralRecipe>[] = [
  { preset: 'python-speech-features', window: 'hamming-symmetric' },
  { preset: 'python-speech-features', preEmphasis: 0 },
];

/** What was given, every preset that has no state, and calls that are common. */
export function spectralStyles(given: Recipe): SpectralRecipe[] {
  const presets = PRESET_NAMES.filter((name) => name !== 'custom').map((preset) => parseRecipe({ preset }));
  const calls = COMMON_CALLS.map((call) => parseRecipe(call));
  return [given, ...presets, ...calls].filter((recipe) => !isMicrofrontend(recipe));
}

/** At the sound's own rate, at that of what was given and at 16 kHz; and as it is at its own, resampled or not, as librosa. */
export function ratesOf(recipe: SpectralRecipe, sound: Sound, givenRate: number): Style[] {
  const rates = new Set([sound.sampleRate, givenRate, SPEECH_RATE].filter((rate) => sound.has(rate)));
  const styles: Style[] = [...rates].map((rate) => ({ recipe: atRate(recipe, rate), taken: 'resampled' }));
  if (recipe.sampleRate === sound.sampleRate) return styles;
  if (!rates.has(recipe.sampleRate) && sound.has(recipe.sampleRate)) styles.push({ recipe, taken: 'resampled' });
  return [...styles, { recipe, taken: 'as it is' }];
}

function atRate(recipe: SpectralRecipe, sampleRate: number): SpectralRecipe {
  const ratio = sampleRate / recipe.sampleRate;
  if (ratio === 1) return recipe;
  const { highFrequency, hopLength, windowLength } = recipe;
  const high = highFrequency >= recipe.sampleRate / 2 ? highFrequency * ratio : Math.min(highFrequency, sampleRate / 2);
  const length = Math.round(windowLength * ratio);
  const fftSize = Math.min(4096, 2 ** Math.ceil(Math.log2(length)));
  const hop = Math.round(hopLength * ratio);
  return { ...recipe, sampleRate, highFrequency: high, windowLength: length, hopLength: hop, fftSize };
}

export function stackingsOf(given: Recipe, size: number): Stacking[] {
  const stackings: Stacking[] = [{ stack: 1, stackStride: 1 }];
  const { stack, stackStride } = given;
  if (stack > 1 && size % stack === 0) stackings.push({ stack, stackStride });
  const frames = size / featuresPerFrame(given);
  if (Number.isInteger(frames) && frames > 1 && frames !== stack)
    stackings.push({ stack: frames, stackStride: 1 }, { stack: frames, stackStride: frames });
  return stackings;
}
