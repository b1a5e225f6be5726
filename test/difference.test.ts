import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { explainDifference, type Difference } from '#dist/difference/difference.js';
import { transposed, type Matrix } from '#dist/difference/matrix.js';
import { Sound } from '#dist/difference/sound.js';
import { FrontEnd } from '#dist/features/front-end.js';
import { parseRecipe } from '#dist/features/parse-recipe.js';
import type { RecipeOptions } from '#dist/features/recipe.js';
import { readAudio } from '#dist/node/index.js';
import { decodeNpy } from '#dist/node/npy.js';
import { resampleClip } from '#dist/node/resample-clip.js';
import { uniform } from './support.js';

const FIXTURES = 'test/fixtures/front-ends';
const TOLERANCE = { ln: 1e-3, rounding: 0 };

const { samples } = await readAudio(`${FIXTURES}/signals/speech-flite.flac`);
const SOUND = new Sound(16000, new Map([[16000, samples]]));

function featuresOf(options: RecipeOptions): Matrix {
  const { frames, coefficients: size, data } = new FrontEnd(parseRecipe(options)).features(samples);
  return { frames, size, data };
}

const explain = (given: RecipeOptions, theirs: Matrix, sound = SOUND): Difference =>
  explainDifference(parseRecipe(given), theirs, sound, TOLERANCE);

/** What is told of theirs: field by field, as it is there. */
const told = ({ explanation }: Difference): Record<string, unknown> =>
  Object.fromEntries(explanation!.changes.map(({ field, to }) => [field, to]));

/** Fields of a preset, and another that the same recipe is told by. */
const CHANGES: [given: RecipeOptions, change: Record<string, unknown>][] = [
  [{ preset: 'mfcc' }, { window: 'hann-symmetric' }],
  [{ preset: 'mfcc' }, { window: 'hamming' }],
  [{ preset: 'mfcc' }, { removeDc: true, preEmphasis: 0.97 }],
  [{ preset: 'mfcc' }, { preEmphasis: 0.97 }],
  [{ preset: 'mfcc' }, { fftSize: 1024 }],
  [{ preset: 'mfcc' }, { windowLength: 512 }],
  [{ preset: 'mfcc' }, { hopLength: 320 }],
  [{ preset: 'mfcc' }, { spectrum: 'magnitude' }],
  [{ preset: 'mfcc' }, { spectrumScale: 'fftSize' }],
  [{ preset: 'mfcc' }, { melScale: 'slaney' }],
  [{ preset: 'mfcc' }, { melShape: 'mel' }],
  [{ preset: 'mfcc' }, { melNorm: 'slaney' }],
  [{ preset: 'mfcc' }, { lowFrequency: 64 }],
  [{ preset: 'mfcc' }, { highFrequency: 8000, numMels: 32 }],
  [{ preset: 'mfcc' }, { log: 'log10' }],
  [{ preset: 'mfcc' }, { log: 'db' }],
  [{ preset: 'mfcc' }, { logFloor: 1e-3 }],
  [{ preset: 'mfcc' }, { floorKind: 'add', logFloor: 1e-3 }],
  [{ preset: 'mfcc' }, { dct: 'tf' }],
  [{ preset: 'mfcc' }, { numCoefficients: 20 }],
  [{ preset: 'mfcc' }, { lifter: 22 }],
  [{ preset: 'mfcc' }, { energy: 'spectrum' }],
  [{ preset: 'mfcc' }, { energy: 'samples', lifter: 22 }],
  [{ preset: 'mfcc' }, { sampleScale: 'int16' }],
  [{ preset: 'mfcc' }, { framing: 'padded' }],
  [{ preset: 'mfcc' }, { framing: 'centred' }],
  [{ preset: 'mfcc' }, { framing: 'centred', padding: 'reflect' }],
  [{ preset: 'mfcc' }, { deltas: 1 }],
  [{ preset: 'mfcc' }, { deltas: 2 }],
  [
    { preset: 'mfcc', dct: 'none' },
    { melNorm: 'slaney', log: 'db' },
  ],
  [{ preset: 'mfcc', dct: 'none' }, { topDb: 60 }],
  [{ preset: 'mfcc', dct: 'none' }, { framing: 'uncentred' }],
  [{ preset: 'mfcc', dct: 'none' }, { normalize: 'peak' }],
  [{ preset: 'kaldi' }, { preEmphasisOver: 'signal' }],
  [{ preset: 'kaldi' }, { removeDc: false, window: 'hamming-symmetric' }],
  [{ preset: 'kaldi' }, { framing: 'rounded', padding: 'symmetric' }],
  [{ preset: 'tensorflow' }, { melShape: 'mel' }],
];

