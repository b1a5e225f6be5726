import assert from 'node:assert/strict';
import test from 'node:test';
import { FrontEnd } from '#dist/features/front-end.js';
import { parseRecipe, PRESET_NAMES } from '#dist/features/parse-recipe.js';
import { isMicrofrontend } from '#dist/features/recipe.js';
import { differenceOf, goldenEntries, goldenFeatures, goldenSignal } from './golden.js';

/** Largest differences of log energies and of cepstra, in units of ln. */
const BANDS_TOLERANCE = 1e-3;
const CEPSTRA_TOLERANCE = 5e-3;
/** The same beside much louder bands, of which single precision has little left: 8.5e-2 is the largest that was measured. */
const QUIET_TOLERANCE = 0.1;
/** Of an entry's numbers, how many must not lie beside much louder bands. */
const HELD_PART = 0.5;

for (const entry of goldenEntries()) {
  test(`${entry.name} agrees with ${entry.original}`, async (t) => {
    const recipe = parseRecipe(entry.recipe);
    let [held, all] = [0, 0];
    for (const [signal, theirs] of goldenFeatures(entry)) {
      const samples = await goldenSignal(signal);
      if (isMicrofrontend(recipe)) {
        assert.deepEqual(new FrontEnd(recipe).features(samples), theirs, signal);
        continue;
      }
      const { largest, frame, feature, compared, quiet } = differenceOf(recipe, samples, theirs);
      held += compared;
      all += theirs.data.length;
      const where = `${signal}: ${largest.toExponential(1)}, in frame ${frame} of ${theirs.frames}, feature ${feature}`;
      t.diagnostic(`${where}; where bands are 70 dB apart ${quiet.toExponential(1)}`);
      const tolerance = recipe.dct === 'none' ? BANDS_TOLERANCE : CEPSTRA_TOLERANCE;
      assert.ok(largest <= tolerance, where);
      assert.ok(quiet <= QUIET_TOLERANCE, `${signal}: ${quiet} beside bands 70 dB louder`);
    }
    t.diagnostic(`${held} of ${all} numbers held`);
    assert.ok(isMicrofrontend(recipe) || held > HELD_PART * all, `${held} of ${all} numbers held to the tolerance`);
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
