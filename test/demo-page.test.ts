/** The demo page as it is built, under a strict policy, in Chromium, and what needs no sound server in Firefox. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { after, before, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';
import { isDeepStrictEqual } from 'node:util';
import { loadModel, type Recipe } from 'tympan';
import { readAudio } from 'tympan/node';
import { encodeWav } from '#dist/node/encode-wav.js';
import { missingBrowser, type BrowserName } from './browsers/browser.js';
import { openPuppeteer, type DrivenPage } from './browsers/puppeteer.js';
import { openSite } from './browsers/site.js';
import { buildModel } from './onnx-builder.js';

const DEMO = 'build/demo';
const SCREENSHOTS = 'build/screenshots';
const SAMPLE = 'models/samples/happy.wav';
const MICROPHONE = [
  '--use-fake-ui-for-media-stream',
  '--use-fake-device-for-media-stream',
  `--use-file-for-fake-audio-capture=${resolve(SAMPLE)}`,
  '--autoplay-policy=no-user-gesture-required',
];
const folder = mkdtempSync(join(tmpdir(), 'tympan-demo-'));
const skip = missingBrowser('chromium');

before(() => {
  execFileSync(process.execPath, ['node_modules/vite/bin/vite.js', 'build', 'examples/browser', '--logLevel', 'error']);
  mkdirSync(SCREENSHOTS, { recursive: true });
});
after(() => rmSync(folder, { recursive: true }));

/** Opens the built page, waits for its model, and fails for violations of the policy and errors of the page. */
async function onDemo(
  flags: readonly string[],
  work: (page: DrivenPage) => Promise<void>,
  name: Exclude<BrowserName, 'webkitgtk'> = 'chromium',
): Promise<void> {
  const site = await openSite({ folder: DEMO });
  try {
    const browser = await openPuppeteer(name, { flags });
    try {
      const page = await browser.open(`${site.url}/`);
      await page.driver.setViewport({ width: 1280, height: 900 });
      await page.driver.waitForSelector('#start:enabled');
      await work(page);
      assert.deepEqual([...site.problems, ...browser.problems], []);
    } finally {
      await browser.close();
    }
  } finally {
    await site.close();
  }
}

const textOf = (page: DrivenPage, selector: string): Promise<string> =>
  page.driver.$eval(selector, (element) => (element as HTMLElement).innerText);

interface Shown {
  readonly keyword: string;
  /** Confidence and time. */
  readonly rest: string;
}

/** What the list shows, the oldest first. */
async function listed(page: DrivenPage): Promise<Shown[]> {
  const items = await page.driver.$$eval('#detections li', (items) =>
    items.map((item) =>
      [...item.querySelectorAll('.keyword, .confidence, .time')].map(({ textContent }) => textContent!),
    ),
  );
  return items.reverse().map(([keyword, ...rest]) => ({ keyword, rest: rest.join(' ') }));
}

/** Waits until there are as many events, each with its sound. */
async function awaitDetections(page: DrivenPage, count: number): Promise<void> {
  await page.driver.waitForFunction(
    (count) =>
      document.querySelectorAll('#detections li').length >= count &&
      document.querySelectorAll('#detections a[download]').length >= count,
    { timeout: 60_000 },
    count,
  );
}

/** Waits until the list shows just these events, as the page hears a recording anew. */
async function assertDetections(page: DrivenPage, expected: readonly Shown[]): Promise<void> {
  let found = await listed(page);
  for (let i = 0; i < 100 && !isDeepStrictEqual(found, expected); i++) {
    await setTimeout(100);
    found = await listed(page);
  }
  assert.deepEqual(found, expected);
}

async function choose(page: DrivenPage, ...files: string[]): Promise<void> {
  const input = (await page.driver.$('input#file')) as Awaited<ReturnType<typeof page.driver.$<'input'>>>;
  await input!.uploadFile(...files);
}

async function keep(page: DrivenPage, name: string): Promise<void> {
  writeFileSync(join(SCREENSHOTS, `demo-${name}.png`), await page.screenshot());
}

const shown = (posterior: number, time: number): string => `${Math.round(posterior * 100)} % ${time.toFixed(1)} s`;

/** What a detector in Node hears in the sample. */
async function heardInNode(threshold?: number): Promise<Shown[]> {
  const detector = (await loadModel('models/happy.onnx')).detector({ ...(threshold !== undefined && { threshold }) });
  const { samples } = await readAudio(SAMPLE);
  const events = [...detector.push(samples), ...detector.flush()];
  return events.map(({ keyword, posterior, time }) => ({ keyword, rest: shown(posterior, time) }));
}

test('the example is sound TypeScript, and is built without anything inline', () => {
  execFileSync(process.execPath, ['node_modules/typescript/bin/tsc', '-p', 'examples/browser'], { stdio: 'inherit' });
  const html = readFileSync(join(DEMO, 'index.html'), 'utf8');
  assert.match(html, /script-src 'self' 'wasm-unsafe-eval'/);
  assert.doesNotMatch(html, /<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)|data:|blob:/);
  const scripts = readdirSync(join(DEMO, 'assets')).filter((name) => /^worklet.*\.js$/.test(name));
  assert.ok(scripts.length >= 1, 'the worklet is a file of its own');
});

