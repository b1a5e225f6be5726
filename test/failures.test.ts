import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { evaluate } from '#dist/evaluation/evaluate.js';
import { smoothedOf } from '#dist/evaluation/events.js';
import { failuresOf } from '#dist/evaluation/failures.js';
import type { Heard } from '#dist/evaluation/heard.js';
import type { Evaluation } from '#dist/evaluation/result.js';
import { SEED } from './support.js';
import { PERIOD, syntheticHeard } from './synthetic-heard.js';

const SETTINGS = { threshold: 0.8, smoothing: 100, refractory: 1000 };

function evaluationOf(heard: readonly Heard[], keywords = ['hey'], models = 1): Evaluation {
  const settings = Object.fromEntries(keywords.map((keyword) => [keyword, SETTINGS]));
  const model = { model: 'hey.onnx', precision: 'int8', settings } as const;
  return evaluate(heard, Array<typeof model>(models).fill(model), 'files');
}

/**
 * A joined stream of two clips of 1 s at 1.5 s and 4 s with pauses between, and posteriors that hold a level in some
 * stretches.
 */
function joined(stretches: readonly (readonly [from: number, to: number, level: number])[], keyword = 'hey'): Heard {
  const recordings = ['a/one.wav', 'a/two.wav'].map((file) => ({ file, labels: { whole: 'hey' } }));
  const posteriors = Float32Array.from({ length: 650 }, (_, k) => {
    const time = (k + 1) * PERIOD;
    return stretches.find(([from, to]) => time > from && time <= to)?.[2] ?? 0;
  });
  return {
    plan: { set: { name: 'a', kind: 'positives' }, index: 0, recordings },
    duration: 5,
    excerpts: [
      { file: 'a/one.wav', start: 1.5, duration: 1 },
      { file: 'a/two.wav', start: 4, duration: 1 },
    ],
    utterances: [
      { keyword: 'hey', start: 1.5, end: 2.5, wordEnd: 2.2 },
      { keyword: 'hey', start: 4, end: 5, wordEnd: 4.8 },
    ],
    answers: [{ snr: null, traces: [{ posteriors: { [keyword]: posteriors }, firstTime: PERIOD, period: PERIOD }] }],
  };
}

const near = (actual: number, expected: number, bound = 1e-6) =>
  assert.ok(Math.abs(actual - expected) <= bound, `${actual}, expected ${expected}`);

test('a miss shows the utterance with 0.5 s before it and 1 s after it, and how close it came', () => {
  const heard = [
    joined([
      [2, 2.4, 0.9],
      [4.5, 4.9, 0.6],
    ]),
  ];
  const failures = failuresOf(evaluationOf(heard), heard);
  assert.deepEqual(
    failures.map(({ kind, model, keyword, snr, file }) => ({ kind, model, keyword, snr, file })),
    [{ kind: 'miss', model: 0, keyword: 'hey', snr: null, file: 'a/two.wav' }],
  );
  const [{ time, at, from, to, peak, trace, words, plan }] = failures;
  assert.deepEqual([time, at, from, to], [0, 4, 3.5, 6]);
  assert.equal(plan, heard[0].plan);
  near(peak, 0.6);
  assert.deepEqual(
    words.map(({ start }) => start),
    [4],
  );
  near(trace.firstTime, 3.5);
  assert.equal(trace.posteriors.length, 251); // 3.5 s to 6 s, both ends
  const means = smoothedOf(heard[0].answers[0].traces[0], 'hey', SETTINGS.smoothing);
  assert.deepEqual(trace.posteriors, Float32Array.from(means.subarray(349, 600)));
});

test('an alarm shows 2 s before it and 0.5 s after it; one in a pause belongs to the end of the file before it', () => {
  const heard = [
    joined([
      [2, 2.4, 0.9],
      [3.2, 3.4, 0.85],
      [4.5, 4.9, 0.9],
      [5.9, 6.5, 1],
    ]),
  ];
  const failures = failuresOf(evaluationOf(heard), heard);
  assert.deepEqual(
    failures.map(({ kind, file, time }) => ({ kind, file, time })),
    [
      { kind: 'alarm', file: 'a/two.wav', time: 1 }, // the surer one first
      { kind: 'alarm', file: 'a/one.wav', time: 1 },
    ],
  );
  near(failures[0].peak, 1);
  near(failures[0].at, 5.98);
  near(failures[0].to, 6.48);
  near(failures[1].at, 3.3);
  assert.deepEqual([failures[0].fileStart, failures[1].fileStart], [4, 1.5]);
  near(failures[1].from, 1.3);
  near(failures[1].to, 3.8);
  near(failures[1].peak, 0.85);
  assert.deepEqual(
    failures[1].words.map(({ start }) => start),
    [1.5],
  );
});