describe('what theirs differ from yours in', () => {
  for (const [given, change] of CHANGES) {
    it(`${JSON.stringify(given)} with ${JSON.stringify(change)}`, () => {
      const difference = explain(given, featuresOf({ ...given, ...change } as RecipeOptions));
      assert.equal(difference.equal, false);
      const { explanation } = difference;
      assert.ok(explanation?.agrees, JSON.stringify(explanation?.options));
      assert.deepEqual([explanation.base, told(difference)], ['given', change]);
      assert.deepEqual([explanation.relation.kind, explanation.offset], ['none', 0]);
      const again = featuresOf(explanation.options);
      assert.equal(explain(explanation.options, again).equal, true, 'the options are a recipe of theirs');
    });
  }

  it('is a preset where that says it in fewer words', () => {
    const difference = explain({}, featuresOf({ preset: 'kaldi' }));
    assert.deepEqual([difference.explanation!.base, told(difference)], ['kaldi', {}]);
    assert.deepEqual(difference.explanation!.options, { preset: 'kaldi' });
    const bands = explain({}, featuresOf({ preset: 'python-speech-features', dct: 'none' }));
    assert.deepEqual([bands.explanation!.base, told(bands)], ['python-speech-features', { dct: 'none' }]);
  });

  it('is nothing where they are equal but for rounding', () => {
    const { data, ...shape } = featuresOf({});
    assert.equal(
      explain({}, { ...shape, data: Float64Array.from(data, (x) => x + 1e-4 * Math.sin(1e5 * x)) }).equal,
      true,
    );
    const coarse = Float64Array.from(data, (x) => Math.round(64 * x) / 64);
    const tolerance = { ln: 1e-3, rounding: 1 / 128 };
    assert.equal(explainDifference(parseRecipe({}), { ...shape, data: coarse }, SOUND, tolerance).equal, true);
    assert.equal(explain({}, { ...shape, data: coarse }).equal, false);
  });

  it('is found in single precision with noise', () => {
    const noise = uniform(7, 2e-4);
    const { data, ...shape } = featuresOf({ window: 'povey', lowFrequency: 0 });
    const difference = explain({}, { ...shape, data: data.map((x) => x + noise()) });
    assert.deepEqual(told(difference), { window: 'povey', lowFrequency: 0 });
  });

  it('is the order of axes', () => {
    const difference = explain({}, transposed(featuresOf({ numCoefficients: 20 })));
    assert.equal(difference.transposed, true);
    assert.deepEqual(told(difference), { numCoefficients: 20 });
  });

  it('is an offset of frames', () => {
    const { frames, size, data } = featuresOf({ log: 'db' });
    const difference = explain({}, { frames: frames - 2, size, data: data.subarray(2 * size) });
    assert.deepEqual(told(difference), { log: 'db' });
    const { offset, agrees } = difference.explanation!;
    assert.deepEqual([offset, agrees], [2, true]);
  });

  it('is an offset of frames and another number of bands', () => {
    const { frames, size, data } = featuresOf({ preset: 'kaldi-fbank', numMels: 40 });
    const difference = explain({ preset: 'kaldi-fbank' }, { frames: frames - 3, size, data: data.subarray(3 * size) });
    assert.deepEqual(told(difference), { numMels: 40 });
    assert.deepEqual([difference.explanation!.offset, difference.explanation!.agrees], [3, true]);
  });

  it('is what people call: librosa, with sizes of their own', () => {
    const geometry = { sampleRate: 16000, windowLength: 400, hopLength: 160, fftSize: 512, highFrequency: 8000 };
    const difference = explain(
      {},
      transposed(featuresOf({ preset: 'librosa', ...geometry, numMels: 40, numCoefficients: 13 })),
    );
    const { base, agrees } = difference.explanation!;
    assert.deepEqual([base, agrees, difference.transposed], ['librosa', true, true]);
    assert.deepEqual(told(difference), { ...geometry, numMels: 40, numCoefficients: 13 });
  });

  it('is a factor and an offset of all features', () => {
    const { data, ...shape } = featuresOf({});
    const { explanation } = explain({}, { ...shape, data: data.map((x) => 1.7 * x + 3) });
    assert.equal(explanation!.relation.kind, 'line');
    assert.deepEqual(explanation!.changes, []);
    assert.deepEqual(explanation!.options, { preset: 'mfcc', outputScale: 1.7, outputOffset: 3 });
  });

  it('is a mean and a scale of each feature', () => {
    const mean = Array.from({ length: 13 }, (_, c) => c - 4);
    const scale = mean.map((_, c) => 0.5 + c / 10);
    const { explanation } = explain({}, featuresOf({ mean, scale }));
    const { mean: found, scale: factors } = explanation!.options;
    found!.forEach((x, c) => assert.ok(Math.abs(x - mean[c]) < 1e-3, `${c}: ${x}`));
    factors!.forEach((x, c) => assert.ok(Math.abs(x - scale[c]) < 1e-3, `${c}: ${x}`));
    assert.equal(explanation!.relation.kind === 'features' && explanation!.relation.over, null);
  });

  it('is a mean over the clip, which is no part of a recipe', () => {
    const { frames, size, data } = featuresOf({});
    const means = Array.from({ length: size }, (_, c) => meanOf(data.filter((_, i) => i % size === c)));
    const { explanation } = explain({}, { frames, size, data: data.map((x, i) => x - means[i % size]) });
    assert.equal(explanation!.relation.kind === 'features' && explanation!.relation.over, 'clip');
    assert.deepEqual(explanation!.options, { preset: 'mfcc' });
  });

  it('is where it is, if only a few values differ', () => {
    const { frames, size, data } = featuresOf({ log: 'db' });
    const hurt = data.map((x, i) => (i >= 5 * size + 3 && i < 5 * size + 6 ? x + 0.4 : x));
    const difference = explain({}, { frames, size, data: hurt });
    assert.deepEqual(told(difference), { log: 'db' });
    const { features, frames: rows, largest } = difference.explanation!.remainder;
    assert.deepEqual([features, rows], [[[3, 5]], [[5, 5]]]);
    assert.ok(Math.abs(largest - 0.4) < 1e-3);
  });

  it('is not made up where nothing explains it', () => {
    const random = uniform(3, 20);
    const { frames, size } = featuresOf({});
    const difference = explain({}, { frames, size, data: Float64Array.from({ length: frames * size }, random) });
    assert.deepEqual([difference.equal, difference.explanation], [false, null]);
    assert.ok(difference.tried > 100);
  });

  it('is NaN, infinity, or a number that never changes', () => {
    const { data, ...shape } = featuresOf({ log: 'db' });
    const holed = data.map((x, i) => (i < 2 * shape.size ? -Infinity : x));
    const difference = explain({}, { ...shape, data: holed });
    assert.equal(difference.notFinite, 2);
    assert.deepEqual(told(difference), { log: 'db' });
    const none = explain({}, { ...shape, data: data.map(() => NaN) });
    assert.deepEqual([none.notFinite, none.equal, none.explanation], [shape.frames, false, null]);
    const constant = explain({}, { ...shape, data: data.map(() => 2) });
    assert.deepEqual([constant.constant, constant.equal, constant.explanation], [true, false, null]);
  });
});

