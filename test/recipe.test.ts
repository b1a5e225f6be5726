import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { MICROFRONTEND_FIELDS, SPECTRAL_FIELDS, type Field, type Range } from '#dist/features/fields.js';
import { FrontEnd } from '#dist/features/front-end.js';
import { parseRecipe, PRESET_NAMES } from '#dist/features/parse-recipe.js';
import { PRESETS } from '#dist/features/presets.js';
import type { RecipeOptions, SpectralRecipe } from '#dist/features/recipe.js';
import { featuresByDefinition } from './definition.js';
import { property, uniform } from './support.js';

const refused = (fields: object, message: RegExp): void =>
  assert.throws(() => parseRecipe(fields as RecipeOptions), { name: 'MetadataError', message });

test('every preset is complete, names only fields that there are, and is a recipe of itself', () => {
  for (const preset of PRESET_NAMES.filter((name) => name !== 'custom')) {
    const recipe = parseRecipe({ preset } as RecipeOptions);
    const fields = preset === 'microfrontend' ? MICROFRONTEND_FIELDS : SPECTRAL_FIELDS;
    assert.deepEqual(
      Object.keys(fields).filter((name) => !(name in recipe)),
      ['mean', 'scale'],
      preset,
    );
    assert.deepEqual(
      Object.keys(PRESETS[preset]).filter((name) => !(name in fields)),
      [],
      preset,
    );
    assert.deepEqual(parseRecipe({ ...recipe }), recipe, preset);
  }
});

test('"custom" has to be told what has no neutral value', () => {
  refused(
    { preset: 'custom', window: 'hann' },
    /of preset "custom" must say sampleRate, windowLength, .*, fftSize, .*dct, numCoefficients$/,
  );
  const { preset: _, version: __, ...mfcc } = parseRecipe({});
  assert.deepEqual({ ...parseRecipe({ ...mfcc, preset: 'custom' }), preset: 'mfcc' }, parseRecipe({}));
});

test('a recipe is refused with the field, what it holds and what it may hold', () => {
  refused({ window: 'blackman' }, /window: got "blackman", expected one of "hann", .*"rectangular"$/);
  refused({ preset: 'htk' }, /preset: got "htk", expected one of "mfcc", "librosa", .*"custom"$/);
  refused({ preset: 'toString' }, /preset: got "toString"/);
  refused({ fftSize: 5000 }, /fftSize: got 5000, expected a whole number from 2 to 4096/);
  refused({ hopLength: 0 }, /hopLength: got 0/);
  refused({ hopLength: 10.5 }, /a whole number/);
  refused({ hopLength: '160' }, /hopLength: got "160"/);
  refused({ preEmphasis: NaN }, /preEmphasis: got NaN, expected a real number from 0 to 1/);
  refused({ removeDc: 1 }, /removeDc: got 1, expected true or false/);
  refused({ highFrequency: 9000 }, /half of sampleRate, 8000/);
  refused({ lowFrequency: 7700 }, /above lowFrequency/);
  refused({ numCoefficients: 41 }, /at most numMels, 40/);
  refused({ logFloor: 0 }, /logFloor: got 0/);
  refused({ mean: [1, 2] }, /mean: got a list of 2, expected 13 numbers/);
  refused({ deltas: 1, mean: new Array(13).fill(0) }, /mean: .* expected 26 numbers/);
  refused(
    { mean: new Array(13).fill(0).with(3, null) },
    /mean\[3\]: got null, expected a number that 32-bit floats hold/,
  );
  refused({ scale: new Array(13).fill(1e39) }, /scale\[0\]: got 1e\+39, expected a number/);
  refused({ version: 2 }, /version: got 2/);
  refused({ liftering: 22 }, /"liftering" is no field of the preset "mfcc"; fields are version, .*, mean, scale/);
  refused({ preset: 'microfrontend', fftSize: 512 }, /"fftSize" is no field of the preset "microfrontend"/);
});

