import { FrontEnd } from '../../dist/features/front-end.js';
import { parseRecipe } from '../../dist/features/parse-recipe.js';
import { isMicrofrontend } from '../../dist/features/recipe.js';
import { figure, table } from './tables.mjs';

/** What compares with the originals is a part of the tests, and compiled with them. */
const { differenceOf, goldenEntries, goldenFeatures, goldenSignal } = await import('../../build/test/golden.js');

/** Of the microfrontend, in steps of its integers. */
function stepsApart(recipe, samples, theirs) {
  const { data } = new FrontEnd(recipe).features(samples);
  if (data.length !== theirs.data.length)
    throw new Error(`got ${data.length} features, expected ${theirs.data.length}`);
  const largest = data.reduce((most, value, i) => Math.max(most, Math.abs(value - theirs.data[i])), 0);
  return { largest: largest / recipe.outputScale, compared: data.length, quiet: 0 };
}

/**
 * The largest differences from the original programs, one entry of the manifest after the other, in units of ln: see Difference in
 * test/golden.ts.
 */
export async function compareAll() {
  const compared = [];
  for (const entry of goldenEntries()) {
    const recipe = parseRecipe(entry.recipe);
    const apart = isMicrofrontend(recipe) ? stepsApart : differenceOf;
    const worst = { frames: 0, numbers: 0, compared: 0, largest: 0, quiet: 0 };
    for (const [signal, theirs] of goldenFeatures(entry)) {
      const { largest, compared: held, quiet } = apart(recipe, await goldenSignal(signal), theirs);
      worst.frames += theirs.frames;
      worst.numbers += theirs.data.length;
      worst.compared += held;
      worst.largest = Math.max(worst.largest, largest);
      worst.quiet = Math.max(worst.quiet, quiet);
    }
    compared.push({ preset: recipe.preset, original: entry.original, ...worst });
  }
  return compared;
}

/** @param {Awaited<ReturnType<typeof compareAll>>} compared */
export function errorTable(compared) {
  return table(
    ['original', 'preset', 'frames', 'held', 'largest', 'beside much louder bands'],
    compared.map(({ original, preset, frames, numbers, compared: held, largest, quiet }) => {
      const part = `${Math.floor((100 * held) / numbers)} %`;
      return [original, `\`${preset}\``, frames, part, figure(largest), figure(quiet)];
    }),
  );
}

/** The largest error of each preset. */
export function presetErrors(compared) {
  const worst = new Map();
  for (const { preset, largest } of compared) worst.set(preset, Math.max(largest, worst.get(preset) ?? 0));
  return worst;
}
