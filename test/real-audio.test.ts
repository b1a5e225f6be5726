import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { pathToFileURL } from 'node:url';
import { loadModel, type Detection, type Model } from 'tympan';
import { readAudio } from 'tympan/node';
import { maxDifference, runOnnxruntime } from './support.js';

const AUDIO = '../shared/audio';
const SKIP = existsSync(AUDIO) ? false : `no recordings at ${AUDIO}`;
const MODEL = 'models/happy.onnx';
const tool = (name: string) => import(pathToFileURL(join(process.cwd(), 'tools', name)).href);

interface Heard {
  events: Detection[];
  posteriors: number[];
}

function hear(model: Model, samples: Float32Array): Heard {
  const posteriors: number[] = [];
  const detector = model.detector({ onFrame: (frame) => posteriors.push(frame[0]) });
  const events = [...detector.push(samples), ...detector.flush()];
  detector.close();
  return { events, posteriors };
}

/** 50 validation clips of real speech: half of them the word, half others. */
async function realClips(): Promise<Float32Array[]> {
  const { listed } = await tool('protocol.mjs');
  const clips: { word: string; path: string }[] = listed(AUDIO, 'validation_list.txt');
  const chosen = [
    ...clips.filter(({ word }) => word === 'happy').slice(0, 25),
    ...clips.filter(({ word }) => word !== 'happy').slice(0, 25),
  ];
  const samples: Float32Array[] = [];
  for (const { path } of chosen) samples.push((await readAudio(path)).samples);
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
      assert.ok(maxDifference(hear(model, samples).posteriors.slice(0, frames), posterior.data) <= 2e-4);
    }
  },
);

test(
  'int8 posteriors of 50 real clips differ from f32 by at most 0.002 in the mean, 0.1 at the 99.9th percentile; events agree within 30 ms',
  { skip: SKIP },
  async () => {
    const int8 = await loadModel(MODEL);
    const f32 = await loadModel(MODEL, { precision: 'f32' });
    const differences: number[] = [];
    let events = 0;
    for (const samples of await realClips()) {
      const [a, b] = [hear(int8, samples), hear(f32, samples)];
      a.posteriors.forEach((posterior, t) => differences.push(Math.abs(posterior - b.posteriors[t])));
      assert.equal(a.events.length, b.events.length);
      a.events.forEach(({ time, keyword }, i) => {
        assert.equal(keyword, b.events[i].keyword);
        assert.ok(Math.abs(time - b.events[i].time) <= 0.0301);
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

test('the testing list: at most 27 of 180 clips missed, at most 4 alarms', { skip: SKIP }, async () => {
  const { evaluate, readSplit } = await tool('protocol.mjs');
  const recordings = await readSplit(AUDIO, 'testing', 'happy');
  const { clips, missed, sets } = await evaluate(await loadModel(MODEL), recordings);
  const alarms = Object.values(sets as Record<string, { alarms: number }>).reduce((sum, set) => sum + set.alarms, 0);
  assert.equal(clips, 180);
  assert.ok(missed <= 27, `${missed} missed`);
  assert.ok(alarms <= 4, `${alarms} alarms`);
});