test('what is no object is refused, and what JSON can’t say is called what it is', () => {
  const object = 'expected an object such as \\{ "preset": "kaldi" \\}$';
  for (const [value, name] of [
    [[], 'a list of 0'],
    [5, '5'],
    [true, 'true'],
    [null, 'null'],
    [undefined, 'undefined'],
    ['kaldi', '"kaldi"'],
    [new Map(), 'Map'],
  ])
    refused(value as object, new RegExp(`^front end: got ${String(name)}, ${object}`));
  const circular: Record<string, unknown> = {};
  circular.own = circular;
  const got = (fields: object, name: string): void => refused(fields, new RegExp(`: got ${name}, expected`));
  got({ windowLength: 400n }, '400n');
  got({ window: circular }, 'Object');
  got({ preset: circular }, 'Object');
  got({ logFloor: Infinity }, 'Infinity');
  got({ windowLength: Symbol('x') }, 'Symbol\\(x\\)');
  got({ windowLength: () => 400 }, 'function');
  got({ mean: new Float32Array(13) }, 'Float32Array');
  got({ mean: new Array(100_000).fill(0) }, 'a list of 100000');
});

test('a list of holes is no list of numbers', () => {
  refused({ deltas: 2, mean: new Array(39) }, /mean\[0\]: got undefined, expected a number/);
});

test('scales that are too large together are refused; the largest give finite features', () => {
  const thirteen = (value: number): number[] => new Array<number>(13).fill(value);
  refused(
    { outputScale: 1e6, scale: thirteen(3e38) },
    /scale\[0\]: got 3e\+38, expected at most 1e\+18 in magnitude, times outputScale, 1000000, too/,
  );
  refused({ outputScale: 0, scale: thirteen(2e18) }, /scale\[0\]: got 2000000000000000000, expected at most 1e\+18/);
  refused(
    { mean: thirteen(3e38), scale: thirteen(2) },
    /mean\[0\]: got 3e\+38, expected a product with scale, 2, that f32/,
  );
  for (const deltas of [0, 2] as const) {
    const features = 13 * (1 + deltas);
    const lists = { mean: new Array<number>(features).fill(1e20), scale: new Array<number>(features).fill(1e12) };
    const recipe = parseRecipe({ preset: 'kaldi', outputScale: 1e6, deltas, ...lists } as RecipeOptions);
    const { data } = new FrontEnd(recipe).features(noise(800, 3, 16));
    assert.ok(data.length > 0 && data.every(Number.isFinite));
  }
});

test('a recipe keeps nothing of what it was made from', () => {
  const mean = new Array<number>(13).fill(0);
  const scale = new Array<number>(13).fill(1);
  const recipe = parseRecipe({ mean, scale });
  mean[0] = scale[0] = 9;
  assert.deepEqual([recipe.mean![0], recipe.scale![0]], [0, 1]);
});

test('fields that do not go together are refused', () => {
  refused({ framing: 'centred', windowLength: 600 }, /windowLength: got 600, expected at most fftSize, 512/);
  refused({ framing: 'uncentred', windowLength: 600 }, /windowLength: got 600/);
  refused({ padding: 'reflect' }, /padding: got "reflect", expected "zeros" with framing "whole"/);
  for (const framing of ['centred', 'rounded'])
    refused(
      { framing, padding: 'reflect', hopLength: 500 },
      /hopLength: got 500, expected at most windowLength, 400, with padding "reflect"; or padding "zeros"$/,
    );
  refused({ log: 'none', topDb: 80 }, /topDb: got 80, expected 0 with log "none"/);
  refused({ log: 'none', energy: 'samples' }, /energy: got "samples", expected "none" with log "none"/);
  refused({ dct: 'none', numCoefficients: 13 }, /numCoefficients: got 13, expected numMels, 40, with dct "none"/);
  refused({ preset: 'kaldi', dct: 'none', lifter: 22 }, /lifter: got 22, expected 0 with dct "none"/);
  refused({ preset: 'kaldi', dct: 'none', energy: 'samples' }, /energy: got "samples", expected "none" with dct/);
});

test('without a DCT there are as many features as filters, and no lifter or energy of the preset', () => {
  for (const preset of PRESET_NAMES.filter((name) => name !== 'custom' && name !== 'microfrontend')) {
    const recipe = parseRecipe({ preset, dct: 'none', numMels: 17 } as Partial<SpectralRecipe>);
    assert.deepEqual([recipe.numCoefficients, recipe.lifter, recipe.energy], [17, 0, 'none'], preset);
  }
});

