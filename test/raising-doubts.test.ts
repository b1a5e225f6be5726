/** Graphs that look like a layer, or like a branch that is decided, in some sizes and not in others: run against onnxruntime-web. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { loadModel, type Model } from 'tympan';
import { buildModel, type GraphSpec, type NodeSpec, type TensorSpec } from './onnx-builder.js';
import { compareOutputs, maxDifference, openOnnxruntime, randomInputs } from './support.js';

const INPUT = 4;
const HIDDEN = 5;

const integer = (value: number): TensorSpec => [[], [value], 'int64'];
const integers = (...values: number[]): TensorSpec => [[values.length], values, 'int64'];

/** Different tensors by whether the first axis of `part` is one long. */
function branchOn(nodes: readonly NodeSpec[], part: string, initializers: GraphSpec['initializers'], opset = 17) {
  const reduced = (op: string): GraphSpec => ({
    inputs: {},
    outputs: { r: [] },
    initializers: {},
    nodes: [[op, [part], ['r'], { keepdims: 0 }]],
  });
  return buildModel({
    opset,
    inputs: { x: ['T', 3] },
    outputs: { y: [] },
    initializers: { zero: integer(0), one: integer(1), ...initializers },
    nodes: [
      ...nodes,
      ['Shape', [part], ['shape']],
      ['Gather', ['shape', 'zero'], ['size'], { axis: 0 }],
      ['Equal', ['size', 'one'], ['isOne']],
      [
        'If',
        ['isOne'],
        ['y'],
        { then_branch: { graph: reduced('ReduceSum') }, else_branch: { graph: reduced('ReduceMean') } },
      ],
    ],
  });
}

/** h' = tanh(xW + hR) of a step `xt`, whose state is read as `read`. */
const cell = (read = 'h'): readonly NodeSpec[] => [
  ['MatMul', ['xt', 'W'], ['a']],
  ['MatMul', [read, 'R'], ['b']],
  ['Add', ['a', 'b'], ['s']],
  ['Tanh', ['s'], ['hn']],
  ['Identity', ['hn'], ['yt']],
];

const weights: GraphSpec['initializers'] = { W: [[INPUT, HIDDEN]], R: [[HIDDEN, HIDDEN]], hidden: integers(HIDDEN) };

/** Zeros for each sequence of a batch. */
const zeros: readonly NodeSpec[] = [
  ['Shape', ['x'], ['shape']],
  ['Slice', ['shape', 'from', 'to'], ['batch']],
  ['Concat', ['batch', 'hidden'], ['sizes'], { axis: 0 }],
  ['ConstantOfShape', ['sizes'], ['h0']],
];
const ends: GraphSpec['initializers'] = { from: integers(1), to: integers(2) };

function scan(body: readonly NodeSpec[], others: GraphSpec['initializers'] = {}, before: readonly NodeSpec[] = []) {
  const graph: GraphSpec = {
    inputs: { h: ['batch', HIDDEN], xt: ['batch', INPUT] },
    outputs: { hn: ['batch', HIDDEN], yt: ['batch', HIDDEN] },
    initializers: {},
    nodes: body,
  };
  return buildModel({
    inputs: { x: ['T', 'batch', INPUT] },
    outputs: { y: ['T', 'batch', HIDDEN], last: ['batch', HIDDEN] },
    initializers: { ...weights, ...ends, ...others },
    nodes: [...zeros, ...before, ['Scan', ['h0', 'x'], ['last', 'y'], { body: { graph }, num_scan_inputs: 1 }]],
  });
}

function loop(index: readonly NodeSpec[], trip: readonly NodeSpec[], others: GraphSpec['initializers'] = {}) {
  const graph: GraphSpec = {
    inputs: { i: [], go: [], h: ['batch', HIDDEN] },
    outputs: { on: [], hn: ['batch', HIDDEN], yt: ['batch', HIDDEN] },
    types: { i: 'int64', go: 'bool', on: 'bool' },
    initializers: {},
    nodes: [...index, ['Gather', ['x', 'at'], ['xt'], { axis: 0 }], ...cell(), ['Identity', ['go'], ['on']]],
  };
  return buildModel({
    inputs: { x: ['T', 'batch', INPUT] },
    outputs: { y: ['N', 'batch', HIDDEN], last: ['batch', HIDDEN] },
    initializers: { ...weights, ...ends, zero: integer(0), yes: [[], [1], 'bool'], ...others },
    nodes: [
      ...zeros,
      ['Gather', ['shape', 'zero'], ['length'], { axis: 0 }],
      ...trip,
      ['Loop', ['trip', 'yes', 'h0'], ['last', 'y'], { body: { graph } }],
    ],
  });
}

