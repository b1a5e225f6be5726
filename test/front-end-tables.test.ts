import assert from 'node:assert/strict';
import test from 'node:test';
import { exp, ln, turn } from '#dist/arithmetic.js';
import { MEL_SCALES } from '#dist/features/mel-scale.js';
import { melFilterbank } from '#dist/features/mel-filterbank.js';
import { parseRecipe, PRESET_NAMES } from '#dist/features/parse-recipe.js';
import { planFrontEnd, tableWarnings } from '#dist/features/plan-front-end.js';
import type { RecipeOptions, SpectralRecipe } from '#dist/features/recipe.js';
import { windowTable } from '#dist/features/window.js';
import { printProgram } from '#dist/kernels/program.js';
import { maxDifference } from './support.js';

const spectral = (fields: Partial<SpectralRecipe>): SpectralRecipe => parseRecipe(fields);

test('table arithmetic agrees with Math to 1e-14', () => {
  for (let i = -2000; i <= 2000; i++) {
    const angle = (2 * Math.PI * i) / 1234;
    assert.ok(
      Math.abs(turn(i, 1234).cos - Math.cos(angle)) < 1e-14 && Math.abs(turn(i, 1234).sin - Math.sin(angle)) < 1e-14,
    );
    const x = i / 100;
    assert.ok(Math.abs(exp(x) / Math.exp(x) - 1) < 1e-13);
    if (i > 0) assert.ok(Math.abs(ln(x) - Math.log(x)) < 1e-14 * Math.max(1, Math.abs(Math.log(x))));
  }
  assert.deepEqual(turn(1, 4), { cos: -0, sin: 1 });
});

test('windows are those of scipy.signal.get_window and of Kaldi', () => {
  const [windowLength, fftSize] = [8, 10];
  const table = (fields: Partial<SpectralRecipe>): number[] => [
    ...windowTable(spectral({ windowLength, fftSize, numMels: 2, numCoefficients: 2, ...fields })),
  ];
  const near = (got: number[], expected: number[]): void => assert.ok(maxDifference(got, expected) < 1e-9, `${got}`);
  near(table({}), [0, 0.1464466094, 0.5, 0.8535533906, 1, 0.8535533906, 0.5, 0.1464466094, 0, 0]);
  const symmetric = [0, 0.1882550991, 0.611260467, 0.950484434];
  near(table({ window: 'hann-symmetric' }), [...symmetric, ...symmetric.toReversed(), 0, 0]);
  const povey = symmetric.map((x) => x ** 0.85);
  near(table({ window: 'povey' }), [...povey, ...povey.toReversed(), 0, 0]);
  near(
    table({ window: 'hamming' }),
    [0.08, 0.2147308807, 0.54, 0.8652691193, 1, 0.8652691193, 0.54, 0.2147308807, 0, 0],
  );
  near(table({ window: 'rectangular', framing: 'uncentred' }), [0, ...new Array<number>(8).fill(1), 0]);
  near(table({ window: 'rectangular', windowLength: 20 }), new Array<number>(10).fill(1));
  near(
    table({ window: 'rectangular', windowLength: 1 + 9, sampleScale: 'int16', fftSize: 16, spectrumScale: 'fftSize' }),
    [...new Array<number>(10).fill(8192), ...new Array<number>(6).fill(0)],
  );
});

test('mel scales go through their known points, and back', () => {
  const { htk, slaney } = MEL_SCALES;
  assert.ok(Math.abs(htk.fromHertz(1000) - 999.9855) < 1e-4);
  assert.ok(Math.abs(slaney.fromHertz(1000) - 15) < 1e-12 && Math.abs(slaney.fromHertz(6400) - 42) < 1e-12);
  assert.equal(slaney.fromHertz(500), 7.5);
  for (const scale of [htk, slaney]) {
    for (const hertz of [0, 1, 440, 999.9, 1000, 8000, 48000])
      assert.ok(Math.abs(scale.toHertz(scale.fromHertz(hertz)) - hertz) <= 1e-11 * hertz);
  }
});

test('inside the bank, filters without a norm sum to 1 at every bin, on whichever axis they are linear', () => {
  for (const melShape of ['hertz', 'mel', 'bins', 'tensorflow'] as const) {
    for (const melScale of ['htk', 'slaney'] as const) {
      const filters = melFilterbank(spectral({ melShape, melScale, lowFrequency: 100, fftSize: 1024, numMels: 20 }));
      const peaks = filters.map((filter) => filter.indexOf(Math.max(...filter)));
      for (let bin = peaks[0] + 1; bin < peaks[19]; bin++) {
        const sum = filters.reduce((total, filter) => total + filter[bin], 0);
        assert.ok(Math.abs(sum - 1) < 1e-12, `${melShape}, ${melScale}, bin ${bin}: ${sum}`);
      }
    }
  }
});

test('Slaney’s norm makes the area of every filter 1 Hz', () => {
  const recipe = spectral({ preset: 'librosa', fftSize: 4096, windowLength: 2048, numMels: 20 });
  for (const filter of melFilterbank(recipe)) {
    const area = filter.reduce((sum, weight) => sum + weight, 0) * (recipe.sampleRate / recipe.fftSize);
    assert.ok(Math.abs(area - 1) < 2e-3, `${area}`);
  }
});

