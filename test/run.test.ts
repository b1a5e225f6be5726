/** Whole tensors through every fixture that must run: what ONNX defines, which onnxruntime-web computes. */
import assert from 'node:assert/strict';
import test from 'node:test';
import onnxProto from 'onnx-proto';
import { loadModel, TympanError, type Model, type Tensor } from 'tympan';
import { buildModel, gruWeights, type NodeSpec } from './onnx-builder.js';
import {
  compareOutputs,
  floatsOf,
  framesFor,
  IMPORTABLE,
  maxDifference,
  openOnnxruntime,
  randomInputs,
  readFixture,
  REFUSED,
  relativeDifference,
  runOnnxruntime,
  twinOf,
  WITH_TWIN,
} from './support.js';

const { onnx } = onnxProto;

/** Of |x| or 1, whichever is more: the largest of all fixtures is 1.0e-6, of an RNN over 29 frames. */
const F32_DIFFERENCE = 2e-6;

/**
 * What int8 weights cost, by the kind of the recurrent layers: an RNN feeds its errors back unbraked. The largest of the fixtures
 * are 3.3e-2, 9.2e-3, 5.0e-3 and, of networks without a recurrent node, 2.3e-3.
 */
const INT8_DIFFERENCE = { rnn: 5e-2, gru: 1.5e-2, lstm: 1e-2, none: 5e-3 };

/** Batch and frames, where the file leaves them open. */
const SIZES = [
  [3, 29],
  [1, 12],
  [2, 5],
] as const;

/** What differs from onnxruntime, each with a test of its own below. */
const APART = ['forged-rnn-activation-defaults.onnx', 'forged-folded.onnx'];

/** An input that reaches no output: onnxruntime wants it, Tympan has left it out. */
const IDLE: Readonly<Record<string, Record<string, Tensor>>> = {
  'forged-unused.onnx': { idle: { type: 'float32', dims: [3], data: new Float32Array(3) } },
};

/** The labels that the forged fixtures carry fit none of their outputs. */
const withoutLabels = ({ warnings }: Model): string[] => warnings.filter((warning) => !warning.startsWith('labels:'));

const inputsOf = (name: string, { network }: Model, [batch, frames]: readonly [number, number], seed: number) =>
  randomInputs(network, batch, framesFor(name, frames), seed);

const kindOf = ({ network }: Model): keyof typeof INT8_DIFFERENCE =>
  (['rnn', 'gru', 'lstm'] as const).find((kind) => network.operations.some((operation) => operation.kind === kind)) ??
  'none';

const near = (bound: number, compare: typeof maxDifference) => (name: string, actual: Tensor, expected: Tensor) => {
  const difference = compare(actual.data, expected.data);
  assert.ok(difference <= bound, `${name}: ${difference}`);
};

for (const name of IMPORTABLE.filter((fixture) => !APART.includes(fixture))) {
  const oracle = WITH_TWIN.includes(name) ? twinOf(name) : name;
  test(`${name}: run equals ${oracle === name ? 'onnxruntime-web' : `${oracle} in onnxruntime-web`}`, async () => {
    const model = await loadModel(readFixture(name), { precision: 'f32' });
    const theirs = await openOnnxruntime(readFixture(oracle));
    try {
      for (const [i, sizes] of SIZES.entries()) {
        const inputs = inputsOf(name, model, sizes, i);
        const expected = await theirs.run({ ...inputs, ...IDLE[name] });
        compareOutputs(model.run(inputs), expected, near(F32_DIFFERENCE, relativeDifference));
      }
    } finally {
      await theirs.close();
    }
  });
}

test('what must be refused is refused with a sentence', async () => {
  for (const name of REFUSED)
    await assert.rejects(
      loadModel(readFixture(name)),
      (error) => error instanceof TympanError && / /.test(error.message),
      name,
    );
});