async function check(bytes: Uint8Array, batch: number, frames: number, kinds: RegExp): Promise<Model> {
  const model = await loadModel(bytes, { precision: 'f32' });
  const theirs = await openOnnxruntime(bytes, 'disabled');
  const inputs = randomInputs(model.network, batch, frames, 1);
  compareOutputs(model.run(inputs), await theirs.run(inputs), (output, actual, expected) => {
    assert.deepEqual(actual.dims, expected.dims, output);
    assert.ok(maxDifference(actual.data, expected.data) < 1e-5, output);
  });
  await theirs.close();
  assert.match(model.network.operations.map(({ kind }) => kind).join(' '), kinds);
  return model;
}

test('a branch on the size of what is cut off an open axis is taken when the network runs', async () => {
  const all = { a: integers(0), b: integers(-1), axes: integers(0) };
  const cases: Record<string, Uint8Array> = {
    'all but the last': branchOn([['Slice', ['x', 'a', 'b', 'axes'], ['part']]], 'part', all),
    'every other': branchOn([['Slice', ['x', 'a', 'b', 'axes', 'steps'], ['part']]], 'part', {
      ...all,
      b: integers(2 ** 31),
      steps: integers(2),
    }),
    'every third, rectified': branchOn(
      [
        ['Slice', ['x', 'a', 'b', 'axes', 'steps'], ['third']],
        ['Relu', ['third'], ['part']],
      ],
      'part',
      { ...all, b: integers(2 ** 31), steps: integers(3) },
    ),
    'the second half': branchOn([['Split', ['x'], ['first', 'part'], { axis: 0, num_outputs: 2 }]], 'part', {}, 18),
  };
  for (const bytes of Object.values(cases)) await check(bytes, 1, 8, /\bif\b/);
});

test('a branch on the size of the last element of an open axis is taken at once', async () => {
  const last = { a: integers(-1), b: integers(2 ** 31), axes: integers(0) };
  const bytes = branchOn([['Slice', ['x', 'a', 'b', 'axes'], ['part']]], 'part', last);
  await check(bytes, 1, 8, /^(?!.*\bif\b)/);
});

test('a body that mixes the sequences of a batch is no layer', async () => {
  const bytes = scan([['Gather', ['h', 'none'], ['first'], { axis: 0 }], ...cell('first')], { none: integer(0) });
  await check(bytes, 3, 12, /\bscan\b/);
});

test('the same body without that is one', async () => {
  await check(scan(cell()), 3, 12, /\brnn\b/);
  await check(loop([['Identity', ['i'], ['at']]], [['Identity', ['length'], ['trip']]]), 3, 12, /\brnn\b/);
});

test('what two lengths do not tell from the length stays as it is', async () => {
  const least = loop([['Identity', ['i'], ['at']]], [['Min', ['length', 'most'], ['trip']]], { most: integer(200) });
  await check(least, 1, 300, /\b(loop|scan)\b/);
  const factor: readonly NodeSpec[] = [
    ['Slice', ['shape', 'begin', 'from'], ['length']],
    ['Min', ['length', 'fifty'], ['least']],
    ['Cast', ['least'], ['real'], { to: 1 }],
    ['Div', ['real', 'whole'], ['factor']],
  ];
  const others = { begin: integers(0), fifty: integers(50), whole: [[], [50]] as TensorSpec };
  const scaled = scan([['Mul', ['h', 'factor'], ['hk']], ...cell('hk')], others, factor);
  await check(scaled, 1, 5, /\bscan\b/);
});

test('a counter that becomes true or false counts no more', async () => {
  const index: readonly NodeSpec[] = [
    ['Cast', ['i'], ['any'], { to: 9 }],
    ['Cast', ['any'], ['at'], { to: 7 }],
  ];
  await check(loop(index, [['Identity', ['length'], ['trip']]]), 1, 12, /\b(loop|scan)\b/);
});

test('an accumulator keeps in int8 what it adds beside a large unit', async () => {
  const FRAMES = 2000;
  const graph: GraphSpec = {
    inputs: { h: ['batch', HIDDEN], xt: ['batch', HIDDEN] },
    outputs: { hn: ['batch', HIDDEN], yt: ['batch', HIDDEN] },
    initializers: {},
    nodes: [
      ['Add', ['h', 'xt'], ['hn']],
      ['Identity', ['hn'], ['yt']],
    ],
  };
  const bytes = buildModel({
    inputs: { x: ['T', 'batch', HIDDEN] },
    outputs: { y: ['T', 'batch', HIDDEN] },
    initializers: { ...ends, hidden: integers(HIDDEN) },
    nodes: [...zeros, ['Scan', ['h0', 'x'], ['last', 'y'], { body: { graph }, num_scan_inputs: 1 }]],
  });
  const data = new Float32Array(FRAMES * HIDDEN);
  data[0] = 10000;
  for (let frame = 0; frame < FRAMES; frame++) data[frame * HIDDEN + 1] = 0.01;
  const model = await loadModel(bytes, { precision: 'int8' });
  const { y } = model.run({ x: { type: 'float32', dims: [FRAMES, 1, HIDDEN], data } });
  assert.ok(Math.abs(Number(y.data[(FRAMES - 1) * HIDDEN + 1]) - 20) < 0.01);
});
