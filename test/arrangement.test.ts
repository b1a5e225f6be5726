/** Streams made of recordings: what is where, and how loud. */
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { activityOf } from '#dist/evaluation/activity.js';
import { Layout, plansOf, Rendering, soundOf, type Setting } from '#dist/evaluation/arrangement.js';
import { NoiseSource, rmsOf } from '#dist/evaluation/noise.js';
import type { Recording } from '#dist/evaluation/sound.js';
import { Take } from '#dist/evaluation/take.js';
import { property, uniform } from './support.js';

const RATE = 8000;
const noise = (seed: number, length: number, size = 0.3) => Float32Array.from({ length }, uniform(seed, size));
const onGrid = (samples: Float32Array) => samples.map((x) => Math.round(x * 32768) / 32768);

/** A word of 0.3 s, loud, in a second of something soft. */
function clip(seed: number): Float32Array {
  const samples = noise(seed, RATE, 0.001);
  samples.set(noise(seed + 100, 0.3 * RATE, 0.3), 0.4 * RATE);
  return onGrid(samples);
}

const take = (samples: Float32Array, labels: Recording['labels'] = { whole: 'hey' }, file = 'a.wav') =>
  new Take({ file, labels }, samples, RATE);
const setting = (arrangement: Setting['arrangement'], ...recordings: Float32Array[]): Setting => ({
  arrangement,
  sampleRate: RATE,
  lead: 0.5,
  noise: recordings,
});
const decibels = (a: number, b: number) => 20 * Math.log10(a / b);

test('a file alone has the lead before it, half a second after it, and not a bit of it changes', () => {
  const samples = noise(3, 5001); // not on the grid of 16 bits
  const sound = soundOf([take(samples)], { ...setting('files'), lead: 1.25 }, 0, null);
  assert.equal(sound.samples.length, 1.25 * RATE + 5001 + 0.5 * RATE);
  assert.deepEqual(sound.samples.subarray(10000, 15001), samples);
  assert.ok(sound.samples.every((x, i) => (i >= 10000 && i < 15001) || x === 0));
  assert.deepEqual(sound.excerpts, [{ file: 'a.wav', start: 1.25, duration: 5001 / RATE }]);
  const [{ keyword, start, end }] = sound.utterances;
  assert.deepEqual({ keyword, start, end }, { keyword: 'hey', start: 1.25, end: 1.25 + 5001 / RATE });
});

test('noise lies over a whole file, so many dB below its active speech, and not around it', () => {
  const samples = clip(1);
  const recordings = [noise(20, 3000), noise(21, 3000)];
  for (const snr of [20, 0, -5]) {
    const alone = take(samples);
    const { samples: mixed } = soundOf([alone], setting('files', ...recordings), 0, snr);
    const over = mixed.subarray(4000, 12000).map((x, i) => x - samples[i]);
    const below = decibels(activityOf(samples, RATE).rms, rmsOf(over));
    assert.ok(Math.abs(below - snr) < 0.01, `${below} dB, expected ${snr}`);
    assert.deepEqual(mixed, onGrid(mixed), 'as 16 bits have it');
    assert.ok(mixed.every((x, i) => (i >= 4000 && i < 12000) || x === 0));
  }
  const [a, b] = [0, 1].map((index) => soundOf([take(samples)], setting('files', ...recordings), index, 0).samples);
  assert.notDeepEqual(a, b, 'another stream, another noise');
});

test('digital silence has no level, and stays as it is under noise', () => {
  const { samples, utterances } = soundOf([take(new Float32Array(RATE))], setting('files', noise(1, 999)), 0, 10);
  assert.ok(samples.every((x) => x === 0));
  assert.deepEqual(utterances, [{ keyword: 'hey', start: 0.5, end: 1.5, wordEnd: 1.5 }]);
});

