import assert from 'node:assert/strict';
import test from 'node:test';
import { FrontEnd } from '#dist/features/front-end.js';
import { parseRecipe } from '#dist/features/parse-recipe.js';
import type { SpectralRecipe } from '#dist/features/recipe.js';
import { uniform } from './support.js';

const CEPSTRA = 6;
const SMALL = {
  windowLength: 128,
  hopLength: 100,
  fftSize: 128,
  numMels: 12,
  numCoefficients: CEPSTRA,
  logFloor: 1e-12,
  spectrumScale: 'fftSize',
} as const;

/** Noise that falls by 60 dB, of which every 100 samples are a step. */
const falling = Float32Array.from({ length: 3000 }, uniform(11)).map((x, n) => x * 10 ** (-n / 1000));

/** A feature of every frame. */
function column(fields: Partial<SpectralRecipe>, feature: number): number[] {
  const { data, coefficients } = new FrontEnd(parseRecipe({ ...SMALL, ...fields })).features(falling);
  return [...data.filter((_, i) => i % coefficients === feature)];
}

for (const energy of ['samples', 'spectrum'] as const) {
  test(`topDb raises bands and counts from the loudest of them: the energy of "${energy}" is no band`, () => {
    const topDb = 20;
    const bands = Array.from({ length: 12 }, (_, band) => column({ dct: 'none', numCoefficients: 12 }, band)).flat();
    const loudest = Math.max(...bands);
    const least = loudest - (topDb * Math.LN10) / 10;
    const energies = column({ energy }, 0);
    assert.ok(energies[0] > loudest + 1 && energies.at(-1)! < least - 1 && Math.min(...bands) < least - 1);
    assert.deepEqual(column({ energy, topDb }, 0), energies);
    for (let c = 1; c < CEPSTRA; c++) {
      assert.deepEqual(column({ energy, topDb }, c), column({ topDb }, c));
      assert.notDeepEqual(column({ energy, topDb }, c), column({ energy }, c));
    }
  });
}
