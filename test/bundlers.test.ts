/**
 * The package in projects of its users: each of test/fixtures/bundlers gets the packed tarball, is bundled as docs/bundlers.md tells,
 * and hears the word in Chromium under a strict policy.
 */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { copyFileSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join, resolve } from 'node:path';
import { after, describe, it } from 'node:test';
import { build } from 'esbuild';
import { createServer } from 'vite';
import { missingBrowser } from './browsers/browser.js';
import { openPuppeteer, type DrivenPage } from './browsers/puppeteer.js';
import { openSite } from './browsers/site.js';
import { openWorkshop } from './bundlers/project.js';

const FIXTURES = 'test/fixtures/bundlers';
/** A microphone that says the word, over and over. */
const MICROPHONE = [
  '--use-fake-ui-for-media-stream',
  '--use-fake-device-for-media-stream',
  `--use-file-for-fake-audio-capture=${resolve('models/samples/happy.wav')}`,
];
const LONGEST = 30_000; // ms

const skip = missingBrowser('chromium');
const workshop = openWorkshop();
after(() => workshop.close());

/** What a program of Node's says, on both of its outputs. */
function run(folder: string, ...command: string[]): string {
  const env = { ...process.env, NO_COLOR: '1', FORCE_COLOR: undefined };
  const { status, stdout, stderr } = spawnSync(process.execPath, command, { cwd: folder, env, encoding: 'utf8' });
  assert.equal(status, 0, stdout + stderr);
  return stdout + stderr;
}

/** Loads a page in Chromium with the microphone; answers what else its console said than `use` expects. */
async function withPage(url: string, use: (page: DrivenPage) => Promise<void>): Promise<readonly string[]> {
  const browser = await openPuppeteer('chromium', { flags: MICROPHONE });
  try {
    await use(await browser.open(url));
    return browser.problems;
  } finally {
    await browser.close();
  }
}

/** Clicks the button, and waits for what the click brings about. */
async function click({ driver }: DrivenPage, awaited: string): Promise<string> {
  await driver.locator('button:enabled').setTimeout(LONGEST).click();
  const appeared = await driver.waitForSelector(awaited, { timeout: LONGEST }).catch(() => null);
  const said = await driver.evaluate(() => document.body.innerText);
  assert.ok(appeared, `expected ${awaited}, got a page that says: ${said}`);
  return said;
}

async function hearsTheWord(url: string): Promise<void> {
  const problems = await withPage(url, async (page) => {
    assert.match(await click(page, 'li'), /\bhappy (0\.[89]\d|1\.00)\b/);
  });
  assert.deepEqual(problems, []);
}

/** Serves what a bundler wrote. */
async function bundleHearsTheWord(folder: string): Promise<void> {
  const site = await openSite({ folder: join(folder, 'dist') });
  try {
    await hearsTheWord(site.url + '/');
    assert.deepEqual(site.problems, []);
  } finally {
    await site.close();
  }
}

describe('Vite', () => {
  const folder = workshop.open('vite', ['vite']);

  it('bundles it without a warning', () => {
    assert.doesNotMatch(run(folder, 'node_modules/vite/bin/vite.js', 'build'), /warn|externalized|\(!\)/i);
  });

  it('bundles what hears the word', { skip }, () => bundleHearsTheWord(folder));

  const developing = async (configFile: false | undefined): Promise<void> => {
    const server = await createServer({
      root: folder,
      configFile,
      logLevel: 'error',
      server: { host: '127.0.0.1', port: 0 },
    });
    try {
      await server.listen();
      await hearsTheWord(`http://127.0.0.1:${(server.httpServer!.address() as AddressInfo).port}/`);
    } finally {
      await server.close();
    }
  };

  it('serves what hears the word while it is developed', { skip }, () => developing(undefined));

  it('serves what hears the word without a configuration, from dependencies in one piece', { skip }, () =>
    developing(false),
  );

  it('finds types that need none of Node’s', () => {
    assert.equal(run(folder, resolve('node_modules/typescript/bin/tsc'), '--project', '.'), '');
  });

  it('leaves both worklets as they are, where they are found and where ?url names one', () => {
    const assets = (): Map<string, string> => {
      run(folder, 'node_modules/vite/bin/vite.js', 'build');
      const names = readdirSync(join(folder, 'dist', 'assets'));
      return new Map(names.map((name) => [name, readFileSync(join(folder, 'dist', 'assets', name), 'utf8')]));
    };
    const [worklet, full] = ['worklet', 'worklet-full'].map((name) =>
      readFileSync(join(folder, 'node_modules', 'tympan', 'dist', `${name}.js`), 'utf8'),
    );
    const found = [...assets().values()];
    assert.ok(found.includes(worklet) && found.includes(full));

    writeFileSync(join(folder, 'src', 'main.ts'), "import url from 'tympan/worklet?url';\ndocument.title = url;\n");
    const named = assets();
    const [name] = [...named].find(([, text]) => text === worklet) ?? assert.fail([...named.keys()].join());
    assert.ok([...named.values()].some((text) => text.includes(`/assets/${name}`)));
  });
});

