/** Models that others made, against onnxruntime-web. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import test from 'node:test';
import { loadModel, UnsupportedModelError } from 'tympan';
import { compareOutputs, floatsOf, maxDifference, openOnnxruntime, randomInputs, uniform } from './support.js';

const FOLDER = '../shared/onnx';
const SKIP = existsSync(FOLDER) ? false : `no models at ${FOLDER}`;

/** What they must keep to; the largest that was measured is 1.6e-6, of DTLN's state. */
const F32_DIFFERENCE = 1e-4;

const read = (name: string): Uint8Array => readFileSync(`${FOLDER}/${name}`);

const MODELS = SKIP
  ? []
  : [
      ...readdirSync(`${FOLDER}/burn`)
        .filter((name) => name.endsWith('.onnx'))
        .map((name) => `burn/${name}`),
      ...['gonnx/gru.onnx', 'gonnx/ndm.onnx', 'gonnx/mlp.onnx', 'dtln/model_1.onnx'],
    ];

test('there are the 12 models of burn', { skip: SKIP }, () => {
  assert.equal(MODELS.filter((name) => name.startsWith('burn/')).length, 12);
});

for (const name of MODELS) {
  test(`${name}: run equals onnxruntime-web`, async () => {
    const model = await loadModel(read(name), { precision: 'f32' });
    const theirs = await openOnnxruntime(read(name));
    try {
      for (const [batch, frames] of [
        [1, 1],
        [2, 17],
        [3, 40],
      ]) {
        const inputs = randomInputs(model.network, batch, frames, frames);
        compareOutputs(model.run(inputs), await theirs.run(inputs), (output, actual, expected) => {
          const difference = maxDifference(actual.data, expected.data);
          assert.ok(difference <= F32_DIFFERENCE, `${output}: ${difference}`);
        });
      }
    } finally {
      await theirs.close();
    }
  });
}

test('dtln/model_1.onnx: a stream carries its state as onnxruntime-web’s caller has to', { skip: SKIP }, async () => {
  const bytes = read('dtln/model_1.onnx');
  const model = await loadModel(bytes, { precision: 'f32' });
  assert.deepEqual(model.streaming, { mode: 'stateful' });
  const theirs = await openOnnxruntime(bytes);
  const stream = model.stream();
  assert.deepEqual(stream.inputSlots, [{ name: 'input_2', size: 257 }]);
  const next = uniform(9);
  for (const sequence of ['first', 'after a reset']) {
    let input_3 = { type: 'float32' as const, dims: [1, 2, 128, 2], data: new Float32Array(512) };
    for (let frame = 0; frame < 50; frame++) {
      const magnitudes = Float32Array.from({ length: 257 }, () => Math.abs(next()));
      const input_2 = { type: 'float32' as const, dims: [1, 1, 257], data: magnitudes };
      const { activation_2: mask, tf_op_layer_stack_2: state } = await theirs.run({ input_2, input_3 });
      input_3 = { ...input_3, data: floatsOf(state).slice() };
      const { activation_2: ours } = stream.step(magnitudes);
      const difference = maxDifference(ours, mask.data);
      assert.ok(difference <= F32_DIFFERENCE, `${sequence}, frame ${frame}: ${difference}`);
    }
    stream.reset();
  }
  stream.close();
  await theirs.close();
});

test('gonnx/scaler.onnx is refused: what it is, where, and what to do', { skip: SKIP }, async () => {
  await assert.rejects(loadModel(read('gonnx/scaler.onnx')), (error) => {
    assert.ok(error instanceof UnsupportedModelError);
    assert.match(
      error.message,
      /^ai\.onnx\.ml::Scaler node "Scaler": .* not supported; export with operators of ai\.onnx only$/,
    );
    return true;
  });
});
