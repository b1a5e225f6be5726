import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { InputError, loadModel, type Tensor } from 'tympan';
import { runReference } from './reference/network.js';
import { buildModel, gruWeights } from './onnx-builder.js';
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
    const expected =
      oracle === 'onnxruntime-web' ? await runOnnxruntime(bytes, inputs) : runReference(f32.network, inputs);
    const exact = f32.run(inputs);
    const quantized = int8.run(inputs);
    assert.deepEqual(Object.keys(exact).sort(), Object.keys(expected).sort());
    for (const [output, { dims, data }] of Object.entries(expected)) {
      assert.deepEqual([...exact[output].dims], [...dims]);
      assert.ok(
        maxDifference(exact[output].data, data) <= F32_DIFFERENCE,
        `${output}: ${maxDifference(exact[output].data, data)}`,
      );
      assert.ok(
        maxDifference(quantized[output].data, data) <= INT8_DIFFERENCE,
        `${output}: ${maxDifference(quantized[output].data, data)}`,
      );
      assert.ok(maxDifference(quantized[output].data, data) > 0, 'int8 weights differ from f32 ones');
    }
  });
}

test('stream equals run to the last bit, for random fixtures, precisions and lengths', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.constantFrom(...IMPORTABLE),
      fc.constantFrom('int8' as const, 'f32' as const),
      fc.integer({ min: 1, max: 40 }),
      fc.nat(),
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
            if (everyFrame)
              assert.deepEqual(frame, expected.slice((at / width) * frame.length, (at / width + 1) * frame.length));
            else if (at + width === data.length) assert.deepEqual(frame, expected);
          }
        }
        stream.close();
      },
    ),
    property,
  );
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
  for (let i = 0; i < 500; i++) model.run(randomInputs(model.network, 1, 2, i));
  assert.equal(model.summary().arenaBytes, before);
  const twice = model.stream();
  twice.close();
  twice.close();
  const frame = new Float32Array(model.network.values[0].size).fill(0.2);
  const [a, b] = [model.stream(), model.stream()];
  a.step(frame);
  a.step(frame);
  assert.deepEqual(b.step(frame).y, model.stream().step(frame).y, 'a block that was released twice would be shared');
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
  for (const { name } of model.network.states)
    inputs[name].data.forEach((h, i, data) => {
      data[i] = 5 * h;
    });
  const expected = await runOnnxruntime(bytes, inputs);
  for (const [name, { data }] of Object.entries(model.run(inputs))) {
    assert.ok(
      maxDifference(data, expected[name].data) <= 5 * INT8_DIFFERENCE,
      `${name}: ${maxDifference(data, expected[name].data)}`,
    );
  }
});

