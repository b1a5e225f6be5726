import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { InputError, loadModel, type Tensor } from 'tympan';
import { runReference } from './reference/network.js';
import { IMPORTABLE, maxDifference, property, randomInputs, readFixture, runOnnxruntime } from './support.js';

/** The bar for f32 posteriors against onnxruntime. */
const F32_DIFFERENCE = 2e-4;
/** What int8 weights may cost on the small random networks of the fixtures, whose posteriors and states are within ±1. */
const INT8_DIFFERENCE = 1e-2;

for (const name of IMPORTABLE) {
  // onnxruntime refuses layout = 1; the float64 reference, which equals it elsewhere, stands in.
  const oracle = name === 'forged-layout.onnx' ? 'the float64 reference' : 'onnxruntime-web';
  test(`${name}: run equals ${oracle}, f32 within ${F32_DIFFERENCE}, int8 within ${INT8_DIFFERENCE}`, async () => {
    const bytes = readFixture(name);
    const f32 = await loadModel(bytes, { precision: 'f32' });
    const int8 = await loadModel(bytes);
    const inputs = randomInputs(f32.network, 3, 29, 7);
    const expected = oracle === 'onnxruntime-web' ? await runOnnxruntime(bytes, inputs) : runReference(f32.network, inputs);
    const exact = f32.run(inputs);
    const quantized = int8.run(inputs);
    assert.deepEqual(Object.keys(exact).sort(), Object.keys(expected).sort());
    for (const [output, { dims, data }] of Object.entries(expected)) {
      assert.deepEqual([...exact[output].dims], [...dims]);
      assert.ok(maxDifference(exact[output].data, data) <= F32_DIFFERENCE, `${output}: ${maxDifference(exact[output].data, data)}`);
      assert.ok(maxDifference(quantized[output].data, data) <= INT8_DIFFERENCE, `${output}: ${maxDifference(quantized[output].data, data)}`);
      assert.ok(maxDifference(quantized[output].data, data) > 0, 'int8 weights differ from f32 ones');
    }
  });
}

test('stream equals run to the last bit, for random fixtures, precisions and lengths', async () => {
  await fc.assert(fc.asyncProperty(
    fc.constantFrom(...IMPORTABLE), fc.constantFrom('int8' as const, 'f32' as const), fc.integer({ min: 1, max: 40 }), fc.nat(),
    async (name, precision, frames, seed) => {
      const model = await loadModel(readFixture(name), { precision });
      const inputs = randomInputs(model.network, 1, frames, seed);
      const whole = model.run(inputs);
      const [layout] = model.network.inputs;
      const width = model.network.values[layout.values[0]].size;
      const stream = model.stream();
      stream.reset(Object.fromEntries(model.network.states.map((state) => [state.name, inputs[state.name].data])));
      const { data } = inputs[layout.name];
      for (let at = 0; at < data.length; at += width) {
        const outputs = stream.step(data.slice(at, at + width));
        for (const output of model.network.outputs) {
          const everyFrame = output.axes.flat().some(({ role }) => role === 'time');
          const frame = outputs[output.name];
          const { data: expected } = whole[output.name];
          if (everyFrame) assert.deepEqual(frame, expected.slice((at / width) * frame.length, (at / width + 1) * frame.length));
          else if (at + width === data.length) assert.deepEqual(frame, expected);
        }
      }
      stream.close();
    }), property);
});

test('streams of one model do not touch each other, and reset begins anew', async () => {
  const model = await loadModel(readFixture('torchscript-frames-two-layers.onnx'));
  const frame = Float32Array.from({ length: model.network.values[0].size }, (_, i) => Math.sin(i));
  const [a, b] = [model.stream(), model.stream()];
  const first = Float32Array.from(a.step(frame).y);
  a.step(frame);
  assert.deepEqual(b.step(frame).y, first);
  assert.notDeepEqual(a.step(frame).y, first);
  a.reset();
  assert.deepEqual(a.step(frame).y, first);
});

test('a closed stream says so, and its memory serves the next one', async () => {
  const model = await loadModel(readFixture('torchscript-frames.onnx'));
  const before = model.summary().arenaBytes;
  for (let i = 0; i < 2000; i++) model.stream().close();
  assert.equal(model.summary().arenaBytes, before);
  const stream = model.stream();
  stream.close();
  assert.throws(() => stream.step(new Float32Array(1)), { name: 'InputError', message: /closed.*model\.stream\(\)/ });
});

test('memory grows under open streams without changing them', async () => {
  const model = await loadModel(readFixture('torchscript-frames.onnx'));
  const frame = new Float32Array(model.network.values[0].size).fill(0.3);
  const [kept, reference] = [model.stream(), model.stream()];
  kept.step(frame);
  reference.step(frame);
  const before = model.summary().arenaBytes;
  while (model.summary().arenaBytes === before) model.stream();
  assert.deepEqual(kept.step(frame).y, reference.step(frame).y);
});

test('initial states beyond ±1 are right with int8 weights too', async () => {
  const bytes = readFixture('torchscript-states.onnx');
  const model = await loadModel(bytes);
  const inputs = randomInputs(model.network, 2, 9, 3);
  for (const { name } of model.network.states) inputs[name].data.forEach((h, i, data) => { data[i] = 5 * h; });
  const expected = await runOnnxruntime(bytes, inputs);
  for (const [name, { data }] of Object.entries(model.run(inputs))) {
    assert.ok(maxDifference(data, expected[name].data) <= 5 * INT8_DIFFERENCE, `${name}: ${maxDifference(data, expected[name].data)}`);
  }
});

test('wrong inputs are refused with what was expected', async () => {
  const model = await loadModel(readFixture('torchscript-states.onnx'));
  const good = randomInputs(model.network, 1, 5, 1);
  const [input] = model.network.inputs;
  const [state] = model.network.states;
  const replace = (name: string, tensor: Partial<Tensor>) => ({ ...good, [name]: { ...good[name], ...tensor } });
  const refused = (inputs: Record<string, Tensor>, message: RegExp): void =>
    assert.throws(() => model.run(inputs), (error: Error) => error instanceof InputError && message.test(error.message));
  refused({ [input.name]: good[input.name] }, new RegExp(`"${state.name}" is missing`));
  refused({ ...good, other: good[input.name] }, /"other" does not exist; this model has/);
  refused(replace(input.name, { dims: [1, 5, 3], data: new Float32Array(15) }), /got \[1,5,3\], expected \[/);
  refused(replace(input.name, { dims: [1, 0, 5], data: new Float32Array(0) }), /got \[1,0,5\]/);
  refused(replace(input.name, { data: new Float32Array(3) }), /with 3 floats, expected/);
  refused(replace(input.name, { type: 'int64' as 'float32' }), /got type int64, expected float32/);
  const stream = model.stream();
  assert.throws(() => stream.step(new Float32Array(2)), { name: 'InputError', message: /got 2 floats, expected \d+/ });
  assert.throws(() => stream.reset({ nothing: new Float32Array(2) }), { name: 'InputError', message: /"nothing" does not exist/ });
});
