/** Models of one frame, whose states are inputs and outputs: a stream carries them as a user of onnxruntime would. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { loadModel, type StreamingOptions, type Tensor } from 'tympan';
import { buildModel, gruWeights, type GraphSpec } from './onnx-builder.js';
import { frameAt, layoutOf, randomSequence, statesOf, type Tensors } from './sequences.js';
import { openOnnxruntime, readFixture, relativeDifference } from './support.js';

/** f32 against onnxruntime, over frames whose states go on. */
const DIFFERENCE = 1e-5;
const FRAMES = 12;

/** What state inputs are at a frame, by what they were and the outputs of the frame before. */
type Carry = (states: Tensors, outputs: Tensors) => Tensors;

/** Each state input is an output of the frame before. */
const carryBy =
  (pairs: Readonly<Record<string, string>>): Carry =>
  (states, outputs) =>
    Object.fromEntries(Object.keys(states).map((name) => [name, { ...outputs[pairs[name]], dims: states[name].dims }]));

async function check(bytes: Uint8Array, carry: Carry, streaming?: StreamingOptions): Promise<void> {
  const model = await loadModel(bytes, { precision: 'f32', ...(streaming ? { streaming } : {}) });
  assert.deepEqual(model.streaming, { mode: 'stateful' });
  const layout = await layoutOf(model);
  const sequences = Array.from({ length: FRAMES }, (_, at) => randomSequence(model, layout, 1, at + 1));
  const isState = ([name]: [string, Tensor]) => !layout.axes.has(name);
  const session = await openOnnxruntime(bytes);
  const stream = model.stream();
  // Twice: a reset begins anew.
  for (const first of [sequences[0], sequences[3]]) {
    let states = Object.fromEntries(Object.entries(first).filter(isState));
    stream.reset(statesOf(first, layout));
    for (const [at, sequence] of sequences.entries()) {
      const expected = await session.run({ ...sequence, ...states });
      const outputs = stream.step(frameAt(sequence, layout, 0));
      assert.ok(stream.fresh);
      for (const [name, { data }] of Object.entries(expected)) {
        const difference = relativeDifference(outputs[name], data);
        assert.ok(difference <= DIFFERENCE, `${name} at frame ${at}: ${difference}`);
      }
      states = carry(states, expected);
    }
  }
  stream.close();
  await session.close();
}

const FIXTURES: Readonly<Record<string, Carry>> = {
  'forged-conv-cache.onnx': carryBy({ past: 'after', h: 'hn' }),
  'forged-stacked-states.onnx': carryBy({ states: 'after' }),
  'torchscript-cache.onnx': carryBy({ past: 'pastn', h: 'hn' }),
  'dynamo-cache.onnx': carryBy({ past: 'pastn', h: 'hn' }),
  'torchscript-gru-cell.onnx': carryBy({ h: 'hn' }),
  'dynamo-lstm-cell.onnx': carryBy({ h: 'hn', c: 'cn' }),
};

for (const [name, carry] of Object.entries(FIXTURES))
  test(`${name}: states are carried`, () => check(readFixture(name), carry));

test('forged-one-frame.onnx: the layer’s own state goes on where no output can be its next value', () => {
  const carry: Carry = ({ h }, { Y_h }) => {
    const data = Float32Array.from(h.data as Float32Array);
    data.set(Y_h.data as Float32Array, data.length / 2);
    return { h: { ...h, data } as Tensor };
  };
  return check(readFixture('forged-one-frame.onnx'), carry);
});

/** A GRU step whose state is called as its user likes. */
const step = (from: string, to: string): GraphSpec => ({
  inputs: { x: [1, 1, 3], [from]: [1, 1, 4] },
  outputs: { y: [1, 1, 1, 4], [to]: [1, 1, 4] },
  initializers: gruWeights(3, 4),
  nodes: [['GRU', ['x', 'W', 'R', 'B', '', from], ['y', to], { hidden_size: 4 }]],
});

for (const [from, to] of [
  ['h0', 'hn'],
  ['h_0', 'h_n'],
  ['state_in', 'state_out'],
  ['prev_state', 'next_state'],
  ['stateIn', 'stateOut'],
  ['hidden', 'new_hidden'],
  ['cache.0', 'cache_out.0'],
  // by their shape alone
  ['memory', 'result'],
]) {
  test(`a state "${from}" goes on as "${to}"`, () => check(buildModel(step(from, to)), carryBy({ [from]: to })));
}

/** Two states of one shape, under names that tell nothing. */
const two: GraphSpec = {
  inputs: { x: [1, 1, 4], p: [1, 1, 4], q: [1, 1, 4] },
  outputs: { y: [1, 1, 1, 4], r: [1, 1, 4], s: [1, 1, 4] },
  initializers: { ...gruWeights(4, 4), axis: [[1], [1], 'int64'] },
  nodes: [
    ['GRU', ['x', 'W', 'R', 'B', '', 'p'], ['a', 'r'], { hidden_size: 4 }],
    ['Squeeze', ['a', 'axis'], ['b']],
    ['GRU', ['b', 'W', 'R', 'B', '', 'q'], ['y', 's'], { hidden_size: 4 }],
  ],
};