/** A value that a field may have; numbers within what a test has time for. */
function valueOf(field: Field): fc.Arbitrary<unknown> {
  if ('choices' in field) return fc.constantFrom(...field.choices);
  if ('flag' in field) return fc.boolean();
  if (!('least' in field)) return fc.constant(undefined);
  const greatest = Math.max(field.least, Math.min(field.greatest, 300));
  const least = Math.max(field.least, -4);
  return field.whole
    ? fc.integer({ min: least, max: greatest })
    : fc.double({ min: least, max: greatest, noNaN: true });
}

/** Biased, fast-check would give windows of two samples mostly. */
const part = fc.noBias(fc.integer({ min: 0, max: 1000 })).map((n) => n / 1000);

/** Any recipe that `parseRecipe` takes: fields at random, those that depend on others as a part of what they may be. */
const recipes: fc.Arbitrary<SpectralRecipe> = fc
  .record({
    fields: fc.record(
      Object.fromEntries(Object.entries(SPECTRAL_FIELDS).map(([name, field]) => [name, valueOf(field)])),
    ),
    fftSize: fc.oneof(fc.constantFrom(32, 64, 128, 256, 512), fc.integer({ min: 2, max: 300 })),
    parts: fc.tuple(part, part, part, part, part),
    logFloor: fc.constantFrom(1.2e-38, 1e-10, 1e-3),
    numMels: fc.integer({ min: 1, max: 45 }),
    scaled: fc.boolean(),
    seed: fc.nat(),
  })
  .map(({ fields, fftSize, parts, logFloor, numMels, scaled, seed }) => {
    const { framing, padding, dct, log, deltas, lifter, energy, topDb, melShape } = fields as Partial<SpectralRecipe>;
    const [window, hop, low, high, kept] = parts;
    const sampleRate = 16000;
    const top = melShape === 'sonopy' ? sampleRate : sampleRate / 2;
    const lowFrequency = low * 0.8 * top;
    const mayBeCut = framing === 'whole' || framing === 'padded';
    const windowLength = 2 + Math.floor(window * (mayBeCut ? 400 : fftSize - 2));
    const numCoefficients = dct === 'none' ? numMels : 1 + Math.floor(kept * (numMels - 1));
    const features = numCoefficients * (1 + deltas!);
    const vector = (size: number): number[] => Array.from({ length: features }, uniform(seed, size));
    const plain = dct === 'none' || log === 'none';
    return parseRecipe({
      ...(fields as Partial<SpectralRecipe>),
      preset: 'custom',
      ...{ sampleRate, fftSize, windowLength, lowFrequency, logFloor, numMels, numCoefficients },
      hopLength: 1 + Math.floor(hop * (windowLength - 1)),
      highFrequency: Math.max(lowFrequency + 1, lowFrequency + high * (top - lowFrequency)),
      padding: framing === 'centred' || framing === 'rounded' ? padding : 'zeros',
      lifter: dct === 'none' ? 0 : lifter! % 30,
      energy: plain ? 'none' : energy,
      topDb: log === 'none' ? 0 : topDb,
      stack: 1 + (seed % 4),
      deltaWindow: 1 + (seed % 9),
      outputScale: 0.1 + (seed % 7),
      mean: scaled ? vector(20) : undefined,
      scale: scaled ? vector(2) : undefined,
    });
  });

const noise = (length: number, seed: number, size: number): Float32Array =>
  Float32Array.from({ length }, uniform(seed, size));

test('any recipe can be planned, and gives finite features of silence, of noise and of what is too loud', () => {
  fc.assert(
    fc.property(recipes, fc.constantFrom(0, 1e-4, 0.3, 1, 16), fc.nat(), (recipe, size, seed) => {
      const { data, frames } = new FrontEnd(recipe).features(noise(2000, seed, size));
      assert.equal(data.length, frames * recipe.numCoefficients * (1 + recipe.deltas) * recipe.stack);
      assert.ok(data.every(Number.isFinite));
    }),
    { ...property, numRuns: 200 },
  );
});

/** What a whole number of a microfrontend may be in a test's time. */
const MICROFRONTEND_LENGTHS = { windowLength: 1024, hopLength: 512, numMels: 128 } as const;

