/** Models that take several frames at once, or slopes: what a front end makes is not `numCoefficients` a hop. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { FrontEnd } from '#dist/features/front-end.js';
import { parseRecipe } from '#dist/features/parse-recipe.js';
import type { RecipeOptions } from '#dist/features/recipe.js';
import { leadOf } from '#dist/node/evaluation/lead.js';
import { featureSpan, loadModel, type Model } from 'tympan';
import { buildModel } from './onnx-builder.js';
import { chunks, maxDifference, uniform } from './support.js';

/** It takes 20 features at a time. */
const MODEL = 'models/happy.onnx';
const noise = Float32Array.from({ length: 40_000 }, uniform(7, 0.5));

/** A model's posteriors, and the times that they come at. */
function hear(model: Model, samples: Float32Array): { posteriors: number[]; times: number[]; period: number } {
  const posteriors: number[] = [];
  const times: number[] = [];
  const detector = model.detector({
    onFrame: (frame, time) => {
      posteriors.push(frame[0]);
      times.push(time);
    },
  });
  for (const chunk of chunks(samples, [137])) detector.push(chunk);
  const { period } = detector;
  detector.close();
  return { posteriors, times, period };
}

/** Samples from one vector to the next, and vectors that a clip has more of than its stream, whose slopes come late. */
const FRONT_ENDS: readonly { frontend: RecipeOptions; hop: number; late: number }[] = [
  { frontend: { preset: 'kaldi-fbank', numMels: 10, stack: 2, stackStride: 3 }, hop: 480, late: 0 },
  { frontend: { preset: 'kaldi', numCoefficients: 10, deltas: 1 }, hop: 160, late: 2 },
  { frontend: { numCoefficients: 2, deltas: 1, stack: 5, stackStride: 2 }, hop: 320, late: 1 },
  { frontend: { preset: 'microfrontend', numMels: 20, stackStride: 2 }, hop: 320, late: 0 },
];

for (const { frontend, hop, late } of FRONT_ENDS) {
  test(`a detector says what run says of a clip's features: ${JSON.stringify(frontend)}`, async () => {
    const model = await loadModel(MODEL, { frontend, precision: 'f32' });
    const { frames, coefficients, data } = model.features(noise);
    assert.equal(coefficients, 20);
    const x = { type: 'float32', dims: [1, frames, 20], data } as const;
    const { posterior } = model.run({ features: x });
    const { posteriors, times, period } = hear(model, noise);
    const every = model.stream().outputSlots[0].every;
    assert.equal(period, (hop * every) / 16000);
    assert.equal(posteriors.length, Math.floor((frames - late) / every));
    assert.ok(maxDifference(posteriors, [...(posterior.data as Float32Array)].slice(0, posteriors.length)) < 1e-6);
    for (let k = 1; k < times.length; k++) assert.ok(Math.abs(times[k] - times[k - 1] - period) < 1e-9);
  });
}

test('a front end that makes another number of features is refused, stacks and slopes counted', async () => {
  const refused = (frontend: RecipeOptions, size: number): Promise<void> =>
    assert.rejects(async () => (await loadModel(MODEL, { frontend })).detector(), {
      name: 'MetadataError',
      message: new RegExp(`makes ${size} features a frame, the model takes 20 as`),
    });
  await refused({ numCoefficients: 20, stack: 2 }, 40);
  await refused({ numCoefficients: 20, deltas: 1 }, 40);
  await refused({ numCoefficients: 10 }, 10);
});

test('of two axes that may be time, it is the one beside as many features as the front end makes, stacked', async () => {
  const bytes = buildModel({
    inputs: { x: [1, 6, 4] },
    outputs: { y: [1, 6, 4] },
    initializers: {},
    nodes: [['Sigmoid', ['x'], ['y']]],
  });
  const sizeOf = async (frontend?: RecipeOptions): Promise<number> =>
    (await loadModel(bytes, frontend ? { frontend } : {})).stream().inputSlots[0].size;
  assert.equal(await sizeOf(), 4);
  assert.equal(await sizeOf({ numCoefficients: 3, stack: 2 }), 6);
  assert.equal(await sizeOf({ numCoefficients: 2, deltas: 2 }), 6);
});

test('the first vector without slopes comes when as many samples have as featureSpan says', () => {
  const recipes: readonly RecipeOptions[] = [
    {},
    { preset: 'openwakeword' },
    { preset: 'openwakeword', stack: 4, stackStride: 2 },
    { preset: 'microfrontend', stack: 3 },
  ];
  for (const options of recipes) {
    const recipe = parseRecipe(options);
    const stream = new FrontEnd(recipe).open();
    const span = featureSpan(recipe);
    assert.equal(stream.fill(noise.subarray(0, span - 1), 0), span - 1);
    assert.equal(stream.ready, false, `${JSON.stringify(options)}: before ${span} samples`);
    stream.fill(noise.subarray(span - 1, span), 0);
    assert.equal(stream.ready, true, `${JSON.stringify(options)}: at ${span} samples`);
    stream.close();
  }
});

test('featureSpan is from the first to the last sample that a vector changes with', () => {
  const small = { windowLength: 32, hopLength: 16, fftSize: 64, numMels: 4, numCoefficients: 2 } as const;
  for (const fields of [{ stack: 3 }, { deltas: 1 }, { deltas: 2, deltaWindow: 1, stack: 2 }] as const) {
    const recipe = parseRecipe({ ...small, ...fields, window: 'rectangular' });
    const frontEnd = new FrontEnd(recipe);
    const samples = noise.slice(0, 400);
    const vector = (): Float32Array => {
      const { data, frames, coefficients } = frontEnd.features(samples);
      const middle = frames >> 1;
      return data.slice(middle * coefficients, (middle + 1) * coefficients);
    };
    const before = vector();
    const changing = [...samples.keys()].filter((n) => {
      const heard = samples[n];
      samples[n] += 0.5;
      const isChanged = vector().some((x, i) => x !== before[i]);
      samples[n] = heard;
      return isChanged;
    });
    assert.equal(changing.at(-1)! - changing[0] + 1, featureSpan(recipe), JSON.stringify(fields));
  }
});

test('before a file that is heard alone comes what a model on windows hears before its first answer', async () => {
  const streaming = { mode: 'windowed', windowFrames: 60 } as const;
  const recipes: readonly RecipeOptions[] = [
    { preset: 'kaldi-fbank', numMels: 10, stack: 2, stackStride: 3 },
    { preset: 'openwakeword', numMels: 20 },
  ];
  for (const frontend of recipes) {
    const model = await loadModel(MODEL, { frontend, streaming });
    const [first] = hear(model, noise).times;
    assert.ok(first > 0.6);
    assert.ok(Math.abs(leadOf(model) - first) < 1e-9, `${JSON.stringify(frontend)}: ${leadOf(model)}, first ${first}`);
  }
});
