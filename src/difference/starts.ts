import { frameCount, framingOf } from '../features/framing.js';
import { parseRecipe, PRESET_NAMES } from '../features/parse-recipe.js';
import { featureSize, isMicrofrontend, type Recipe } from '../features/recipe.js';
import { commonHops } from './candidates.js';
import { changed, type Change } from './change.js';
import type { Hearing, Sound } from './sound.js';

/** Frames that a count may be off by: what framing and padding make of the ends. */
const NEAR = 4;

/** Their size is all that is known of the array at first. */
export interface Shape {
  readonly frames: number;
  readonly size: number;
}

/** Every preset, and what was given, at the rates that the sound may have been heard at, with as many features as theirs. */
export function startsOf(given: Recipe, sound: Sound, { frames, size }: Shape): Hearing[] {
  const recipes: Recipe[] = [given];
  for (const preset of PRESET_NAMES) if (preset !== 'custom') recipes.push(parseRecipe({ preset }));
  return recipes
    .flatMap((recipe) => ratesOf(recipe, sound))
    .flatMap(({ recipe, taken }) => sizesOf(recipe, size).map((fitted) => ({ recipe: fitted, taken })))
    .flatMap((hearing) => hopsOf(hearing, sound, frames));
}

/** Resampled to the recipe's rate; taken for that rate without being so; and the recipe at the sound's own rate. */
function ratesOf(recipe: Recipe, sound: Sound): Hearing[] {
  const resampled: Hearing = { recipe, taken: 'resampled' };
  if (recipe.sampleRate === sound.sampleRate) return [resampled];
  const nyquist = recipe.sampleRate / 2;
  const { sampleRate } = sound;
  const highFrequency =
    recipe.highFrequency >= nyquist
      ? (recipe.highFrequency / recipe.sampleRate) * sampleRate
      : Math.min(recipe.highFrequency, sampleRate / 2);
  const as = (samples: number) => Math.round((samples * sampleRate) / recipe.sampleRate);
  const [windowLength, hopLength] = [as(recipe.windowLength), as(recipe.hopLength)];
  const own: Change = { sampleRate, highFrequency };
  const powers = isMicrofrontend(recipe) ? [] : [{ fftSize: 2 ** Math.ceil(Math.log2(windowLength)) }];
  const recipes = [own, ...powers.map((size) => ({ ...own, windowLength, hopLength, ...size }))]
    .map((change) => changed(recipe, change))
    .filter((one) => one !== undefined);
  return [resampled, { recipe, taken: 'as it is' }, ...recipes.map((one) => ({ ...resampled, recipe: one }))];
}

/** The recipe with `size` features, in every way that it may have as many. */
function sizesOf(recipe: Recipe, size: number): Recipe[] {
  if (featureSize(recipe) === size) return [recipe];
  const changes: Change[] = isMicrofrontend(recipe)
    ? [{ numMels: size }]
    : [0, 1, 2]
        .filter((deltas) => size % (1 + deltas) === 0)
        .flatMap((deltas) => {
          const numCoefficients = size / (1 + deltas);
          const numMels = Math.max(recipe.numMels, numCoefficients);
          const bands = { deltas, dct: 'none', numMels: numCoefficients, numCoefficients, lifter: 0, energy: 'none' };
          return recipe.dct === 'none' ? [bands] : [{ deltas, numCoefficients, numMels }, bands];
        });
  const each = featureSize(recipe) / recipe.stack;
  if (size % each === 0) changes.push({ stack: size / each }, { stack: size / each, stackStride: size / each });
  if (recipe.stack > 1 && size % recipe.stack !== 0) changes.push({ stack: 1, stackStride: 1 });
  return changes
    .map((change) => changed(recipe, change))
    .filter((fitted) => fitted !== undefined)
    .filter((fitted) => featureSize(fitted) === size);
}

/** The recipe's own hop, and, where that gives another number of frames, those that give theirs. */
function hopsOf(hearing: Hearing, sound: Sound, frames: number): Hearing[] {
  const { recipe, taken } = hearing;
  const samples = sound.lengthFor(hearing);
  const isNear = (one: Recipe) =>
    Math.abs(Math.floor((frameCount(framingOf(one), samples) - one.stack) / one.stackStride) + 1 - frames) <= NEAR;
  if (isNear(recipe)) return [hearing];
  const others = commonHops(recipe.sampleRate)
    .map((hopLength) => changed(recipe, { hopLength }))
    .filter((one) => one !== undefined)
    .filter(isNear);
  return [hearing, ...others.map((one) => ({ recipe: one, taken }))];
}
