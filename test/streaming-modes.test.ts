/** How every fixture streams, and why: a stateful one that falls back to windows fails here. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { UnsupportedModelError, loadModel } from 'tympan';
import { buildModel, gruWeights, type GraphSpec } from './onnx-builder.js';
import { IMPORTABLE, readFixture } from './support.js';

/** The whole reason behind the operation's name. */
type Windowed = readonly [reason: string, windowFrames: number, names: readonly string[]];

/** What can't run statefully. Numbers and shapes in a reason are written as N. */
const WINDOWED: readonly Windowed[] = [
  ['it combines frames with a constant of […] that differs from frame to frame', 3, ['forged-bias-across']],
  [
    'it computes with frames that padding has put before the first',
    100,
    [
      'forged-version-11',
      'forged-version-13',
      'forged-version-14',
      'forged-version-17',
      'forged-version-18',
      'forged-version-20',
      'forged-version-21',
      'forged-version-22',
      'forged-version-7',
      'forged-version-9',
    ],
  ],
  [
    'it is a distribution over all frames',
    5,
    [
      'dynamo-gru-states-attention-fixed',
      'dynamo-lstm-layers-time-first-states-conv-attention-fixed',
      'torchscript-gru-states-attention-fixed',
      'torchscript-lstm-layers-time-first-states-conv-attention-fixed',
    ],
  ],
  [
    'it is a distribution over all frames',
    100,
    ['forged-attention', 'forged-softmax-over-time', 'torchscript-rnn-time-first-conv-attention'],
  ],
  [
    'it makes […] of […], which takes the frames of axis 1 together',
    12,
    ['dynamo-window', 'forged-whole-window', 'torchscript-window'],
  ],
  ['it multiplies every frame with every other', 12, ['dynamo-multi-head', 'torchscript-multi-head']],
  ['it multiplies every frame with every other', 100, ['dynamo-self-attention', 'torchscript-self-attention']],
  ['it normalizes over all frames', 100, ['dynamo-instance-norm', 'torchscript-instance-norm']],
  ['it picks frame 0, expected the last one', 100, ['dynamo-first', 'forged-first-frame', 'torchscript-first']],
  ['it pools all frames', 100, ['forged-globalaveragepool', 'forged-globalmaxpool']],
  ['it pools all frames', 12, ['torchscript-image']],
  [
    'it takes a batch of N sequences at once',
    4,
    ['forged-gru-lengths-constant', 'forged-lstm-lengths-constant', 'forged-rnn-lengths-constant'],
  ],
  ['it takes a batch of N sequences at once', 100, ['forged-state-per-row']],
  ['it takes frames in steps of N', 100, ['forged-slice-backwards']],
  ['it takes one number of all frames', 12, ['dynamo-image']],
  [
    'it takes one number of all frames',
    100,
    [
      'dynamo-max',
      'dynamo-mean',
      'forged-max-over-time',
      'forged-mean-over-time',
      'forged-mean-removed',
      'torchscript-max',
      'torchscript-mean',
    ],
  ],
  [
    'it takes only some of the frames',
    5,
    [
      'dynamo-rnn-bidirectional-states-attention-fixed',
      'dynamo-rnn-layers-bidirectional-time-first-fixed',
      'dynamo-rnn-layers-bidirectional-time-first-states-conv-attention',
      'dynamo-rnn-layers-states-conv-fixed',
      'dynamo-rnn-states-nonlinearity-relu',
      'dynamo-rnn-time-first-conv-attention',
      'dynamo-rnn',
    ],
  ],
  [
    'its direction "bidirectional" needs the end of a sequence before its start',
    100,
    [
      'dynamo-attention',
      'dynamo-gru-layers-bidirectional-conv-attention',
      'dynamo-hidden-both-ways',
      'dynamo-lstm-layers-bidirectional-states-attention',
      'forged-gru-both-ways',
      'forged-gru-lengths',
      'forged-gru-parameters',
      'forged-gru-reset-0-both-ways',
      'forged-gru-reset-1-both-ways',
      'forged-gru-states-both-ways',
      'forged-gru-weights-constant',
      'forged-layout-lstm-twin',
      'forged-layout-lstm',
      'forged-lstm-both-ways',
      'forged-lstm-everything',
      'forged-lstm-lengths',
      'forged-lstm-states-both-ways',
      'forged-lstm-weights-constant',
      'forged-rnn-both-ways',
      'forged-rnn-lengths',
      'forged-rnn-states-both-ways',
      'forged-rnn-weights-constant',
      'torchscript-attention',
      'torchscript-gru-layers-bidirectional-conv-attention',
      'torchscript-gru-layers-bidirectional-time-first-states',
      'torchscript-hidden-both-ways',
      'torchscript-lstm-bidirectional-time-first-states-conv',
      'torchscript-lstm-layers-bidirectional-states-attention',
      'torchscript-rnn-layers-bidirectional-time-first-states-conv-attention',
    ],
  ],
  [
    'its direction "bidirectional" needs the end of a sequence before its start',
    5,
    [
      'dynamo-gru-bidirectional-time-first-states-conv-attention-fixed',
      'dynamo-gru-layers-bidirectional-time-first-states',
      'dynamo-lstm-bidirectional-time-first-attention-fixed',
      'dynamo-lstm-bidirectional-time-first-states-conv',
      'torchscript-gru-bidirectional-time-first-states-conv-attention-fixed',
      'torchscript-lstm-bidirectional-time-first-attention-fixed',
      'torchscript-rnn-bidirectional-states-attention-fixed',
      'torchscript-rnn-layers-bidirectional-time-first-fixed',
    ],
  ],
  [
    'its direction "reverse" needs the end of a sequence before its start',
    100,
    [
      'forged-gru-reverse',
      'forged-layout-rnn-twin',
      'forged-layout-rnn',
      'forged-lstm-peepholes-input-forget',
      'forged-lstm-reverse',
      'forged-rnn-reverse',
    ],
  ],
  ['its first frames are averages over fewer frames', 100, ['forged-pool-average']],
  ['its initial state is computed from frames', 100, ['forged-decoder']],
  [
    'its input 1 is computed while the network runs',
    100,
    ['forged-gru-weights-input', 'forged-lstm-weights-input', 'forged-rnn-weights-input'],
  ],
  ['its padding "sameLower" with a stride of N depends on how many frames there are', 100, ['forged-conv-lower']],
  ['its padding "sameUpper" with a stride of N depends on how many frames there are', 100, ['forged-conv-upper']],
  ['its sequence_lens may end a sequence before its last frame', 100, ['torchscript-lengths']],
];