test('a recording: its events are those of Node, and follow the threshold', { skip }, () =>
  onDemo([], async (page) => {
    await keep(page, 'idle');
    await page.driver.click('#sample');
    await assertDetections(page, await heardInNode());
    await awaitDetections(page, 2);
    assert.match(await textOf(page, '#source'), /^happy\.wav, 8\.4 s$/);
    const label = await page.driver.$eval('#posteriors', (canvas) => canvas.getAttribute('aria-label'));
    assert.match(label!, /happy up to 99 %; heard happy at 3\.8 s, happy at 7\.7 s/);
    await keep(page, 'recording-light');
    await page.driver.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: 'dark' }]);
    await keep(page, 'recording-dark');
    await page.driver.setViewport({ width: 360, height: 780, deviceScaleFactor: 2 });
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth), 360, 'nothing is wider than a phone');
    await keep(page, 'recording-narrow');

    // As a person at the keyboard moves it.
    await page.driver.focus('#settings input');
    for (let i = 0; i < 6; i++) await page.driver.keyboard.press('ArrowRight');
    const events = await heardInNode(0.94);
    assert.equal(events.length, 1, 'another threshold, other events');
    await assertDetections(page, events);
  }),
);

test('a recording in Firefox', { skip: missingBrowser('firefox') }, () =>
  onDemo(
    [],
    async (page) => {
      await page.driver.click('#sample');
      await assertDetections(page, await heardInNode());
      await keep(page, 'firefox');
    },
    'firefox',
  ),
);

test('the sound around a word is played, and saved as WAV: the very samples', { skip }, () =>
  onDemo([], async (page) => {
    const session = await page.driver.createCDPSession();
    await session.send('Browser.setDownloadBehavior', { behavior: 'allow', downloadPath: folder, eventsEnabled: true });
    const saved = new Promise<void>((resolve) =>
      session.on('Browser.downloadProgress', ({ state }) => state === 'completed' && resolve()),
    );
    await choose(page, SAMPLE);
    await awaitDetections(page, 2);
    const labelOf = (): Promise<string> => textOf(page, '#detections li:last-child button');
    await page.driver.click('#detections li:last-child button');
    assert.equal(await labelOf(), 'Stop');
    await page.driver.waitForFunction(
      () => document.querySelector('#detections li:last-child button')!.textContent === 'Play',
    );
    await page.driver.click('#detections li:last-child a[download]');
    await saved;
    const clip = await readAudio(join(folder, 'happy-at-3.8-s.wav'));
    const { samples } = await readAudio(SAMPLE);
    const [{ time }] = (await loadModel('models/happy.onnx')).detector().push(samples);
    const start = Math.round((time - 1.5) * 16000);
    assert.equal(clip.sampleRate, 16000);
    assert.equal(clip.samples.length, 2.5 * 16000);
    // decodeAudioData of Chromium is up to half a step of 16 bits off.
    clip.samples.forEach((sample, i) =>
      assert.ok(Math.abs(sample - samples[start + i]) < 2 ** -15 * 1.01, `sample ${i}`),
    );
  }),
);

test('the microphone: words are heard live; pause, resume and stop', { skip }, () =>
  onDemo(MICROPHONE, async (page) => {
    await page.driver.click('#start');
    await page.driver.waitForFunction(() => document.querySelector('#status')!.textContent!.includes('Listening'));
    await page.driver.waitForFunction(() => document.querySelectorAll('#detections li').length === 1, {
      timeout: 15_000,
    });
    await keep(page, 'listening-light');
    // It plays again and again: a busy machine drops sound.
    await awaitDetections(page, 2);
    for (const { keyword, rest } of await listed(page)) {
      assert.equal(keyword, 'happy');
      assert.ok(Number(/^(\d+) %/.exec(rest)![1]) >= 88, `${rest}: at least the threshold`);
    }
    await page.driver.emulateMediaFeatures([{ name: 'prefers-color-scheme', value: 'dark' }]);
    await keep(page, 'listening-dark');
    assert.match(await textOf(page, '#announcement'), /^happy, \d\d %, at [\d.:]+( s)?$/);

    await page.driver.click('#pause');
    assert.match(await textOf(page, '#status'), /^Paused/);
    assert.equal(await textOf(page, '#pause'), 'Resume');
    await page.driver.click('#pause');
    await page.driver.waitForFunction(() => document.querySelector('#status')!.textContent!.includes('Listening'));
    await page.driver.click('#start');
    await page.driver.waitForFunction(() => document.querySelector('#start')!.textContent === 'Start listening');
    assert.match(await textOf(page, '#status'), /^Not listening\s+The microphone is released/);
  }),
);

