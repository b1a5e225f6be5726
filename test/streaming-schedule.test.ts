/** When a stream says something: look-ahead, strides, padding, and branches that wait for each other. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { loadModel } from 'tympan';
import { buildModel, type GraphSpec, type NodeSpec } from './onnx-builder.js';
import { deviationOf, layoutOf, listen, randomSequence, schedulesOf } from './sequences.js';

const CHANNELS = 3;

/** Nodes over x [1, channels, time], whose last makes y. */
function graph(nodes: readonly NodeSpec[], initializers: GraphSpec['initializers'] = {}): GraphSpec {
  return {
    inputs: { x: [1, CHANNELS, 'time'] },
    outputs: { y: null },
    initializers: {
      K2: [[CHANNELS, CHANNELS, 2]],
      K3: [[CHANNELS, CHANNELS, 3]],
      one: [[1], [1], 'int64'],
      ...initializers,
    },
    nodes,
  };
}

const conv = (x: string, y: string, size: 2 | 3, attributes: NodeSpec[3] = {}): NodeSpec => [
  'Conv',
  [x, `K${size}`],
  [y],
  attributes,
];

interface Expected {
  /** Frame at which the first output is there. */
  readonly from: number;
  readonly every: number;
}

async function check(spec: GraphSpec, expected: Expected): Promise<void> {
  const model = await loadModel(buildModel(spec), { precision: 'f32', streaming: { mode: 'stateful' } });
  const layout = await layoutOf(model);
  const frames = 24;
  const sequence = randomSequence(model, layout, frames, 5);
  const stream = model.stream();
  assert.equal(stream.fresh, false);
  const answers = listen(stream, sequence, layout, frames);
  answers.forEach(({ fresh, outputs }, at) => {
    const isDue = at >= expected.from && (at - expected.from) % expected.every === 0;
    assert.equal(fresh, isDue, `frame ${at}`);
    if (at < expected.from) assert.ok(outputs.y.every((value) => value === 0));
    if (at > expected.from && !isDue) assert.deepEqual(outputs.y, answers[at - 1].outputs.y);
  });
  assert.deepEqual(schedulesOf(layout).get('y'), expected);
  assert.equal(stream.outputSlots[0].every, expected.every);
  const { largest, where } = deviationOf(model, layout, sequence, answers);
  assert.ok(largest <= 1e-6, `${where}: ${largest}`);
  stream.step(new Float32Array(CHANNELS));
  stream.reset();
  assert.equal(stream.fresh, false);
  assert.ok(stream.outputs.y.every((value) => value === 0));
  assert.deepEqual(listen(stream, sequence, layout, frames), answers, 'after a reset');
}

