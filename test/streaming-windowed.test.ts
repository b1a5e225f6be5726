/** Windowed streams: what they say is what `run` says of the newest window, for all fixtures; and what settings decide. */
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { loadModel, type Stream, type StreamingOptions } from 'tympan';
import { buildModel, gruWeights, type GraphSpec } from './onnx-builder.js';
import {
  answerTo,
  cut,
  cutAll,
  frameAt,
  layoutOf,
  listen,
  randomSequence,
  statesOf,
  windowDeviationOf,
  type Tensors,
} from './sequences.js';
import {
  IMPORTABLE,
  floatsOf,
  maxDifference,
  property,
  readFixture,
  relativeDifference,
  runOnnxruntime,
} from './support.js';

/** Windows that a fixture is tried with: the file's own where it fixes one, none where the model has no time axis. */
async function windowsOf(bytes: Uint8Array): Promise<{ frames: readonly number[]; isOpen: boolean }> {
  const model = await loadModel(bytes, { streaming: { mode: 'windowed' } });
  const { analysis } = await layoutOf(model);
  if (analysis.timeAxes.size === 0) return { frames: [], isOpen: false };
  const own = analysis.fixedFrames ?? analysis.bakedFrames ?? (analysis.stepwise ? 1 : null);
  return own === null ? { frames: [9, 12], isOpen: true } : { frames: [own], isOpen: false };
}

for (const name of IMPORTABLE) {
  const bytes = readFixture(name);
  const { frames: windows, isOpen } = await windowsOf(bytes);
  if (windows.length === 0) continue;
  test(`${name}: a window of ${windows.join(' or ')} frames says what run says of it`, async () => {
    for (const windowFrames of windows) {
      for (const precision of ['f32', 'int8'] as const) {
        const hopFrames = precision === 'f32' ? 1 : 3;
        const streaming = { mode: 'windowed', windowFrames, hopFrames } as const;
        const model = await loadModel(bytes, { precision, streaming });
        assert.deepEqual(model.streaming, streaming);
        const layout = await layoutOf(model);
        const frames = layout.analysis.stepwise ? 1 : windowFrames + 7;
        const sequence = randomSequence(model, layout, frames, 2);
        for (const [input, { data }] of Object.entries(sequence))
          if (/len/.test(input)) data.set(data.map(() => (typeof data[0] === 'bigint' ? 5n : 5) as never) as never);
        const stream = model.stream();
        const answers = listen(stream, sequence, layout, frames);
        const { largest, where } = windowDeviationOf(model, layout, sequence, answers, streaming);
        assert.equal(largest, 0, `${precision}: ${where}`);
        stream.close();
      }
    }
    if (!isOpen) return;
    const { streaming } = await loadModel(bytes, { streaming: { mode: 'windowed' } });
    assert.deepEqual(streaming, { mode: 'windowed', windowFrames: 100, hopFrames: 1 });
  });
}

/** A GRU over what looks both ways, whose head takes the mean: nothing of it runs frame by frame. */
const bothWays: GraphSpec = {
  inputs: { x: [1, 'time', 4] },
  outputs: { y: null },
  initializers: {
    W: [[2, 18, 4]],
    R: [[2, 18, 6]],
    B: [[2, 36]],
    V: [[12, 2]],
    axes: [[1], [2], 'int64'],
    shape: [[3], [0, 0, -1], 'int64'],
  },
  nodes: [
    ['Transpose', ['x'], ['t'], { perm: [1, 0, 2] }],
    ['GRU', ['t', 'W', 'R', 'B'], ['Y'], { hidden_size: 6, direction: 'bidirectional', linear_before_reset: 1 }],
    ['Transpose', ['Y'], ['p'], { perm: [2, 0, 1, 3] }],
    ['Reshape', ['p', 'shape'], ['s']],
    ['MatMul', ['s', 'V'], ['m']],
    ['ReduceMean', ['m'], ['q'], { axes: [1], keepdims: 0 }],
    ['Sigmoid', ['q'], ['y']],
  ],
};

