import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { activityOf } from '#dist/evaluation/activity.js';

interface Golden {
  name: string;
  sampleRate: number; // Hz
  seed: number;
  segments: [samples: number, gain: number][];
  end: number; // s
  rms: number;
}

const goldens: Golden[] = JSON.parse(readFileSync('test/fixtures/evaluation/activity.json', 'utf8'));

/** The noise of tools/golden-statistics.py. */
function signalOf({ seed, segments }: Golden): Float32Array {
  let state = seed;
  return Float32Array.from(
    segments.flatMap(([count, gain]) =>
      Array.from({ length: count }, () => {
        state = (Math.imul(1664525, state) + 1013904223) >>> 0;
        return ((state >>> 16) / 32768 - 1) * gain;
      }),
    ),
  );
}

for (const golden of goldens) {
  test(`${golden.name}: the end and the level that NumPy finds`, () => {
    const { end, rms } = activityOf(signalOf(golden), golden.sampleRate);
    assert.ok(Math.abs(end - golden.end) < 1e-12, `got ${end} s, expected ${golden.end} s`);
    assert.ok(Math.abs(rms - golden.rms) <= 1e-12 * golden.rms, `got ${rms}, expected ${golden.rms}`);
  });
}

/** Frames of 80 samples at 8 kHz, each a constant. */
const frames = (...levels: number[]): Float32Array => Float32Array.from(levels.flatMap((x) => Array(80).fill(x)));

test('a frame is active down to 20 dB below the loudest, and the level is that of active frames', () => {
  // -1/8 and 1/8 × 0.1 squared are 20 dB apart; in float32, 0.0126 is just above the limit and 0.0124 just below.
  assert.deepEqual(activityOf(frames(0, 0.125, 0.0124, 0), 8000), { end: 0.02, rms: 0.125 });
  const { end, rms } = activityOf(frames(0, 0.125, 0, 0.0126, 0), 8000);
  assert.equal(end, 0.04);
  assert.ok(Math.abs(rms - Math.sqrt((0.125 ** 2 + 0.0126 ** 2) / 2)) < 1e-7);
});

test('20 dB exactly is still active', () => {
  assert.equal(activityOf(frames(1, ...Array(3).fill(Math.fround(0.1))), 8000).end, 0.04);
});

test('what is loud before and after a word does not count where it is no whole frame', () => {
  assert.deepEqual(activityOf(Float32Array.of(...frames(0.25), ...Array(79).fill(1)), 8000), { end: 0.01, rms: 0.25 });
});

test('silence, and less than a frame, ends where the clip ends', () => {
  assert.deepEqual(activityOf(new Float32Array(4000), 8000), { end: 0.5, rms: 0 });
  assert.deepEqual(activityOf(new Float32Array(79).fill(0.5), 8000), { end: 79 / 8000, rms: 0 });
  assert.deepEqual(activityOf(new Float32Array(0), 8000), { end: 0, rms: 0 });
});

test('a sample rate without a sample a frame is refused', () => {
  for (const sampleRate of [0, -16000, 99, NaN, Infinity])
    assert.throws(() => activityOf(new Float32Array(100), sampleRate), {
      name: 'RangeError',
      message: `sampleRate: got ${sampleRate}, expected Hz, 100 at least`,
    });
});
