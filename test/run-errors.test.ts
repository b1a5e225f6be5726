/** What `run` says of tensors that don't fit. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { InputError, loadModel, type Model, type Tensor } from 'tympan';
import { buildModel } from './onnx-builder.js';
import { randomInputs, readFixture } from './support.js';

const load = (name: string) => loadModel(readFixture(`${name}.onnx`), { precision: 'f32' });

function refused(model: Model, inputs: unknown, message: RegExp): void {
  assert.throws(
    () => model.run(inputs as Record<string, Tensor>),
    (error: Error) => {
      assert.ok(error instanceof InputError, `${error.stack}`);
      assert.match(error.message, message);
      return true;
    },
  );
}

const zeros = (...dims: number[]) => ({
  dims,
  data: new Float32Array(Math.abs(dims.reduce((product, dim) => product * dim, 1))),
});

test('an unknown option', async () => {
  const model = await load('torchscript-states');
  const inputs = randomInputs(model.network, 1, 2, 1);
  const options = { tracing: true } as object;
  assert.throws(() => model.run(inputs, options), { name: 'TypeError', message: /^"tracing" is no option of run;/ });
});

test('missing, unknown and ill-typed tensors', async () => {
  const model = await load('torchscript-states');
  const good = randomInputs(model.network, 3, 5, 1);
  const { x, h0 } = good;
  const replaced = (tensor: object) => ({ ...good, x: { ...x, ...tensor } });
  refused(model, { x }, /^input "h0" is missing; expected float32 \[1, batch, 24\]$/);
  refused(model, { h0 }, /^input "x" is missing; expected float32 \[batch, time, 13\]$/);
  refused(model, { ...good, y: x }, /^input "y" does not exist; this model has "x", "h0"$/);
  refused(model, undefined, /got (undefined|nothing), expected/);
  refused(model, { ...good, x: undefined }, /^input "x" is missing/);
  refused(model, { ...good, x: null }, /^input "x" is missing/);
  refused(model, { ...good, x: x.data }, /^input "x": got /);
  refused(
    model,
    replaced({ type: 'int64' }),
    /^input "x": got type int64 with a Float32Array, expected float32 with a/,
  );
  refused(
    model,
    replaced({ type: 'float64', data: Float64Array.from(x.data as Float32Array) }),
    /got type float64 with a Float64Array/,
  );
  refused(
    model,
    replaced({ data: [...(x.data as Float32Array)] }),
    /got type float32 with an? Array, expected float32/,
  );
  refused(model, replaced({ dims: 'x' }), /^input "x": got string as dims, expected an array$/);
  const integers = await load('forged-embedding');
  refused(
    integers,
    { x: { type: 'int64', dims: [2, 1], data: Int32Array.of(1, 2) } },
    /^input "x": got type int64 with an? Int32Array, expected int64 with a BigInt64Array as data$/,
  );
});

test('shapes that don’t fit, or contradict each other', async () => {
  const model = await load('torchscript-states');
  const good = randomInputs(model.network, 3, 5, 1);
  const replaced = (name: string, tensor: object) => ({ ...good, [name]: { ...good[name], ...tensor } });
  refused(
    model,
    replaced('x', zeros(3, 5, 14)),
    /^input "x": got \[3,5,14\] with 210 elements, expected \[batch, time, 13\]$/,
  );
  refused(model, replaced('x', zeros(3, 0, 13)), /got \[3,0,13\] with 0 elements/);
  refused(model, replaced('x', zeros(-3, -5, 13)), /got \[-3,-5,13\]/);
  refused(model, replaced('x', zeros(15, 13)), /got \[15,13\] with 195 elements/);
  refused(model, replaced('x', { data: new Float32Array(3) }), /got \[3,5,13\] with 3 elements/);
  refused(model, replaced('x', zeros(4, 5, 13)), /^input "h0": "batch" is 3 on axis 1, and 4 of input "x"$/);
  const fixed = await load('torchscript-states-fixed');
  const inputs = randomInputs(fixed.network, 1, 12, 1);
  for (const { name } of fixed.network.inputs) {
    inputs[name].dims.forEach((_, axis) => {
      const wrong = inputs[name].dims.map((dim, i) => (i === axis ? dim + 1 : dim));
      refused(
        fixed,
        { ...inputs, [name]: { ...inputs[name], ...zeros(...wrong) } },
        new RegExp(`^input "${name}": got \\[`),
      );
    });
  }
});

test('what gates would make ordinary numbers of is refused; infinite masks are not', async () => {
  const model = await load('torchscript-states');
  const good = randomInputs(model.network, 3, 5, 1);
  for (const { name } of model.network.inputs) {
    const data = Float32Array.from(good[name].data, Number);
    for (const wrong of [NaN, Infinity, -Infinity]) {
      data[7] = wrong;
      const message = new RegExp(`^input "${name}": element 7 is ${wrong}, expected finite numbers`);
      refused(model, { ...good, [name]: { ...good[name], data } }, message);
    }
  }
  const masked = await loadModel(
    buildModel({
      inputs: { x: ['time', 4], mask: ['time', 4] },
      outputs: { y: ['time', 4] },
      initializers: {},
      nodes: [
        ['Add', ['x', 'mask'], ['s']],
        ['Softmax', ['s'], ['y'], { axis: 1 }],
      ],
    }),
  );
  const row = (...values: number[]): Tensor => ({ type: 'float32', dims: [1, 4], data: Float32Array.from(values) });
  const { y } = masked.run({ x: row(1, 1, 3, 3), mask: row(0, 0, -Infinity, -Infinity) });
  assert.deepEqual([...y.data], [0.5, 0.5, 0, 0]);
});

test('a size that only part of the network has to bear', async () => {
  const model = await load('dynamo-frames-time-first');
  refused(
    model,
    randomInputs(model.network, 2, 11, 1),
    /^the network does not fit "x" \[11,2,5\]: reshape ".*can't take the shape \[12,-1,6\]/,
  );
});

test('whole numbers out of their range name the operation', async () => {
  const embedding = await load('forged-embedding');
  const rows = (...data: bigint[]) => ({
    x: { type: 'int64', dims: [data.length, 1], data: BigInt64Array.from(data) },
  });
  refused(embedding, rows(0n, 99n), /gather ".*99/);
  refused(embedding, rows(-99n, 0n), /gather ".*-99/);
  const lengths = await load('forged-gru-lengths');
  const inputs = randomInputs(lengths.network, 2, 9, 1);
  const of = (...data: number[]) => ({ ...inputs, lengths: { type: 'int32', dims: [2], data: Int32Array.from(data) } });
  refused(lengths, of(9, 10), /^gru ".*": sequence_lens\[1\] is 10, expected 0 to 9$/);
  refused(lengths, of(-1, 9), /sequence_lens\[0\] is -1, expected 0 to 9$/);
});

test('after an error the model runs as before', async () => {
  const model = await load('forged-gru-lengths');
  const good = randomInputs(model.network, 2, 9, 1);
  const expected = model.run(good);
  refused(model, { ...good, lengths: { type: 'int32', dims: [2], data: Int32Array.of(3, 10) } }, /sequence_lens/);
  refused(model, {}, /missing/);
  assert.deepEqual(model.run(good), expected);
});
