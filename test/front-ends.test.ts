import assert from 'node:assert/strict';
import test from 'node:test';
import { FrontEnd } from '#dist/features/front-end.js';
import { parseRecipe, PRESET_NAMES } from '#dist/features/parse-recipe.js';
import { isMicrofrontend } from '#dist/features/recipe.js';
import { differenceOf, goldenEntries, goldenFeatures, goldenSignal } from './golden.js';

/** Largest differences of log energies and of cepstra, in units of ln. */
const BANDS_TOLERANCE = 1e-3;
const CEPSTRA_TOLERANCE = 5e-3;

for (const entry of goldenEntries()) {
  test(`${entry.name} agrees with ${entry.original}`, async (t) => {
    const recipe = parseRecipe(entry.recipe);
    for (const [signal, theirs] of goldenFeatures(entry)) {
      const samples = await goldenSignal(signal);
      if (isMicrofrontend(recipe)) {
        assert.deepEqual(new FrontEnd(recipe).features(samples), theirs, signal);
        continue;
      }
      const { largest, frame, feature, quiet } = differenceOf(recipe, samples, theirs);
      const where = `${signal}: ${largest.toExponential(1)}, in frame ${frame} of ${theirs.frames}, feature ${feature}`;
      t.diagnostic(`${where}; where bands are 70 dB apart ${quiet.toExponential(1)}`);
      const tolerance = recipe.dct === 'none' ? BANDS_TOLERANCE : CEPSTRA_TOLERANCE;
      assert.ok(largest <= tolerance, where);
    }
  });
}

test('every preset has an original to agree with', () => {
  const compared = new Set(goldenEntries().map(({ recipe }) => recipe.preset));
  const ours = ['mfcc', 'custom'];
  assert.deepEqual(
    PRESET_NAMES.filter((name) => !compared.has(name) && !ours.includes(name)),
    [],
  );
});