/** What has as many frames as the file says, and runs on such windows unless it is told to run statefully. */
const FIXED: Readonly<Record<number, readonly string[]>> = {
  5: [
    'dynamo-gru-layers-time-first-conv-fixed',
    'dynamo-lstm-layers-conv-fixed',
    'torchscript-gru-layers-time-first-conv-fixed',
    'torchscript-lstm-layers-conv-fixed',
  ],
  12: [
    'dynamo-conv-fixed',
    'dynamo-frames-three-layers-fixed',
    'dynamo-hidden-two-layers',
    'dynamo-last-time-first-fixed',
    'dynamo-last',
    'dynamo-max-pool-causal',
    'dynamo-no-bias',
    'forged-fixed-index',
    'forged-window-last',
    'torchscript-conv-fixed',
    'torchscript-frames-three-layers-fixed',
    'torchscript-hidden-two-layers',
    'torchscript-last-time-first-fixed',
    'torchscript-last',
    'torchscript-no-bias',
  ],
};

/** What has no time axis: rows of a batch, each alone, and sequences whose frames an operator takes apart. */
const TIMELESS: readonly string[] = [
  'dynamo-dense',
  'forged-concat-across',
  'forged-mlp',
  'forged-state-over-time',
  'torchscript-dense',
];

/** Windows that follow each other, as each goes on from the states that the last one has given. */
const GOING_ON: readonly string[] = [
  'dynamo-gru-bidirectional-time-first-states-conv-attention-fixed',
  'dynamo-gru-states-attention-fixed',
  'dynamo-lstm-layers-time-first-states-conv-attention-fixed',
  'dynamo-rnn-bidirectional-states-attention-fixed',
  'dynamo-rnn-layers-bidirectional-time-first-states-conv-attention',
  'dynamo-rnn-layers-states-conv-fixed',
  'dynamo-rnn-states-nonlinearity-relu',
  'forged-gru-lengths-constant',
  'forged-lstm-lengths-constant',
  'forged-rnn-lengths-constant',
  'torchscript-gru-bidirectional-time-first-states-conv-attention-fixed',
  'torchscript-gru-states-attention-fixed',
  'torchscript-lstm-layers-time-first-states-conv-attention-fixed',
  'torchscript-rnn-bidirectional-states-attention-fixed',
].map((name) => `${name}.onnx`);

