import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { loadModel, type Detection, type DetectionOptions, type DetectorOptions, type Model } from 'tympan';
import { buildModel, gruWeights, type NodeSpec } from './onnx-builder.js';
import { chunks, floatsOf, property, uniform } from './support.js';

const HOP = 320;
const WINDOW = 400;
const SAMPLE_RATE = 16000;
const SMOOTHING = 60; // ms: 3 frames
const REFRACTORY = 200; // ms: 10 frames
const LABELS = ['quiet', 'loud', 'other'];
const THRESHOLDS: Record<string, number> = { loud: 0.8, quiet: 0.6 };

/**
 * Posteriors that follow from the loudness of a frame: "quiet" and "loud" are each other's complement, "other" is never likely.
 * The first output is no posterior.
 */
const model = await loadModel(
  buildModel({
    inputs: { features: ['time', 1, 2] },
    outputs: { Y: ['time', 1, 1, 4], posterior: ['time', 1, 3] },
    initializers: {
      ...gruWeights(2, 4),
      weights: [
        [2, 3],
        [-0.3, 0.3, 0, 0, 0, 0],
      ],
      bias: [[3], [0, 0, -9]],
    },
    nodes: [
      ['GRU', ['features', 'W', 'R', 'B'], ['Y'], { hidden_size: 4 }],
      ['MatMul', ['features', 'weights'], ['product']],
      ['Add', ['product', 'bias'], ['logits']],
      ['Sigmoid', ['logits'], ['posterior']],
    ],
    metadata: {
      'tympan.frontend': { version: 1, hopLength: HOP, numCoefficients: 2, mean: [-50, 0] },
      'tympan.labels': { version: 1, names: LABELS, output: 'posterior' },
      'tympan.detection': {
        version: 1,
        smoothing: SMOOTHING,
        refractory: REFRACTORY,
        keywords: {
          loud: { threshold: THRESHOLDS.loud },
          quiet: { threshold: THRESHOLDS.quiet },
        },
      },
    },
  }),
);

/** Bursts of noise and near-silence of random lengths. */
function bursts(seed: number): Float32Array {
  const next = uniform(seed);
  const samples: number[] = [];
  while (samples.length < 3 * SAMPLE_RATE) {
    const size = samples.length % 2 === 0 ? 0.3 : 0.0004;
    const length = 1001 + 2 * Math.floor(3000 * Math.abs(next()));
    for (let i = 0; i < length; i++) samples.push(size * next());
  }
  return Float32Array.from(samples);
}

/** Events by their definition, from the posteriors of all frames. */
function expectedEvents(samples: Float32Array, reference = model): Detection[] {
  const { frames, coefficients, data } = reference.features(samples);
  const { posterior } = reference.run({ features: { type: 'float32', dims: [frames, 1, coefficients], data } });
  const last: Record<string, number> = {};
  const armed: Record<string, boolean> = { loud: true, quiet: true };
  const events: Detection[] = [];
  for (let t = 0; t < frames; t++) {
    for (const keyword of ['loud', 'quiet']) {
      const window = [t - 2, t - 1, t]
        .filter((frame) => frame >= 0)
        .map((frame) => floatsOf(posterior)[3 * frame + LABELS.indexOf(keyword)]);
      const smoothed = window.reduce((sum, p) => sum + p, 0) / window.length;
      if (smoothed < THRESHOLDS[keyword]) armed[keyword] = true;
      else if (armed[keyword] && !(t - last[keyword] < 10)) {
        events.push({ keyword, posterior: smoothed, time: (t * HOP + WINDOW) / SAMPLE_RATE });
        armed[keyword] = false;
        last[keyword] = t;
      }
    }
  }
  return events;
}

function assertSame(events: readonly Detection[], expected: readonly Detection[]): void {
  assert.deepEqual(
    events.map(({ keyword, time }) => ({ keyword, time })),
    expected.map(({ keyword, time }) => ({ keyword, time })),
  );
  // The expected ones come from `run`, whose sigmoid of whole tensors is not the kernels' approximation.
  events.forEach(({ posterior }, i) => assert.ok(Math.abs(posterior - expected[i].posterior) < 1e-6));
}

