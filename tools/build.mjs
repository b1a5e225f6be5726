/**
 * The whole build: kernels → WebAssembly → hexadecimal, ONNX schema → decoder, TypeScript → dist/. With nothing changed since the
 * last build it does nothing.
 */
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { generateDecoder } from './generate-decoder.mjs';
import { splatConstants } from './splat-constants.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const at = (...path) => join(root, ...path);
const run = (script, ...args) =>
  execFileSync(process.execPath, [at('node_modules', script), ...args], { cwd: root, stdio: 'inherit' });

/** The newest modification time below a path, in milliseconds. */
function newest(path) {
  const stat = statSync(path);
  if (!stat.isDirectory()) return stat.mtimeMs;
  return Math.max(stat.mtimeMs, ...readdirSync(path).map((name) => newest(join(path, name))));
}

const SOURCES = ['assembly', 'src', 'tools', 'asconfig.json', 'tsconfig.json', 'package.json', 'package-lock.json'];
const STAMP = at('build', '.built');

function upToDate() {
  return (
    existsSync(STAMP) &&
    existsSync(at('dist')) &&
    statSync(STAMP).mtimeMs > Math.max(...SOURCES.map((path) => newest(at(path))))
  );
}

function buildKernels() {
  mkdirSync(at('build'), { recursive: true });
  run('assemblyscript/bin/asc.js', '--config', 'asconfig.json');
  splatConstants(at('build', 'kernels.wat'), at('build', 'kernels.wasm'));
  const hex = readFileSync(at('build', 'kernels.wasm')).toString('hex');
  mkdirSync(at('dist', 'kernels'), { recursive: true });
  writeFileSync(at('dist', 'kernels', 'binary.js'), `export const KERNELS_HEX =\n  '${hex}';\n`);
}

/** The audio thread's part in one file: an AudioWorklet loads no other. */
async function bundleWorklet() {
  await build({
    entryPoints: [at('dist', 'worklet', 'index.js')],
    outfile: at('dist', 'worklet.js'),
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
  });
}

if (!upToDate()) {
  rmSync(at('dist'), { recursive: true, force: true });
  buildKernels();
  await generateDecoder(at('dist', 'onnx', 'onnx-proto.js'));
  run('typescript/bin/tsc', '-p', 'tsconfig.json');
  await bundleWorklet();
  copyFileSync(at('src', 'onnx', 'onnx-proto.d.ts'), at('dist', 'onnx', 'onnx-proto.d.ts'));
  chmodSync(at('dist', 'cli', 'index.js'), 0o755);
  writeFileSync(STAMP, '');
}
