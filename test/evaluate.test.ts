import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { evaluate, type EvaluatedModel } from '#dist/evaluation/evaluate.js';
import { eventsOf } from '#dist/evaluation/events.js';
import type { Heard } from '#dist/evaluation/heard.js';
import { proportionInterval, rateInterval } from '#dist/evaluation/intervals.js';
import { equalCounts, mcnemarExact } from '#dist/evaluation/paired.js';
import type { ConditionResult, Evaluation } from '#dist/evaluation/result.js';
import type { Excerpt, Utterance } from '#dist/evaluation/sound.js';
import { SWEEP_THRESHOLDS } from '#dist/evaluation/sweep.js';
import { randomHeard } from './heard-streams.js';
import { property } from './support.js';

const SETTINGS = { threshold: 0.5, smoothing: 0, refractory: 500 };
const PERIOD = 0.1; // s

/** A trace of one keyword that fires at given seconds, at 0.9 or what is said, and rests at 0.1. */
function trace(duration: number, events: readonly (number | readonly [time: number, posterior: number])[]) {
  const a = new Float32Array(Math.round(duration / PERIOD)).fill(0.1);
  for (const event of events) {
    const [time, posterior] = typeof event === 'number' ? [event, 0.9] : event;
    a[Math.round(time / PERIOD) - 1] = posterior;
  }
  return { firstTime: PERIOD, period: PERIOD, posteriors: { a } };
}

interface Spec {
  readonly set: string;
  readonly kind: 'positives' | 'negatives';
  readonly duration: number;
  readonly excerpts: readonly Excerpt[];
  readonly utterances?: readonly Utterance[];
  /** By condition, by model. */
  readonly answers: readonly (readonly [snr: number | null, ...Parameters<typeof trace>[1][]])[];
}

function heardOf({ set, kind, duration, excerpts, utterances = [], answers }: Spec, index: number): Heard {
  return {
    plan: { set: { name: set, kind }, index, recordings: [] },
    duration,
    excerpts,
    utterances,
    answers: answers.map(([snr, ...models]) => ({ snr, traces: models.map((events) => trace(duration + 1, events)) })),
  };
}

const say = (start: number, wordEnd = start + 0.8): Utterance => ({ keyword: 'a', start, end: start + 1, wordEnd });

/** Two clips joined, a file with two words in it, and an hour of negatives in two files; as they are and at 10 dB. */
const heard = [
  heardOf(
    {
      set: 'clips',
      kind: 'positives',
      duration: 8,
      excerpts: [
        { file: 'one.wav', start: 1.5, duration: 1 },
        { file: 'two.wav', start: 4, duration: 1 },
      ],
      utterances: [say(1.5), say(4)],
      // In the first pause; one heard and heard again; between the clips; the second missed.
      answers: [
        [null, [0.5, 2.2, 2.8, 3.5, [4.7, 0.4]]],
        [10, [2.2, 4.7]],
      ],
    },
    0,
  ),
  heardOf(
    {
      set: 'clips',
      kind: 'positives',
      duration: 60,
      excerpts: [{ file: 'long.wav', start: 0.5, duration: 60 }],
      utterances: [say(10, 10.8), say(30, 30.6)],
      answers: [
        [null, [10.7, 31.4, 50]],
        [10, []],
      ],
    },
    1,
  ),
  heardOf(
    {
      set: 'speech',
      kind: 'negatives',
      duration: 1800,
      excerpts: [{ file: 'book.wav', start: 0.5, duration: 1800 }],
      answers: [[null, [[100, 0.7], 200, 1800.8]]],
    },
    2,
  ),
  heardOf(
    {
      set: 'noise',
      kind: 'negatives',
      duration: 1800,
      excerpts: [{ file: 'rain.wav', start: 0.5, duration: 1800 }],
      answers: [[null, []]],
    },
    3,
  ),
];

const model = (settings = SETTINGS): EvaluatedModel => ({
  model: 'a.onnx',
  precision: 'int8',
  settings: { a: settings },
});
const first = (evaluation: Evaluation, condition = 0, model = 0): ConditionResult =>
  evaluation.models[model].keywords[0].conditions[condition];
/** Rounded to 1e-6, so that sums of binary fractions compare. */
const plain = <T>(value: T): T =>
  JSON.parse(JSON.stringify(value, (_, x) => (typeof x === 'number' ? Math.round(x * 1e6) / 1e6 : x)));