/** Rounded to even, as NumPy does it. */
function toInt16(x: number): number {
  const floor = Math.floor(x);
  const rounded = x - floor === 0.5 ? floor + (Math.abs(floor) % 2) : Math.round(x);
  return Math.max(-32768, Math.min(32767, rounded));
}

test('a joined stream is the clips, each with 1.5 s of noise 30 dB below it, and noise at RMS 0.001 first', () => {
  const lengths = fc.array(fc.integer({ min: 1, max: 3000 }), { minLength: 1, maxLength: 4 });
  fc.assert(
    fc.property(lengths, fc.constantFrom(null, 10, -3), (clipLengths, snr) => {
      const recordings = [noise(40, 7000), noise(41, 50000)];
      const takes = clipLengths.map((length, i) => take(noise(i, length, 0.9), { whole: 'hey' }, `${i}.wav`));
      const source = new NoiseSource(recordings);
      const parts = [source.excerpt(12000, 0.001)];
      for (const { samples } of takes) {
        const level = activityOf(samples, RATE).rms * 10 ** (-(snr ?? 0) / 20);
        const over = snr === null ? new Float32Array(samples.length) : source.excerpt(samples.length, level);
        parts.push(
          samples.map((x, i) => x + over[i]),
          source.excerpt(12000, rmsOf(samples) * 10 ** -1.5),
        );
      }
      const expected = parts.flatMap((part) => Array.from(part, (x) => toInt16(x * 32768) / 32768 + 0)); // −0 is 0
      const sound = soundOf(takes, setting('joined', ...recordings), 7, snr);
      assert.deepEqual(
        Array.from(sound.samples, (x) => x + 0),
        expected,
      ); // −0 is 0
      let start = 1.5;
      sound.excerpts.forEach((excerpt, i) => {
        const duration = clipLengths[i] / RATE;
        assert.deepEqual(excerpt, { file: `${i}.wav`, start: excerpt.start, duration });
        assert.ok(Math.abs(excerpt.start - start) < 1e-9);
        assert.equal(sound.utterances[i].start, excerpt.start);
        assert.equal(sound.utterances[i].end, excerpt.start + duration);
        start += duration + 1.5;
      });
    }),
    property,
  );
});

test('samples are rounded to 16 bits, ties to even, and clipped', () => {
  const samples = Float32Array.from([0.5, 1.5, -0.5, -1.5, 2.4, 40000, -40000], (x) => x / 32768);
  const { samples: joined } = soundOf([take(samples)], setting('joined'), 0, null);
  assert.deepEqual(
    Array.from(joined.subarray(12000, 12007), (x) => x * 32768 + 0),
    [0, 2, 0, -2, 2, 32767, -32768],
  );
});

test('without noise the pauses of a joined stream are silent', () => {
  const { samples } = soundOf([take(clip(1)), take(clip(2))], setting('joined'), 0, null);
  const isPause = (i: number) => i < 12000 || (i >= 20000 && i < 32000) || i >= 40000;
  assert.equal(samples.length, 52000);
  assert.ok(samples.every((x, i) => !isPause(i) || x === 0));
  assert.ok(rmsOf(samples.subarray(12000, 20000)) > 0.05);
});

test('a recording at a time gives the stream that all at once give', () => {
  const takes = [1, 2, 3].map((seed) => take(clip(seed)));
  for (const arrangement of ['files', 'joined'] as const) {
    const whole = arrangement === 'files' ? takes.slice(0, 1) : takes;
    const rendering = new Rendering(setting(arrangement, noise(9, 5000)), 3, 5);
    const parts = [rendering.opening(), ...whole.flatMap((one) => [...rendering.add(one)])];
    const { samples } = soundOf(whole, setting(arrangement, noise(9, 5000)), 3, 5);
    assert.deepEqual(
      parts.flatMap((part) => [...part]),
      [...samples],
    );
  }
});