interface Entry {
  name: string;
  file: string;
  recipe: RecipeOptions;
  frames: Record<string, number>;
}

describe('features of the original programs', () => {
  const manifest: Entry[] = JSON.parse(readFileSync(`${FIXTURES}/manifest.json`, 'utf8'));
  const presets = ['librosa', 'torchaudio', 'kaldi', 'sherpa', 'python-speech-features', 'tensorflow', 'openwakeword'];
  for (const entry of manifest.filter(({ name }) => presets.includes(name))) {
    it(`are known for what they are: ${entry.name}`, () => {
      const { sampleRate } = parseRecipe(entry.recipe);
      const sound = new Sound(
        sampleRate,
        new Map([
          [sampleRate, samples],
          [16000, resampleClip(samples, sampleRate, 16000)],
        ]),
      );
      const difference = explain({}, theirsOf(entry, 'speech-flite'), sound);
      assert.deepEqual([difference.explanation!.base, told(difference)], [entry.name, {}]);
      assert.equal(difference.explanation!.agrees, true);
    });
  }
});

/** Frames of one signal. */
function theirsOf({ file, frames }: Entry, signal: string): Matrix {
  const { shape, data } = decodeNpy(readFileSync(`${FIXTURES}/${file}`), file);
  const size = shape[1];
  const names = Object.keys(frames);
  const start = names.slice(0, names.indexOf(signal)).reduce((sum, name) => sum + frames[name], 0);
  return { frames: frames[signal], size, data: data.subarray(start * size, (start + frames[signal]) * size) };
}

const meanOf = (values: Iterable<number>): number => {
  const all = [...values];
  return all.reduce((sum, x) => sum + x, 0) / all.length;
};