function hear(samples: Iterable<Float32Array>, options: DetectorOptions = {}): Detection[] {
  const detector = model.detector(options);
  const events: Detection[] = [];
  for (const piece of samples) events.push(...detector.push(piece));
  detector.close();
  return events;
}

test('events are those of the definition: label, smoothed posterior, time and order, at a hop of 20 ms', () => {
  let total = 0;
  fc.assert(
    fc.property(
      fc.integer({ min: 1, max: 1e6 }),
      fc.array(fc.integer({ min: 1, max: 5000 }), { minLength: 1, maxLength: 4 }),
      (seed, pieces) => {
        const samples = bursts(seed);
        const expected = expectedEvents(samples);
        total += expected.length;
        assertSame(hear(chunks(samples, pieces)), expected);
      },
    ),
    property,
  );
  assert.ok(total > 100, `${total} events`);
});

test('reset in the middle of an event forgets posteriors, arming and the refractory period', () => {
  const samples = bursts(3);
  const expected = expectedEvents(samples);
  const detector = model.detector();
  for (const length of [3000, 9000, 20000]) {
    detector.push(bursts(4).subarray(0, length));
    detector.reset();
    assertSame(detector.push(samples), expected);
    detector.reset();
  }
});

/** What `configure` is given before the frame. */
interface Change {
  readonly frame: number;
  readonly options: DetectionOptions;
}

/** Events of posteriors [frames][labels] by the definition of `configure`, keyword by keyword. */
function configuredEvents(posteriors: readonly Float32Array[], changes: readonly Change[]): Detection[] {
  const events: (Detection & { rank: number })[] = [];
  for (const [rank, keyword] of ['loud', 'quiet'].entries()) {
    const of = { threshold: THRESHOLDS[keyword], smoothing: SMOOTHING, refractory: REFRACTORY };
    let kept: number[] = [];
    let armed = true;
    let last = -Infinity;
    for (const [t, posterior] of posteriors.entries()) {
      for (const { frame, options } of changes) {
        if (frame !== t) continue;
        for (const field of ['threshold', 'smoothing', 'refractory'] as const) {
          const given = options[field];
          of[field] = (typeof given === 'object' ? given[keyword] : given) ?? of[field];
        }
        kept = kept.slice(-Math.max(1, Math.round(of.smoothing / 20)));
      }
      kept = [...kept, posterior[LABELS.indexOf(keyword)]].slice(-Math.max(1, Math.round(of.smoothing / 20)));
      const smoothed = kept.reduce((sum, p) => sum + p, 0) / kept.length;
      if (smoothed < of.threshold) armed = true;
      else if (armed && t - last >= Math.round(of.refractory / 20)) {
        events.push({ keyword, posterior: smoothed, time: (t * HOP + WINDOW) / SAMPLE_RATE, rank });
        armed = false;
        last = t;
      }
    }
  }
  events.sort((a, b) => a.time - b.time || a.rank - b.rank);
  return events.map(({ rank: _, ...event }) => event);
}

function posteriorsOf(samples: Float32Array): Float32Array[] {
  const posteriors: Float32Array[] = [];
  hear([samples], { onFrame: (each) => posteriors.push(each.slice()) });
  return posteriors;
}

/** Pushes pieces, and configures between them. */
function hearChanging(
  samples: Float32Array,
  cuts: readonly { size: number; options: DetectionOptions }[],
): Detection[] {
  const detector = model.detector();
  const events: Detection[] = [];
  let at = 0;
  for (const { size, options } of cuts) {
    events.push(...detector.push(samples.subarray(at, at + size)));
    at = Math.min(at + size, samples.length);
    detector.configure(options);
  }
  events.push(...detector.push(samples.subarray(at)));
  detector.close();
  return events;
}

/** Frames that are complete after so many samples. */
const framesIn = (count: number): number => Math.max(0, Math.floor((count - WINDOW) / HOP) + 1);