/** Outputs that jump: what is near another number may be another integer, or past a threshold. */
const JUMPS: Readonly<Record<string, string>> = {
  'forged-cast-integer.onnx': 'y',
  'forged-rnn-activations.onnx': 'ThresholdedRelu',
  'forged-rnn-activation-defaults.onnx': 'ThresholdedRelu',
};

test('int8 stays near f32, and is not f32', async () => {
  const quantized = { rnn: 0, gru: 0, lstm: 0, none: 0 };
  for (const name of IMPORTABLE) {
    const bytes = readFixture(name);
    const [int8, f32] = [await loadModel(bytes), await loadModel(bytes, { precision: 'f32' })];
    const kind = kindOf(f32);
    let largest = 0;
    for (const [i, sizes] of SIZES.entries()) {
      const inputs = inputsOf(name, f32, sizes, i);
      compareOutputs(int8.run(inputs), f32.run(inputs), (output, { data }, expected) => {
        if (JUMPS[name] !== output) largest = Math.max(largest, relativeDifference(data, expected.data));
      });
    }
    assert.ok(largest <= INT8_DIFFERENCE[kind], `${name}: ${largest}`);
    if (kind !== 'none' && JUMPS[name] !== 'y') assert.ok(largest > 0, `${name}: its weights are those of f32`);
    if (largest > 0) quantized[kind]++;
  }
  assert.ok(Math.min(...Object.values(quantized)) >= 4, JSON.stringify(quantized));
});

test('a layer of layout 1 is its twin of layout 0, to the last bit', async () => {
  assert.equal(WITH_TWIN.length, 3);
  for (const precision of ['int8', 'f32'] as const) {
    for (const name of WITH_TWIN) {
      const [batchFirst, twin] = await Promise.all(
        [name, twinOf(name)].map((file) => loadModel(readFixture(file), { precision })),
      );
      const inputs = inputsOf(name, twin, [3, 11], 5);
      assert.deepEqual(batchFirst.run(inputs), twin.run(inputs));
    }
  }
});

/** Sequence `b` of a tensor whose axis `axis` is the batch. */
function sequenceOf({ type, dims, data }: Tensor, axis: number, b: number): Tensor {
  const inner = dims.slice(axis + 1).reduce((product, dim) => product * dim, 1);
  const chosen = [...data].filter((_, i) => Math.floor(i / inner) % dims[axis] === b);
  const own = data.slice(0, chosen.length);
  chosen.forEach((value, i) => (own[i] = value));
  return { type, dims: dims.map((dim, i) => (i === axis ? 1 : dim)), data: own };
}

test('each sequence of a batch has the outputs of its own run, to the last bit', async () => {
  let compared = 0;
  for (const [i, name] of IMPORTABLE.entries()) {
    const model = await loadModel(readFixture(name), { precision: i % 2 ? 'int8' : 'f32' });
    const axes = new Map(
      [...model.network.inputs, ...model.network.outputs].map((port) => [port.name, port.dims?.indexOf('batch') ?? -1]),
    );
    const isClear = model.network.inputs.every(({ dims }) => dims!.filter((dim) => dim === 'batch').length === 1);
    if (!isClear || [...axes.values()].includes(-1)) continue;
    const inputs = inputsOf(name, model, [3, 7], i);
    const together = model.run(inputs);
    const cut = (tensors: Record<string, Tensor>, b: number) =>
      Object.fromEntries(Object.entries(tensors).map(([key, tensor]) => [key, sequenceOf(tensor, axes.get(key)!, b)]));
    for (const b of [2, 0, 1]) assert.deepEqual(model.run(cut(inputs, b)), cut(together, b), name);
    compared++;
  }
  assert.ok(compared >= 180, `${compared} fixtures say where their batch is`);
});

test('what ran before leaves nothing behind', async () => {
  for (const name of ['forged-lstm-lengths.onnx', 'torchscript-attention.onnx', 'forged-gru-weights-input.onnx']) {
    const model = await loadModel(readFixture(name));
    const inputs = inputsOf(name, model, [2, 9], 1);
    const first = model.run(inputs);
    const kept = structuredClone(first);
    model.run(inputsOf(name, model, [2, 9], 2));
    model.run(inputsOf(name, model, [3, 4], 3));
    assert.deepEqual(model.run(inputs), kept);
    assert.deepEqual(first, kept, 'outputs are the caller’s own');
  }
});

