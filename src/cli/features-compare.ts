/** `tympan features --compare`: an .npy file beside what the recipe makes of the same sound. */
import { explainDifference } from '../difference/difference.js';
import type { Matrix } from '../difference/matrix.js';
import { Sound } from '../difference/sound.js';
import { completeRecipe, InputError, presetNames, type Recipe } from '../index.js';
import { readAudio } from '../node/index.js';
import { readNpy, type NpyArray } from '../node/npy.js';
import { describeDifference } from './difference-text.js';
import type { FeaturesFlags } from './features.js';
import { about } from './options.js';
import { Progress } from './progress.js';
import { toJson } from './terminal.js';

/** Natural logarithms: what single precision leaves of bands that are heard. */
const TOLERANCE = 1e-3;

export async function compareFeatures(
  file: string,
  recipe: Recipe,
  flags: FeaturesFlags & { compare: string },
): Promise<void> {
  const array = await readNpy(flags.compare);
  const theirs = matrixOf(array, flags.compare);
  const sound = await soundOf(file, recipe);
  const tolerance = { ln: flags.tolerance ?? TOLERANCE, rounding: array.rounding };
  const progress = new Progress(1, !flags.json);
  const difference = await about(file, async () =>
    explainDifference(recipe, theirs, sound, tolerance, (part) => progress.at(part)),
  ).finally(() => progress.stop());
  if (flags.json) process.stdout.write(`${toJson({ file, compared: flags.compare, ...difference }, 2)}\n`);
  else process.stdout.write(`${describeDifference(difference, nameOf(flags, recipe), flags.compare).join('\n')}\n`);
  process.exitCode = difference.equal ? 0 : 1;
}

/** What the user gave, in a word or two. */
function nameOf({ preset, frontend, set = {} }: FeaturesFlags, recipe: Recipe): string {
  const changed = frontend !== undefined || Object.keys(set).length > 0 ? ', changed' : '';
  return `${preset === undefined && frontend === undefined ? "the model's: " : ''}${recipe.preset}${changed}`;
}

/** @throws InputError for an array that is no table of numbers */
function matrixOf({ shape, data }: NpyArray, name: string): Matrix {
  const axes = shape.filter((extent) => extent !== 1);
  const [frames, size] = shape.length >= 2 && axes.length < 2 ? shape.slice(-2) : axes;
  if (size === undefined || axes.length > 2)
    throw new InputError(
      `${name}: an array of shape [${shape.join(', ')}], expected one clip's features: [frames, features] or [features, frames]`,
    );
  if (data.length === 0) throw new InputError(`${name}: holds no features: its shape is [${shape.join(', ')}]`);
  return { frames, size, data };
}

/** The clip at its own rate, and at those that recipes hear it at. */
async function soundOf(file: string, recipe: Recipe): Promise<Sound> {
  const presets = (await presetNames()).filter((name) => name !== 'custom');
  const recipes = await Promise.all(presets.map((preset) => completeRecipe({ preset })));
  const first = await readAudio(file, { sampleRate: recipe.sampleRate });
  const own = first.original.sampleRate;
  const versions = new Map([[recipe.sampleRate, first.samples]]);
  for (const rate of new Set([own, ...recipes.map(({ sampleRate }) => sampleRate)]))
    if (!versions.has(rate)) versions.set(rate, (await readAudio(file, { sampleRate: rate })).samples);
  return new Sound(own, versions);
}