test('labelled stretches are utterances by their start, each with the end of its word', () => {
  const samples = new Float32Array(4 * RATE);
  samples.set(noise(1, 0.2 * RATE, 0.5), 1.1 * RATE);
  samples.set(noise(2, 0.2 * RATE, 0.1), 3.2 * RATE);
  const labels = [
    { keyword: 'stop', start: 3, end: 4 },
    { keyword: 'hey', start: 1, end: 2 },
    { keyword: 'hey', start: 2.5, end: 2.5 },
  ];
  const { utterances } = soundOf([take(samples, labels)], setting('files'), 0, null);
  const expected = [
    { keyword: 'hey', start: 1.5, end: 2.5, wordEnd: 1.8 },
    { keyword: 'hey', start: 3, end: 3, wordEnd: 3 },
    { keyword: 'stop', start: 3.5, end: 4.5, wordEnd: 3.9 },
  ];
  assert.equal(utterances.length, 3);
  utterances.forEach(({ keyword, ...times }, i) => {
    assert.equal(keyword, expected[i].keyword);
    for (const [name, time] of Object.entries(times)) {
      assert.ok(Math.abs(time - expected[i][name as 'start']) < 1e-9, `${name} of ${i}: ${time}`);
    }
  });
});

test('levels of a labelled file are those of its labelled stretches, of an unlabelled one its own', () => {
  const samples = noise(1, 4 * RATE, 0.8);
  samples.set(noise(2, RATE, 0.05), RATE);
  const labelled = take(samples, [{ keyword: 'hey', start: 1, end: 2 }]);
  const stretch = activityOf(samples.slice(RATE, 2 * RATE), RATE).rms;
  assert.equal(labelled.speech, stretch);
  assert.equal(labelled.level, stretch);
  for (const labels of [[], [{ keyword: 'hey', start: 1, end: 1 }]]) {
    assert.equal(take(samples, labels).speech, activityOf(samples, RATE).rms);
    assert.equal(take(samples, labels).level, rmsOf(samples));
  }
  assert.equal(take(samples).level, rmsOf(samples));
});

test('a label that does not lie in its file is refused; one that ends a rounding error after it is not', () => {
  const label = (start: number, end: number) => () => take(clip(1), [{ keyword: 'hey', start, end }]);
  for (const [start, end] of [
    [0.5, 1.2],
    [1, 1],
    [3, 4],
  ]) {
    assert.throws(label(start, end), {
      name: 'AudioError',
      message: new RegExp(
        `^a\\.wav: its label "hey" is from ${start} to ${end} s, but the file ends at 1\\.000 s; correct`,
      ),
    });
  }
  assert.doesNotThrow(label(0.5, 1.009));
});

test('seconds that count: all of a joined stream, only the recordings of files alone', () => {
  const duration = (arrangement: Setting['arrangement'], count: number) => {
    const layout = new Layout(setting(arrangement));
    for (let i = 0; i < count; i++) layout.add(take(clip(i)));
    return layout.duration;
  };
  assert.equal(duration('files', 1), 1);
  assert.equal(duration('joined', 3), 1.5 + 3 * 2.5);
});

test('a plan for each file, or for each set, counted through', () => {
  const set = (name: string, kind: 'positives' | 'negatives', ...files: string[]) => ({
    name,
    kind,
    recordings: files.map((file) => ({ file, labels: [] })),
  });
  const sets = [set('p', 'positives', 'a', 'b'), set('none', 'negatives'), set('n', 'negatives', 'c')];
  const brief = (arrangement: Setting['arrangement']) =>
    plansOf(sets, arrangement).map((plan) => [
      plan.index,
      plan.set.name,
      plan.set.kind,
      ...plan.recordings.map(({ file }) => file),
    ]);
  assert.deepEqual(brief('files'), [
    [0, 'p', 'positives', 'a'],
    [1, 'p', 'positives', 'b'],
    [2, 'n', 'negatives', 'c'],
  ]);
  assert.deepEqual(brief('joined'), [
    [0, 'p', 'positives', 'a', 'b'],
    [1, 'n', 'negatives', 'c'],
  ]);
});
