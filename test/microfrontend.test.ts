import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { FrontEnd } from '#dist/features/front-end.js';
import { microfrontendTables } from '#dist/features/microfrontend.js';
import { parseRecipe } from '#dist/features/parse-recipe.js';
import type { MicrofrontendRecipe } from '#dist/features/recipe.js';
import { log1pSingle } from '#dist/features/single-precision.js';
import { newArena } from '#dist/kernels/embedded.js';
import { goldenSignal } from './golden.js';
import { chunks } from './support.js';

/** The golden vectors of tools/golden/microfrontend.py are compared in front-ends.test.ts. */
const STREAM = 'test/fixtures/front-ends/microfrontend-stream.json';

const recipeOf = (options: Partial<MicrofrontendRecipe> = {}): MicrofrontendRecipe =>
  parseRecipe({ ...options, preset: 'microfrontend' }) as MicrofrontendRecipe;

/** `loudness_steps` of tools/golden/microfrontend.py. */
function loudnessSteps(seconds: number, seed: number): Int16Array {
  const gains = [0, 256, 1, 40, 2000, 6, 0, 600, 120];
  let state = seed;
  return Int16Array.from({ length: 16000 * seconds }, (_, i) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    const value = (((state >>> 16) - 32768) * gains[Math.floor(i / 8000) % gains.length]) >> 8;
    return Math.max(-32768, Math.min(32767, value));
  });
}

/** Features of a stream that takes samples in chunks of `lengths`. */
function streamed(frontEnd: FrontEnd, samples: Int16Array | Float32Array, lengths: readonly number[]): number[] {
  const stream = frontEnd.open();
  const features: number[] = [];
  for (const chunk of chunks(samples, lengths)) {
    for (let at = stream.fill(chunk, 0); stream.ready; at = stream.fill(chunk, at)) features.push(...stream.next());
  }
  stream.close();
  return features;
}

test('a minute of steps between silence, noise and clipping equals pymicro-features in every number, in any chunks', () => {
  const expected = JSON.parse(readFileSync(STREAM, 'utf8')) as Record<'seconds' | 'seed' | 'frames', number> & {
    sha256: string;
  };
  const frontEnd = new FrontEnd(recipeOf({ outputScale: 1 }));
  const samples = loudnessSteps(expected.seconds, expected.seed);
  const { data, frames } = frontEnd.features(samples);
  assert.equal(frames, expected.frames);
  assert.equal(createHash('sha256').update(Uint16Array.from(data)).digest('hex'), expected.sha256);
  assert.deepEqual(streamed(frontEnd, samples, [1, 160, 4096, 37]), Array.from(data));
});

/** Calls of the kernel itself, each stream with a state of its own. */
class Kernel {
  readonly #arena = newArena();
  readonly #recipe: MicrofrontendRecipe;
  readonly #plan: ReturnType<typeof microfrontendTables>;
  readonly #at: { samples: number; tables: number; scratch: number; features: number };

  constructor(recipe: MicrofrontendRecipe) {
    const plan = microfrontendTables(recipe);
    this.#recipe = recipe;
    this.#plan = plan;
    this.#at = {
      samples: this.#arena.allocate(4 * plan.length),
      tables: this.#arena.place(plan.bytes),
      scratch: this.#arena.allocate(plan.scratchBytes),
      features: this.#arena.allocate(4 * recipe.numMels),
    };
  }

  open(): number {
    return this.#arena.allocate(this.#plan.stateBytes);
  }

  reset(state: number): void {
    new Uint8Array(this.#arena.kernels.memory.buffer, state, this.#plan.stateBytes).fill(0);
  }

  step(state: number, frame: Float32Array): Float32Array {
    const { samples, tables, scratch, features } = this.#at;
    const { length, size } = this.#plan;
    const { f32 } = this.#arena;
    f32.set(frame, samples / 4);
    const { numMels } = this.#recipe;
    this.#arena.kernels.microfrontend(samples, tables, state, scratch, features, length, size, numMels);
    return f32.slice(features / 4, features / 4 + numMels);
  }
}