const fileOf = (name: string): string => `${name}.onnx`;

const listed = [...WINDOWED.flatMap(([, , names]) => names), ...Object.values(FIXED).flat(), ...TIMELESS].map(fileOf);

test('the table names fixtures that there are, each once', () => {
  assert.equal(new Set(listed).size, listed.length);
  for (const name of listed) assert.ok(IMPORTABLE.includes(name), name);
});

/** "gru "node": its reason; load it with …" without its first part and its remedy. */
function reasonOf({ message }: Error): string {
  const [, reason] = /^it can't run statefully: (?:\w+ "[^"]*": )?(.*); load it with /s.exec(message) ?? [];
  assert.ok(reason, message);
  return reason.replace(/\[[\d,]+\]/g, '[…]').replace(/(stride|batch|steps) of -?\d/, '$1 of N');
}

for (const [reason, windowFrames, names] of WINDOWED) {
  test(`windowed, ${windowFrames} frames: ${reason}: ${names.length} fixtures`, async () => {
    for (const name of names.map(fileOf)) {
      const bytes = readFixture(name);
      const { streaming } = await loadModel(bytes);
      const hopFrames = GOING_ON.includes(name) ? windowFrames : 1;
      assert.deepEqual(streaming, { mode: 'windowed', windowFrames, hopFrames }, name);
      const refusal = await loadModel(bytes, { streaming: { mode: 'stateful' } }).catch((error: Error) => error);
      assert.ok(refusal instanceof UnsupportedModelError, name);
      assert.equal(reasonOf(refusal), reason, name);
    }
  });
}

for (const [frames, names] of Object.entries(FIXED)) {
  test(`windowed by its fixed length of ${frames}, stateful where that is asked for: ${names.length} fixtures`, async () => {
    for (const name of names.map(fileOf)) {
      const bytes = readFixture(name);
      const windowed = { mode: 'windowed', windowFrames: Number(frames), hopFrames: 1 };
      assert.deepEqual((await loadModel(bytes)).streaming, windowed, name);
      const { streaming } = await loadModel(bytes, { streaming: { mode: 'stateful' } });
      assert.deepEqual(streaming, { mode: 'stateful' }, name);
    }
  });
}

/** Beyond any number of frames that analysis tries. */
const FAR = 150;

for (const [what, start, end, mode] of [
  ['all frames', 0, 2n ** 63n - 1n, 'stateful'],
  ['the last of many frames', -FAR, 2n ** 63n - 1n, 'windowed'],
  ['the first of many frames', 0, FAR, 'windowed'],
  ['all but the first of many frames', FAR, 2n ** 63n - 1n, 'windowed'],
  ['all but the last of many frames', 0, -FAR, 'windowed'],
] as const)
  test(`a slice that takes ${what} is ${mode}`, async () => {
    const model = await loadModel(
      buildModel({
        inputs: { x: [1, 'time', 4] },
        outputs: { y: [1, 'left', 4] },
        initializers: { start: [[1], [start], 'int64'], end: [[1], [end], 'int64'], axis: [[1], [1], 'int64'] },
        nodes: [
          ['Slice', ['x', 'start', 'end', 'axis'], ['cut']],
          ['Relu', ['cut'], ['y']],
        ],
      }),
    );
    assert.equal(model.streaming.mode, mode);
  });