test('a microphone that is refused: the page says what to do', { skip }, () =>
  onDemo(['--use-fake-device-for-media-stream', '--deny-permission-prompts'], async (page) => {
    await page.driver.click('#start');
    await page.driver.waitForSelector('#status[data-tone="failed"]');
    assert.match(await textOf(page, '#status'), /^The microphone was refused\s+Allow it for this page/);
    assert.equal(await textOf(page, '#start'), 'Start listening');
    await keep(page, 'refused');
  }),
);

test('a microphone that gives digital silence only: the page says so', { skip }, () => {
  const file = join(folder, 'silence.wav');
  writeFileSync(file, encodeWav(new Float32Array(16000), 16000));
  const flags = MICROPHONE.map((flag) => flag.replace(resolve(SAMPLE), file));
  return onDemo(flags, async (page) => {
    await page.driver.click('#start');
    await page.driver.waitForSelector('#status[data-tone="warning"]');
    assert.match(await textOf(page, '#status'), /^Nothing but digital silence arrives\s+Is the microphone muted\?/);
    const isDisabled = () => document.querySelector<HTMLButtonElement>('#pause')!.disabled;
    assert.equal(await page.driver.evaluate(isDisabled), false);
  });
});

/** A network of one layer with three keywords, which has learned nothing. */
async function threeWords(): Promise<string> {
  const recipe = (await loadModel('models/happy.onnx')).metadata.frontend as Recipe;
  const file = join(folder, 'three-words.onnx');
  writeFileSync(
    file,
    buildModel({
      inputs: { X: [1, 'time', 20] },
      outputs: { Y: [1, 'time', 3] },
      initializers: { W: [[20, 3]] },
      nodes: [
        ['MatMul', ['X', 'W'], ['A']],
        ['Sigmoid', ['A'], ['Y']],
      ],
      metadata: {
        'tympan.frontend': recipe,
        'tympan.labels': { version: 1, names: ['left', 'right', 'constructor'] },
      },
    }),
  );
  return file;
}

test(
  'files that are dropped: a model is refused in words, or listened with; what is no sound is said to be none',
  { skip },
  () =>
    onDemo([], async (page) => {
      await page.evaluate(() => {
        const data = new DataTransfer();
        data.items.add(new File(['no model'], 'broken.onnx'));
        for (const type of ['dragover', 'drop'])
          document.body.dispatchEvent(new DragEvent(type, { dataTransfer: data, bubbles: true, cancelable: true }));
      });
      await page.driver.waitForSelector('#notice button');
      assert.match(await textOf(page, '#notice'), /^broken\.onnx: .*ONNX/);
      assert.match(await textOf(page, '#model'), /happy\.onnx/);
      await keep(page, 'notice');

      await choose(page, 'package.json');
      await page.driver.waitForFunction(() => document.querySelector('#notice')!.textContent!.includes('package.json'));
      assert.match(await textOf(page, '#notice'), /can't decode it as sound/);

      await choose(page, SAMPLE, await threeWords());
      await page.driver.waitForFunction(() => document.querySelector('#source')!.textContent!.includes('8.4 s'));
      await page.driver.waitForFunction(() => document.querySelector<HTMLElement>('#progress')!.hidden);
      assert.equal(await textOf(page, '#notice'), '');
      assert.equal(await textOf(page, '#words'), '“left”, “right” or “constructor”');
      assert.equal((await page.driver.$$('#settings input')).length, 3);
      await page.driver.waitForSelector('#detections li');
      await keep(page, 'three-words');
    }),
);

test('the keyboard reaches every control, and each has a name', { skip }, () =>
  onDemo([], async (page) => {
    const next = async (): Promise<string> => {
      await page.driver.keyboard.press('Tab');
      return page.evaluate(() => {
        const { activeElement } = document;
        const isSeen = getComputedStyle(activeElement!).outlineStyle !== 'none';
        return (activeElement!.id || activeElement!.textContent || activeElement!.tagName) + (isSeen ? '' : ', unseen');
      });
    };
    assert.deepEqual([await next(), await next(), await next()], ['start', 'device', 'sample']);
    await page.driver.keyboard.press('Enter');
    await awaitDetections(page, 2);
    const rest = [];
    for (let i = 0; i < 7; i++) rest.push(await next());
    assert.deepEqual(rest, ['open', 'detections', 'Play', 'Save', 'Play', 'Save', 'threshold-0']);
    const tree = await page.driver.accessibility.snapshot({ interestingOnly: false });
    const named = ['button', 'link', 'slider', 'combobox', 'image', 'img', 'progressbar', 'list'];
    const nameless: string[] = [];
    let count = 0;
    (function visit(node: NonNullable<typeof tree>): void {
      if (named.includes(node.role)) {
        count++;
        if (!node.name && node.role !== 'image') nameless.push(node.role);
      }
      node.children?.forEach(visit);
    })(tree!);
    assert.ok(count >= 12, `${count} controls and images in the tree`);
    assert.deepEqual(nameless, []);
  }),
);
