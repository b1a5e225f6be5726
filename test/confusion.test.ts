/** Several keywords: which was heard first where which was said. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { evaluate } from '#dist/evaluation/evaluate.js';
import type { Heard } from '#dist/evaluation/heard.js';
import { proportionInterval } from '#dist/evaluation/intervals.js';
import { failuresOf } from '#dist/evaluation/failures.js';

const KEYWORDS = ['happy', 'cat', 'bed'];
const PERIOD = 0.1; // s
const settings = Object.fromEntries(
  KEYWORDS.map((keyword) => [keyword, { threshold: 0.5, smoothing: 0, refractory: 500 }]),
);
const model = { model: 'keywords.onnx', precision: 'int8', settings } as const;

/** Seconds at which keywords fire, at 0.9 or what is said. */
type Events = Readonly<Record<string, readonly (number | readonly [time: number, posterior: number])[]>>;

function answers(snr: number | null, duration: number, events: Events): Heard['answers'][number] {
  const posteriors = KEYWORDS.map((keyword): [string, Float32Array] => {
    const own = new Float32Array(Math.round((duration + 1) / PERIOD)).fill(0.1);
    for (const event of events[keyword] ?? []) {
      const [time, posterior] = typeof event === 'number' ? [event, 0.9] : event;
      own[Math.round(time / PERIOD) - 1] = posterior;
    }
    return [keyword, own];
  });
  return { snr, traces: [{ firstTime: PERIOD, period: PERIOD, posteriors: Object.fromEntries(posteriors) }] };
}

/** Clips of 1 s, each 3 s after the one before: the first from 1 s. */
function clips(set: string, said: readonly (string | null)[], ...heard: readonly (readonly [number | null, Events])[]) {
  const duration = 3 * said.length;
  const places = said.map((keyword, k) => ({ keyword, start: 1 + 3 * k, end: 2 + 3 * k, wordEnd: 1.8 + 3 * k }));
  return {
    plan: { set: { name: set, kind: said[0] === null ? 'negatives' : 'positives' }, index: 0, recordings: [] },
    duration,
    excerpts: places.map(({ start }, k) => ({ file: `${set}-${k}.wav`, start, duration: 1 })),
    utterances: places.flatMap(({ keyword, ...times }) => (keyword === null ? [] : [{ keyword, ...times }])),
    answers: heard.map(([snr, events]) => answers(snr, duration, events)),
  } satisfies Heard;
}

const heard: readonly Heard[] = [
  clips(
    'happy',
    ['happy', 'happy', 'happy', 'happy', 'happy'],
    // Heard; cat instead; cat and then happy; nothing; and heard a moment before bed, which comes 0.5 s after its end.
    // After the first clip, where none is said, a cat.
    [null, { happy: [1.8, 7.9, 13.9], cat: [2.7, 4.8, 7.5], bed: [14.5] }],
    [10, { happy: [1.8] }],
  ),
  clips('cat', ['cat', 'cat'], [null, { cat: [1.9, 4.9] }], [10, { cat: [1.9], bed: [[4.9, 0.8]], happy: [4.9] }]),
  clips('radio', [null, null, null], [null, { happy: [1.2], bed: [1.4, 7.2], cat: [5.8] }]),
];
const { models } = evaluate(heard, [model], 'joined');

test('each clip counts once, for the keyword that was heard first in it', () => {
  const counts = models[0].confusion.map(({ snr, rows }) => [
    snr,
    rows.map(({ said, clips, first, nothing }) => [said, clips, first.happy, first.cat, first.bed, nothing]),
  ]);
  assert.deepEqual(counts, [
    [
      null,
      [
        ['happy', 5, 2, 2, 0, 1],
        ['cat', 2, 0, 2, 0, 0],
        ['radio', 3, 1, 0, 1, 1], // what came 0.8 s after a file is in none
      ],
    ],
    [
      10,
      [
        ['happy', 5, 1, 0, 0, 4],
        ['cat', 2, 1, 1, 0, 0], // at once with bed, and surer
        ['radio', 3, 1, 0, 1, 1],
      ],
    ],
  ]);
});

test('a word that another was heard before is not missed; negatives have no misses', () => {
  const [happy, cat, radio] = models[0].confusion[0].rows;
  assert.deepEqual(happy.missed, { misses: 2, missRate: 0.4, missInterval: proportionInterval(2, 5) });
  assert.deepEqual(cat.missed, { misses: 0, missRate: 0, missInterval: proportionInterval(0, 2) });
  assert.equal(radio.missed, null);
  assert.deepEqual([happy.kind, radio.kind], ['positives', 'negatives']);
});

test('confusions are counted once, apart from alarms', () => {
  const asIs = models[0].keywords.map(({ conditions: [first] }) => first);
  assert.deepEqual(
    asIs.map(({ alarms, confusions }) => [alarms, confusions]),
    [
      [1, 0], // happy: in a negative
      [2, 2], // cat: outside of all clips and after a negative; for happy twice
      [2, 1], // bed: in negatives; for happy
    ],
  );
  assert.deepEqual(
    asIs[1].files.flatMap(({ file, confusions }) => confusions.map(({ time, said }) => [file, time.toFixed(1), said])),
    [
      ['happy-1.wav', '0.8', 'happy'],
      ['happy-2.wav', '0.5', 'happy'],
    ],
  );
  for (const { sweep, threshold, confusions } of asIs)
    assert.equal(sweep.find((point) => point.threshold === threshold)!.confusions, confusions);
  const hours = (15 + 6 + 9 - 7) / 3600;
  for (const condition of asIs) assert.ok(Math.abs(condition.hours - hours) < 1e-9, 'beside all words');
  const failures = failuresOf(evaluate(heard, [model], 'joined'), heard);
  assert.deepEqual(
    failures
      .filter(({ kind, snr }) => kind === 'confusion' && snr === null)
      .map(({ keyword, file }) => [keyword, file]),
    [
      ['cat', 'happy-1.wav'],
      ['cat', 'happy-2.wav'],
      ['bed', 'happy-4.wav'],
    ],
  );
});

test('a late event of one word is none of the next', () => {
  const [first] = heard;
  const stream: Heard = {
    ...first,
    utterances: [
      { keyword: 'happy', start: 1, end: 1.6, wordEnd: 1.5 },
      { keyword: 'cat', start: 1.7, end: 2.2, wordEnd: 2.1 },
    ],
    answers: [answers(null, 15, { happy: [1.8], cat: [2.3] })],
  };
  const [{ confusion, keywords }] = evaluate([stream], [model], 'files').models;
  assert.deepEqual(
    confusion[0].rows.map(({ said, first }) => [said, first[said]]),
    [
      ['happy', 1],
      ['cat', 1],
    ],
  );
  assert.deepEqual(
    keywords.map(({ conditions: [one] }) => one.alarms + one.confusions),
    [0, 0, 0],
  );
});

test('a model with one keyword has no table', () => {
  const { models } = evaluate(heard, [{ ...model, settings: { happy: settings.happy } }], 'joined');
  assert.deepEqual(models[0].confusion, []);
});