test('past its length a sequence has no Y, Y_h is its last frame, and the reverse direction starts there', async () => {
  const [name, frames] = ['forged-gru-lengths.onnx', 9];
  const model = await loadModel(readFixture(name), { precision: 'f32' });
  const inputs = inputsOf(name, model, [3, frames], 4);
  const lengths = [frames, 4, 1];
  const { Y, Y_h: last } = model.run({
    ...inputs,
    lengths: { type: 'int32', dims: [3], data: Int32Array.from(lengths) },
  });
  const [, directions, batch, hidden] = Y.dims;
  const row = (t: number, direction: number, b: number) =>
    floatsOf(Y)
      .subarray(((t * directions + direction) * batch + b) * hidden)
      .subarray(0, hidden);
  lengths.forEach((length, b) => {
    for (let t = 0; t < frames; t++)
      for (let direction = 0; direction < 2; direction++)
        assert.equal(
          row(t, direction, b).every((value) => value === 0),
          t >= length,
          `frame ${t} of sequence ${b}`,
        );
    [length - 1, 0].forEach((t, direction) => {
      const at = (direction * batch + b) * hidden;
      assert.deepEqual(floatsOf(last).subarray(at, at + hidden), row(t, direction, b));
    });
    const data = floatsOf(inputs.x).filter((_, i) => Math.floor(i / (inputs.x.data.length / frames / 3)) % 3 === b);
    const alone = model.run({
      x: { type: 'float32', dims: [length, 1, inputs.x.dims[2]], data: data.slice(0, (length * data.length) / frames) },
      lengths: { type: 'int32', dims: [1], data: Int32Array.of(length) },
    });
    assert.deepEqual(floatsOf(alone.Y).subarray(0, hidden), row(0, 0, b));
    assert.deepEqual(floatsOf(alone.Y).subarray(hidden, 2 * hidden), row(0, 1, b));
  });
});

const LAYERS = [
  ['GRU', 3],
  ['LSTM', 4],
  ['RNN', 1],
] as const;

test('a sequence of no frames has zeros for its last state, whatever it began with, as in onnxruntime', async () => {
  const [batch, hidden] = [3, 6];
  for (const [op, gates] of LAYERS) {
    const states = op === 'LSTM' ? ['h0', 'c0'] : ['h0'];
    const outputs = ['Y', 'Y_h', ...(op === 'LSTM' ? ['Y_c'] : [])];
    const bytes = buildModel({
      inputs: {
        x: ['time', batch, 4],
        lengths: [batch],
        ...Object.fromEntries(states.map((name) => [name, [2, batch, hidden]])),
      },
      types: { lengths: 'int32' },
      outputs: Object.fromEntries(outputs.map((name) => [name, null])),
      initializers: {
        W: [[2, gates * hidden, 4]],
        R: [[2, gates * hidden, hidden]],
        B: [[2, 2 * gates * hidden]],
      },
      nodes: [
        [
          op,
          ['x', 'W', 'R', 'B', 'lengths', ...states],
          outputs,
          {
            hidden_size: hidden,
            direction: 'bidirectional',
          },
        ],
      ],
    });
    const model = await loadModel(bytes, { precision: 'f32' });
    for (const lengths of [
      [5, 0, 2],
      [0, 0, 0],
    ]) {
      const inputs: Record<string, Tensor> = {
        ...randomInputs(model.network, batch, 5, 7),
        lengths: { type: 'int32', dims: [batch], data: Int32Array.from(lengths) },
      };
      const actual = model.run(inputs);
      compareOutputs(actual, await runOnnxruntime(bytes, inputs), near(F32_DIFFERENCE, maxDifference));
      for (const name of outputs.slice(1))
        for (const [i, value] of floatsOf(actual[name]).entries())
          assert.equal(value === 0, lengths[Math.floor(i / hidden) % batch] === 0, `${op} ${name} element ${i}`);
    }
  }
});