test('misses, alarms, hours, rates and latency of streams, as they are and under noise', () => {
  const evaluation = evaluate(heard, [model()], 'joined');
  assert.deepEqual(evaluation.conditions, [null, 10]);
  assert.equal(evaluation.version, 1);
  assert.equal(evaluation.arrangement, 'joined');
  assert.deepEqual(evaluation.comparisons, []);
  const hours = (8 - 2 + 60 - 2 + 3600) / 3600;
  assert.ok(Math.abs(evaluation.hours - hours) < 1e-12);
  const asIs = first(evaluation);
  assert.deepEqual(
    [asIs.snr, asIs.utterances, asIs.misses, asIs.alarms, asIs.threshold],
    [null, 4, 1, 7, 0.5],
    'in a pause, a second one, between clips, after words, and three in negatives',
  );
  assert.ok(Math.abs(asIs.hours - hours) < 1e-12);
  assert.equal(asIs.missRate, 0.25);
  assert.equal(asIs.alarmsPerHour, 7 / asIs.hours);
  assert.deepEqual(asIs.missInterval, proportionInterval(1, 4));
  assert.deepEqual(asIs.alarmInterval, rateInterval(7, asIs.hours));
  // −100, −100 and 800 ms
  assert.deepEqual(plain(asIs.latency), { p50: -100, p95: 710 });
  const noisy = first(evaluation, 1);
  assert.deepEqual([noisy.snr, noisy.utterances, noisy.misses, noisy.alarms], [10, 4, 2, 3], 'negatives as they are');
  assert.equal(noisy.hours, asIs.hours);
});

test('sets and files add up to the whole, times are those of the files', () => {
  const { sets, files } = plain(first(evaluate(heard, [model()], 'joined')));
  assert.deepEqual(
    sets,
    plain([
      {
        name: 'clips',
        kind: 'positives',
        files: 3,
        utterances: 4,
        misses: 1,
        alarms: 4,
        confusions: 0,
        hours: 64 / 3600,
      },
      { name: 'speech', kind: 'negatives', files: 1, utterances: 0, misses: 0, alarms: 3, confusions: 0, hours: 0.5 },
      { name: 'noise', kind: 'negatives', files: 1, utterances: 0, misses: 0, alarms: 0, confusions: 0, hours: 0.5 },
    ]),
  );
  const alarm = (time: number, posterior = 0.9) => ({ time, posterior });
  const said = (start: number, latency: number | null, peak = 0.9) => ({
    start,
    end: start + 1,
    heard: latency !== null,
    latency,
    peak,
  });
  assert.deepEqual(files, [
    {
      file: 'one.wav',
      set: 'clips',
      utterances: [said(0, -100)],
      alarms: [alarm(0), alarm(1), alarm(1)], // before the file, and twice after its end
      confusions: [],
    },
    { file: 'two.wav', set: 'clips', utterances: [said(0, null, 0.4)], alarms: [], confusions: [] },
    {
      file: 'long.wav',
      set: 'clips',
      utterances: [said(9.5, -100), said(29.5, 800)],
      alarms: [alarm(49.5)],
      confusions: [],
    },
    {
      file: 'book.wav',
      set: 'speech',
      utterances: [],
      alarms: [alarm(99.5, 0.7), alarm(199.5), alarm(1800)],
      confusions: [],
    },
    { file: 'rain.wav', set: 'noise', utterances: [], alarms: [], confusions: [] },
  ]);
});

test('the sweep rises in threshold and holds the point that was set', () => {
  const result = first(evaluate(heard, [model({ ...SETTINGS, threshold: 0.55 })], 'joined'));
  const { threshold, utterances, misses, alarms, hours, sweep } = result;
  assert.equal(sweep.length, 121);
  for (const [i, point] of sweep.entries()) assert.ok(i === 0 || point.threshold > sweep[i - 1].threshold);
  assert.deepEqual(
    sweep.find((point) => point.threshold === 0.55),
    { threshold, utterances, misses, alarms, confusions: 0, hours },
  );
  const at = (from: number) => sweep.find((point) => point.threshold > from)!;
  assert.deepEqual([at(0.2).misses, at(0.2).alarms], [0, 7]);
  assert.deepEqual([at(0.72).misses, at(0.72).alarms], [1, 6]);
  assert.deepEqual([at(0.91).misses, at(0.91).alarms], [4, 0]);
});

