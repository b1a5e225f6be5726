/** Noise at stated levels: which excerpts, and how loud. */
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { NoiseSource, rmsOf } from '#dist/evaluation/noise.js';
import { property, uniform } from './support.js';

const noise = (seed: number, length: number, size = 0.3) => Float32Array.from({ length }, uniform(seed, size));
const isClose = (a: number, b: number) => Math.abs(a - b) <= 1e-6 * Math.abs(b);

test('an excerpt is its recording at the level asked for', () => {
  const recording = noise(1, 1000);
  const excerpt = new NoiseSource([recording]).excerpt(400, 0.02);
  assert.ok(isClose(rmsOf(excerpt), 0.02), `RMS ${rmsOf(excerpt)}`);
  const gain = excerpt[0] / recording[0];
  excerpt.forEach((x, i) => assert.ok(isClose(x, gain * recording[i])));
  assert.ok(
    recording.every((x, i) => x === noise(1, 1000)[i]),
    'the recording is as it was',
  );
});

test('recordings take turns, each goes on where it was left, and round again at its end', () => {
  const lengths = fc.array(fc.integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 4 });
  const wanted = fc.array(fc.integer({ min: 1, max: 150 }), { minLength: 1, maxLength: 12 });
  fc.assert(
    fc.property(lengths, wanted, (recordingLengths, excerptLengths) => {
      const recordings = recordingLengths.map((length, k) => noise(k + 1, length));
      const source = new NoiseSource(recordings);
      const read = recordings.map(() => 0); // samples of each so far
      excerptLengths.forEach((length, turn) => {
        const k = turn % recordings.length;
        const expected = Float32Array.from({ length }, (_, i) => recordings[k][(read[k] + i) % recordings[k].length]);
        read[k] += length;
        const gain = Math.fround(0.1 / rmsOf(expected));
        assert.deepEqual(
          source.excerpt(length, 0.1),
          expected.map((x) => x * gain),
        );
      });
    }),
    property,
  );
});

test('recordings that are silent at their place are passed over', () => {
  const silence = new Float32Array(500);
  const late = new Float32Array(1000);
  late.set(noise(2, 100), 900);
  const source = new NoiseSource([silence, late]);
  assert.ok(isClose(rmsOf(source.excerpt(100, 0.01)), 0.01), 'nine excerpts of silence come before');
  assert.throws(() => new NoiseSource([silence, silence]).excerpt(160, 0.01), {
    name: 'InputError',
    message: /^noise: got 2 recordings without sound .*expected one with sound at least; name other/,
  });
});

test('an excerpt at level 0 is silence, and its turn is over', () => {
  const recordings = [noise(1, 300), noise(2, 300)];
  const [a, b] = [new NoiseSource(recordings), new NoiseSource(recordings)];
  assert.ok(a.excerpt(100, 0).every((x) => x === 0));
  b.excerpt(100, 1);
  assert.deepEqual(a.excerpt(100, 0.1), b.excerpt(100, 0.1));
  assert.equal(a.excerpt(0, 0.1).length, 0);
});

test('every index begins with another recording, and elsewhere in it once all had their turn', () => {
  const recordings = [1, 2, 3].map((seed) => noise(seed, 2000));
  const beginnings = Array.from({ length: 12 }, (_, index) =>
    String(new NoiseSource(recordings, index).excerpt(50, 0.1)),
  );
  assert.equal(new Set(beginnings).size, 12);
  assert.equal(beginnings[0], String(new NoiseSource(recordings).excerpt(50, 0.1)));
});

test('the RMS of no samples is 0', () => {
  assert.equal(rmsOf(new Float32Array(0)), 0);
  assert.equal(rmsOf(Float32Array.of(0.5, -0.5)), 0.5);
});
