import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { exp, ln, turn } from '#dist/arithmetic.js';
import { FrontEnd } from '#dist/features/front-end.js';
import type { Framer } from '#dist/features/framer.js';
import { checkSamples } from '#dist/features/samples.js';
import { parseRecipe } from '#dist/features/parse-recipe.js';
import type { SpectralRecipe as Recipe } from '#dist/features/recipe.js';
import { Arena } from '#dist/kernels/arena.js';
import { chunks, maxDifference, property, uniform } from './support.js';

/** The recipe by its definition, in float64: one frame from its samples. */
function reference(recipe: Recipe, samples: ArrayLike<number>, start: number): number[] {
  const { windowLength, fftSize, numMels, numCoefficients, sampleRate, lowFrequency, highFrequency, logFloor } = recipe;
  const power = Array.from({ length: fftSize / 2 + 1 }, (_, k) => {
    let re = 0;
    let im = 0;
    for (let n = 0; n < windowLength; n++) {
      const x = samples[start + n] * (0.5 - 0.5 * Math.cos((2 * Math.PI * n) / windowLength));
      re += x * Math.cos((2 * Math.PI * k * n) / fftSize);
      im -= x * Math.sin((2 * Math.PI * k * n) / fftSize);
    }
    return re * re + im * im;
  });
  const mel = (hertz: number): number => 2595 * Math.log10(1 + hertz / 700);
  const hertz = (m: number): number => 700 * (10 ** (m / 2595) - 1);
  const edge = (i: number): number =>
    hertz(mel(lowFrequency) + ((mel(highFrequency) - mel(lowFrequency)) * i) / (numMels + 1));
  const energies = Array.from({ length: numMels }, (_, m) => {
    const [left, centre, right] = [edge(m), edge(m + 1), edge(m + 2)];
    const energy = power.reduce((sum, p, k) => {
      const f = (k * sampleRate) / fftSize;
      return sum + p * Math.max(0, Math.min((f - left) / (centre - left), (right - f) / (right - centre)));
    }, 0);
    return Math.log(Math.max(energy, logFloor));
  });
  return Array.from({ length: numCoefficients }, (_, c) => {
    const cepstrum = energies.reduce((sum, e, j) => sum + e * Math.cos((Math.PI * c * (j + 0.5)) / numMels), 0);
    return (cepstrum * Math.sqrt((c === 0 ? 1 : 2) / numMels) - (recipe.mean?.[c] ?? 0)) * (recipe.scale?.[c] ?? 1);
  });
}

/** All frames of a recording. */
function featuresOf(recipe: Recipe, pieces: Iterable<Int16Array | Float32Array>): number[][] {
  return framesOf(new FrontEnd(recipe, new Arena()).open(), pieces);
}

function framesOf(framer: Framer, pieces: Iterable<Int16Array | Float32Array>): number[][] {
  const frames: number[][] = [];
  for (const piece of pieces) {
    for (let at = framer.fill(piece, 0); framer.ready; at = framer.fill(piece, at)) frames.push([...framer.next()]);
  }
  return frames;
}

function noise(length: number, seed: number, size = 0.3): Float32Array {
  return Float32Array.from({ length }, uniform(seed, size));
}

const RECIPES: Record<string, Partial<Recipe>> = {
  'the default': {},
  'all 40 coefficients': { numCoefficients: 40 },
  'mean and scale': { numCoefficients: 3, mean: [-20, 1, 0.5], scale: [0.05, 2, 1] },
  'an odd number of filters': { numMels: 23, numCoefficients: 23 },
  '8 kHz, 256 points, frames apart': {
    sampleRate: 8000,
    windowLength: 200,
    hopLength: 240,
    fftSize: 256,
    highFrequency: 4000,
  },
  '128 points': { windowLength: 128, hopLength: 64, fftSize: 128, numMels: 20 },
  '1024 points': { windowLength: 1000, hopLength: 500, fftSize: 1024 },
  '2048 points': { windowLength: 2048, hopLength: 512, fftSize: 2048, numMels: 80 },
};

for (const [name, fields] of Object.entries(RECIPES)) {
  test(`MFCC agrees with its definition within 1e-3: ${name}`, () => {
    const recipe = parseRecipe(fields);
    const samples = noise(recipe.windowLength + 3 * recipe.hopLength, 5);
    const frames = featuresOf(recipe, [samples]);
    assert.equal(frames.length, 4);
    frames.forEach((frame, t) => {
      const difference = maxDifference(frame, reference(recipe, samples, t * recipe.hopLength));
      assert.ok(difference <= 1e-3, `frame ${t}: ${difference}`);
    });
  });
}

test('silence, a tone and full scale agree too', () => {
  const recipe = parseRecipe({});
  for (const signal of [() => 0, (n: number) => Math.sin(n * 0.3), (n: number) => (n % 50 < 25 ? 1 : -1), () => 0.25]) {
    const samples = Float32Array.from({ length: 400 }, (_, n) => signal(n));
    assert.ok(maxDifference(featuresOf(recipe, [samples])[0], reference(recipe, samples, 0)) <= 1e-3);
  }
});

