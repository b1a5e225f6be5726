/** Models whose weights are in files beside them, as PyTorch writes them unless told otherwise. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { pathToFileURL } from 'node:url';
import onnxProto from 'onnx-proto';
import { InputError, loadModel, ModelFormatError, UnsupportedModelError } from 'tympan';
import { floatsOf, readFixture } from './support.js';

const { onnx } = onnxProto;

const folder = mkdtempSync(join(tmpdir(), 'tympan-'));
after(() => rmSync(folder, { recursive: true }));

const FIXTURE = 'torchscript-frames.onnx';

/** Fields of a tensor's external data: numbers as text. */
type Fields = Readonly<Record<string, string>>;

/** The fixture with the data of its largest weights in `file`, 16 bytes from its beginning. */
function splitModel(name: string, file: string, change: (fields: Fields) => Fields = (fields) => fields): string {
  const model = onnx.ModelProto.decode(readFixture(FIXTURE));
  const weights = model.graph!.initializer!.reduce((a, b) => (a.rawData!.length > b.rawData!.length ? a : b));
  const data = weights.rawData!;
  const fields = change({ location: file, offset: '16', length: String(data.length) });
  weights.rawData = new Uint8Array(0);
  weights.dataLocation = 1;
  weights.externalData = Object.entries(fields).map(([key, value]) => ({ key, value }));
  const path = join(folder, name);
  mkdirSync(join(folder, 'weights'), { recursive: true });
  if (!file.includes('..')) writeFileSync(join(folder, file), Buffer.concat([Buffer.alloc(16, 0xff), data]));
  writeFileSync(path, onnx.ModelProto.encode(model).finish());
  return path;
}

const input = { x: { type: 'float32', dims: [1, 3, 13], data: new Float32Array(39).fill(0.3) } } as const;

test('data beside the model are its weights, by path, by URL, and in a folder below', async () => {
  const expected = (await loadModel(readFixture(FIXTURE), { precision: 'f32' })).run(input);
  const sources = [
    splitModel('beside.onnx', 'beside.onnx.data'),
    pathToFileURL(splitModel('url.onnx', 'a b.data')),
    splitModel('below.onnx', 'weights/w.data'),
    splitModel('to-the-end.onnx', 'end.data', ({ location, offset }) => ({ location, offset })),
  ];
  for (const source of sources) {
    const found = (await loadModel(source, { precision: 'f32' })).run(input);
    assert.deepEqual(floatsOf(found.y), floatsOf(expected.y), String(source));
  }
});

test('data outside of the model’s folder are refused before anything is read', async () => {
  for (const location of [
    '../secret',
    'a/../../secret',
    '/etc/hostname',
    'C:\\secret',
    '\\\\host\\secret',
    'file:///x',
    '',
  ]) {
    const path = splitModel('outside.onnx', 'x.data', (fields) => ({ ...fields, location }));
    await assert.rejects(loadModel(path), (error: Error) => {
      assert.ok(error instanceof UnsupportedModelError, location);
      assert.match(error.message, /tensor ".*" keeps its data in another file.*not in the model's folder.*onnx\.save/);
      return true;
    });
  }
});

test('data that are cut, missing or of no number are refused', async () => {
  const rejects = (change: (fields: Fields) => Fields, kind: new (...args: never[]) => Error, message: RegExp) =>
    assert.rejects(loadModel(splitModel('broken.onnx', 'broken.data', change)), (error: Error) => {
      assert.ok(error instanceof kind, String(error));
      assert.match(error.message, message);
      return true;
    });
  await rejects(
    (fields) => ({ ...fields, offset: '20' }),
    ModelFormatError,
    /has bytes 20 to \d+ of "broken\.data", which has \d+/,
  );
  await rejects((fields) => ({ ...fields, offset: '-4' }), ModelFormatError, /bytes -4/);
  await rejects((fields) => ({ ...fields, length: '1e99' }), ModelFormatError, /which has \d+/);
  await rejects((fields) => ({ ...fields, length: '8' }), ModelFormatError, /has 8 bytes, expected/);
  await rejects((fields) => ({ ...fields, location: 'none.data' }), InputError, /none\.data: no such file/);
});

test('bytes have no folder', async () => {
  const model = onnx.ModelProto.decode(readFixture('forged-external.onnx'));
  await assert.rejects(
    loadModel(onnx.ModelProto.encode(model).finish()),
    /tensor "W" keeps its data in another file \(weights\.bin\): load it by its path or URL, or save it/,
  );
});
