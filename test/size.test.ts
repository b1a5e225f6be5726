import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';
import { KERNELS_HEX } from '#dist/kernels/binary.js';

/** The neutral entry point as an application bundles it; what is imported on demand becomes chunks of its own. */
const { outputFiles, metafile } = await build({
  entryPoints: ['dist/index.js'],
  bundle: true,
  splitting: true,
  minify: true,
  format: 'esm',
  platform: 'neutral',
  external: ['node:*'],
  outdir: 'build/size',
  write: false,
  metafile: true,
});

const compressed = new Map(
  Object.keys(metafile.outputs).map((path) => {
    const file = outputFiles.find((output) => output.path.endsWith(path));
    assert.ok(file, path);
    return [path, gzipSync(file.contents, { level: 9 }).length];
  }),
);

/** The entry point, and what it imports without being asked to. */
const loaded = new Set<string>();
function load(path: string): void {
  if (loaded.has(path)) return;
  loaded.add(path);
  for (const { path: other, kind, external } of metafile.outputs[path].imports)
    if (kind === 'import-statement' && !external) load(other);
}
load('build/size/index.js');
const inputs = [...loaded].flatMap((path) => Object.keys(metafile.outputs[path].inputs));

test('what is loaded stays under 60 KB, minified and compressed', (t) => {
  // Without these it would be no measure.
  assert.ok(inputs.includes('dist/kernels/binary.js') && inputs.includes('dist/load.js'), inputs.join());
  let total = 0;
  for (const [path, bytes] of compressed) {
    if (loaded.has(path)) total += bytes;
    t.diagnostic(`${path}: ${bytes} bytes compressed, ${loaded.has(path) ? 'loaded' : 'on demand'}`);
  }
  t.diagnostic(`loaded: ${total} bytes compressed`);
  assert.ok(total < 60_000, `${total} bytes`);
});

test('only what is needed at times is left for later', () => {
  const later = Object.keys(metafile.inputs).filter((path) => !inputs.includes(path));
  assert.ok(later.includes('dist/onnx/properties.js'), later.join());
});

test('nothing of Node, and no package, is imported unasked', () => {
  const outside = Object.values(metafile.outputs).flatMap(({ imports }) => imports.filter(({ external }) => external));
  assert.deepEqual(
    outside.filter(({ kind }) => kind !== 'dynamic-import'),
    [],
  );
  assert.deepEqual(
    inputs.filter((path) => path.includes('node_modules') || path.startsWith('dist/node/')),
    [],
  );
});

test('kernels stay under 24 KB', (t) => {
  const { length } = readFileSync('build/kernels.wasm');
  t.diagnostic(`kernels: ${length} bytes`);
  assert.ok(length < 24_000, `${length} bytes`);
});

test('the worklet and the kernels that are given to it stay under 60 KB, uncompressed', (t) => {
  const worklet = readFileSync('dist/worklet.js');
  const kernels = readFileSync('build/kernels.wasm').length;
  t.diagnostic(`worklet.js: ${worklet.length} bytes, with the kernels ${worklet.length + kernels}`);
  t.diagnostic(`worklet-full.js: ${readFileSync('dist/worklet-full.js').length} bytes`);
  assert.ok(worklet.includes('registerProcessor') && !worklet.includes(KERNELS_HEX.slice(0, 64)));
  assert.ok(worklet.length + kernels <= 60_000, `${worklet.length + kernels} bytes`);
});