test('frames do not depend on the chunks, to the last bit, whether hops overlap or leave gaps', () => {
  const lengths = fc.array(fc.integer({ min: 1, max: 3000 }), { minLength: 1, maxLength: 8 });
  const short = fc.array(fc.integer({ min: 1, max: 10 }), { minLength: 1, maxLength: 8 });
  const kind = fc.constantFrom<Partial<Recipe>>({}, { windowLength: 64, fftSize: 128, numMels: 20 });
  const hop = fc.integer({ min: 1, max: 2048 });
  fc.assert(
    fc.property(
      fc.oneof(lengths, short),
      kind,
      hop,
      fc.boolean(),
      fc.nat(),
      (pieces, fields, hopLength, isInt16, seed) => {
        const recipe = parseRecipe({ ...fields, hopLength });
        const floats = noise(5000, seed);
        const samples = isInt16 ? Int16Array.from(floats, (x) => x * 32768) : floats;
        assert.deepEqual(featuresOf(recipe, chunks(samples, pieces)), featuresOf(recipe, [samples]));
      },
    ),
    { ...property, numRuns: 100 },
  );
});

test('int16 samples are floats of n / 32768', () => {
  const recipe = parseRecipe({});
  const int16 = Int16Array.from(noise(1000, 9, 30000));
  const floats = Float32Array.from(int16, (n) => n / 32768);
  assert.deepEqual(featuresOf(recipe, [int16]), featuresOf(recipe, [floats]));
});

test('framers of one front end are independent, reset begins anew, and a closed one’s memory serves the next', () => {
  const arena = new Arena();
  const frontEnd = new FrontEnd(parseRecipe({}), arena);
  const [a, b] = [frontEnd.open(), frontEnd.open()];
  const [first, second] = [noise(3000, 1), noise(3000, 2)];
  const expected = featuresOf(frontEnd.recipe, [first]);
  const together: number[][] = [];
  for (let at = 0; at < 3000; at += 100) {
    together.push(...framesOf(a, [first.subarray(at, at + 100)]));
    framesOf(b, [second.subarray(at, at + 100)]);
  }
  assert.deepEqual(together, expected);
  a.reset();
  assert.equal(a.time, 0);
  assert.deepEqual(framesOf(a, [first]), expected);
  assert.equal(a.frames, expected.length);
  const { byteLength } = arena;
  for (let i = 0; i < 1000; i++) frontEnd.open().close();
  assert.equal(arena.byteLength, byteLength);
});

test('time is exact after hours of frames', () => {
  const framer = new FrontEnd(
    parseRecipe({ windowLength: 2, hopLength: 1, fftSize: 128, numMels: 4, numCoefficients: 2 }),
    new Arena(),
  ).open();
  const hour = new Int16Array(16000 * 20);
  for (let at = framer.fill(hour, 0); framer.ready; at = framer.fill(hour, at)) framer.next();
  assert.equal(framer.frames, hour.length - 1);
  assert.equal(framer.time, hour.length / 16000);
});

test('what is no sound is refused', () => {
  const refused = (samples: unknown, name: string, message: RegExp): void =>
    assert.throws(() => checkSamples(samples as Float32Array), { name, message });
  refused([0], 'TypeError', /got Array, expected Int16Array or Float32Array/);
  refused(new Float64Array(3), 'TypeError', /got Float64Array/);
  refused(null, 'TypeError', /got null/);
  refused(Float32Array.of(0, NaN), 'InputError', /sample 1 of 2 is NaN/);
  refused(Float32Array.of(-Infinity), 'InputError', /sample 0 of 1 is -Infinity/);
  refused(
    Float32Array.of(0.5, 20000),
    'InputError',
    /is 20000, expected finite numbers in \[−1, 1\); divide samples on the scale of int16 by 32768/,
  );
  checkSamples(Float32Array.of(1.5, -1.5));
  checkSamples(new Int16Array(0));
});

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

test('a recipe is refused with the field, what it holds and what it may hold', () => {
  const refused = (fields: object, message: RegExp): void =>
    assert.throws(() => parseRecipe(fields as Record<string, unknown>), { name: 'MetadataError', message });
  refused({ window: 'hamming' }, /window: got "hamming", expected one of "hann"/);
  refused({ preset: 'kaldi' }, /preset: got "kaldi", expected one of "mfcc"/);
  refused({ fftSize: 500 }, /fftSize: got 500/);
  refused({ windowLength: 600 }, /windowLength: got 600, expected at most fftSize, 512/);
  refused({ hopLength: 0 }, /hopLength: got 0/);
  refused({ hopLength: 10.5 }, /a whole number/);
  refused({ highFrequency: 9000 }, /half of sampleRate, 8000/);
  refused({ lowFrequency: 7700 }, /above lowFrequency/);
  refused({ numCoefficients: 41 }, /at most numMels, 40/);
  refused({ logFloor: 0 }, /logFloor: got 0/);
  refused({ mean: [1, 2] }, /mean: got \[1,2\], expected 13 numbers/);
  refused({ scale: new Array(13).fill(null) }, /scale: got/);
  refused(
    { liftering: 22 },
    /"liftering" is no field of the preset "mfcc"; fields are version, preset, .*, mean, scale/,
  );
  refused({ scale: new Array(13).fill(1e39) }, /scale: got/);
  refused({ version: 2 }, /version: got 2/);
});

test('a filter that holds no bin is refused, not left constant', () => {
  assert.throws(() => new FrontEnd(parseRecipe({ windowLength: 128, fftSize: 128, numMels: 512 }), new Arena()), {
    name: 'MetadataError',
    message: /filter \d+ of 512, .* holds no bin of a 128-point spectrum; use fewer numMels/,
  });
});
