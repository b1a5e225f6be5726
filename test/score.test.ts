import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { eventsOf } from '#dist/evaluation/events.js';
import { latencyOf, latencySummary, ownersOf, score } from '#dist/evaluation/score.js';
import type { Utterance } from '#dist/evaluation/sound.js';
import { timeOf } from '#dist/evaluation/trace.js';
import { loadModel, type Detection, type Model } from 'tympan';
import { readAudio } from 'tympan/node';
import { buildModel, gruWeights, type GraphSpec } from './onnx-builder.js';
import { property, uniform } from './support.js';

const utterance = (start: number, end: number, wordEnd = end): Utterance => ({ keyword: 'a', start, end, wordEnd });
const at = (...times: number[]) => times.map((time) => ({ time, posterior: 0.9 }));

test('the first event from the start of an utterance to half a second after its end hears it', () => {
  const utterances = [utterance(1, 2), utterance(4, 5)];
  const { hits, alarms, repeats } = score(at(0.99, 1, 1.5, 2.5, 2.51, 5.5), utterances);
  assert.deepEqual(hits, at(1, 5.5));
  assert.deepEqual(alarms, at(0.99, 1.5, 2.5, 2.51));
  assert.equal(repeats, 2);
});

test('an event half a second after the end is a hit, on whichever side of it binary fractions put its time', () => {
  const [firstTime, period] = [0.03, 0.01];
  for (let k = 100; k < 1000; k++) {
    const time = firstTime + k * period;
    const end = (3 + k) / 100 - 0.5;
    assert.notEqual(score(at(time), [utterance(0.1, end)]).hits[0], null, `${end}`);
    assert.equal(score(at(time), [utterance(0.1, end - 1e-4)]).hits[0], null, `${end}`);
    assert.notEqual(score(at(time), [utterance((3 + k) / 100, 20)]).hits[0], null, 'at its start');
  }
});

test('an event that two utterances claim belongs to the later one', () => {
  const { hits, alarms } = score(at(2.1), [utterance(1, 2), utterance(2.05, 3)]);
  assert.deepEqual(hits, [null, ...at(2.1)]);
  assert.deepEqual(alarms, []);
});

test('without utterances all events are alarms, without events all utterances are missed', () => {
  assert.deepEqual(score(at(1, 2), []), { hits: [], alarms: at(1, 2), repeats: 0, confusions: [] });
  assert.deepEqual(score([], [utterance(1, 2)]), { hits: [null], alarms: [], repeats: 0, confusions: [] });
});

test('hits and misses are all utterances, hits and alarms all events, each where the rule puts it', () => {
  const seconds = fc.integer({ min: 0, max: 20000 }).map((milliseconds) => milliseconds / 1000);
  const ms = (time: number): number => Math.round(time * 1000);
  fc.assert(
    fc.property(
      fc.array(seconds, { maxLength: 30 }),
      fc.array(fc.tuple(seconds, seconds), { maxLength: 10 }),
      (times, spans) => {
        const events = at(...times.sort((a, b) => a - b));
        const utterances = spans
          .map(([start, length]) => utterance(start, start + length))
          .sort((a, b) => a.start - b.start);
        const { hits, alarms, repeats } = score(events, utterances);
        assert.equal(hits.length, utterances.length);
        assert.equal(hits.filter((hit) => hit).length + alarms.length, events.length);
        const ownerOf = (time: number): number => {
          const k = utterances.findLastIndex(({ start }) => ms(start) <= ms(time));
          return k >= 0 && ms(time) <= ms(utterances[k].end) + 500 ? k : -1;
        };
        for (const [k, hit] of hits.entries())
          assert.equal(hit, events.find(({ time }) => ownerOf(time) === k) ?? null);
        assert.equal(repeats, alarms.filter(({ time }) => ownerOf(time) >= 0).length);
        // Of others: what is claimed by none of these, by the same rule.
        const others = utterances.map(({ start, end, ...rest }) => ({ ...rest, start: start + 1, end: end + 1 }));
        const among = score(events, utterances, others);
        const free = score(
          alarms.filter(({ time }) => ownerOf(time) < 0),
          others,
        );
        assert.deepEqual(among.hits, hits);
        assert.equal(among.repeats, repeats);
        assert.equal(among.alarms.length + among.confusions.length, alarms.length);
        assert.equal(among.confusions.length, free.hits.filter((hit) => hit).length + free.repeats);
        for (const { of, time } of among.confusions)
          assert.ok(ms(others[of].start) <= ms(time) && ms(time) <= ms(others[of].end) + 500);
        const trace = { firstTime: 0.3, period: 0.25, posteriors: {} };
        assert.deepEqual(
          [...ownersOf(trace, 90, utterances)],
          Array.from({ length: 90 }, (_, k) => ownerOf(timeOf(trace, k))),
        );
      },
    ),
    { ...property, numRuns: 300 },
  );
});

test('latency is from the end of the word, below 0 before it; its quantiles are linear between neighbours', () => {
  assert.ok(Math.abs(latencyOf({ time: 1.75, posterior: 1 }, utterance(1, 2, 1.8)) - -50) < 1e-9);
  assert.equal(latencySummary([]), null);
  assert.deepEqual(latencySummary([7]), { p50: 7, p95: 7 });
  // numpy.percentile([120, -30, 40, 10], [50, 95])
  const { p50, p95 } = latencySummary([120, -30, 40, 10])!;
  assert.equal(p50, 25);
  assert.ok(Math.abs(p95 - 108) < 1e-9);
});

