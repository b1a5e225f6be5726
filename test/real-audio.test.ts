import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { pathToFileURL } from 'node:url';
import { plansOf } from '#dist/evaluation/arrangement.js';
import { evaluate } from '#dist/evaluation/evaluate.js';
import { hear } from '#dist/node/evaluation/hear.js';
import { findRecordings } from '#dist/node/evaluation/recordings.js';
import { loadModel, type Detection, type Model } from 'tympan';
import { readAudio } from 'tympan/node';
import { maxDifference, runOnnxruntime } from './support.js';

const AUDIO = '../shared/audio';
const SKIP = existsSync(AUDIO) ? false : `no recordings at ${AUDIO}`;
const MODEL = 'models/happy.onnx';
const { readSplit, writeLists } = await import(pathToFileURL(join(process.cwd(), 'tools/lists.mjs')).href);

interface Heard {
  events: Detection[];
  posteriors: number[];
}

function listen(model: Model, samples: Float32Array): Heard {
  const posteriors: number[] = [];
  const detector = model.detector({ onFrame: (frame) => posteriors.push(frame[0]) });
  const events = [...detector.push(samples), ...detector.flush()];
  detector.close();
  return { events, posteriors };
}

/** 50 validation clips of real speech: half of them the word, half others. */
async function realClips(): Promise<Float32Array[]> {
  const lists: Record<string, string[]> = readSplit(AUDIO, 'validation', 'happy');
  const chosen = [...lists.happy.slice(0, 25), ...lists['other-words.negatives'].slice(0, 25)];
  const samples: Float32Array[] = [];
  for (const path of chosen) samples.push((await readAudio(path)).samples);
  return samples;
}

test(
  'f32 posteriors of 50 real clips equal onnxruntime-web’s on the same features within 2e-4',
  { skip: SKIP },
  async () => {
    const model = await loadModel(MODEL, { precision: 'f32' });
    const bytes = readFileSync(MODEL);
    for (const samples of await realClips()) {
      const { frames, coefficients, data } = model.features(samples);
      const features = { type: 'float32' as const, dims: [1, frames, coefficients], data };
      const { posterior } = await runOnnxruntime(bytes, { features });
      assert.ok(maxDifference(model.run({ features }).posterior.data, posterior.data) <= 2e-4);
      const answers = posterior.data.length; // the silence of the flush brings more
      assert.ok(answers >= Math.floor(frames / 4) && answers <= frames);
      assert.ok(maxDifference(listen(model, samples).posteriors.slice(0, answers), posterior.data) <= 2e-4);
    }
  },
);

test(
  'int8 posteriors of 50 real clips differ from f32 by at most 0.002 in the mean, 0.1 at the 99.9th percentile; events agree within one answer',
  { skip: SKIP },
  async () => {
    const int8 = await loadModel(MODEL);
    const f32 = await loadModel(MODEL, { precision: 'f32' });
    const { every } = int8.stream().outputSlots[0];
    const differences: number[] = [];
    let events = 0;
    for (const samples of await realClips()) {
      const [a, b] = [listen(int8, samples), listen(f32, samples)];
      a.posteriors.forEach((posterior, t) => differences.push(Math.abs(posterior - b.posteriors[t])));
      assert.equal(a.events.length, b.events.length);
      a.events.forEach(({ time, keyword }, i) => {
        assert.equal(keyword, b.events[i].keyword);
        assert.ok(Math.abs(time - b.events[i].time) <= every / 100 + 1e-9);
      });
      events += a.events.length;
    }
    differences.sort((x, y) => x - y);
    const mean = differences.reduce((sum, d) => sum + d, 0) / differences.length;
    const percentile = differences[Math.floor(differences.length * 0.999)];
    assert.ok(events >= 15, `${events} events`);
    assert.ok(mean <= 0.002, `mean ${mean}`);
    assert.ok(percentile <= 0.1, `99.9th percentile ${percentile}`);
  },
);

test(
  'the validation list, joined: at most 10 of 189 clips missed, at most 1 alarm in 0.84 h, an event 250 ms after the word at the latest in the median',
  { skip: SKIP },
  async (t) => {
    const folder = mkdtempSync(join(tmpdir(), 'tympan-lists-'));
    t.after(() => rmSync(folder, { recursive: true, force: true }));
    writeLists(AUDIO, 'happy', folder);
    const lists = join(folder, 'validation');
    const path = (name: string) => join(lists, name);
    const negatives = readdirSync(lists).filter((name) => name.endsWith('.negatives.txt'));
    const options = { keywords: ['happy'] };
    const sets = [
      ...(await findRecordings([path('happy.txt')], { ...options, kind: 'positives' })),
      ...(await findRecordings(negatives.map(path), { ...options, kind: 'negatives' })),
    ];
    const [{ recordings }] = await findRecordings([path('noise.txt')], { ...options, kind: 'negatives' });
    const { heard, failed } = await hear(plansOf(sets, 'joined'), {
      models: [{ file: MODEL, precision: 'int8' }],
      arrangement: 'joined',
      noise: recordings.map(({ file }) => file),
      snrs: [],
    });
    assert.deepEqual(failed, []);
    const settings = (await loadModel(MODEL)).detector().settings.keywords;
    const { models, hours } = evaluate(heard, [{ model: MODEL, precision: 'int8', settings }], 'joined');
    const [{ utterances, misses, alarms, latency, sets: counted }] = models[0].keywords[0].conditions;
    assert.deepEqual(
      counted.map(({ files }) => files),
      [189, 240, 79, 70, 407],
    );
    assert.equal(utterances, 189);
    assert.ok(hours > 0.84 && hours < 0.85, `${hours} h`);
    assert.ok(misses <= 10, `${misses} missed`);
    assert.ok(alarms <= 1, `${alarms} alarms`);
    assert.ok(latency!.p50 <= 250, `${latency!.p50} ms`);
  },
);