describe('webpack', () => {
  const folder = workshop.open('webpack', ['webpack']);
  /** As webpack-cli does. */
  const program = `import webpack from 'webpack';
    import config from './webpack.config.js';
    webpack(config, (error, stats) => {
      if (error) throw error;
      for (const { message } of [...stats.compilation.errors, ...stats.compilation.warnings]) console.log(message);
    });`;

  it('bundles it without a warning', () => {
    assert.equal(run(folder, '--input-type=module', '--eval', program), '');
    copyFileSync(join(folder, 'index.html'), join(folder, 'dist', 'index.html'));
  });

  it('bundles what hears the word', { skip }, () => bundleHearsTheWord(folder));
});

describe('esbuild', () => {
  const folder = workshop.open('esbuild', ['esbuild']);
  const main = join(folder, 'src', 'main.js');

  it('bundles it without a warning', () => {
    assert.equal(run(folder, 'build.mjs'), '');
    copyFileSync(join(folder, 'index.html'), join(folder, 'dist', 'index.html'));
  });

  it('bundles what hears the word', { skip }, () => bundleHearsTheWord(folder));

  it('bundles a page that says what is missing without workletUrl', { skip }, async () => {
    const text = readFileSync(main, 'utf8');
    assert.ok(text.includes('{ workletUrl, '));
    writeFileSync(main, text.replace('{ workletUrl, ', '{ '));
    run(folder, 'build.mjs');
    rmSync(join(folder, 'dist', 'worklet.js'));
    const site = await openSite({ folder: join(folder, 'dist') });
    try {
      await withPage(`${site.url}/`, async (page) => {
        const said = await click(page, '[role=status]:not(:empty)');
        assert.match(said, /\/worklet\.js.*workletUrl/);
      });
      assert.deepEqual(site.problems, ['not found: /worklet.js']);
    } finally {
      await site.close();
    }
  });

  it('keeps the worklets in modules that import them for their effect', async () => {
    for (const name of ['tympan/worklet', 'tympan/worklet/full']) {
      const stdin = { contents: `import '${name}';`, resolveDir: folder };
      const { outputFiles, warnings } = await build({ stdin, bundle: true, format: 'esm', write: false });
      assert.deepEqual(warnings, []);
      assert.ok(outputFiles[0].text.includes('registerProcessor('), name);
    }
  });
});

describe('Rollup', () => {
  const folder = workshop.open('rollup', ['rollup', '@rollup/plugin-node-resolve']);

  it('bundles it without a warning', () => {
    assert.doesNotMatch(run(folder, 'node_modules/rollup/dist/bin/rollup', '--config'), /\(!\)|warning/i);
    copyFileSync(join(folder, 'index.html'), join(folder, 'dist', 'index.html'));
  });

  it('bundles what hears the word', { skip }, () => bundleHearsTheWord(folder));
});

describe('docs/bundlers.md', () => {
  const blocks = [...readFileSync('docs/bundlers.md', 'utf8').matchAll(/^```(?:js|ts|json)\n(.*?)^```$/gms)].map(
    ([, block]) => block,
  );
  const files = readdirSync(FIXTURES, { recursive: true, encoding: 'utf8' }).filter((name) => /\.m?[jt]s$/.test(name));
  const texts = new Map(files.map((name) => [name, readFileSync(join(FIXTURES, name), 'utf8')]));

  it('shows the projects that are tested here, and nothing else', () => {
    const known = new Set(texts.values());
    assert.deepEqual(
      blocks.filter((block) => !known.has(block)),
      [],
    );
  });

  it('shows how each of them is bundled, and how it listens', () => {
    const shown = new Set(blocks);
    assert.deepEqual(
      [...texts].filter(([name, text]) => !/page\.[jt]s$/.test(name) && !shown.has(text)).map(([name]) => name),
      [],
    );
  });
});