const frontend = { numCoefficients: 4, numMels: 8 };
const labels = { names: ['yes', 'no'] };

test('windows of any length and hop say what onnxruntime says of them, within 1e-5 in f32', async () => {
  const bytes = buildModel(bothWays);
  await fc.assert(
    fc.asyncProperty(
      fc.integer({ min: 1, max: 30 }),
      fc.integer({ min: 1, max: 9 }),
      fc.nat(),
      async (W, hop, seed) => {
        const streaming = { mode: 'windowed', windowFrames: W, hopFrames: hop } as const;
        const model = await loadModel(bytes, { precision: 'f32', streaming });
        const layout = await layoutOf(model);
        const frames = W + 2 * hop;
        const sequence = randomSequence(model, layout, frames, seed);
        const stream = model.stream();
        const answers = listen(stream, sequence, layout, frames);
        assert.equal(answers.filter(({ fresh }) => fresh).length, 3);
        for (const hops of [0, 1, 2]) {
          const at = W - 1 + hops * hop;
          const { y } = await runOnnxruntime(bytes, { x: cut(sequence.x, 1, at - W + 1, at + 1) });
          assert.ok(maxDifference(answers[at].outputs.y, floatsOf(y)) <= 1e-5);
        }
      },
    ),
    { ...property, numRuns: 15 },
  );
});

test('a window that is as long as its hop goes on from the states that the last one ended in, as onnxruntime does by hand', async () => {
  for (const name of [
    'torchscript-gru-states-attention-fixed.onnx',
    'dynamo-lstm-layers-time-first-states-conv-attention-fixed.onnx',
  ]) {
    const bytes = readFixture(name);
    const model = await loadModel(bytes, { precision: 'f32' });
    assert.deepEqual(model.streaming, { mode: 'windowed', windowFrames: 5, hopFrames: 5 });
    const layout = await layoutOf(model);
    const sequence = randomSequence(model, layout, 20, 6);
    const stream = model.stream();
    const answers = listen(stream, sequence, layout, 20);
    let states: Tensors = Object.fromEntries(Object.entries(sequence).filter(([input]) => !layout.axes.has(input)));
    assert.ok(Object.keys(states).length > 0);
    for (const at of [4, 9, 14, 19]) {
      assert.ok(answers[at].fresh);
      const expected = await runOnnxruntime(bytes, { ...cutAll(sequence, layout, at - 4, at + 1), ...states });
      for (const [output, { data }] of Object.entries(expected))
        assert.ok(relativeDifference(answers[at].outputs[output], data) <= 1e-5, `${name}: ${output} at frame ${at}`);
      states = Object.fromEntries(Object.keys(states).map((input) => [input, expected[input.replace('0', 'n')]]));
    }
    assert.deepEqual(listen(stream, sequence, layout, 20), answers);
  }
});

test('reset empties the window; between hops the last answer stands', async () => {
  const model = await loadModel(buildModel(bothWays), { streaming: { windowFrames: 5, hopFrames: 3 } });
  const layout = await layoutOf(model);
  const sequence = randomSequence(model, layout, 12, 1);
  const stream = model.stream();
  const first = listen(stream, sequence, layout, 12);
  first.slice(0, 4).forEach(({ fresh, outputs }) => {
    assert.equal(fresh, false);
    assert.deepEqual(outputs.y, new Float32Array(2));
  });
  assert.deepEqual(first[5].outputs, first[4].outputs);
  assert.deepEqual(first[6].outputs, first[4].outputs);
  assert.notDeepEqual(first[7].outputs, first[4].outputs);
  assert.deepEqual(stream.outputSlots, [{ name: 'y', size: 2, every: 3 }]);
  for (let at = 0; at < 3; at++) answerTo(stream, frameAt(sequence, layout, at));
  assert.deepEqual(listen(stream, sequence, layout, 12), first);
});