const cases: Readonly<Record<string, readonly [GraphSpec, Expected]>> = {
  'causal padding: at once': [graph([conv('x', 'y', 3, { pads: [2, 0] })]), { from: 0, every: 1 }],
  'no padding: when the first window is full': [graph([conv('x', 'y', 3)]), { from: 2, every: 1 }],
  'symmetric padding: one frame late': [graph([conv('x', 'y', 3, { pads: [1, 1] })]), { from: 1, every: 1 }],
  'dilation: late by its reach': [graph([conv('x', 'y', 3, { dilations: [4] })]), { from: 8, every: 1 }],
  'padding at the end only: late by the window': [graph([conv('x', 'y', 3, { pads: [0, 2] })]), { from: 2, every: 1 }],
  'stride 2: every second frame': [graph([conv('x', 'y', 3, { strides: [2] })]), { from: 2, every: 2 }],
  'stride 2 after stride 3, both causal: every sixth': [
    graph([conv('x', 'a', 3, { strides: [3], pads: [2, 0] }), conv('a', 'y', 2, { strides: [2], pads: [1, 0] })]),
    { from: 0, every: 6 },
  ],
  'no padding after a stride of 2: the window spans strides': [
    graph([conv('x', 'a', 2, { strides: [2] }), conv('a', 'y', 3)]),
    { from: 5, every: 2 },
  ],
  'padding at the start as its own operator, over a window of the same reach': [
    graph([['Pad', ['x', 'pads'], ['p']], conv('p', 'y', 3)], { pads: [[6], [0, 0, 2, 0, 0, 0], 'int64'] }),
    { from: 0, every: 1 },
  ],
  'padding after a look ahead': [
    graph([conv('x', 'a', 3, { pads: [0, 2] }), ['Pad', ['a', 'pads'], ['p']], conv('p', 'y', 3)], {
      pads: [[6], [0, 0, 2, 0, 0, 0], 'int64'],
    }),
    { from: 2, every: 1 },
  ],
  'the end cut off a convolution that is padded on both sides': [
    graph([conv('x', 'a', 3, { pads: [2, 2] }), ['Slice', ['a', 'zero', 'end', 'two'], ['y']]], {
      zero: [[1], [0], 'int64'],
      end: [[1], [-2], 'int64'],
      two: [[1], [2], 'int64'],
    }),
    { from: 0, every: 1 },
  ],
  'the first frames cut off': [
    graph([['Slice', ['x', 'four', 'end', 'two'], ['y']]], {
      four: [[1], [4], 'int64'],
      end: [[1], [2 ** 31], 'int64'],
      two: [[1], [2], 'int64'],
    }),
    { from: 4, every: 1 },
  ],
  'a residual branch waits for what looks ahead': [
    graph([conv('x', 'a', 3, { pads: [1, 1] }), ['Add', ['x', 'a'], ['y']]]),
    { from: 1, every: 1 },
  ],
  'residual branches of residual branches': [
    graph([
      conv('x', 'a', 3, { pads: [1, 1] }),
      ['Add', ['a', 'x'], ['b']],
      conv('b', 'c', 3, { pads: [2, 2], dilations: [2] }),
      ['Sub', ['b', 'c'], ['d']],
      ['Mul', ['d', 'x'], ['y']],
    ]),
    { from: 3, every: 1 },
  ],
  'a residual branch behind a stride': [
    graph([conv('x', 's', 2, { strides: [2] }), conv('s', 'a', 3, { pads: [1, 1] }), ['Add', ['s', 'a'], ['y']]]),
    { from: 3, every: 2 },
  ],
  'a skip that the network cuts instead of padding': [
    graph([conv('x', 'a', 3), ['Slice', ['x', 'two', 'end', 'two'], ['b']], ['Add', ['a', 'b'], ['y']]], {
      two: [[1], [2], 'int64'],
      end: [[1], [2 ** 31], 'int64'],
    }),
    { from: 2, every: 1 },
  ],
  'a pool over the past': [
    graph([['MaxPool', ['x'], ['y'], { kernel_shape: [4], pads: [3, 0] }]]),
    { from: 0, every: 1 },
  ],
  'a pool in steps': [
    graph([['AveragePool', ['x'], ['y'], { kernel_shape: [3], strides: [3] }]]),
    { from: 2, every: 3 },
  ],
};

for (const [what, [spec, expected]] of Object.entries(cases)) test(what, () => check(spec, expected));

for (const [kernel, dilation] of [
  [120, 1],
  [60, 2],
] as const)
  test(`a kernel of ${kernel}, dilation ${dilation}: longer than the shortest sequence that is tried`, async () => {
    const attributes = { dilations: [dilation] };
    const spec = graph([['Conv', ['x', 'K'], ['y'], attributes]], { K: [[CHANNELS, CHANNELS, kernel]] });
    const model = await loadModel(buildModel(spec), { precision: 'f32' });
    assert.deepEqual(model.streaming, { mode: 'stateful' });
    const layout = await layoutOf(model);
    const sequence = randomSequence(model, layout, 300, 3);
    const answers = listen(model.stream(), sequence, layout, 300);
    const from = (kernel - 1) * dilation;
    assert.deepEqual(schedulesOf(layout).get('y'), { from, every: 1 });
    answers.forEach(({ fresh }, at) => assert.equal(fresh, at >= from, `frame ${at}`));
    const { largest, where } = deviationOf(model, layout, sequence, answers);
    assert.ok(largest <= 1e-5, `${where}: ${largest}`);
  });

