/** Several models on one stream hear, to the last bit, what each hears alone. */
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { DetectorGroup, type GroupDetection } from '#dist/hearing/group.js';
import { loadModel, type DetectionOptions, type Detection, type Detector, type Model } from 'tympan';
import { readAudio } from 'tympan/node';
import { Resampler } from 'tympan/resampler';
import { bursts, loudnessModel } from './loudness-model.js';
import { chunks, property } from './support.js';

const happy = await loadModel('models/happy.onnx');
const { samples: speech } = await readAudio('models/samples/happy.wav');
const loud = await loudnessModel();
const louder = await loudnessModel({ middle: -2 });
const narrow = await loudnessModel({
  recipe: { sampleRate: 8000, windowLength: 200, hopLength: 80, fftSize: 256 },
});

interface Heard {
  readonly events: Detection[];
  readonly posteriors: number[];
  readonly times: number[];
}

/** A detector, and where it writes down what it says. */
function noted(model: Model, options: DetectionOptions = {}): { detector: Detector; heard: Heard } {
  const heard: Heard = { events: [], posteriors: [], times: [] };
  const detector = model.detector({
    ...options,
    onFrame: (posteriors, time) => {
      heard.posteriors.push(...posteriors);
      heard.times.push(time);
    },
  });
  return { detector, heard };
}

/** What a model says alone of sound at `rate`, brought to its own by a Resampler. */
function alone(model: Model, sound: Int16Array | Float32Array, rate: number, options: DetectionOptions = {}): Heard {
  const { detector, heard } = noted(model, options);
  if (rate === detector.sampleRate) heard.events.push(...detector.push(sound));
  else {
    const resampler = new Resampler(rate, detector.sampleRate);
    heard.events.push(...detector.push(resampler.push(sound).slice()), ...detector.push(resampler.flush().slice()));
    resampler.close();
  }
  heard.events.push(...detector.flush());
  detector.close();
  return heard;
}

/** What each of several says in a group. */
function together(
  models: readonly Model[],
  pieces: Iterable<Int16Array | Float32Array>,
  sampleRate?: number,
): { each: Heard[]; frontEnds: number; rate: number } {
  const all = models.map((model) => noted(model));
  const group = new DetectorGroup(
    all.map(({ detector }) => detector),
    { sampleRate },
  );
  const give = (events: readonly GroupDetection[]): void => {
    for (const { model, ...event } of events) all[model].heard.events.push(event);
  };
  for (const piece of pieces) give(group.push(piece));
  give(group.flush());
  const { frontEnds, sampleRate: rate } = group;
  group.close();
  return { each: all.map(({ heard }) => heard), frontEnds, rate };
}

test('models of one recipe share a front end, and hear what each hears alone', () => {
  const sound = bursts(3, 16000);
  const models = [loud, louder, loud];
  const { each, frontEnds, rate } = together(models, [sound]);
  assert.equal(frontEnds, 1);
  assert.equal(rate, 16000);
  assert.deepEqual(
    each,
    models.map((model) => alone(model, sound, 16000)),
  );
  assert.equal(each[0].events.length, 6);
  assert.notDeepEqual(each[0].posteriors, each[1].posteriors);
});

test('recipes that differ, and another rate: every model hears what it hears alone, however sound is cut', () => {
  const models = [happy, loud, narrow, louder];
  const tail = Float32Array.from(bursts(1, 16000), (x) => x / 32768);
  const sound = new Float32Array(speech.length + tail.length);
  sound.set(speech);
  sound.set(tail, speech.length);
  const expected = models.map((model) => alone(model, sound, 16000));
  assert.ok(expected.every(({ events }) => events.length > 0));
  const lengths = fc.array(fc.integer({ min: 1, max: 30_000 }), { minLength: 1, maxLength: 8 });
  fc.assert(
    fc.property(lengths, (pieces) => {
      const { each, frontEnds } = together(models, chunks(sound, pieces));
      assert.equal(frontEnds, 3);
      assert.deepEqual(each, expected);
    }),
    { ...property, numRuns: 10 },
  );
});

for (const rate of [44100, 48000]) {
  test(`${rate} Hz: every model hears what a Resampler gives it`, () => {
    const sound = bursts(2, rate);
    const models = [loud, narrow, louder];
    const expected = models.map((model) => alone(model, sound, rate));
    assert.deepEqual(
      expected.map(({ events }) => events.length),
      [4, 4, 4],
    );
    for (const pieces of [[128], [rate], [1, 5000]]) {
      const { each, frontEnds } = together(models, chunks(sound, pieces), rate);
      assert.equal(frontEnds, 2);
      assert.deepEqual(each, expected);
    }
  });
}