test('keywords are measured each on their own, and what is spoken of any is none of the hours', () => {
  const spec = { seed: 5, kind: 'positives', duration: 20, keywords: ['a', 'b'] } as const;
  const stream = randomHeard({
    ...spec,
    words: [
      ['a', 2],
      ['b', 6],
      ['a', 10],
    ],
  });
  const { models, hours } = evaluate([stream], [{ ...model(), settings: { a: SETTINGS, b: SETTINGS } }], 'files');
  const [a, b] = models[0].keywords;
  assert.deepEqual([a.keyword, a.conditions[0].utterances, b.keyword, b.conditions[0].utterances], ['a', 2, 'b', 1]);
  assert.deepEqual(
    plain([hours, a.conditions[0].hours, b.conditions[0].hours]),
    plain([17 / 3600, 17 / 3600, 17 / 3600]),
  );
});

test('utterances that overlap are taken from the hours once', () => {
  const spec = {
    set: 'x',
    kind: 'positives',
    duration: 10,
    excerpts: [{ file: 'x', start: 0, duration: 10 }],
  } as const;
  const stream = heardOf({ ...spec, utterances: [say(1), say(1.5), say(4)], answers: [[null, []]] }, 0);
  assert.deepEqual(plain(first(evaluate([stream], [model()], 'files')).hours), plain(7.5 / 3600));
});

test('positives without a second between them leave the alarm rate open, negatives alone the miss rate', () => {
  const clip = heardOf(
    {
      set: 'x',
      kind: 'positives',
      duration: 0.97,
      excerpts: [{ file: 'x.wav', start: 0.5, duration: 0.97 }],
      utterances: [{ keyword: 'a', start: 0.5, end: 0.5 + 0.97, wordEnd: 1.2 }],
      answers: [[null, [1]]],
    },
    0,
  );
  const positives = first(evaluate([clip], [model()], 'files'));
  assert.deepEqual(
    [positives.hours, positives.alarms, positives.alarmsPerHour, positives.alarmInterval],
    [0, 0, 0, [0, Infinity]],
  );
  const negatives = first(evaluate([heard[2]], [model()], 'files'));
  assert.deepEqual(
    [negatives.utterances, negatives.missRate, negatives.missInterval, negatives.latency],
    [0, 0, [0, 1], null],
  );
});

test('what was not heard is refused', () => {
  assert.throws(() => evaluate([], [model()], 'files'), { name: 'InputError', message: /got no stream/ });
  assert.throws(() => evaluate(heard, [model(), model()], 'files'), {
    name: 'InputError',
    message: /stream "clips", one.wav: got no trace as it is of model 1/,
  });
  const other = { ...model(), settings: { b: SETTINGS } };
  assert.throws(() => evaluate(heard, [other], 'files'), {
    name: 'InputError',
    message: /got posteriors of a, expected "b"/,
  });
  const onlyAsItIs = { ...heard[1], answers: heard[1].answers.slice(0, 1) };
  assert.throws(() => evaluate([heard[0], onlyAsItIs], [model()], 'files'), {
    name: 'InputError',
    message: /stream "clips", long.wav: got no trace at 10 dB/,
  });
});

/** The same streams heard by two models. */
const pair = (
  one: Spec['answers'][number][1],
  two: Spec['answers'][number][1],
  alarms = [[], []] as Spec['answers'][number][1][],
) => [
  heardOf(
    {
      set: 'clips',
      kind: 'positives',
      duration: 20,
      excerpts: [{ file: 'one.wav', start: 0, duration: 20 }],
      utterances: [say(1), say(4), say(7), say(10), say(13), say(16)],
      answers: [[null, one, two]],
    },
    0,
  ),
  heardOf(
    {
      set: 'speech',
      kind: 'negatives',
      duration: 90,
      excerpts: [{ file: 'n', start: 0, duration: 90 }],
      answers: [[null, ...alarms]] as never,
    },
    1,
  ),
];

test('two models are compared utterance by utterance, and where neither gives more alarms than the first', () => {
  const streams = pair(
    [1.5, 4.5, 7.5],
    // At 0.5 all but the third, and 3 alarms; above 0.7 one alarm, as the first has, and two more misses.
    [[1.5, 0.6], 4.5, 10.5, 13.5, [16.5, 0.65]],
    [[50], [[30, 0.7], [40, 0.7], 60]],
  );
  const evaluation = evaluate(streams, [model(), { ...model(), precision: 'f32' }], 'files');
  assert.equal(evaluation.comparisons.length, 1);
  const { keyword, snr, asSet, atEqualAlarms } = evaluation.comparisons[0];
  assert.deepEqual([keyword, snr], ['a', null]);
  assert.deepEqual(asSet, {
    misses: [3, 1],
    onlyMissedBy: [3, 1],
    pMisses: mcnemarExact(3, 1),
    alarms: [1, 3],
    pAlarms: equalCounts(1, 3),
  });
  const { thresholds, ...equal } = atEqualAlarms!;
  assert.ok(thresholds[0] < 0.9 && thresholds[1] > 0.7 && thresholds[1] < 0.9, `${thresholds}`);
  assert.deepEqual(equal, {
    misses: [3, 3],
    onlyMissedBy: [2, 2],
    pMisses: 1,
    alarms: [1, 1],
    pAlarms: 1,
  });
});