/** "quiet" and "loud" follow the loudness of a frame, each the other's complement; "late" answers with a state. */
function loudness(metadata: object = {}): Uint8Array {
  return buildModel({
    inputs: { features: ['time', 1, 2] },
    outputs: { posterior: ['time', 1, 3], Y: ['time', 1, 1, 4] },
    initializers: {
      ...gruWeights(2, 4),
      weights: [
        [2, 3],
        [-0.3, 0.3, 0.2, 0, 0, 0],
      ],
    },
    nodes: [
      ['GRU', ['features', 'W', 'R', 'B'], ['Y'], { hidden_size: 4 }],
      ['MatMul', ['features', 'weights'], ['logits']],
      ['Sigmoid', ['logits'], ['posterior']],
    ],
    metadata: {
      'tympan.frontend': { version: 1, hopLength: 160, numCoefficients: 2, mean: [-50, 0] },
      'tympan.labels': { version: 1, names: ['quiet', 'loud', 'late'], output: 'posterior' },
      ...metadata,
    },
  });
}

/** A model that answers every second frame. */
const halfRate: GraphSpec = {
  inputs: { x: [1, 13, 'time'] },
  outputs: { p: null },
  initializers: { K: [[1, 13, 4], Array.from({ length: 52 }, (_, i) => (i < 4 ? 0.05 : 0))] },
  nodes: [
    ['Conv', ['x', 'K'], ['logit'], { strides: [2] }],
    ['Sigmoid', ['logit'], ['p']],
  ],
  metadata: {
    'tympan.frontend': { version: 1, numCoefficients: 13, mean: [-50, ...new Array(12).fill(0)] },
    'tympan.labels': { version: 1, names: ['word'], output: 'p' },
  },
};

/** Bursts of noise and near-silence of random lengths, 4 s. */
function bursts(seed: number): Float32Array {
  const next = uniform(seed);
  const samples: number[] = [];
  for (let loud = false; samples.length < 64000; loud = !loud) {
    const length = 800 + Math.floor(6000 * Math.abs(next()));
    const size = loud ? 0.3 * Math.abs(next()) : 0.0004;
    for (let i = 0; i < length; i++) samples.push(size * next());
  }
  return Float32Array.from(samples);
}

/** Holds the events of a detector against those of the trace that it leaves, at several settings. */
function assertSameEvents(model: Model, samples: Float32Array, settings: readonly object[]): number {
  let count = 0;
  for (const options of settings) {
    const times: number[] = [];
    const posteriors: number[][] = model.detector().labels.map(() => []);
    const onFrame = (frame: Float32Array, time: number): void => {
      times.push(time);
      for (const [label, values] of posteriors.entries()) values.push(frame[label]);
    };
    const detector = model.detector({ ...options, onFrame });
    const events = [...detector.push(samples), ...detector.flush()];
    const period = times[1] - times[0];
    const trace = {
      firstTime: times[0],
      period,
      posteriors: Object.fromEntries(detector.labels.map((name, k) => [name, Float32Array.from(posteriors[k])])),
    };
    for (const keyword of detector.keywords) {
      const own = events.filter((event: Detection) => event.keyword === keyword);
      const expected = eventsOf(trace, keyword, detector.settings.keywords[keyword]);
      assert.deepEqual(
        expected.map(({ posterior }) => posterior),
        own.map(({ posterior }) => posterior),
      ); // to the last bit
      for (const [i, { time }] of expected.entries()) assert.ok(Math.abs(time - own[i].time) < 1e-9);
      count += own.length;
    }
  }
  return count;
}

const SETTINGS = [
  {},
  { threshold: 0.5, smoothing: 0, refractory: 0 },
  { threshold: 0.6, smoothing: 40, refractory: 250 },
  { threshold: 0.3, smoothing: 155, refractory: 735 },
  { threshold: 0.9, smoothing: 300, refractory: 2000 },
];

test('events of a trace are those of the detector: several keywords with settings of their own, int8 and f32', async () => {
  const keywords = { quiet: { threshold: 0.6, smoothing: 30, refractory: 100 }, loud: { threshold: 0.55 }, late: {} };
  for (const precision of ['int8', 'f32'] as const) {
    const model = await loadModel(loudness({ 'tympan.detection': { version: 1, smoothing: 50, keywords } }), {
      precision,
    });
    for (const seed of [1, 2, 3]) assert.ok(assertSameEvents(model, bursts(seed), SETTINGS) > 20);
  }
});

test('events of a trace are those of the detector: windows, and a posterior every other frame', async () => {
  const windowed = await loadModel(loudness(), { streaming: { mode: 'windowed', windowFrames: 20, hopFrames: 3 } });
  const half = await loadModel(buildModel(halfRate));
  for (const model of [windowed, half]) assert.ok(assertSameEvents(model, bursts(4), SETTINGS) > 5);
});

test('events of a trace are those of the detector: the first model', async () => {
  const model = await loadModel('models/happy.onnx');
  const { samples } = await readAudio('models/samples/happy.wav');
  const settings = [0.02, 0.3, 0.9].flatMap((threshold) => [0, 100].map((smoothing) => ({ threshold, smoothing })));
  assert.ok(assertSameEvents(model, samples, settings) >= 6);
});

test('a keyword that was not heard is refused', () => {
  const trace = { firstTime: 0, period: 0.01, posteriors: { a: new Float32Array(3) } };
  const settings = { threshold: 0.5, smoothing: 0, refractory: 0 };
  for (const keyword of ['b', 'constructor'])
    assert.throws(() => eventsOf(trace, keyword, settings), {
      name: 'InputError',
      message: /got posteriors of a, expected/,
    });
});
