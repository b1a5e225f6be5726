/** src/ → build/: the main and the utility process as they are, the preload script as CommonJS, and the page with all that it needs. */
import { copyFileSync, mkdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const here = dirname(fileURLToPath(import.meta.url));
const from = (...path) => join(here, ...path);

/**
 * @param {string} outdir
 * @param {string} tympan the package's folder
 * @param {string[]} nodePaths more folders in which packages are looked for
 */
export async function buildExample(outdir, tympan, nodePaths = []) {
  const shared = { bundle: true, target: 'es2022', logLevel: 'warning', nodePaths };
  const toNode = { ...shared, platform: 'node', packages: 'external', outdir };
  await build({ ...toNode, entryPoints: [from('src/main.ts'), from('src/utility.ts')], format: 'esm' });
  // A sandboxed preload script is one CommonJS file that has no module but Electron's.
  await build({ ...toNode, entryPoints: [from('src/preload.ts')], format: 'cjs', outExtension: { '.js': '.cjs' } });
  const page = join(outdir, 'page');
  await build({
    ...shared,
    entryPoints: [from('src/renderer.ts')],

    format: 'esm',
    platform: 'browser',
    external: ['node:*'], // what tympan imports only where it runs in Node
    outdir: page,
  });
  mkdirSync(page, { recursive: true });
  const { resolve } = createRequire(join(tympan, 'package.json'));
  copyFileSync(from('page/index.html'), join(page, 'index.html'));
  copyFileSync(resolve('tympan/worklet'), join(page, 'worklet.js'));
  copyFileSync(resolve('tympan/models/happy.onnx'), join(page, 'happy.onnx'));
}

if (process.argv[1] === fileURLToPath(import.meta.url))
  await buildExample(from('build'), dirname(createRequire(import.meta.url).resolve('tympan/package.json')));