test('configure between pushes decides as its definition says, from the next frame on', () => {
  const byKeyword = (value: fc.Arbitrary<number>) =>
    fc.option(fc.oneof(value, fc.record({ loud: value, quiet: value }, { requiredKeys: [] })), { nil: undefined });
  const options = fc.record({
    threshold: byKeyword(fc.constantFrom(0.01, 0.2, 0.5, 0.6, 0.8, 0.97)),
    smoothing: byKeyword(fc.nat(250).filter((ms) => ms % 20 !== 10)),
    refractory: byKeyword(fc.nat(500).filter((ms) => ms % 20 !== 10)),
  });
  const cuts = fc.array(fc.record({ size: fc.integer({ min: 0, max: 5000 }), options }), {
    minLength: 4,
    maxLength: 20,
  });
  let changed = 0;
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 1e6 }), cuts, (seed, pieces) => {
      const samples = bursts(seed);
      const posteriors = posteriorsOf(samples);
      let at = 0;
      const changes = pieces.map(({ size, options }) => {
        at = Math.min(at + size, samples.length);
        return { frame: framesIn(at), options };
      });
      const expected = configuredEvents(posteriors, changes);
      assert.deepEqual(hearChanging(samples, pieces), expected);
      changed += Number(JSON.stringify(expected) !== JSON.stringify(configuredEvents(posteriors, [])));
    }),
    property,
  );
  assert.ok(changed > 15, `${changed} of ${property.numRuns} streams were decided otherwise`);
});

test('configuring what is there already changes nothing', () => {
  const samples = bursts(12);
  const expected = hear([samples]);
  assert.ok(expected.length > 3);
  const same = [{}, { smoothing: SMOOTHING, threshold: THRESHOLDS }, { refractory: { quiet: REFRACTORY } }];
  const cuts = Array.from({ length: 100 }, (_, i) => ({ size: 401, options: same[i % 3] }));
  assert.deepEqual(hearChanging(samples, cuts), expected);
});

test('what was configured holds after a reset, and a wrong option changes nothing', () => {
  const samples = bursts(13);
  const detector = model.detector({ smoothing: { loud: 0 } });
  detector.push(bursts(14));
  const before = detector.settings;
  const refused = (options: object, name: string, message: RegExp): void => {
    assert.throws(() => detector.configure(options as DetectionOptions), { name, message });
    assert.equal(detector.settings, before);
  };
  refused({ threshold: 0.1, smoothing: { loud: 20, quiet: -1 } }, 'RangeError', /smoothing of "quiet": got -1/);
  refused(
    { threshold: 0.1, refractory: { other: 5 } },
    'RangeError',
    /"other" is no keyword; keywords are loud, quiet/,
  );
  refused(
    { threshold: 0.1, onFrame: () => {} },
    'TypeError',
    /"onFrame" is no option of configure; options are threshold, smoothing, refractory/,
  );
  assert.deepEqual(before.keywords, {
    loud: { threshold: 0.8, smoothing: 0, refractory: REFRACTORY },
    quiet: { threshold: 0.6, smoothing: SMOOTHING, refractory: REFRACTORY },
  });
  detector.reset();
  assert.deepEqual(detector.push(samples), hear([samples], { smoothing: { loud: 0 } }));
  detector.configure({ threshold: { quiet: 0.3 }, refractory: 400 });
  assert.deepEqual(detector.settings.keywords, {
    loud: { threshold: 0.8, smoothing: 0, refractory: 400 },
    quiet: { threshold: 0.3, smoothing: SMOOTHING, refractory: 400 },
  });
  detector.reset();
  const options = { smoothing: { loud: 0 }, threshold: { quiet: 0.3 }, refractory: 400 };
  assert.deepEqual(detector.push(samples), hear([samples], options));
  assert.notDeepEqual(hear([samples], options), hear([samples]));
  detector.close();
  assert.throws(() => detector.configure({}), { name: 'InputError', message: /closed/ });
});