test('two outputs of two rates: each is told when its own frame is there', async () => {
  const spec = graph([conv('x', 'y', 3, { pads: [2, 0] }), conv('y', 'z', 2, { strides: [2] })]);
  const model = await loadModel(buildModel({ ...spec, outputs: { y: null, z: null } }), { precision: 'f32' });
  const layout = await layoutOf(model);
  const sequence = randomSequence(model, layout, 17, 2);
  const stream = model.stream();
  const answers = listen(stream, sequence, layout, 17);
  assert.deepEqual(
    stream.outputSlots.map(({ name, every }) => [name, every]),
    [
      ['y', 1],
      ['z', 2],
    ],
  );
  assert.ok(answers.every(({ fresh }) => fresh));
  const { largest, where } = deviationOf(model, layout, sequence, answers);
  assert.ok(largest <= 1e-6, `${where}: ${largest}`);
});

const refused = (what: string, spec: GraphSpec, reason: RegExp) =>
  test(`no stateful stream: ${what}`, async () => {
    const bytes = buildModel(spec);
    await assert.rejects(loadModel(bytes, { streaming: { mode: 'stateful' } }), {
      name: 'UnsupportedModelError',
      message: reason,
    });
    assert.equal((await loadModel(bytes)).streaming.mode, 'windowed');
  });

const PADS = { pads: [[6], [0, 0, 4, 0, 0, 0], 'int64'] } as const satisfies GraphSpec['initializers'];

refused(
  'first windows of nothing but padding',
  graph([['Pad', ['x', 'pads'], ['p']], conv('p', 'y', 3)], PADS),
  /4 frames of padding before the first, for a window of 3/,
);
// Zeros that a Pad makes are numbers to the pool; its own padding is none.
refused(
  'zeros in front of a pool with padding of its own',
  graph(
    [
      ['Pad', ['x', 'pads'], ['p']],
      ['MaxPool', ['p'], ['y'], { kernel_shape: [3], pads: [1, 1] }],
    ],
    {
      pads: [[6], [0, 0, 1, 0, 0, 0], 'int64'],
    },
  ),
  /pool "MaxPool_1": frames are padded twice, in two ways/,
);
refused(
  'an output that begins with padding',
  graph([['Pad', ['x', 'pads'], ['y']]], PADS),
  /output "y" begins with padding/,
);
refused(
  'arithmetic on padding',
  graph([['Pad', ['x', 'pads'], ['p']], ['Sigmoid', ['p'], ['s']], conv('s', 'y', 3)], PADS),
  /padding has put before the first/,
);
refused(
  'padding that mirrors',
  graph([['Pad', ['x', 'pads'], ['p'], { mode: 'reflect' }], conv('p', 'y', 3)], PADS),
  /pads frames with "reflect"/,
);
refused(
  'the last step of what looks ahead',
  graph([conv('x', 'a', 3, { pads: [1, 1] }), ['Gather', ['a', 'last'], ['y'], { axis: 2 }]], {
    last: [[], [-1], 'int64'],
  }),
  /last frame reads padding behind the end/,
);
refused(
  'the last step where a stride leaves frames over at some lengths only',
  graph([conv('x', 'a', 2, { strides: [2], pads: [0, 1] }), ['Gather', ['a', 'last'], ['y'], { axis: 2 }]], {
    last: [[], [-1], 'int64'],
  }),
  /last frame reads padding behind the end/,
);
refused('a stride of hundreds', graph([conv('x', 'y', 2, { strides: [500] })]), /one frame of 500, at most 64/);
refused(
  'averages over fewer frames',
  graph([['AveragePool', ['x'], ['y'], { kernel_shape: [3], pads: [2, 0] }]]),
  /first frames are averages over fewer/,
);