test('a microfrontend is planned, or refused for what its tables can’t have', () => {
  const values = Object.entries(MICROFRONTEND_FIELDS).map(([name, field]) => {
    const greatest = MICROFRONTEND_LENGTHS[name as keyof typeof MICROFRONTEND_LENGTHS];
    return [name, valueOf(greatest ? { ...(field as Range), greatest } : field)] as const;
  });
  let planned = 0;
  fc.assert(
    fc.property(fc.record(Object.fromEntries(values)), part, part, (fields, low, high) => {
      const lowFrequency = low * 4000;
      const highFrequency = lowFrequency + 1 + high * (7999 - lowFrequency);
      const ends = { sampleRate: 16000, lowFrequency, highFrequency, stack: 1, stackStride: 1 };
      const recipe = parseRecipe({ ...fields, ...ends, preset: 'microfrontend' } as RecipeOptions);
      let frontEnd: FrontEnd;
      try {
        frontEnd = new FrontEnd(recipe);
      } catch (error) {
        assert.equal((error as Error).name, 'MetadataError');
        return;
      }
      planned++;
      assert.ok(frontEnd.features(noise(3000, planned, 1)).data.every(Number.isFinite));
    }),
    property,
  );
  assert.ok(planned >= 5, `${planned} of ${property.numRuns}`);
});

test('the smallest and the largest recipes can be planned', () => {
  const least = { windowLength: 2, hopLength: 1, fftSize: 2, numMels: 1, numCoefficients: 1 };
  const greatest = {
    windowLength: 8192,
    hopLength: 8192,
    fftSize: 4096,
    numMels: 512,
    numCoefficients: 512,
    stack: 8,
  };
  const kaldi = { preset: 'kaldi', highFrequency: 7600, lifter: 512 } as const;
  for (const preset of ['mfcc', 'kaldi', 'precise'] as const) {
    for (const fields of [least, greatest, { ...greatest, fftSize: 4095 }]) {
      const recipe = parseRecipe({ ...kaldi, preset, ...fields } as Partial<SpectralRecipe>);
      const { data } = new FrontEnd(recipe).features(noise(8192 * 8, 1, 0.3));
      assert.ok(data.length > 0 && data.every(Number.isFinite));
    }
  }
});

test('any recipe comes to what its fields say, within 1e-3 of a natural logarithm', () => {
  fc.assert(
    fc.property(recipes, fc.nat(), (any, seed) => {
      const framing = any.framing === 'uncentred' ? 'uncentred' : 'whole';
      const one = {
        deltas: 0,
        stack: 1,
        stackStride: 1,
        topDb: 0,
        normalize: 'none',
        framing,
        padding: 'zeros',
      } as const;
      const [mean, scale] = [any.mean, any.scale].map((list) => list?.slice(0, any.numCoefficients));
      const recipe = parseRecipe({ ...any, ...one, mean, scale });
      const samples = noise(2 * Math.max(recipe.windowLength, recipe.fftSize), seed, 0.5);
      const { data } = new FrontEnd(recipe).features(samples);
      const { numCoefficients, numMels, outputScale, log, dct } = recipe;
      for (const t of [0, 1]) {
        const expected = featuresByDefinition(recipe, samples, t);
        const ours = data.subarray(t * numCoefficients, (t + 1) * numCoefficients);
        const largest = Math.max(...expected.map(Math.abs));
        expected.forEach((x, c) => {
          const lift = recipe.lifter === 0 ? 1 : 1 + recipe.lifter / 2;
          const unit =
            outputScale * Math.abs(recipe.scale?.[c] ?? 1) * (dct === 'none' ? 1 : lift * Math.sqrt(numMels));
          const tolerance = log === 'none' ? 1e-5 * Math.max(largest, unit) : 1e-3 * unit * (log === 'db' ? 4.35 : 1);
          assert.ok(
            Math.abs(ours[c] - x) <= tolerance + 1e-5 * Math.abs(x),
            `frame ${t}, feature ${c}: ${ours[c]}, expected ${x}`,
          );
        });
      }
    }),
    { ...property, numRuns: 100 },
  );
});
