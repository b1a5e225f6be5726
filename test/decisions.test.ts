import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { loadModel, type Detection, type DetectorOptions, type Model } from 'tympan';
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
  let message = '';
  const detector = model.detector({
    onFrame: () => {
      try {
        detector.push(new Float32Array(10));
      } catch (error) {
        message = (error as Error).message;
      }
    },
  });
  detector.push(bursts(7));
  assert.match(message, /in the middle of push; onFrame can't call it/);
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
  assert.deepEqual(given.detector().settings, { smoothing: 20, refractory: 1000, thresholds: { caller: 0.5 } });
  assert.deepEqual((await loadModel(bytes)).detector().settings, {
    smoothing: 10,
    refractory: 1000,
    thresholds: { file: 0.1 },
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
  assert.deepEqual(zero.settings, { smoothing: 0, refractory: 0, thresholds: { a: 0 } });
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