test('there is no equal footing where the second model’s alarms never end', () => {
  const streams = pair([1.5], [1.5], [[], [[30, 1]]]);
  const [{ atEqualAlarms }] = evaluate(streams, [model(), model()], 'files').comparisons;
  assert.equal(atEqualAlarms, null);
});

test('keywords that only one model knows are not compared', () => {
  const streams = [
    randomHeard({ seed: 1, kind: 'positives', words: [['a', 2]], duration: 9, keywords: ['a', 'b'], models: 2 }),
  ];
  const { comparisons } = evaluate(
    streams,
    [
      { ...model(), settings: { b: SETTINGS, a: SETTINGS } },
      { ...model(), settings: { a: { ...SETTINGS, smoothing: 50 } } },
    ],
    'files',
  );
  assert.deepEqual(
    comparisons.map(({ keyword }) => keyword),
    ['a'],
  );
});

test('for random streams counts conserve, and every point of the sweep is the evaluation at its threshold', () => {
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 1e5 }),
      fc.constantFrom(0, 60, 200),
      fc.constantFrom(0, 300, 1000),
      fc.integer({ min: 0, max: 119 }),
      (seed, smoothing, refractory, index) => {
        const spec = { duration: 12, keywords: ['a', 'b'], models: 2, snrs: [5] };
        const streams = [
          randomHeard({
            ...spec,
            seed,
            kind: 'positives',
            words: [
              ['a', 2],
              ['a', 5],
              ['b', 8],
            ],
          }),
          randomHeard({ ...spec, seed: seed + 1, kind: 'positives', words: [['b', 3]] }),
          randomHeard({ ...spec, seed: seed + 2, kind: 'negatives', words: [], rest: -2 }),
        ];
        const at = (threshold: number): Evaluation => {
          const settings = { threshold, smoothing, refractory };
          return evaluate(
            streams,
            [1, 2].map(() => ({ ...model(), settings: { a: settings, b: settings } })),
            'files',
          );
        };
        const evaluation = at(0.4);
        const other = at(SWEEP_THRESHOLDS[index]);
        for (const [m, { keywords }] of evaluation.models.entries()) {
          for (const [k, { keyword, conditions }] of keywords.entries()) {
            for (const [c, condition] of conditions.entries()) {
              const { utterances, misses, alarms, confusions, files, sets, sweep } = condition;
              const spoken = files.flatMap((file) => file.utterances);
              assert.deepEqual([spoken.length, spoken.filter((one) => !one.heard).length], [utterances, misses]);
              const events = streams.reduce((sum, { answers }) => {
                const { traces } = answers[c] ?? answers[0];
                return sum + eventsOf(traces[m], keyword, { threshold: 0.4, smoothing, refractory }).length;
              }, 0);
              assert.equal(utterances - misses + alarms + confusions, events);
              assert.equal(
                alarms,
                files.reduce((sum, file) => sum + file.alarms.length, 0),
              );
              assert.equal(
                alarms,
                sets.reduce((sum, set) => sum + set.alarms, 0),
              );
              assert.equal(
                confusions,
                files.reduce((sum, file) => sum + file.confusions.length, 0),
              );
              assert.equal(
                confusions,
                sets.reduce((sum, set) => sum + set.confusions, 0),
              );
              for (const one of spoken) if (one.heard) assert.ok(one.peak >= 0.4);
              const point = sweep.find(({ threshold }) => threshold === SWEEP_THRESHOLDS[index])!;
              const again = other.models[m].keywords[k].conditions[c];
              assert.deepEqual(
                [again.misses, again.alarms, again.confusions],
                [point.misses, point.alarms, point.confusions],
              );
            }
          }
        }
        for (const { asSet, atEqualAlarms } of evaluation.comparisons) {
          assert.equal(asSet.misses[0] - asSet.onlyMissedBy[0], asSet.misses[1] - asSet.onlyMissedBy[1]);
          for (const alarms of atEqualAlarms?.alarms ?? []) assert.ok(alarms <= asSet.alarms[0]);
          if (atEqualAlarms) assert.ok(atEqualAlarms.misses[0] <= asSet.misses[0]);
        }
      },
    ),
    { ...property, numRuns: 4 },
  );
});
