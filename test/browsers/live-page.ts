import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { loadModel } from 'tympan';
import type { Diary } from '../pages/live.js';
import { bundlePage } from './bundle.js';

const MODEL = readFileSync('models/happy.onnx');

/** Low enough for what a sound server loses on a busy machine; syllables without the word stay below it. */
export const THRESHOLD = 0.7;

const SPACING = 0.12; // s, three answers of the model

/** Seconds: Firefox copies the audio thread's clock to the page after a turn of its graph, up to two of 512 samples at 44.1 kHz. */
const CLOCK_LAG = 0.024;

/** The page `live`, with all that it fetches. */
export async function livePage(): Promise<Record<string, string | Uint8Array>> {
  return {
    ...(await bundlePage('live')),
    '/worklet.js': readFileSync('dist/worklet.js'),
    '/happy.onnx': MODEL,
  };
}

/** Checks that the page heard the words of a recording, as far apart as they are, as loud as it is, and the sound around them. */
export async function checkHeard(
  { wakes, clips, loudest, statuses }: Diary,
  recording: Int16Array,
  clipSeconds: number,
): Promise<void> {
  const model = await loadModel(MODEL);
  const detector = model.detector({ threshold: THRESHOLD });
  const expected = [...detector.push(recording), ...detector.flush()];
  detector.close();
  const told = JSON.stringify({ wakes, statuses });
  assert.deepEqual(
    wakes.map(({ keyword }) => keyword),
    expected.map(({ keyword }) => keyword),
    told,
  );
  for (const [i, { time, posterior, late }] of wakes.entries()) {
    assert.ok(Math.abs(time - wakes[0].time - (expected[i].time - expected[0].time)) <= SPACING, told);
    assert.ok(posterior >= THRESHOLD && posterior <= 1, told);
    assert.ok(late > -CLOCK_LAG, `an event of the future: ${late} s`);
  }
  const peak = recording.reduce((most, x) => Math.max(most, Math.abs(x)), 0) / 32768;
  assert.ok(Math.abs(loudest - peak) < 0.05, `peak ${loudest}, expected ${peak}: gain is controlled`);
  assert.equal(clips.length, wakes.length);
  for (const { seconds, peak: loud } of clips) {
    assert.equal(seconds, clipSeconds);
    assert.ok(loud > peak / 4, `the sound around an event is silent: ${loud}`);
  }
}

/** Checks that no microphone is held, and no context. */
export function checkReleased({ tracks, contexts, statuses }: Diary, starts: number): void {
  assert.deepEqual(tracks, new Array<string>(starts).fill('ended'));
  assert.deepEqual(contexts, new Array<string>(starts).fill('closed'));
  assert.equal(statuses.at(-1)?.state, 'stopped');
}