test('the option states says which is which, either way round', async () => {
  const bytes = buildModel(two);
  for (const states of [
    { p: 'r', q: 's' },
    { p: 's', q: 'r' },
  ]) {
    await check(bytes, carryBy(states), { states });
    const metadata = { 'tympan.streaming': { version: 1, states } };
    await check(buildModel({ ...two, metadata }), carryBy(states));
  }
});

/** A line of delays: the next value of one state is another, as it was. */
const delays: GraphSpec = {
  inputs: { x: [1, 1, 4], p: [1, 1, 4], q: [1, 1, 4] },
  outputs: { y: [1, 1, 4], r: [1, 1, 4], s: [1, 1, 4] },
  initializers: { W: [[4, 4]] },
  nodes: [
    ['MatMul', ['q', 'W'], ['a']],
    ['Add', ['x', 'a'], ['y']],
    ['Identity', ['x'], ['r']],
    ['Identity', ['p'], ['s']],
  ],
};

/** As the delays, but that two states change places. */
const exchange: GraphSpec = {
  ...delays,
  nodes: [
    ['Sub', ['p', 'x'], ['y']],
    ['Identity', ['q'], ['r']],
    ['Identity', ['p'], ['s']],
  ],
};

for (const [what, graph] of Object.entries({ delays, exchange }))
  test(`states that are other states as they were: ${what}`, async () => {
    const states = { p: 'r', q: 's' };
    await check(buildModel(graph), carryBy(states), { states, timeAxis: 0 });
  });

/** A step of a decoder: a token for each sequence of the batch, and a state. */
const decoder = (batch: string): GraphSpec => ({
  inputs: { h: [batch, 4], word: [batch] },
  types: { word: 'int64' },
  outputs: { logits: [batch, 5], hn: [batch, 4] },
  initializers: { table: [[10, 3]], W: [[3, 4]], R: [[4, 4]], head: [[4, 5]] },
  nodes: [
    ['Gather', ['table', 'word'], ['x']],
    ['MatMul', ['x', 'W'], ['a']],
    ['MatMul', ['h', 'R'], ['b']],
    ['Add', ['a', 'b'], ['c']],
    ['Tanh', ['c'], ['hn']],
    ['MatMul', ['hn', 'head'], ['logits']],
  ],
});

// "s77" is what PyTorch's dynamo exporter calls a size.
for (const batch of ['batch', 's77'])
  test(`a token for each sequence of "${batch}" is a frame, and the rows beside it are a state`, () =>
    check(buildModel(decoder(batch)), carryBy({ h: 'hn' })));

test('an output that is not of a state’s size is refused as its next value', async () => {
  const graph: GraphSpec = {
    ...delays,
    outputs: { y: [1, 1, 4], r: [1, 1, 4], s: [1, 1, 8] },
    nodes: [...delays.nodes.slice(0, 3), ['Concat', ['p', 'q'], ['s'], { axis: 2 }]],
  };
  for (const timeAxis of [undefined, 0])
    await assert.rejects(loadModel(buildModel(graph), { streaming: { states: { p: 'r', q: 's' }, timeAxis } }), {
      name: 'InputError',
      message: /states: "q" → "s": got \[1,1,8\], expected \[1,1,4\]/,
    });
});

test('states that the model does not have are refused with those that it has', async () => {
  const refused = (states: Record<string, string>) =>
    assert.rejects(loadModel(buildModel(two), { streaming: { states } }), {
      name: 'InputError',
      message: /states: "\w+" → "\w+": expected one of .*"p", "q" and one of "y", "r", "s"/,
    });
  await refused({ p: 'nothing' });
  await refused({ nothing: 'r' });
});

test('a wrong initial state is refused, and the stream goes on as before', async () => {
  const model = await loadModel(readFixture('forged-stacked-states.onnx'));
  const stream = model.stream();
  const twin = model.stream();
  const [{ name, size }] = stream.stateSlots;
  const frame = new Float32Array(stream.inputSlots[0].size).fill(0.3);
  stream.step(frame);
  twin.step(frame);
  const refused = (states: Record<string, unknown>, message: RegExp) =>
    assert.throws(() => stream.reset(states as Record<string, Float32Array>), { name: 'InputError', message });
  refused({ other: new Float32Array(size) }, /state "other" does not exist; this model has/);
  refused({ [name]: new Float32Array(size + 1) }, /got \d+ floats, expected a Float32Array of/);
  refused({ [name]: new Float32Array(size).fill(NaN) }, /element 0 is NaN, expected finite/);
  refused({ [name]: [0] }, /got Array, expected a Float32Array/);
  assert.deepEqual(stream.step(frame), twin.step(frame));
});