/** https://onnx.ai/onnx/operators/onnx__RNN.html: H_t = f(X_t·Wᵀ + H_{t−1}·Rᵀ + Wb + Rb), in float64. */
function rnn(f: (x: number) => number, x: Tensor, W: Float32Array, R: Float32Array, B: Float32Array): number[] {
  const [frames, batch, inputs] = x.dims;
  const hidden = B.length / 2;
  const Y: number[] = [];
  let H = new Array<number>(batch * hidden).fill(0);
  for (let t = 0; t < frames; t++) {
    H = H.map((_, at) => {
      const [b, j] = [Math.floor(at / hidden), at % hidden];
      let sum = B[j] + B[hidden + j];
      for (let i = 0; i < inputs; i++) sum += floatsOf(x)[(t * batch + b) * inputs + i] * W[j * inputs + i];
      for (let i = 0; i < hidden; i++) sum += H[b * hidden + i] * R[j * hidden + i];
      return f(sum);
    });
    Y.push(...H);
  }
  return Y;
}

// onnxruntime takes alpha 0 for ThresholdedRelu, whose default is 1.
test('activations without parameters have the defaults of the ONNX specification', async () => {
  const defaults: Record<string, (x: number) => number> = {
    HardSigmoid: (x) => Math.max(0, Math.min(1, 0.2 * x + 0.5)),
    LeakyRelu: (x) => (x < 0 ? 0.01 * x : x),
    ThresholdedRelu: (x) => (x > 1 ? x : 0),
    Elu: (x) => (x < 0 ? Math.exp(x) - 1 : x),
  };
  const [name] = APART;
  const bytes = readFixture(name);
  const initializers = onnx.ModelProto.decode(bytes).graph?.initializer ?? [];
  const weights = (called: string): Float32Array => {
    const raw = initializers.find((tensor) => tensor.name === called)?.rawData;
    assert.ok(raw);
    return new Float32Array(Uint8Array.from(raw).buffer);
  };
  const model = await loadModel(bytes, { precision: 'f32' });
  const { x } = inputsOf(name, model, [2, 15], 6);
  const outputs = model.run({ x });
  assert.deepEqual(Object.keys(outputs), Object.keys(defaults));
  for (const [activation, f] of Object.entries(defaults)) {
    const expected = rnn(f, x, weights('W'), weights('R'), weights('B'));
    const difference = relativeDifference(outputs[activation].data, expected);
    assert.ok(difference <= F32_DIFFERENCE, `${activation}: ${difference}`);
  }
});

/** The model with tensors that it computes as further outputs. */
function withOutputs(bytes: Uint8Array, names: readonly string[]): Uint8Array {
  const model = onnx.ModelProto.decode(bytes);
  const outputs = model.graph!.output!;
  const known = new Set(outputs.map(({ name }) => name));
  outputs.push(...names.filter((name) => !known.has(name)).map((name) => onnx.ValueInfoProto.create({ name })));
  return onnx.ModelProto.encode(model).finish();
}

test('forged-folded.onnx: float16 is computed in float32, so that a cast to it loses nothing; all else is equal', async () => {
  const [, name] = APART;
  const bytes = readFixture(name);
  const model = await loadModel(bytes, { precision: 'f32' });
  assert.deepEqual(withoutLabels(model), ['float16 tensors are computed in float32']);
  const inputs = inputsOf(name, model, [2, 9], 8);
  const { y, y0, y1 } = model.run(inputs);
  const theirs = await runOnnxruntime(withOutputs(bytes, ['b5', 'u']), inputs);
  assert.ok(maxDifference(y0.data, theirs.y0.data) <= F32_DIFFERENCE);
  assert.ok(maxDifference(y1.data, theirs.y1.data) <= F32_DIFFERENCE);
  // b5 is what the cast lost, and u the sigmoid of its tanh, which are added to y.
  const [b5, u] = [floatsOf(theirs.b5), floatsOf(theirs.u)];
  const expected = floatsOf(theirs.y).map((value, i) => value - b5[i % 3] - (u[i % 3] - 0.5));
  assert.ok(relativeDifference(y.data, expected) <= F32_DIFFERENCE);
});