test('reset without states makes those zero that no window hands on, as of a fresh stream', async () => {
  const model = await loadModel(
    buildModel({
      inputs: { x: ['time', 1, 4], h0: [1, 1, 6] },
      outputs: { y: null },
      initializers: gruWeights(4, 6),
      nodes: [['GRU', ['x', 'W', 'R', 'B', '', 'h0'], ['y'], { hidden_size: 6 }]],
    }),
    { streaming: { windowFrames: 4, hopFrames: 1 } },
  );
  const layout = await layoutOf(model);
  const sequence = randomSequence(model, layout, 5, 3);
  const hear = (stream: Stream) =>
    Array.from({ length: 5 }, (_, at) => answerTo(stream, frameAt(sequence, layout, at)));
  const fresh = hear(model.stream());
  assert.deepEqual(
    fresh.map((answer) => answer.fresh),
    [false, false, false, true, true],
  );
  const stream = model.stream();
  stream.reset(statesOf(sequence, layout));
  const given = hear(stream);
  for (const at of [3, 4]) assert.notDeepEqual(given[at].outputs, fresh[at].outputs, `frame ${at} knows no h0`);
  stream.reset();
  assert.deepEqual(hear(stream), fresh);
});

test('windowed streams of one model, taking turns, do not disturb each other', async () => {
  const model = await loadModel(buildModel(bothWays), { streaming: { windowFrames: 4 } });
  const layout = await layoutOf(model);
  const sequences = [1, 2].map((seed) => randomSequence(model, layout, 9, seed));
  const alone = sequences.map((sequence) => listen(model.stream(), sequence, layout, 9));
  const streams = sequences.map((sequence) => {
    const stream = model.stream();
    stream.reset(statesOf(sequence, layout));
    return stream;
  });
  for (let at = 0; at < 9; at++)
    streams.forEach((stream, i) => {
      model.run(randomSequence(model, layout, 4, at));
      assert.deepEqual(answerTo(stream, frameAt(sequences[i], layout, at)), alone[i][at]);
    });
});

test('a windowed detector says what onnxruntime says of each whole window, within 1e-5 in f32', async () => {
  const metadata = { 'tympan.streaming': { version: 1, mode: 'windowed', windowFrames: 20, hopFrames: 4 } };
  const bytes = buildModel({ ...bothWays, metadata });
  const model = await loadModel(bytes, { precision: 'f32', frontend, labels });
  const samples = Float32Array.from({ length: 16000 }, (_, i) => 0.3 * Math.sin(i * i * 1e-5));
  const heard: { posterior: Float32Array; time: number }[] = [];
  const detector = model.detector({
    onFrame: (frame, time) => heard.push({ posterior: Float32Array.from(frame), time }),
  });
  detector.push(samples);
  const { frames, data } = model.features(samples);
  const recipe = { hop: 160, window: 400, rate: 16000 };
  assert.equal(heard.length, Math.floor((frames - 20) / 4) + 1);
  for (const [i, { posterior, time }] of heard.entries()) {
    const last = 19 + 4 * i;
    assert.ok(Math.abs(time - (last * recipe.hop + recipe.window) / recipe.rate) < 1e-9, `${time}`);
    const window = data.slice((last - 19) * 4, (last + 1) * 4);
    const { y } = await runOnnxruntime(bytes, { x: { type: 'float32', dims: [1, 20, 4], data: window } });
    assert.ok(maxDifference(posterior, floatsOf(y)) <= 1e-5, `window ${i}`);
  }
  detector.close();
});

