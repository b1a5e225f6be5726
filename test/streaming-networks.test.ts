/** Random small networks: `run` is onnxruntime's, streams are `run`'s, and nothing but Tympan's own errors is thrown. */
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { loadModel } from 'tympan';
import { buildModel } from './onnx-builder.js';
import { NetworkGenerator } from './random-network.js';
import { deviationOf, layoutOf, listen, randomSequence, windowDeviationOf } from './sequences.js';
import { SEED, relativeDifference, runOnnxruntime } from './support.js';

/** The bar of f32 against onnxruntime, on up to six layers. */
const RUN_DIFFERENCE = 1e-5;
/** Sums over the inputs of a layer, in another order than in `run`, through up to six layers. */
const STREAM_DIFFERENCE = 5e-6;
/** More than any window of the palette spans. */
const MIN_FRAMES = 31;
const WINDOW = { mode: 'windowed', windowFrames: 31, hopFrames: 2 } as const;

const modes = { stateful: 0, windowed: 0 };

async function check(seed: number, frames: number): Promise<void> {
  const { graph, parts } = new NetworkGenerator(seed).make();
  const described = `network ${seed}, ${frames} frames: ${parts.join(', ')}`;
  const bytes = buildModel(graph);
  const model = await loadModel(bytes, { precision: 'f32' });
  modes[model.streaming.mode]++;
  const layout = await layoutOf(model);
  const sequence = randomSequence(model, layout, frames, seed);
  const runs = model.run(sequence);
  for (const [name, { dims, data }] of Object.entries(await runOnnxruntime(bytes, sequence))) {
    assert.deepEqual([...runs[name].dims], [...dims], described);
    const difference = relativeDifference(runs[name].data, data);
    assert.ok(difference <= RUN_DIFFERENCE, `${described}: run: ${difference}`);
  }
  if (model.streaming.mode === 'stateful') {
    const stream = model.stream();
    const { largest, where } = deviationOf(model, layout, sequence, listen(stream, sequence, layout, frames), runs);
    assert.ok(largest <= STREAM_DIFFERENCE, `${described}: ${where}: ${largest}`);
    stream.close();
  }
  const windowed = await loadModel(bytes, { precision: 'f32', streaming: WINDOW });
  const answers = listen(windowed.stream(), sequence, layout, frames);
  const { largest, where } = windowDeviationOf(windowed, layout, sequence, answers, WINDOW);
  assert.equal(largest, 0, `${described}: window: ${where}`);
}

test('random networks run as onnxruntime runs them, and stream as they run', async () => {
  await fc.assert(fc.asyncProperty(fc.nat(), fc.integer({ min: MIN_FRAMES, max: MIN_FRAMES + 12 }), check), {
    seed: SEED,
    numRuns: 80,
  });
  assert.ok(modes.stateful >= 40, `${modes.stateful} networks were stateful`);
});

/** What this generator has found. */
const FOUND: Readonly<Record<string, readonly [seed: number, frames: number]>> = {
  'a stride with a look ahead whose last frame depends on how many there are': [1270, 37],
  'a size in a Reshape taken for the only number of frames that fits': [1211, 37],
};

for (const [what, [seed, frames]] of Object.entries(FOUND)) test(`found: ${what}`, () => check(seed, frames));
