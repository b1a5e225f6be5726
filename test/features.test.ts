import assert from 'node:assert/strict';
import test from 'node:test';
import { FrontEnd } from '#dist/features/front-end.js';
import type { FeatureStream } from '#dist/features/feature-stream.js';
import { checkSamples } from '#dist/features/samples.js';
import { parseRecipe } from '#dist/features/parse-recipe.js';
import type { SpectralRecipe as Recipe } from '#dist/features/recipe.js';
import { newArena } from '#dist/kernels/embedded.js';
import { maxDifference, uniform } from './support.js';

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
  return framesOf(new FrontEnd(recipe, newArena()).open(), pieces);
}

function framesOf(stream: FeatureStream, pieces: Iterable<Int16Array | Float32Array>): number[][] {
  const frames: number[][] = [];
  for (const piece of pieces) {
    for (let at = stream.fill(piece, 0); stream.ready; at = stream.fill(piece, at)) frames.push([...stream.next()]);
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