test('settings: options replace what the file says, which replaces what follows from the model', async () => {
  const dynamic: GraphSpec = {
    inputs: { x: ['time', 1, 4] },
    outputs: { y: null },
    initializers: gruWeights(4, 6),
    nodes: [['GRU', ['x', 'W', 'R', 'B'], ['y'], { hidden_size: 6 }]],
  };
  const fixed: GraphSpec = { ...dynamic, inputs: { x: [11, 1, 4] } };
  const says = (streaming: StreamingOptions) => ({ metadata: { 'tympan.streaming': { version: 1, ...streaming } } });
  const resolved = async (graph: GraphSpec, streaming?: StreamingOptions) =>
    (await loadModel(buildModel(graph), streaming ? { streaming } : {})).streaming;
  const windowed = (windowFrames: number, hopFrames = 1) => ({ mode: 'windowed', windowFrames, hopFrames });
  assert.deepEqual(await resolved(dynamic), { mode: 'stateful' });
  assert.deepEqual(await resolved(dynamic, { mode: 'windowed' }), windowed(100));
  assert.deepEqual(await resolved(dynamic, { windowFrames: 30, hopFrames: 2 }), windowed(30, 2));
  assert.deepEqual(await resolved(dynamic, { hopFrames: 2 }), windowed(100, 2));
  assert.deepEqual(await resolved({ ...dynamic, ...says({ mode: 'windowed', windowFrames: 7 }) }), windowed(7));
  assert.deepEqual(await resolved({ ...dynamic, ...says({ windowFrames: 7 }) }, { mode: 'stateful' }), {
    mode: 'stateful',
  });
  assert.deepEqual(await resolved(fixed), windowed(11));
  assert.deepEqual(await resolved(fixed, { hopFrames: 5 }), windowed(11, 5));
  assert.deepEqual(await resolved(fixed, { mode: 'stateful' }), { mode: 'stateful' });
  assert.deepEqual(await resolved({ ...fixed, ...says({ mode: 'stateful' }) }), { mode: 'stateful' });
  assert.deepEqual(await resolved(bothWays), windowed(100));
});

test('what can’t be is refused with the reason', async () => {
  await assert.rejects(loadModel(buildModel(bothWays), { streaming: { mode: 'stateful' } }), {
    name: 'UnsupportedModelError',
    message: /can't run statefully: .*GRU_1.*direction "bidirectional" needs the end .*mode: "windowed"/,
  });
  const wrong: [object, RegExp][] = [
    [{ mode: 'sliding' }, /streaming: mode: got "sliding", expected "stateful" or "windowed"/],
    [{ windowFrames: 0 }, /windowFrames: got 0, expected 1 to 10000/],
    [{ windowFrames: 10001 }, /windowFrames: got 10001/],
    [{ windowFrames: 2.5 }, /windowFrames: got 2.5/],
    [{ hopFrames: '3' }, /hopFrames: got "3"/],
    [{ hopFrames: NaN }, /hopFrames: got null/],
    [{ timeAxis: -1 }, /timeAxis: got -1, expected 0 to 15/],
    [{ mode: 'stateful', windowFrames: 8 }, /windowFrames and hopFrames are of mode "windowed"/],
    [{ states: ['h'] }, /states: got \["h"\], expected outputs by inputs/],
    [{ states: { h: 1 } }, /states: got \{"h":1\}/],
    [{ window: 8 }, /"window" is no field; fields are version, mode, windowFrames/],
  ];
  for (const [streaming, message] of wrong) {
    await assert.rejects(loadModel(buildModel(bothWays), { streaming: streaming as StreamingOptions }), {
      name: 'MetadataError',
      message,
    });
    const metadata = { 'tympan.streaming': { version: 1, ...streaming } };
    await assert.rejects(loadModel(buildModel({ ...bothWays, metadata })), { name: 'MetadataError' });
  }
});

test('a window that shapes inside the network don’t fit is refused', async () => {
  for (const [name, windowFrames, reason] of [
    ['torchscript-window.onnx', 13, /window of 13 frames \(gemm .* 78 columns meet 72 rows\)/],
    ['dynamo-multi-head.onnx', 13, /can't take the shape/],
    ['torchscript-conv-valid.onnx', 1, /a window over 3 doesn't fit into 1/],
  ] as const) {
    const model = await loadModel(readFixture(name), { streaming: { mode: 'windowed', windowFrames } });
    assert.throws(() => model.stream(), { name: 'MetadataError', message: reason });
  }
});