test('onFrame sees every label of every frame, before its events', () => {
  const samples = bursts(5);
  const seen: string[] = [];
  let frames = 0;
  const detector = model.detector({
    onFrame: (posteriors, time) => {
      assert.equal(posteriors.length, 3);
      assert.ok(Math.abs(posteriors[0] + posteriors[1] - 1) < 1e-5 && posteriors[2] < 1e-3);
      assert.equal(time, (frames++ * HOP + WINDOW) / SAMPLE_RATE);
      seen.push(`frame ${time}`);
    },
  });
  for (const piece of chunks(samples, [HOP])) for (const { time } of detector.push(piece)) seen.push(`event ${time}`);
  for (const [i, line] of seen.entries())
    if (line.startsWith('event')) assert.ok(seen.slice(0, i).includes(line.replace('event', 'frame')));
  assert.equal(frames, Math.floor((samples.length - WINDOW) / HOP) + 1);
});

test('a throwing onFrame loses no sound and no event', () => {
  const samples = bursts(6);
  let count = 0;
  const detector = model.detector({
    onFrame: () => {
      if (++count === 20) throw new Error('from the meter');
    },
  });
  assert.throws(() => detector.push(samples), /from the meter/);
  assertSame(detector.push(new Float32Array(0)), expectedEvents(samples));
});

test('onFrame can’t call the detector that calls it', () => {
  const messages = new Set<string>();
  const detector = model.detector({
    onFrame: () => {
      for (const call of [() => detector.push(new Float32Array(10)), () => detector.configure({ threshold: 0 })]) {
        try {
          call();
          messages.add('none');
        } catch (error) {
          messages.add((error as Error).message);
        }
      }
    },
  });
  detector.push(bursts(7));
  assert.deepEqual([...messages], ["this detector is in the middle of push; onFrame can't call it"]);
});

test('listen takes any source, and its end lets the last word fire', async () => {
  const samples = bursts(8).slice(0, 9 * HOP);
  samples.fill(0, 0, samples.length);
  samples.set(bursts(9).subarray(0, 900), samples.length - 900);
  const whole = Float32Array.from([...samples, ...new Float32Array(SAMPLE_RATE / 2)]);
  const expected = expectedEvents(whole);
  const heard: Detection[] = [];
  for await (const event of model.detector().listen([samples])) heard.push(event);
  assertSame(heard, expected);
  assert.ok(expectedEvents(samples).length < expected.length, 'an event needs the flush');
});

test('what the caller gives wins over the file', async () => {
  const bytes = buildModel({
    inputs: { features: ['time', 1, 2] },
    outputs: { posterior: ['time', 1, 1], Y: ['time', 1, 1, 4] },
    initializers: { ...gruWeights(2, 4), weights: [[2, 1]] },
    nodes: [
      ['GRU', ['features', 'W', 'R', 'B'], ['Y'], { hidden_size: 4 }],
      ['MatMul', ['features', 'weights'], ['logits']],
      ['Sigmoid', ['logits'], ['posterior']],
    ],
    metadata: {
      'tympan.frontend': { version: 1, numCoefficients: 2, hopLength: 100 },
      'tympan.labels': { version: 1, names: ['file'] },
      'tympan.detection': { version: 1, smoothing: 10, keywords: { file: { threshold: 0.1 } } },
    },
  });
  const given = await loadModel(bytes, {
    frontend: { numCoefficients: 2, hopLength: 200 },
    labels: { names: ['caller'] },
    detection: { smoothing: 20, keywords: { caller: {} } },
  });
  assert.equal(given.metadata.frontend?.hopLength, 200);
  assert.deepEqual(given.detector().settings, {
    keywords: { caller: { threshold: 0.5, smoothing: 20, refractory: 1000 } },
  });
  assert.deepEqual((await loadModel(bytes)).detector().settings, {
    keywords: { file: { threshold: 0.1, smoothing: 10, refractory: 1000 } },
  });
});