const framesOf = (samples: Float32Array): Float32Array[] =>
  Array.from({ length: Math.floor((samples.length - 480) / 160) + 1 }, (_, t) =>
    samples.subarray(160 * t, 160 * t + 480),
  );

test('streams have a state each, and begin anew after a reset', async () => {
  const kernel = new Kernel(recipeOf());
  const [a, b] = [framesOf(await goldenSignal('speech-flite')), framesOf(await goldenSignal('noise'))];
  const alone = kernel.open();
  const first = a.map((frame) => kernel.step(alone, frame));
  assert.notDeepEqual(kernel.step(alone, a[0]), first[0], 'the estimates of the noise moved on');
  kernel.reset(alone);
  const other = kernel.open();
  const between = a.map((frame, t) => {
    kernel.step(other, b[t % b.length]);
    return kernel.step(alone, frame);
  });
  assert.deepEqual(between, first);
});

test('floats are rounded to the nearest int16, clamped, and NaN is silence', async () => {
  const kernel = new Kernel(recipeOf());
  const exact = framesOf(await goldenSignal('clipping'))[7];
  const featuresOf = (frame: Float32Array): Float32Array => kernel.step(kernel.open(), frame);
  const expected = featuresOf(exact);
  assert.ok(expected.some((x) => x > 0));
  assert.deepEqual(featuresOf(exact.map((x, n) => x + (n % 2 ? 0.45 : -0.45) / 32768)), expected);
  assert.deepEqual(featuresOf(exact.map((x) => (x === 32767 / 32768 ? 7e9 : x === -1 ? -Infinity : x))), expected);
  assert.deepEqual(featuresOf(exact.fill(NaN)), featuresOf(new Float32Array(480)));
});

test('windows behind which zeros make up a multiple of 8 ignore what is there', () => {
  const kernel = new Kernel(recipeOf({ windowLength: 477 }));
  const frame = Float32Array.from({ length: 480 }, (_, n) => Math.sin(n) / 2);
  const expected = kernel.step(kernel.open(), frame);
  assert.deepEqual(kernel.step(kernel.open(), frame.fill(NaN, 477)), expected);
});

test('recipes are refused that the original refuses, or with which it would shift by a negative number', () => {
  const refused = (options: Partial<MicrofrontendRecipe>, message: RegExp) =>
    assert.throws(() => microfrontendTables(recipeOf(options)), { name: 'MetadataError', message });
  refused({ windowLength: 32, hopLength: 16 }, /windowLength is 32, expected 33 or more/);
  refused(
    { highFrequency: 8000 },
    /highFrequency is 8000, .* 512-point spectrum, 8000 Hz; use a lower one, 7968.75 for example/,
  );
  for (const highFrequency of [7968.75, 7999]) microfrontendTables(recipeOf({ highFrequency }));
  refused({ smoothingBits: 2 }, /smoothingBits is 2, expected 3 or more with pcan and a window of 480 samples/);
  refused({ pcanGainBits: 14 }, /pcanGainBits is 14, expected 15 or more/);
  microfrontendTables(recipeOf({ smoothingBits: 2, pcanGainBits: 14, pcan: false }));
});

test("log1p in single precision rounds as fdlibm's", () => {
  // What glibc 2.36 gives where the nearest float to the logarithm is another.
  const known = [
    [0.08502216637134552, 0.08160041272640228],
    [0.3107801675796509, 0.27062249183654785],
    [1.9651626348495483, 1.0869319438934326],
    [3.210965633392334, 1.4376919269561768],
    [121.52908325195312, 4.808348655700684],
    [1647921.25, 14.315025329589844],
  ];
  for (const [x, y] of known) {
    assert.equal(log1pSingle(x), y);
    assert.notEqual(y, Math.fround(Math.log1p(x)));
  }
  for (let x = 2 ** -20; x < 2 ** 24; x *= 1.01) {
    const [single, double] = [log1pSingle(Math.fround(x)), Math.log1p(Math.fround(x))];
    assert.ok(Math.abs(single - double) <= 2 ** -23 * double, `log1p(${x})`);
  }
});