test('filters on whole bins have the weights of the originals, also where edges coincide', () => {
  const bins = { preset: 'python-speech-features', numCoefficients: 1, energy: 'none' } as const;
  // get_filterbanks(3, 16, 16000): edges at bins 0, 0, 1, 4, 8
  const psf = melFilterbank(spectral({ ...bins, numMels: 3, fftSize: 16 }));
  assert.deepEqual(
    psf.map((filter) => [...filter]),
    [
      [1, 0, 0, 0, 0, 0, 0, 0, 0],
      [0, 1, 2 / 3, 1 / 3, 0, 0, 0, 0, 0],
      [0, 0, 1 / 3, 2 / 3, 1, 0.75, 0.5, 0.25, 0],
    ],
  );
  // filterbanks(16000, 6, 9): edges at bins 0, 0, 0, 1, 2, 3, 5, 9
  const sonopy = melFilterbank(
    spectral({ preset: 'precise', energy: 'none', numMels: 6, numCoefficients: 1, fftSize: 16 }),
  );
  assert.deepEqual(
    sonopy.map((filter) => [...filter]),
    [
      [0, 0, 0, 0, 0, 0, 0, 0, 0],
      [1, 0, 0, 0, 0, 0, 0, 0, 0],
      [0, 1, 0, 0, 0, 0, 0, 0, 0],
      [0, 0, 1, 0, 0, 0, 0, 0, 0],
      [0, 0, 0, 1, 0.5, 0, 0, 0, 0],
      [0, 0, 0, 0, 0.5, 1, 0.75, 0.5, 0.25],
    ],
  );
});

test('an outer edge on a whole bin goes to that bin or the one below, as its way to mel and back in the original has it', () => {
  // points, Hz of the samples and of the edge, and ⌊(points + 1)·mel2hz(hz2mel(edge)) / rate⌋ by NumPy 2.4 on glibc 2.36
  const edges = [
    [64, 8000, 1600, 13],
    [64, 22050, 8820, 25],
    [200, 48000, 16000, 66],
    [320, 24000, 8000, 107],
    [1024, 8000, 640, 81],
    [1024, 11025, 2205, 205],
    [1024, 16000, 640, 40],
    [1024, 22050, 882, 40],
    [1024, 24000, 960, 41],
    [1024, 44100, 3528, 81],
    [2048, 22050, 7350, 683],
  ];
  for (const [fftSize, sampleRate, lowFrequency, bin] of edges) {
    const shape = { fftSize, windowLength: 64, hopLength: 32, sampleRate, highFrequency: sampleRate / 2 } as const;
    const fields = { ...shape, preset: 'python-speech-features', dct: 'none', numMels: 1, lowFrequency } as const;
    const [filter] = melFilterbank(spectral(fields));
    assert.equal(
      filter.findIndex((weight) => weight > 0) - 1,
      bin,
      `${lowFrequency} Hz of ${fftSize} at ${sampleRate}`,
    );
    const sonopy = melFilterbank(spectral({ ...fields, melShape: 'sonopy', highFrequency: sampleRate }));
    const last = Math.floor((fftSize / 2 + 1) * (lowFrequency / sampleRate) + 1e-9);
    assert.equal(sonopy[0].findIndex((weight) => weight > 0) - 1, last);
  }
});

test('what is lost by a recipe’s tables is said', () => {
  const warned = PRESET_NAMES.filter((preset) => preset !== 'custom').filter(
    (preset) => tableWarnings(parseRecipe({ preset } as RecipeOptions)).length > 0,
  );
  assert.deepEqual(warned, ['torchaudio']);
  const [torchaudio] = tableWarnings(parseRecipe({ preset: 'torchaudio' }));
  assert.match(
    torchaudio,
    /^front end "torchaudio": 4 of 128 filters \(the first is filter 0, 0 to 28 Hz\) hold no bin/,
  );
  assert.match(
    torchaudio,
    /of a 400-point spectrum at 16000 Hz, .*; a model of your own hears more with fewer numMels/,
  );
  assert.deepEqual(tableWarnings(parseRecipe({ windowLength: 600 })), [
    'front end "mfcc": of a window of 600 samples, the transform takes the first 512; use fftSize 1024',
  ]);
  assert.match(tableWarnings(parseRecipe({ windowLength: 4096 }))[0], /; use fftSize 4096$/);
  const [advice] = tableWarnings(parseRecipe({ windowLength: 5000 }));
  assert.match(advice, /window of 5000 samples, .* first 512; use a windowLength of at most 4096, and fftSize 4096$/);
  assert.deepEqual(tableWarnings(parseRecipe({ windowLength: 4096, fftSize: 4096 })), []);
});

test('kernels are called only for what a recipe asks for', () => {
  const kernels = (fields: Partial<SpectralRecipe>): string => {
    const { analysis, cepstrum } = planFrontEnd(spectral(fields));
    return [analysis, cepstrum]
      .map((program) => printProgram(program).replace(/\(.*/g, '').split('\n').join(' '))
      .join(' | ');
  };
  const small = { windowLength: 40, numMels: 4, numCoefficients: 4 };
  assert.equal(kernels({}), 'powerSpectrum logMel | matvecF32');
  assert.equal(kernels({ dct: 'none' }), 'powerSpectrum logMel | ');
  assert.equal(kernels({ dct: 'none', log: 'db' }), 'powerSpectrum logMel | unary');
  assert.equal(kernels({ dct: 'none', mean: new Array<number>(40).fill(1) }), 'powerSpectrum logMel | unary');
  assert.equal(kernels({ dct: 'none', mean: [...Array(40).keys()] }), 'powerSpectrum logMel | binary binary');
  assert.equal(kernels({ spectrum: 'magnitude' }), 'powerSpectrum unary logMel | matvecF32');
  assert.equal(kernels({ preEmphasis: 0.97 }), 'powerSpectrum logMel | matvecF32');
  assert.equal(kernels({ preset: 'kaldi' }), 'prepare powerSpectrum logMel | matvecF32');
  assert.equal(kernels({ ...small, fftSize: 64 }), 'powerSpectrum logMel | matvecF32');
  assert.equal(kernels({ ...small, fftSize: 48 }), 'dftPowerSpectrum logMel | matvecF32');
});