test('a group takes the greatest rate of its detectors where none is said', () => {
  const { rate, each } = together([narrow, loud], [bursts(1, 16000)]);
  assert.equal(rate, 16000);
  assert.deepEqual(each[0], alone(narrow, bursts(1, 16000), 16000));
});

test('events of one chunk come in the order of their times', () => {
  const group = new DetectorGroup([narrow.detector(), loud.detector()]);
  const events = group.push(bursts(3, 16000));
  assert.ok(events.length >= 10);
  assert.ok(events.some(({ model }) => model === 0) && events.some(({ model }) => model === 1));
  const times = events.map(({ time }) => time);
  assert.deepEqual(
    times,
    [...times].sort((a, b) => a - b),
  );
});

test('reset begins a new stream for all, resamplers among them', () => {
  const group = new DetectorGroup([loud.detector(), narrow.detector()], { sampleRate: 48000 });
  const sound = bursts(2, 48000);
  const first = [...group.push(sound), ...group.flush()];
  group.push(sound.subarray(0, 12345));
  group.reset();
  assert.deepEqual([...group.push(sound), ...group.flush()], first);
  assert.equal(first.length, 8);
});

test('thresholds of each are changed live, and of that one alone', () => {
  const detectors = [loud.detector(), louder.detector()];
  const group = new DetectorGroup(detectors);
  const sound = bursts(2, 16000);
  const half = sound.length / 2;
  const of = (events: readonly GroupDetection[]): number[] =>
    [0, 1].map((model) => events.filter((event) => event.model === model).length);
  assert.deepEqual(of(group.push(sound.subarray(0, half))), [2, 2]);
  detectors[0].configure({ threshold: 1 });
  assert.equal(detectors[0].settings.keywords.loud.threshold, 1);
  assert.throws(() => detectors[1].configure({ threshold: 2 }), RangeError);
  assert.deepEqual(of(group.push(sound.subarray(half))), [0, 2]);
});

test('a lent detector hears nothing by itself, and is closed by its group', () => {
  const detector = loud.detector();
  const group = new DetectorGroup([detector]);
  const refusal = { name: 'InputError', message: /part of a DetectorGroup/ };
  for (const call of [
    () => detector.push(new Int16Array(1)),
    () => detector.flush(),
    () => detector.reset(),
    () => detector.close(),
  ])
    assert.throws(call, refusal);
  assert.throws(() => new DetectorGroup([detector]), refusal);
  group.close();
  group.close();
  assert.throws(() => group.push(new Int16Array(1)), { name: 'InputError', message: /this group is closed/ });
});

test('where a group can be made of none of them, all detectors are as before', () => {
  const sound = bursts(1, 16000);
  const expected = alone(loud, sound, 16000).events;
  const closed = loud.detector();
  closed.close();
  const detector = loud.detector();
  for (const [wrong, error] of [
    [() => new DetectorGroup([detector, closed]), { name: 'InputError', message: /this detector is closed/ }],
    [() => new DetectorGroup([detector, detector]), { name: 'RangeError', message: /\[1\]: is given twice/ }],
    [() => new DetectorGroup([detector], { sampleRate: 191_999 }), { name: 'RangeError', message: /191999/ }],
    [() => new DetectorGroup([detector], { sampleRate: 7 }), { name: 'RangeError', message: /sampleRate: got 7/ }],
    [() => new DetectorGroup([]), { name: 'RangeError', message: /got none/ }],
    [() => new DetectorGroup([detector, {} as Detector]), { name: 'TypeError', message: /model\.detector\(\)/ }],
  ] as const)
    assert.throws(wrong, error);
  assert.deepEqual([...detector.push(sound), ...detector.flush()], expected);
});

test('what a listener throws, push throws once all models have heard the chunk; the events come with the next', () => {
  const failing = loud.detector({
    onFrame: (_, time) => {
      if (time < 0.03) throw new Error('a meter that fails');
    },
  });
  const group = new DetectorGroup([failing, louder.detector()]);
  const sound = bursts(1, 16000);
  assert.throws(() => group.push(sound), /a meter that fails/);
  const events = group.push(new Int16Array(0));
  assert.deepEqual(
    events.map(({ model }) => model),
    [0, 1, 0, 1],
  );
});

test('samples that are not finite are refused before any model has heard them', () => {
  const { each } = together([loud, narrow], [bursts(1, 16000)]);
  const group = new DetectorGroup([loud.detector(), narrow.detector()]);
  assert.throws(() => group.push(Float32Array.of(0, NaN)), { name: 'InputError' });
  const events = [...group.push(bursts(1, 16000)), ...group.flush()];
  assert.equal(events.length, each[0].events.length + each[1].events.length);
  assert.deepEqual(
    events.filter(({ model }) => model === 0).map(({ time }) => time),
    each[0].events.map(({ time }) => time),
  );
});