test('wrong tensors are refused with what was expected', async () => {
  const model = await loadModel(readFixture('torchscript-states.onnx'));
  const good = randomInputs(model.network, 3, 5, 1);
  const [input] = model.network.inputs;
  const [state] = model.network.states;
  const replace = (name: string, tensor: object) => ({ ...good, [name]: { ...good[name], ...tensor } });
  const refused = (inputs: unknown, message: RegExp): void =>
    assert.throws(
      () => model.run(inputs as Record<string, Tensor>),
      (error: Error) => error instanceof InputError && message.test(error.message),
    );
  const size = model.network.values[input.values[0]].size;
  const zeros = (...dims: number[]) => ({
    dims,
    data: new Float32Array(Math.abs(dims.reduce((product, dim) => product * dim, 1))),
  });
  refused({ [input.name]: good[input.name] }, new RegExp(`"${state.name}" is missing; expected float32 \\[`));
  refused({ ...good, other: good[input.name] }, /"other" does not exist; this model has/);
  refused(undefined, /run: got undefined, expected tensors by name/);
  refused(replace(input.name, zeros(3, 5, size + 1)), /got \[3,5,\d+\] with \d+ floats, expected \[/);
  refused(replace(input.name, zeros(4, 5, size)), new RegExp(`"${state.name}": got`));
  refused(
    replace(state.name, zeros(...good[state.name].dims.map((dim) => dim + 1))),
    new RegExp(`"${state.name}": got`),
  );
  refused(replace(input.name, zeros(3, 0, size)), /got \[3,0/);
  refused(replace(input.name, zeros(-3, -5, size)), /got \[-3,-5/);
  refused(replace(input.name, zeros(3, 5)), /got \[3,5\]/);
  refused(replace(input.name, { dims: 'x' }), /got string as dims, expected an array/);
  refused(replace(input.name, { data: new Float32Array(3) }), /with 3 floats, expected/);
  refused(replace(input.name, { type: 'int64' }), /got type int64 with a Float32Array, expected float32/);
  refused(replace(input.name, { data: [...good[input.name].data] }), /with a Array/);
  for (const name of [input.name, state.name]) {
    const data = good[name].data.slice();
    data[1] = NaN;
    refused(replace(name, { data }), new RegExp(`"${name}": element 1 is NaN, expected finite numbers`));
  }
});

test('a fixed size that another tensor contradicts is refused', async () => {
  const model = await loadModel(readFixture('torchscript-states-fixed.onnx'));
  const good = randomInputs(model.network, 1, 12, 1);
  for (const { name } of [...model.network.inputs, ...model.network.states]) {
    const { dims } = good[name];
    for (let axis = 0; axis < dims.length; axis++) {
      const wrong = dims.map((dim, i) => (i === axis ? dim + 1 : dim));
      const data = new Float32Array(wrong.reduce((product, dim) => product * dim, 1));
      assert.throws(() => model.run({ ...good, [name]: { ...good[name], dims: wrong, data } }), {
        name: 'InputError',
        message: /got \[/,
      });
    }
  }
});

test('wrong frames and states are refused, and leave the stream as it was', async () => {
  for (const precision of ['int8', 'f32'] as const) {
    const model = await loadModel(readFixture('torchscript-states.onnx'), { precision });
    const [{ name: input }] = model.network.inputs;
    const [{ name: state }] = model.network.states;
    const frame = new Float32Array(model.network.values[model.network.inputs[0].values[0]].size).fill(0.4);
    const [stream, reference] = [model.stream(), model.stream()];
    stream.step(frame);
    reference.step(frame);
    const refused = (use: () => void, message: RegExp): void => assert.throws(use, { name: 'InputError', message });
    refused(() => stream.step(new Float32Array(2)), /got 2 floats, expected a Float32Array of \d+/);
    refused(() => stream.step(new Float64Array(frame) as unknown as Float32Array), /got Float64Array, expected/);
    refused(() => stream.step(undefined as unknown as Float32Array), /got nothing, expected/);
    refused(() => stream.step(null as unknown as Float32Array), /got null, expected/);
    refused(() => stream.step('x'.repeat(frame.length) as unknown as Float32Array), /got string, expected/);
    refused(() => stream.step({ [input]: frame, other: frame }), /input "other" does not exist; this model has "/);
    refused(() => stream.step({}), /got nothing/);
    refused(() => stream.step(frame.map((x, i) => (i === 1 ? NaN : x))), /element 1 is NaN/);
    refused(() => stream.reset({ nothing: new Float32Array(2) }), /state "nothing" does not exist; this model has "/);
    refused(() => stream.reset({ [state]: new Float32Array(2) }), /got 2 floats/);
    refused(
      () => stream.reset({ [state]: frame.fill(Infinity) && new Float32Array(24).fill(Infinity) }),
      /is Infinity|got 24 floats/,
    );
    frame.fill(0.4);
    assert.deepEqual(stream.step({ [input]: frame }), reference.step(frame));
  }
});

test('a dense layer of 16 rows or more is int8, a smaller one and all of f32 are not', async () => {
  const bytes = (rows: number): Uint8Array =>
    buildModel({
      inputs: { x: ['time', 1, 5] },
      outputs: { y: ['time', 1, rows], Y: ['time', 1, 1, 8] },
      initializers: {
        ...gruWeights(6, 8),
        first: [[5, 6]],
        weights: [[6, rows]],
        shift: [[6], [-4, -5, -4, -5, -6, -4]],
      },
      nodes: [
        ['MatMul', ['x', 'first'], ['a']],
        ['Add', ['a', 'shift'], ['b']],
        ['Sigmoid', ['b'], ['s']],
        ['GRU', ['s', 'W', 'R', 'B'], ['Y'], { hidden_size: 8 }],
        ['MatMul', ['s', 'weights'], ['y']],
      ],
    });
  for (const [rows, precision, kernel] of [
    [16, 'int8', 'matvecInt8'],
    [15, 'int8', 'matvecF32'],
    [16, 'f32', 'matvecF32'],
  ] as const) {
    const model = await loadModel(bytes(rows), { precision });
    const inputs = randomInputs(model.network, 1, 9, 2);
    const { program } = model.summary();
    assert.ok(
      program.some((call) => call.startsWith(kernel) && call.includes('columns=8') && call.includes('rows=16')),
      program.join('\n'),
    );
    // Small sigmoids: were their padding sigmoid(0), the quantizer's scale would be 50 times too coarse.
    const expected = await runOnnxruntime(bytes(rows), inputs);
    const error = maxDifference(model.run(inputs).y.data, expected.y.data);
    assert.ok(error <= (kernel === 'matvecInt8' ? 2e-4 : 1e-6), `${rows} rows, ${precision}: ${error}`);
  }
});

test('random sizes, up to rows that take several int32 sums, equal the float64 reference', async () => {
  const sizes = fc.record({
    input: fc.oneof(fc.integer({ min: 1, max: 80 }), fc.integer({ min: 500, max: 600 })),
    hidden: fc.oneof(fc.integer({ min: 1, max: 90 }), fc.integer({ min: 509, max: 530 })),
    linearBeforeReset: fc.constantFrom(0, 1),
  });
  await fc.assert(
    fc.asyncProperty(sizes, async ({ input, hidden, linearBeforeReset }) => {
      const bytes = buildModel({
        inputs: { x: ['time', 1, input] },
        outputs: { Y: ['time', 1, 1, hidden] },
        initializers: gruWeights(input, hidden),
        nodes: [['GRU', ['x', 'W', 'R', 'B'], ['Y'], { hidden_size: hidden, linear_before_reset: linearBeforeReset }]],
      });
      for (const precision of ['int8', 'f32'] as const) {
        const model = await loadModel(bytes, { precision });
        const inputs = randomInputs(model.network, 1, 4, hidden);
        for (const { data } of Object.values(inputs))
          data.forEach((x, i) => {
            data[i] = x / Math.sqrt(input);
          });
        const error = maxDifference(model.run(inputs).Y.data, runReference(model.network, inputs).Y.data);
        assert.ok(error <= (precision === 'int8' ? 0.06 : 2e-5), `${input} → ${hidden}, ${precision}: ${error}`);
      }
    }),
    { ...property, numRuns: 12 },
  );
});
