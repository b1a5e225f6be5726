import assert from 'node:assert/strict';
import { execFileSync, spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { tmpdir } from 'node:os';
import { after, describe, it } from 'node:test';
import { checkPackage, createPackageFromTarballData } from '@arethetypeswrong/core';
import { build } from 'esbuild';
import { publint } from 'publint';
import { formatMessage } from 'publint/utils';
import { packInto } from './packed.js';

const LARGEST = 500_000; // bytes

const folder = mkdtempSync(join(tmpdir(), 'tympan-package-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const packed = packInto(folder);
const tarball = packed.path;
const paths = packed.files.map(({ path }) => path);

// Installed as npm would, with the dependencies that are here already: no registry is asked.
const app = join(folder, 'app');
mkdirSync(join(app, 'node_modules'), { recursive: true });
execFileSync('tar', ['-xzf', tarball, '-C', join(app, 'node_modules')]);
cpSync(join(app, 'node_modules', 'package'), join(app, 'node_modules', 'tympan'), { recursive: true });
rmSync(join(app, 'node_modules', 'package'), { recursive: true });
const manifest = JSON.parse(readFileSync(join(app, 'node_modules', 'tympan', 'package.json'), 'utf8')) as {
  readonly bin: Record<string, string>;
  readonly exports: Record<string, string | { readonly types: string; readonly default: string }>;
  readonly dependencies: Record<string, string>;
};
for (const name of Object.keys(manifest.dependencies)) {
  const link = join(app, 'node_modules', name);
  mkdirSync(join(link, '..'), { recursive: true });
  symlinkSync(resolve('node_modules', name), link);
}

/** Entry points that are modules, by what they are imported as. */
const modules = Object.entries(manifest.exports).flatMap(([name, target]) =>
  typeof target === 'string' ? [] : [{ name: name.replace('.', 'tympan'), ...target }],
);

describe('the package', () => {
  it(`is smaller than ${LARGEST} bytes`, (t) => {
    t.diagnostic(`${packed.size} bytes, ${paths.length} files`);
    assert.ok(packed.size <= LARGEST, `${packed.size} bytes`);
  });

  it('holds modules, declarations, a model and what is to be read', () => {
    const allowed = [
      /^dist\/[^.]+\.(js|d\.ts)$/,
      /^dist\/onnx\/onnx-proto\.LICENSES\.txt$/,
      /^dist\/report\/style\/[a-z]+\.css$/,
      /^models\/(README\.md|happy\.onnx)$/, // the one model that it has room for
      /^docs\/front-end\.schema\.json$/,
      /^README\.md$|^LICENSE$|^package\.json$/,
    ];
    assert.deepEqual(
      paths.filter((path) => !allowed.some((pattern) => pattern.test(path))),
      [],
    );
  });

  it('has all that its exports and its command name', () => {
    const targets = [...modules.flatMap((entry) => [entry.types, entry.default]), ...Object.values(manifest.bin)].map(
      (path) => path.replace('./', ''),
    );
    assert.ok(targets.length > 8, targets.join());
    assert.deepEqual(
      targets.filter((path) => !paths.includes(path)),
      [],
    );
  });

  it('has no module that nothing imports', async () => {
    const textOf = (path: string): string => readFileSync(path, 'utf8');
    const scripts = paths.filter((path) => path.endsWith('.js'));
    // Workers are named by their address; pages of reports get their scripts as text.
    const workers = scripts.flatMap((path) =>
      [...textOf(path).matchAll(/new URL\(\s*["'](\.[^"']+\.js)["']/g)].map(([, name]) => join(dirname(path), name)),
    );
    assert.ok(workers.includes('dist/node/evaluation/worker.js'), workers.join());
    const { metafile } = await build({
      entryPoints: [...modules.map((entry) => entry.default), ...Object.values(manifest.bin), ...workers],
      bundle: true,
      packages: 'external',
      platform: 'node',
      format: 'esm',
      outdir: 'build/package',
      write: false,
      metafile: true,
      logLevel: 'error',
    });
    const isNeeded = (path: string): boolean =>
      path in metafile.inputs || path.startsWith('dist/bin/page/') || textOf(path).trim() === 'export{};';
    assert.deepEqual(
      scripts.filter((path) => !isNeeded(path)),
      [],
      'leave them out by "files" of package.json',
    );
  });

  it('keeps names and short lines for stack traces, and has its comments in declarations', () => {
    const text = readFileSync('dist/load.js', 'utf8');
    assert.match(text, /class Model\b[^]*\bwindowFrames\b/);
    assert.ok(!text.includes('/*'));
    const lengths = text.split('\n').map(({ length }) => length);
    assert.ok(Math.max(...lengths) < 300, `${Math.max(...lengths)} characters in a line`);
    assert.match(readFileSync('dist/load.d.ts', 'utf8'), /Whole tensors in, whole tensors out/);
    assert.ok(!readFileSync('dist/hearing/detector.d.ts', 'utf8').includes('@internal'));
    for (const path of paths)
      if (path.endsWith('.js')) assert.ok(!readFileSync(path, 'utf8').includes('sourceMappingURL'), path);
  });

  it('satisfies publint', async () => {
    const { messages, pkg } = await publint({ pkgDir: join(app, 'node_modules', 'tympan'), pack: false, strict: true });
    assert.deepEqual(
      messages.map((message) => formatMessage(message, pkg, { color: false })),
      [],
    );
  });

  it('satisfies are-the-types-wrong, but for those who can’t require modules', async () => {
    const analysis = await checkPackage(createPackageFromTarballData(readFileSync(tarball)));
    assert.ok(analysis.types);
    // node10 does not know `exports`; CommonJS on Node ≥ 20.19 requires ES modules, which the test below does.
    const problems = analysis.problems.filter(
      (problem) =>
        !('resolutionKind' in problem && problem.resolutionKind === 'node10') && problem.kind !== 'CJSResolvesToESM',
    );
    assert.deepEqual(problems, []);
  });
});

describe('the package, installed', () => {
  const run = (name: string, text: string): string => {
    writeFileSync(join(app, name), text);
    const { status, stdout, stderr } = spawnSync(process.execPath, ['--no-warnings', name], {
      cwd: app,
      encoding: 'utf8',
    });
    assert.equal(status, 0, stderr);
    return stdout;
  };
  const use = `
    const detector = model.detector();
    const events = detector.push((await readAudio(${JSON.stringify(resolve('models/samples/happy.wav'))})).samples);
    console.log(events.map(({ keyword }) => keyword).join());`;

  it('is imported', () => {
    const path = 'node_modules/tympan/models/happy.onnx';
    const text = `import { loadModel } from 'tympan'; import { readAudio } from 'tympan/node';
      const model = await loadModel('${path}'); ${use}`;
    assert.equal(run('app.mjs', text), 'happy,happy\n');
  });

  const [major, minor] = process.versions.node.split('.').map(Number);
  const requires = major > 22 || (major === 22 && minor >= 12) || (major === 20 && minor >= 19);
  it('is required from CommonJS', { skip: requires ? false : 'Node can’t require modules before 20.19' }, () => {
    const text = `const { loadModel } = require('tympan'); const { readAudio } = require('tympan/node');
      (async () => { const model = await loadModel(require.resolve('tympan/models/happy.onnx')); ${use} })();`;
    assert.equal(run('app.cjs', text), 'happy,happy\n');
    const names = modules.map(({ name }) => name).filter((name) => !name.startsWith('tympan/worklet'));
    const all = `for (const name of ${JSON.stringify(names)}) console.log(Object.keys(require(name)).length > 0)`;
    assert.equal(run('all.cjs', all), 'true\n'.repeat(names.length));
  });

  it('has a command', () => {
    const command = join('node_modules', 'tympan', manifest.bin.tympan);
    const { stdout, status } = spawnSync(process.execPath, [command, 'detect', resolve('models/samples/happy.wav')], {
      cwd: app,
      encoding: 'utf8',
    });
    assert.equal(status, 0);
    assert.equal(stdout.match(/ happy +\d\.\d\d s /g)?.length ?? stdout, 2);
  });

  const program = `
    import { loadModel, type Detection, type Model } from 'tympan';
    import { listen, type Listener } from 'tympan/browser';
    import { DetectorGroup } from 'tympan/group';
    import { Resampler } from 'tympan/resampler';
    export async function hear(bytes: Uint8Array, chunk: Float32Array): Promise<Listener> {
      const model: Model = await loadModel(bytes, { precision: 'int8' });
      const events: Detection[] = model.detector({ threshold: 0.8 }).push(chunk);
      const [first] = new DetectorGroup([model.detector()]).push(new Resampler(48000, 16000).push(chunk));
      const index: number = first.model;
      // @ts-expect-error a keyword is no number
      const wrong: number = events[0].keyword;
      return listen(model, { onWake: ({ keyword }) => console.log(keyword, index, wrong) });
    }`;
  const nodeProgram = `
    import { microphone, readAudio } from 'tympan/node';
    export async function hear(): Promise<number> {
      for await (const samples of microphone({ sampleRate: 16000 })) return samples.length;
      return (await readAudio('a.wav')).sampleRate;
    }`;
  // The neutral entry points and the page's ask for no types of Node.
  const settings = [
    { name: 'neutral.ts', text: program, module: 'esnext', moduleResolution: 'bundler', types: [] },
    { name: 'neutral.mts', text: program, module: 'node16', moduleResolution: 'node16', types: [] },
    { name: 'neutral.cts', text: program, module: 'nodenext', moduleResolution: 'nodenext', types: [] },
    { name: 'node.mts', text: nodeProgram, module: 'node16', moduleResolution: 'node16', types: ['node'] },
    { name: 'node.cts', text: nodeProgram, module: 'nodenext', moduleResolution: 'nodenext', types: ['node'] },
  ];
  for (const { name, text, module, moduleResolution, types } of settings) {
    it(`has types for ${name} under ${moduleResolution}`, () => {
      writeFileSync(join(app, name), text);
      const compilerOptions = {
        ...{
          noEmit: true,
          strict: true,
          target: 'es2022',
          lib: ['es2023', 'dom', 'dom.iterable'],
          skipLibCheck: false,
        },
        ...{ module, moduleResolution, types, typeRoots: [resolve('node_modules/@types')] },
      };
      writeFileSync(join(app, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: [name] }));
      const command = [resolve('node_modules/typescript/bin/tsc'), '-p', 'tsconfig.json'];
      const { status, stdout } = spawnSync(process.execPath, command, { cwd: app, encoding: 'utf8' });
      assert.equal(status, 0, stdout);
    });
  }
});
