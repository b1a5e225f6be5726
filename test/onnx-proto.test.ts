import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { pathToFileURL } from 'node:url';
import onnxProto from 'onnx-proto';

const url = pathToFileURL(join(process.cwd(), 'dist/onnx/onnx-proto.js'));
const { ModelProto } = (await import(String(url))) as typeof import('../src/onnx/onnx-proto.js');

const whole = onnxProto.onnx.ModelProto;
const fixtures = 'test/fixtures/onnx';
const models = readdirSync(fixtures).filter((name) => name.endsWith('.onnx'));

/** Holds each field of what the trimmed decoder made against what onnx-proto made, and gives the number of fields. */
function compare(trimmed: unknown, full: unknown, where: string): number {
  if (typeof trimmed !== 'object' || trimmed === null) {
    // In Node onnx-proto reads int64 as a Long.
    const value = typeof full === 'object' && full !== null && 'toNumber' in full ? Number(full) : full;
    assert.ok(Object.is(trimmed, value), `${where}: got ${String(trimmed)}, expected ${String(value)}`);
    return 1;
  }
  if (trimmed instanceof Uint8Array) {
    assert.ok(full instanceof Uint8Array && Buffer.compare(trimmed, full) === 0, where);
    return 1;
  }
  assert.ok(typeof full === 'object' && full !== null, where);
  if (Array.isArray(trimmed)) assert.equal(trimmed.length, (full as unknown[]).length, where);
  let count = 0;
  // Its own fields, and those that the file does not have.
  for (const key in trimmed) {
    const name = key as keyof typeof trimmed;
    if (typeof trimmed[name] !== 'function') count += compare(trimmed[name], full[name], `${where}.${key}`);
  }
  return count;
}

test('the trimmed decoder reads what onnx-proto reads', () => {
  assert.ok(models.length > 100, `${models.length} models`);
  for (const name of models) {
    const bytes = new Uint8Array(readFileSync(join(fixtures, name)));
    assert.ok(compare(ModelProto.decode(bytes), whole.decode(bytes), name) > 10, name);
  }
});

test('it reads every kind of value, and skips what it does not read', () => {
  const long = (low: number, high: number) => ({ low, high, unsigned: false }) as unknown as number;
  const tensor = {
    name: 'häß € 🎤',
    dims: [1, long(-1, -1), long(0, 2 ** 21), long(-1, 2 ** 31 - 1), long(0, -(2 ** 31))],
    dataType: 11,
    docString: 'skipped',
    segment: { begin: 1, end: 2 },
    floatData: [-0, 1 / 3, Infinity, NaN, 1e-45],
    doubleData: [-0, 1 / 3, -Infinity, NaN, 5e-324, Number.MAX_VALUE],
    int32Data: [-(2 ** 31), 2 ** 31 - 1],
    int64Data: [-1, 2 ** 53, -(2 ** 53)],
    uint64Data: [1, 2],
    stringData: [new Uint8Array([1])],
    externalData: [{ key: 'location', value: 'elsewhere' }],
    dataLocation: 1,
  };
  const graph = {
    initializer: [tensor],
    sparseInitializer: [{ values: tensor, indices: tensor, dims: [3] }, {}],
    quantizationAnnotation: [{ tensorName: 'x' }],
    valueInfo: [{ name: 'x' }],
    input: [{ name: 'x', type: { sequenceType: { elemType: { tensorType: { elemType: 1 } } } } }],
    node: [
      {
        opType: 'If',
        attribute: [
          { name: 'then', type: 5, g: { node: [{ opType: 'Relu' }] } },
          { name: 'sparse', type: 11, sparseTensor: { values: tensor } },
          { name: 'tensors', type: 9, tensors: [tensor] },
          { name: 'last', type: 3, s: new Uint8Array([1, 2]) },
        ],
      },
    ],
  };
  const bytes = whole
    .encode({
      docString: 'skipped',
      graph,
      functions: [{ name: 'f', node: graph.node }],
      trainingInfo: [{ algorithm: graph }],
      opsetImport: [{ domain: '', version: 17 }],
    } as unknown as onnxProto.onnx.IModelProto)
    .finish();
  const model = ModelProto.decode(bytes);
  assert.ok(compare(model, whole.decode(bytes), 'model') > 60);
  assert.equal(model.graph?.sparseInitializer.length, 2);
  assert.ok(model.graph.initializer[0].segment);
  assert.ok(model.graph.input[0].type && !model.graph.input[0].type.tensorType);
  assert.deepEqual(Object.keys(model).sort(), ['graph', 'metadataProps', 'opsetImport']);
});
