/** Every model in models/: what it must be, and that its card says so. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { loadModel } from 'tympan';
import { readSamples } from './pcm.js';
import { speechLike } from './speech-like.js';
import { HAPPY, QUIET, tympan } from './spoken.js';

const LARGEST = 300_000; // bytes
/** Mean |int8 − f32| of the posteriors. */
const INT8_DIFFERENCE = 0.005;

const names = readdirSync('models').filter((name) => name.endsWith('.onnx'));

/** Each part of models/README.md under a heading that is the name of a file. */
const cards = new Map(
  readFileSync('models/README.md', 'utf8')
    .split(/^(?=#+ )/m)
    .reduce<string[]>((parts, part) => {
      if (/^#+ \S+\.onnx$/m.test(part.split('\n')[0])) parts.push(part);
      else if (parts.length > 0) parts[parts.length - 1] += part;
      return parts;
    }, [])
    .map((card) => [/^#+ (\S+)/.exec(card)![1], card]),
);

const sounds = { happy: await readSamples(HAPPY), quiet: await readSamples(QUIET), 'speech-like': speechLike(20, 3) };

/** Posteriors of all labels, answer by answer. */
async function posteriors(path: string, precision: 'int8' | 'f32', samples: Int16Array): Promise<number[]> {
  const heard: number[] = [];
  const detector = (await loadModel(path, { precision })).detector({ onFrame: (frame) => heard.push(...frame) });
  detector.push(samples);
  detector.close();
  return heard;
}

it('each model has a card, and each card a model', () => {
  assert.ok(names.includes('happy.onnx'), 'the one that ships with the package');
  assert.deepEqual([...cards.keys()].sort(), [...names].sort());
});

for (const name of names) {
  const path = join('models', name);
  const bytes = readFileSync(path);
  const card = cards.get(name) ?? '';

  describe(name, () => {
    it(`is smaller than ${LARGEST} bytes, and tells nothing of where it was made`, (t) => {
      t.diagnostic(`${bytes.length} bytes`);
      assert.ok(bytes.length < LARGEST, `${bytes.length} bytes`);
      assert.doesNotMatch(bytes.toString('latin1'), /\/(home|root|tmp|work|Users)\//);
    });

    it('says by itself how it hears, what its outputs are and how it decides', async () => {
      const model = await loadModel(bytes);
      const { frontend, labels, detection } = model.metadata;
      assert.ok(frontend && labels && detection);
      const { keywords = {}, smoothing, refractory } = detection;
      assert.ok(Object.keys(keywords).length > 0);
      for (const [keyword, own] of Object.entries(keywords)) {
        assert.ok(labels.names.includes(keyword), keyword);
        assert.ok(own.threshold! > 0 && own.threshold! < 1, `${keyword}: threshold ${own.threshold}`);
        assert.ok((own.smoothing ?? smoothing)! >= 0, `${keyword}: smoothing`);
        assert.ok((own.refractory ?? refractory)! > 0, `${keyword}: refractory`);
      }
      const detector = model.detector(); // throws where sizes of features or labels don't fit
      assert.deepEqual(detector.keywords, Object.keys(keywords));
      detector.close();
    });

    it('streams with its state, frame by frame', async () => {
      assert.deepEqual((await loadModel(bytes)).streaming, { mode: 'stateful' });
    });

    it('has a card with its size, its thresholds, its licence, and the credits of what it was trained on', async () => {
      assert.ok(card.includes(`${bytes.length.toLocaleString('en-US')} bytes`), `size: ${bytes.length} bytes`);
      const { keywords = {} } = (await loadModel(bytes)).metadata.detection!;
      for (const [keyword, { threshold }] of Object.entries(keywords))
        assert.match(card, new RegExp(`(?<![\\d.])${threshold}(?!\\d)`), `threshold of "${keyword}"`);
      assert.match(card, /^\| licence \| Apache-2\.0/m);
      const credits = card.split(/^\|.*\| licence and credit \|\n/m)[1]?.split('\n\n')[0] ?? '';
      assert.match(credits, /^\| .*Speech Commands.* \| CC BY 4\.0, Pete Warden, Google \|$/m);
      for (const row of credits.split('\n').slice(1)) assert.match(row, /^\| .+ \| .+ \| \S.* \|$/);
    });

    it('passes tympan verify against onnxruntime-web', () => {
      const { status, stdout, stderr } = tympan('verify', path, '--audio', HAPPY, QUIET, '--json');
      assert.equal(status, 0, stderr || stdout);
      const { onnxruntime, checks } = JSON.parse(stdout) as { onnxruntime: string; checks: { compared: string }[] };
      assert.match(onnxruntime, /^onnxruntime-web \d/);
      assert.deepEqual(
        checks.map(({ compared }) => compared),
        ['run', 'run int8', 'stream', 'stream int8'],
      );
    });

    it(`has int8 posteriors within ${INT8_DIFFERENCE} of f32 in the mean`, async (t) => {
      for (const [sound, samples] of Object.entries(sounds)) {
        const [int8, f32] = [await posteriors(path, 'int8', samples), await posteriors(path, 'f32', samples)];
        assert.ok(int8.length > 50 && int8.length === f32.length);
        const mean = int8.reduce((sum, posterior, k) => sum + Math.abs(posterior - f32[k]), 0) / int8.length;
        t.diagnostic(`${sound}: ${mean}`);
        assert.ok(mean <= INT8_DIFFERENCE, `${sound}: ${mean}`);
      }
    });
  });
}