/** Each node's outputs by its inputs, and the nodes in the file's order. */
const nodesOf = (bytes: Uint8Array) =>
  (onnx.ModelProto.decode(bytes).graph!.node ?? []).map(({ input, output }) => ({
    inputs: input ?? [],
    outputs: (output ?? []).filter((name) => name !== ''),
  }));

for (const name of [
  'torchscript-attention.onnx',
  'torchscript-lstm-layers-time-first-states-conv-attention-fixed.onnx',
  'forged-rows.onnx',
]) {
  test(`${name}: a trace has what onnxruntime-web computes on the way`, async () => {
    const bytes = readFixture(name);
    const model = await loadModel(bytes, { precision: 'f32' });
    const [inputs, others] = [1, 2].map((seed) => inputsOf(name, model, [2, 9], seed));
    const trace = model.run(inputs, { trace: true });
    const nodes = nodesOf(bytes);
    const read = new Set([
      ...nodes.flatMap(({ inputs: before }) => before),
      ...model.network.outputs.map((port) => port.name),
    ]);
    const names = nodes.flatMap(({ outputs }) => outputs).filter((output) => read.has(output));
    const traced = Object.keys(trace);
    assert.deepEqual(traced.slice(0, model.network.inputs.length), Object.keys(inputs), 'the inputs come first');
    for (const { inputs: before, outputs: after } of nodes)
      for (const output of after.filter((tensor) => traced.includes(tensor)))
        for (const input of before.filter((tensor) => traced.includes(tensor)))
          assert.ok(traced.indexOf(input) < traced.indexOf(output), `${input} before ${output}`);

    const [theirs, theirOthers] = [
      await runOnnxruntime(withOutputs(bytes, names), inputs),
      await runOnnxruntime(withOutputs(bytes, names), others),
    ];
    let compared = 0;
    for (const output of names) {
      // What shapes decide is known before anything is computed.
      if (!(output in trace)) assert.deepEqual(theirs[output], theirOthers[output], `${output} is not traced`);
      else {
        assert.deepEqual(trace[output].dims, [...theirs[output].dims], output);
        near(F32_DIFFERENCE, relativeDifference)(output, trace[output], theirs[output]);
        compared++;
      }
    }
    assert.ok(compared >= 10, `${compared} tensors`);
    for (const [output, tensor] of Object.entries(model.run(inputs))) assert.deepEqual(trace[output], tensor);
  });
}

test('weights that are inputs are those of each run', async () => {
  const bytes = buildModel({
    inputs: { x: ['time', 'batch', 5], W: [1, 18, 5], R: [1, 18, 6], B: [1, 36] },
    outputs: { Y: ['time', 1, 'batch', 6] },
    initializers: {},
    nodes: [['GRU', ['x', 'W', 'R', 'B'], ['Y'], { hidden_size: 6 }]],
  });
  const model = await loadModel(bytes, { precision: 'f32' });
  const inputs = randomInputs(model.network, 2, 7, 1);
  const before = model.summary().arenaBytes;
  for (const seed of [2, 3, 4]) {
    const { W, R, B } = randomInputs(model.network, 2, 7, seed);
    const given = { ...inputs, W, R, B };
    compareOutputs(model.run(given), await runOnnxruntime(bytes, given), near(F32_DIFFERENCE, maxDifference));
  }
  for (let seed = 5; seed < 500; seed++) model.run(randomInputs(model.network, 1, 1, seed));
  const { arenaBytes } = model.summary();
  assert.ok(arenaBytes - before <= 2 ** 17, `${arenaBytes - before} bytes are not given back`);
});

