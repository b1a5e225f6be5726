/**
 * The whole build: kernels → WebAssembly → hexadecimal, ONNX schema → decoder, TypeScript → dist/. With nothing changed since the
 * last build it does nothing. Declarations of all modules, which the tests want, are in build/types; those that an application can
 * reach are in dist/ too.
 */
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build, transform } from 'esbuild';
import { copyDeclarations } from './declarations.mjs';
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
const TYPES = at('build', 'types');
/** Modules that this script writes; their declarations are written by hand. */
const GENERATED = ['kernels/binary', 'onnx/onnx-proto'];

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

/** Longest line of what is shipped, in characters: Node prints the line of an error that nobody caught. */
const LINE = 160;

/**
 * Takes comments, which are in the declarations, and white space out of a module. Names and short lines stay, for stack traces: there
 * is no source map. What bundlers read stays as it is: `new URL('…', import.meta.url)`, and comments such as `webpackIgnore`.
 */
async function shrink(path) {
  // What TypeScript leaves of an import of types.
  const text = readFileSync(path, 'utf8').replace(/^import \{\} from '[^']*';$/gm, '');
  if (/import\.meta|webpackIgnore/.test(text)) return;
  const options = { minifyWhitespace: true, minifySyntax: true, lineLimit: LINE, target: 'es2022', charset: 'utf8' };
  writeFileSync(path, (await transform(text, options)).code);
}

/** TypeScript → dist/. */
async function compile() {
  rmSync(TYPES, { recursive: true, force: true });
  run('typescript/bin/tsc', '-p', 'tsconfig.json', '--declarationDir', TYPES);
  for (const name of readdirSync(TYPES, { recursive: true }))
    if (name.endsWith('.d.ts')) await shrink(at('dist', name.replace(/\.d\.ts$/, '.js')));
  for (const name of GENERATED) copyFileSync(at('src', `${name}.d.ts`), join(TYPES, `${name}.d.ts`));
  const { exports } = JSON.parse(readFileSync(at('package.json'), 'utf8'));
  const entries = Object.values(exports).flatMap(({ types }) => (types === undefined ? [] : [relative('dist', types)]));
  copyDeclarations(TYPES, at('dist'), entries);
}

/** The audio thread's part, each in one file: an AudioWorklet loads no other. */
async function bundleWorklets() {
  await build({
    entryPoints: { worklet: at('dist', 'worklet', 'index.js'), 'worklet-full': at('dist', 'worklet', 'full.js') },
    outdir: at('dist'),
    bundle: true,
    minify: true,
    format: 'esm',
    target: 'es2022',
  });
}

/** Rooms that only the command line has. */
const COMMAND_ROOMS = ['cli', 'difference', 'evaluation', 'report', 'verification'];

/** Modules of other rooms, and packages, stay what they are: an error that a command catches is the library's own. */
const outsideCommands = {
  name: 'outside-commands',
  setup(context) {
    context.onResolve({ filter: /./ }, ({ kind, path, resolveDir }) => {
      if (kind === 'entry-point') return undefined;
      if (!path.startsWith('.')) return { path, external: true };
      const file = relative(at('dist'), resolve(resolveDir, path)).replaceAll('\\', '/');
      return COMMAND_ROOMS.includes(file.split('/')[0]) ? undefined : { path: `../${file}`, external: true };
    });
  },
};

/** The command line as it is shipped: a program of few and short modules. Its rooms are in dist/ for the tests. */
async function bundleCommands() {
  await build({
    entryPoints: { tympan: at('dist', 'cli', 'index.js') },
    outdir: at('dist', 'bin'),
    bundle: true,
    splitting: true,
    minify: true,
    lineLimit: LINE,
    charset: 'utf8',
    format: 'esm',
    target: 'es2022',
    platform: 'node',
    plugins: [outsideCommands],
  });
  // Pages carry these along; they are found beside the module that writes the page.
  cpSync(at('dist', 'report', 'page'), at('dist', 'bin', 'page'), { recursive: true });
  chmodSync(at('dist', 'bin', 'tympan.js'), 0o755);
}

if (!upToDate()) {
  rmSync(at('dist'), { recursive: true, force: true });
  buildKernels();
  await generateDecoder(at('dist', 'onnx', 'onnx-proto.js'));
  await compile();
  await bundleWorklets();
  await bundleCommands();
  chmodSync(at('dist', 'cli', 'index.js'), 0o755);
  writeFileSync(STAMP, '');
}