/** A model whose output "out" the nodes make of the features [time, 1, 2]. */
function headed(nodes: readonly NodeSpec[], size: number): Uint8Array {
  return buildModel({
    inputs: { features: ['time', 1, 2] },
    outputs: { out: ['time', 1, size], Y: ['time', 1, 1, 4] },
    initializers: { ...gruWeights(2, 4), weights: [[2, 2]], low: [[], [0.01]], high: [[], [0.99]] },
    nodes: [
      ['GRU', ['features', 'W', 'R', 'B'], ['Y'], { hidden_size: 4 }],
      ['MatMul', ['features', 'weights'], ['logits']],
      ...nodes,
    ],
  });
}

test('only sigmoids and softmaxes, and what is made of them, are posteriors', async () => {
  const names = (count: number): string[] => Array.from({ length: count }, (_, i) => `label ${i}`);
  const load = (nodes: readonly NodeSpec[], size: number): Promise<Model> =>
    loadModel(headed(nodes, size), { frontend: { numCoefficients: 2 }, labels: { names: names(size), output: 'out' } });
  const sigmoid: NodeSpec = ['Sigmoid', ['logits'], ['s']];
  const concat = (a: string, b: string): NodeSpec => ['Concat', [a, b], ['out'], { axis: 2 }];
  for (const nodes of [[['Sigmoid', ['logits'], ['out']]], [['Softmax', ['logits'], ['out'], { axis: 2 }]]] as const) {
    assert.deepEqual((await load(nodes, 2)).detector().labels, names(2));
  }
  assert.equal((await load([sigmoid, concat('s', 's')], 4)).detector().keywords.length, 4);
  const logSoftmaxOf = (output: string): NodeSpec => ['LogSoftmax', ['logits'], [output], { axis: 2 }];
  const exp: NodeSpec = ['Exp', ['l'], ['out']];
  const clip: NodeSpec = ['Clip', ['s', 'low', 'high'], ['out']];
  for (const nodes of [
    [logSoftmaxOf('l'), exp],
    [sigmoid, clip],
  ]) {
    assert.deepEqual((await load(nodes, 2)).detector().labels, names(2));
  }
  const refused = { name: 'MetadataError', message: /no posterior/ };
  for (const [nodes, size] of [
    [[logSoftmaxOf('out')], 2],
    [[['Exp', ['logits'], ['out']]], 2],
    [[['Clip', ['logits', 'low', 'high'], ['out']]], 2],
    [[sigmoid, ['Exp', ['s'], ['out']]], 2],
    [[sigmoid, concat('s', 'logits')], 4],
    [[['Relu', ['logits'], ['out']]], 2],
  ] as const) {
    const refusedModel = await load(nodes as readonly NodeSpec[], size);
    assert.throws(() => refusedModel.detector(), refused);
  }
});

test('zeros of the file are kept, and milliseconds are rounded to frames', async () => {
  const bytes = headed([['Sigmoid', ['logits'], ['out']]], 2);
  const contract = { frontend: { numCoefficients: 2 }, labels: { names: ['a', 'b'], output: 'out' } };
  const detection = { smoothing: 0, refractory: 0, keywords: { a: { threshold: 0 } } };
  const zero = (await loadModel(bytes, { ...contract, detection })).detector();
  assert.deepEqual(zero.settings, { keywords: { a: { threshold: 0, smoothing: 0, refractory: 0 } } });
  const samples = bursts(11);
  assertSame(hear([samples], { smoothing: 51 }), hear([samples], { smoothing: 60 }));
  assert.notDeepEqual(hear([samples], { smoothing: 49 }), hear([samples], { smoothing: 60 }));
});

test('the first of several errors of onFrame is thrown, and reset forgets events that waited', () => {
  const samples = bursts(6);
  let count = 0;
  const detector = model.detector({
    onFrame: () => {
      if (++count <= 2) throw new Error(`error ${count}`);
    },
  });
  assert.throws(() => detector.push(samples), /error 1/);
  detector.reset();
  assert.deepEqual(detector.push(new Float32Array(0)), []);
  assert.doesNotThrow(() => detector.flush(60));
});
