import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { pathToFileURL } from 'node:url';
import { loadModel } from 'tympan';
import { BROWSERS, missingBrowser, visit } from './browsers/browser.js';
import { bundlePage } from './browsers/bundle.js';
import type { Answers } from './pages/posteriors.js';
import { readSamples } from './pcm.js';
import { speechLike } from './speech-like.js';
import { HAPPY } from './spoken.js';

const AUDIO = '../shared/audio';
const CLIPS = 40; // of the word and of others
const MODEL = readFileSync('models/happy.onnx');

/** Of all posteriors of the recording that ships; changes with the model and its front end only. */
const HAPPY_HASH = '55cca0d0beb7fb4c687600af5371da2083a9e995773e37cea83bf214aa712cfb';

/** Clips of the validation lists, one after the other. */
async function recordings(): Promise<Int16Array> {
  const { readSplit } = await import(pathToFileURL(join(process.cwd(), 'tools/lists.mjs')).href);
  const lists: Record<string, string[]> = readSplit(AUDIO, 'validation', 'happy');
  const paths = [...lists.happy.slice(0, CLIPS / 2), ...lists['other-words.negatives'].slice(0, CLIPS / 2)];
  const clips = await Promise.all(paths.map(readSamples));
  return Int16Array.from(clips.flatMap((clip) => [...clip]));
}

const signals: Record<string, Int16Array> = { happy: await readSamples(HAPPY), 'speech-like': speechLike(30, 1) };
if (existsSync(AUDIO)) signals.recordings = await recordings();

async function inNode(samples: Int16Array): Promise<Answers> {
  const model = await loadModel(MODEL);
  const posteriors: number[] = [];
  const detector = model.detector({ onFrame: (frame) => posteriors.push(...frame) });
  detector.push(samples);
  detector.close();
  const hash = createHash('sha256').update(Float32Array.from(posteriors)).digest('hex');
  return { hash, count: posteriors.length };
}

const expected: Record<string, Answers> = {};
for (const [name, samples] of Object.entries(signals)) expected[name] = await inNode(samples);

test('all posteriors of the recording that ships are those of before, to the last bit', () => {
  assert.deepEqual(expected.happy, { hash: HAPPY_HASH, count: Math.floor((signals.happy.length - 240) / 640) });
});

for (const browser of BROWSERS) {
  test(
    `the same Int16 samples give the same posteriors in ${browser} as in Node, to the last bit`,
    { skip: missingBrowser(browser) },
    async (t) => {
      const sounds = Object.entries(signals).map(([name, samples]) => [`/${name}.s16`, new Uint8Array(samples.buffer)]);
      const files = { ...(await bundlePage('posteriors')), '/happy.onnx': MODEL, ...Object.fromEntries(sounds) };
      await visit(browser, { files }, async (page) => {
        t.diagnostic(await page.evaluate(() => navigator.userAgent));
        for (const [name, answers] of Object.entries(expected)) {
          assert.deepEqual(await page.evaluate((path) => posteriors(path), `/${name}.s16`), answers, name);
          t.diagnostic(`${name}: ${answers.count} posteriors`);
        }
      });
    },
  );
}