test('where another keyword was said, an event is a confusion, with the word that was said', () => {
  const heard = [joined([[2, 2.4, 0.9]], 'stop')];
  const failures = failuresOf(evaluationOf(heard, ['stop']), heard);
  assert.deepEqual(
    failures.map(({ kind, keyword, words }) => [kind, keyword, words.map((word) => word.keyword)]),
    [['confusion', 'stop', ['hey']]],
  );
  near(failures[0].time, 0.59, 1e-3); // the ninth posterior of ten brings the mean to the threshold
});

test('a stretch stays in its stream', () => {
  const heard = [
    joined([
      [0.3, 0.6, 0.95],
      [6.3, 6.5, 0.99],
    ]),
  ];
  const alarms = failuresOf(evaluationOf(heard), heard).filter(({ kind }) => kind === 'alarm');
  assert.deepEqual(
    alarms.map(({ from, file, time }) => [Math.max(0, from), file, time]),
    [
      [alarms[0].from, 'a/two.wav', 1],
      [0, 'a/one.wav', 0],
    ],
  );
  near(alarms[0].to, 6.5);
  near(alarms[0].from + 2, alarms[0].at);
});

test('the worst come first, as many as asked for, of each model and condition', () => {
  const heard = syntheticHeard({
    positives: 30,
    negatives: 6,
    models: 2,
    snrs: [10],
    sureness: (k, snr, model) => (k < (snr === null ? 8 : 12) + model ? 0.7 - k / 100 : 0.95),
  });
  const evaluation = evaluationOf(heard, ['hey'], 2);
  const failures = failuresOf(evaluation, heard, 5);
  for (const model of [0, 1])
    for (const snr of [null, 10]) {
      const own = failures.filter((failure) => failure.model === model && failure.snr === snr);
      const misses = own.filter(({ kind }) => kind === 'miss');
      assert.equal(misses.length, 5);
      const last = (snr === null ? 7 : 11) + model;
      assert.deepEqual(
        misses.map(({ file }) => Number(/(\d+)\.wav/.exec(file)?.[1])),
        [last, last - 1, last - 2, last - 3, last - 4],
      );
      const alarms = own.filter(({ kind }) => kind === 'alarm');
      // Negatives are heard once: their alarms are not listed again under noise.
      if (snr !== null) assert.equal(alarms.length, 0);
      else assert.ok(alarms.length > 0 && alarms.every(({ plan }) => plan.set.kind === 'negatives'));
      assert.deepEqual(
        alarms.map(({ peak }) => peak),
        alarms.map(({ peak }) => peak).sort((a, b) => b - a),
      );
    }
});

test('without a limit they are what the evaluation counts, file by file', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1e6 }), (seed) => {
      const heard = syntheticHeard({ seed, positives: 12, negatives: 4, snrs: [5] });
      const evaluation = evaluationOf(heard);
      const failures = failuresOf(evaluation, heard, Infinity);
      for (const { snr, files } of evaluation.models[0].keywords[0].conditions) {
        const key = (file: string, time: number, value: number) => `${file} ${time.toFixed(3)} ${value.toFixed(5)}`;
        const misses = files.flatMap(({ file, utterances }) =>
          utterances.filter(({ heard }) => !heard).map(({ start, peak }) => key(file, start, peak)),
        );
        const found = failures.filter((failure) => failure.snr === snr);
        assert.deepEqual(
          found
            .filter(({ kind }) => kind === 'miss')
            .map(({ file, time, peak }) => key(file, time, peak))
            .sort(),
          misses.sort(),
        );
        if (snr !== null) continue;
        const alarms = files.flatMap(({ file, alarms }) => alarms.map(({ time }) => key(file, time, 0)));
        assert.deepEqual(
          found
            .filter(({ kind }) => kind === 'alarm')
            .map(({ file, time }) => key(file, time, 0))
            .sort(),
          alarms.sort(),
        );
      }
    }),
    { seed: SEED, numRuns: 20 },
  );
});