test('without a time axis there is nothing to stream, which says so', async () => {
  for (const name of TIMELESS.map(fileOf)) {
    const model = await loadModel(readFixture(name));
    assert.throws(
      () => model.stream(),
      { name: 'UnsupportedModelError', message: /no input of the model has a time axis/ },
      name,
    );
  }
});

const stateful = IMPORTABLE.filter((name) => !listed.includes(name));

test(`stateful: the other ${stateful.length} fixtures`, async () => {
  for (const name of stateful)
    assert.deepEqual((await loadModel(readFixture(name))).streaming, { mode: 'stateful' }, name);
});

/** A GRU over 6 frames, which takes its state and gives it on. */
const carrying: GraphSpec = {
  inputs: { x: [6, 1, 4], h0: [1, 1, 5] },
  outputs: { y: [6, 1, 1, 5], hn: [1, 1, 5] },
  initializers: gruWeights(4, 5),
  nodes: [['GRU', ['x', 'W', 'R', 'B', '', 'h0'], ['y', 'hn'], { hidden_size: 5 }]],
};

test('a time axis that no input has is refused with the inputs', async () => {
  await assert.rejects(loadModel(buildModel(carrying), { streaming: { timeAxis: 7 } }), {
    name: 'MetadataError',
    message: /^streaming: timeAxis: got 7, which is time of no input; inputs are "x" \[6, 1, 4\], "h0" \[1, 1, 5\]$/,
  });
});

test('windows that overlap can’t hand states on, which is warned of', async () => {
  const bytes = buildModel(carrying);
  const warnings = async (hopFrames?: number) =>
    (await loadModel(bytes, { streaming: { mode: 'windowed', hopFrames } })).warnings;
  for (const hopFrames of [1, 2, 5]) {
    const [warning, ...others] = await warnings(hopFrames);
    assert.match(
      warning,
      /^input "h0": every window starts from what stream\.reset gives it; with hopFrames 6 it is handed on/,
    );
    assert.deepEqual(others, []);
  }
  for (const hopFrames of [6, undefined]) assert.deepEqual(await warnings(hopFrames), []);
});

test('of a fixed window, the channels of a convolution are not its frames', async () => {
  const bytes = buildModel({
    inputs: { x: [1, 4, 9] },
    outputs: { y: [1, 5] },
    initializers: { K: [[5, 4, 3]] },
    nodes: [
      ['Conv', ['x', 'K'], ['c']],
      ['ReduceMean', ['c'], ['y'], { axes: [2], keepdims: 0 }],
    ],
  });
  const model = await loadModel(bytes);
  assert.deepEqual(model.streaming, { mode: 'windowed', windowFrames: 9, hopFrames: 1 });
  assert.deepEqual(model.stream().inputSlots, [{ name: 'x', size: 4 }]);
});

test('as many labels as frames are labels', async () => {
  const bytes = buildModel({
    inputs: { x: [1, 6, 4] },
    outputs: { y: [1, 6] },
    initializers: { W: [[24, 6]] },
    nodes: [
      ['Flatten', ['x'], ['flat']],
      ['MatMul', ['flat', 'W'], ['y']],
    ],
  });
  const { outputSlots } = (await loadModel(bytes)).stream();
  assert.deepEqual(outputSlots, [{ name: 'y', size: 6, every: 1 }]);
});

test('what is given once a sequence and repeated along time does not take a length for its own', async () => {
  const bytes = buildModel({
    inputs: { x: [1, 'time', 4], e: [1, 1, 4] },
    outputs: { y: null },
    initializers: {
      one: [[1], [1], 'int64'],
      four: [[1], [4], 'int64'],
      W: [[4, 4]],
    },
    nodes: [
      ['Shape', ['x'], ['time'], { start: 1, end: 2 }],
      ['Concat', ['one', 'time', 'four'], ['target'], { axis: 0 }],
      ['Expand', ['e', 'target'], ['repeated']],
      ['ReduceSum', ['repeated', 'one'], ['sum']],
      ['MatMul', ['x', 'W'], ['product']],
      ['Add', ['product', 'sum'], ['y']],
    ],
  });
  assert.equal((await loadModel(bytes)).streaming.mode, 'windowed');
});
