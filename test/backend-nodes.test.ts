/** ONNX's own tests of RNN, GRU and LSTM nodes against their golden data, at the tolerance of ONNX's runner. */
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import onnxProto from 'onnx-proto';
import { loadModel, type Tensor } from 'tympan';

const { onnx } = onnxProto;

const FOLDER = '../shared/onnx/backend-node-tests';
const SKIP = existsSync(FOLDER) ? false : `no models at ${FOLDER}`;

/** https://github.com/onnx/onnx/blob/main/onnx/backend/test/runner/__init__.py: |a − b| ≤ atol + rtol·|b| */
const RTOL = 1e-3;
const ATOL = 1e-7;

const subfolders = (folder: string): string[] =>
  readdirSync(folder)
    .sort()
    .map((name) => join(folder, name));

const CASES = SKIP ? [] : subfolders(FOLDER).flatMap(subfolders);

/** TensorProto.DataType 1 is float32, 6 is int32. */
function tensorOf(file: string): Tensor {
  const { dataType, dims, rawData } = onnx.TensorProto.decode(readFileSync(file));
  assert.ok(rawData && dims);
  assert.ok(dataType === 1 || dataType === 6, `elements of type ${dataType}`);
  const { buffer } = Uint8Array.from(rawData); // aligned
  const [type, data] =
    dataType === 1 ? (['float32', new Float32Array(buffer)] as const) : (['int32', new Int32Array(buffer)] as const);
  return { type, dims: dims.map(Number), data };
}

/** `input_0.pb`, `input_1.pb` and so on. */
function tensorsOf(folder: string, kind: 'input' | 'output'): Tensor[] {
  const count = readdirSync(folder).filter((name) => name.startsWith(`${kind}_`)).length;
  return Array.from({ length: count }, (_, i) => tensorOf(join(folder, `${kind}_${i}.pb`)));
}

function assertClose(actual: Tensor, expected: Tensor, name: string): void {
  assert.deepEqual([actual.type, actual.dims], [expected.type, expected.dims], name);
  assert.equal(actual.data.length, expected.data.length, name);
  expected.data.forEach((b: number | bigint, i: number) => {
    const [want, got] = [Number(b), Number(actual.data[i])];
    assert.ok(Math.abs(got - want) <= ATOL + RTOL * Math.abs(want), `${name}[${i}]: got ${got}, expected ${want}`);
  });
}

test('there are 66 backend node tests, of six releases', { skip: SKIP }, () => {
  assert.equal(CASES.length, 66);
  assert.equal(new Set(CASES.map((folder) => folder.split('/').at(-2))).size, 6);
});

test('the comparison sees what is wrong', () => {
  const tensor = (...values: number[]): Tensor => ({ type: 'float32', dims: [1, 2], data: Float32Array.from(values) });
  const golden = tensor(0, 0.5);
  assertClose(tensor(0.9e-7, 0.50048828125), golden, 'y');
  assert.throws(() => assertClose(tensor(1.2e-7, 0.5), golden, 'y'), /y\[0\]: got 1\.19/);
  assert.throws(() => assertClose(tensor(0, 0.5009765625), golden, 'y'), /y\[1\]: got 0\.5009765625,/);
  assert.throws(() => assertClose(tensor(NaN, 0.5), golden, 'y'), /y\[0\]: got NaN/);
  assert.throws(() => assertClose({ ...golden, dims: [2, 1] }, golden, 'y'));
});

for (const folder of CASES) {
  test(folder.slice(FOLDER.length + 1), async () => {
    const model = await loadModel(readFileSync(join(folder, 'model.onnx')), { precision: 'f32' });
    const data = join(folder, 'test_data_set_0');
    const [given, expected] = [tensorsOf(data, 'input'), tensorsOf(data, 'output')];
    const { inputs, outputs } = model.network;
    assert.deepEqual([inputs.length, outputs.length], [given.length, expected.length]);
    const results = model.run(Object.fromEntries(inputs.map(({ name }, i) => [name, given[i]])));
    outputs.forEach(({ name }, i) => assertClose(results[name], expected[i], name));
  });
}