test('random sizes, up to rows that take several int32 sums, equal onnxruntime-web', async () => {
  const sizes = [
    [1, 1],
    [3, 17],
    [80, 90],
    [513, 40],
    [600, 530],
    [2, 511],
  ];
  for (const [i, [input, hidden]] of sizes.entries()) {
    const bytes = buildModel({
      inputs: { x: ['time', 1, input] },
      outputs: { Y: ['time', 1, 1, hidden] },
      initializers: gruWeights(input, hidden),
      nodes: [['GRU', ['x', 'W', 'R', 'B'], ['Y'], { hidden_size: hidden, linear_before_reset: i % 2 }]],
    });
    for (const precision of ['int8', 'f32'] as const) {
      const model = await loadModel(bytes, { precision });
      const inputs = randomInputs(model.network, 1, 4, hidden);
      floatsOf(inputs.x).forEach((value, at, x) => (x[at] = value / Math.sqrt(input)));
      const { Y } = await runOnnxruntime(bytes, inputs);
      const error = maxDifference(model.run(inputs).Y.data, Y.data);
      assert.ok(error <= (precision === 'int8' ? 0.06 : 2e-5), `${input} → ${hidden}, ${precision}: ${error}`);
    }
  }
});

test('initial states beyond ±1 are right with int8 weights too', async () => {
  for (const name of ['torchscript-states.onnx', 'forged-lstm-states.onnx', 'forged-rnn-states.onnx']) {
    const bytes = readFixture(name);
    const model = await loadModel(bytes);
    const inputs = inputsOf(name, model, [2, 9], 3);
    for (const { name: input } of model.network.inputs.slice(1))
      floatsOf(inputs[input]).forEach((h, at, states) => (states[at] = 5 * h));
    const bound = 5 * INT8_DIFFERENCE[kindOf(model)];
    compareOutputs(model.run(inputs), await runOnnxruntime(bytes, inputs), near(bound, maxDifference));
  }
});

test('a GRU of PyTorch’s with linear_before_reset 0 comes with a warning, anybody else’s does not', async () => {
  const warnings = withoutLabels(await loadModel(readFixture('forged-reset-after-pytorch.onnx')));
  assert.equal(warnings.length, 1);
  assert.match(warnings[0], /^GRU node "gru": linear_before_reset is 0, .* torch\.nn\.GRU .*dynamo=False$/);
  assert.deepEqual(withoutLabels(await loadModel(readFixture('forged-reset-after.onnx'))), []);
});

/** y by weights of four that `id` picks. */
const PICKED: readonly NodeSpec[][] = [
  [
    ['Gather', ['matrices', 'id'], ['W']],
    ['MatMul', ['x', 'W'], ['y']],
  ],
  [
    ['Gather', ['biases', 'id'], ['C']],
    ['Gemm', ['x', 'D', 'C'], ['y']],
  ],
  [
    ['Unsqueeze', ['x', 'one'], ['sequence']],
    ['Gather', ['gates', 'id'], ['W']],
    ['GRU', ['sequence', 'W', 'R'], ['y'], { hidden_size: 3 }],
  ],
];

test('weights that a whole-number input picks are those of the run, not of the one before', async () => {
  for (const nodes of PICKED) {
    const bytes = buildModel({
      inputs: { x: ['time', 4], id: [] },
      types: { id: 'int64' },
      outputs: { y: null },
      initializers: {
        matrices: [[4, 4, 3]],
        biases: [[4, 3]],
        gates: [[4, 1, 9, 4]],
        R: [[1, 9, 3]],
        D: [[4, 3]],
        one: [[1], [1], 'int64'],
      },
      nodes,
    });
    const model = await loadModel(bytes, { precision: 'f32' });
    const { x } = randomInputs(model.network, 1, 5, 1);
    for (const id of [0n, 3n, 1n]) {
      const inputs: Record<string, Tensor> = { x, id: { type: 'int64', dims: [], data: BigInt64Array.of(id) } };
      compareOutputs(model.run(inputs), await runOnnxruntime(bytes, inputs), near(F32_DIFFERENCE, relativeDifference));
    }
  }
});
