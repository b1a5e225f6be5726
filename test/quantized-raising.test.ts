/** What becomes of a file's 8 bits: which operations are left, and what they compute. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { loadModel, ModelFormatError, UnsupportedModelError, type Model } from 'tympan';
import { buildModel, type GraphSpec, type NodeSpec, type TensorSpec } from './onnx-builder.js';
import { maxDifference, openOnnxruntime, randomInputs, uniform } from './support.js';

const scalar = (value: number, type: 'float32' | 'int8' | 'uint8' | 'int32' = 'float32'): TensorSpec => [
  [],
  [value],
  type,
];

function bytes(dims: readonly number[], seed: number, type: 'int8' | 'uint8' = 'int8'): TensorSpec {
  const next = uniform(seed);
  const shift = type === 'int8' ? -128 : 0;
  const count = dims.reduce((product, dim) => product * dim, 1);
  return [dims, Array.from({ length: count }, () => Math.floor(((next() + 1) / 2) * 256) + shift), type];
}

const PARAMETERS = { s: scalar(0.01), z: scalar(4, 'int8'), ws: scalar(0.02), wz: scalar(-3, 'int8') };

/** [1, time, 6] to whatever the nodes give as y. */
const graph = (nodes: readonly NodeSpec[], initializers: GraphSpec['initializers'] = {}): Uint8Array =>
  buildModel({
    inputs: { x: [1, 'time', 6] },
    outputs: { y: null },
    initializers: { ...PARAMETERS, ...initializers },
    nodes,
    opset: 13,
  });

const kinds = ({ network }: Model): string[] => network.operations.map(({ kind }) => kind);

/** Loaded in f32, it computes what onnxruntime does; the kinds of its operations in f32 and in int8. */
async function check(file: Uint8Array, tolerance = 0): Promise<{ f32: string[]; int8: string[]; models: Model[] }> {
  const [f32, int8] = [await loadModel(file, { precision: 'f32' }), await loadModel(file)];
  const inputs = randomInputs(f32.network, 1, 11, 3);
  const onnxruntime = await openOnnxruntime(file, 'disabled');
  try {
    const { y } = await onnxruntime.run(inputs);
    const own = f32.run(inputs).y;
    assert.deepEqual([...own.dims], [...y.dims]);
    const difference = maxDifference(own.data, y.data);
    assert.ok(difference <= tolerance, `${difference}`);
  } finally {
    await onnxruntime.close();
  }
  return { f32: kinds(f32), int8: kinds(int8), models: [f32, int8] };
}

const quantize = (from: string, to: string): NodeSpec => ['QuantizeLinear', [from, 's', 'z'], [to]];
const dequantize = (from: string, to: string, scale = 's'): NodeSpec => ['DequantizeLinear', [from, scale, 'z'], [to]];

test('one rounding feeds several readers, once', async () => {
  const nodes = [quantize('x', 'q'), dequantize('q', 'a'), dequantize('q', 'b'), ['Mul', ['a', 'b'], ['y']]] as const;
  const { f32, int8 } = await check(graph(nodes));
  assert.deepEqual(f32, ['fakeQuantize', 'binary']);
  assert.deepEqual(int8, ['clip', 'binary']);
});

test('in int8 a rounding leaves its range, which may be that of a Relu', async () => {
  const nodes: NodeSpec[] = [
    ['QuantizeLinear', ['x', 's', 'low'], ['q']],
    ['DequantizeLinear', ['q', 's', 'low'], ['y']],
  ];
  const { models } = await check(graph(nodes, { low: scalar(-128, 'int8') }));
  const x = { type: 'float32', dims: [1, 4, 6], data: Float32Array.from({ length: 24 }, (_, i) => i / 4 - 3) } as const;
  const { y } = models[1].run({ x });
  assert.deepEqual(
    [...y.data],
    [...x.data].map((value) => Math.fround(Math.min(255 * Math.fround(0.01), Math.max(0, value)))),
  );
});

test('what moves 8-bit numbers moves the floats that they stand for', async () => {
  const nodes: NodeSpec[] = [
    quantize('x', 'q'),
    ['Transpose', ['q'], ['t'], { perm: [0, 2, 1] }],
    ['MaxPool', ['t'], ['p'], { kernel_shape: [3], strides: [1] }],
    ['Pad', ['p', 'pads'], ['padded']],
    ['Split', ['padded'], ['u', 'v'], { axis: 1 }],
    dequantize('u', 'a'),
    dequantize('v', 'b'),
    ['Add', ['a', 'b'], ['y']],
  ];
  const { f32 } = await check(graph(nodes, { pads: [[6], [0, 0, 2, 0, 0, 0], 'int64'] }));
  assert.deepEqual(f32, ['fakeQuantize', 'transpose', 'pool', 'pad', 'split', 'binary']);
});

test('a rounding behind padding goes before it, where padding stays what it is', async () => {
  const nodes: NodeSpec[] = [['Pad', ['x', 'pads', 'value'], ['p']], quantize('p', 'q'), dequantize('q', 'y')];
  const pads: TensorSpec = [[6], [0, 2, 0, 0, 0, 0], 'int64'];
  const kept = await check(graph(nodes, { pads, value: scalar(0) }));
  assert.deepEqual(kept.f32, ['fakeQuantize', 'pad', 'identity']);
  const rounded = await check(graph(nodes, { pads, value: scalar(0.3333) }));
  assert.deepEqual(rounded.f32, ['pad', 'fakeQuantize', 'identity']);
});

test('other parameters, and numbers of 8 bits that somebody reads, stay as they are', async () => {
  const other = await check(graph([quantize('x', 'q'), dequantize('q', 'y', 'ws')]));
  assert.deepEqual(other.f32, ['quantizeLinear', 'dequantizeLinear']);
  assert.deepEqual(other.int8, other.f32);
  const read = await check(graph([quantize('x', 'y')]));
  assert.deepEqual(read.f32, ['quantizeLinear']);
});

const dynamic: NodeSpec = ['DynamicQuantizeLinear', ['x'], ['q', 'qs', 'qz']];
const W = bytes([6, 5], 7);

/** The product with its Cast, and what multiplies it. */
const product = (...muls: NodeSpec[]): NodeSpec[] => [
  dynamic,
  ['MatMulInteger', ['q', 'W', 'qz', 'wz'], ['sums']],
  ['Cast', ['sums'], ['floats'], { to: 1 }],
  ...muls,
];

test('MatMulInteger becomes a product of floats, however both scales follow', async () => {
  const ways: NodeSpec[][] = [
    [
      ['Mul', ['qs', 'ws'], ['both']],
      ['Mul', ['floats', 'both'], ['y']],
    ],
    [
      ['Mul', ['ws', 'qs'], ['both']],
      ['Mul', ['both', 'floats'], ['y']],
    ],
    [
      ['Mul', ['floats', 'qs'], ['half']],
      ['Mul', ['ws', 'half'], ['y']],
    ],
    [
      ['Mul', ['floats', 'ws'], ['half']],
      ['Mul', ['half', 'qs'], ['y']],
    ],
  ];
  for (const way of ways) {
    const { f32, int8, models } = await check(graph(product(...way), { W }), 1e-5);
    assert.deepEqual([f32, int8], [['fakeQuantize', 'matmul'], ['matmul']]);
    const { constants, operations } = models[1].network;
    const weights = constants.get(operations[0].inputs[1]!)!;
    assert.deepEqual([...weights.steps!], Array(30).fill(Math.fround(0.02)));
    assert.deepEqual(
      [...weights.data].map((weight) => Math.round(weight / 0.02)),
      W[1]!.map((q) => Number(q) + 3),
    );
  }
});

test('a product that a factor gives more axes stays one of integers', async () => {
  for (const dims of [
    [1, 1, 1, 1],
    [1, 1, 1, 5],
  ]) {
    const data = Array.from({ length: dims[3] }, (_, i) => 0.01 + i / 100);
    const file = graph(product(['Mul', ['qs', 'wide'], ['both']], ['Mul', ['floats', 'both'], ['y']]), {
      W,
      wide: [dims, data],
    });
    const { f32 } = await check(file, 1e-6);
    assert.ok(f32.includes('matmulInteger'), f32.join());
  }
});

test('a negative scale, which turns the range around, keeps its rounding', async () => {
  const turned = (moves: readonly NodeSpec[], last: string): Uint8Array =>
    graph([quantize('x', 'q'), ...moves, dequantize(last, 'y')], { s: scalar(-0.01) });
  const plain = await check(turned([], 'q'));
  assert.deepEqual(plain.int8, ['fakeQuantize', 'identity']);
  const x = randomInputs(plain.models[0].network, 1, 7, 5);
  assert.deepEqual(plain.models[1].run(x), plain.models[0].run(x));
  const pool: NodeSpec = ['MaxPool', ['q'], ['p'], { kernel_shape: [3] }];
  // The largest of the integers is the least of what they stand for.
  await assert.rejects(loadModel(turned([pool], 'p')), /pool "MaxPool_1": input 0 is integer/);
});

test('MatMulInteger of which the sums are read, or another scale follows, stays one', async () => {
  const sums = await check(
    graph(product(['Mul', ['floats', 'qs'], ['half']], ['Add', ['half', 'floats'], ['y']]), { W }),
    1e-2,
  );
  assert.ok(sums.f32.includes('matmulInteger'));
  const other = await check(graph(product(['Mul', ['floats', 'ws'], ['y']]), { W }), 1e-3);
  assert.ok(other.f32.includes('matmulInteger'));
});

test('squares of squares of sums are looked at a few steps far', { timeout: 20_000 }, async () => {
  const squares = Array.from({ length: 300 }, (_, i): NodeSpec => ['Mul', [`v${i}`, `v${i}`], [`v${i + 1}`]]);
  const file = graph(product(['Mul', ['floats', 'floats'], ['v0']], ...squares, ['Tanh', ['v300'], ['y']]), { W });
  assert.ok((await check(file)).f32.includes('matmulInteger'));
});

/** DynamicQuantizeLSTM with 4 hidden units. */
function lstm(initializers: GraphSpec['initializers'], directions = 1): Uint8Array {
  const names = ['xt', 'W', 'R', 'B', '', '', '', 'P', 'Ws', 'Wz', 'Rs', 'Rz'];
  const direction = directions === 1 ? 'forward' : 'bidirectional';
  return graph(
    [
      ['Transpose', ['x'], ['xt'], { perm: [1, 0, 2] }],
      ['com.microsoft::DynamicQuantizeLSTM', names, ['y'], { hidden_size: 4, direction }],
    ],
    {
      W: bytes([directions, 6, 16], 8),
      R: bytes([directions, 4, 16], 9),
      B: [[directions, 32]],
      P: [[directions, 12]],
      ...initializers,
    },
  );
}

const repeated = (
  dims: readonly number[],
  of: (i: number) => number,
  type: 'float32' | 'int8' = 'float32',
): TensorSpec => {
  const count = dims.reduce((product, dim) => product * dim, 1);
  return [dims, Array.from({ length: count }, (_, i) => of(i)), type];
};

test('DynamicQuantizeLSTM becomes an LSTM with its scales, one a direction or one a column', async () => {
  for (const directions of [1, 2]) {
    for (const dims of [[directions], [directions, 16]]) {
      const scale = repeated(dims, (i) => 0.003 + 0.0001 * i);
      const zero = repeated(dims, (i) => (dims.length > 1 ? 0 : i), 'int8');
      const file = lstm({ Ws: scale, Rs: scale, Wz: zero, Rz: zero }, directions);
      const { f32, models } = await check(file, 5e-3);
      assert.deepEqual(f32, ['transpose', 'fakeQuantize', 'lstm']);
      const { constants, operations } = models[0].network;
      const weights = constants.get(operations[2].inputs[1]!)!;
      assert.deepEqual(weights.dims, [directions, 16, 6]);
      const multiples = [...weights.data].map((weight, i) => weight / weights.steps![i]);
      assert.ok(multiples.every((multiple) => Math.abs(multiple - Math.round(multiple)) < 1e-4));
      assert.ok(multiples.some((multiple) => Math.abs(multiple) > 100));
    }
  }
});

test('what does not fit is refused by node', async () => {
  const one = repeated([1], () => 0.01);
  const zero = repeated([1], () => 0, 'int8');
  const fitting = { Ws: one, Rs: one, Wz: zero, Rz: zero };
  const cases: [Uint8Array, RegExp, typeof UnsupportedModelError][] = [
    [
      lstm({ ...fitting, Ws: repeated([3], () => 1) }),
      /DynamicQuantizeLSTM node .*W is \[1, 6, 16\], its scale \[3\]/,
      ModelFormatError,
    ],
    [
      graph([['QuantizeLinear', ['x', 's', 'long'], ['y']]], { long: scalar(0, 'int32') }),
      /QuantizeLinear node .*it quantizes to int32/,
      UnsupportedModelError,
    ],
    [
      graph([['QuantizeLinear', ['x', 'blocks'], ['y'], { axis: 1 }]], { blocks: repeated([2, 3], () => 1) }),
      /quantizeLinear "QuantizeLinear_0": its scale is \[2,3\], one a block/,
      UnsupportedModelError,
    ],
    [
      graph([['com.microsoft::QLinearWhere', ['x', 's'], ['y']]]),
      /com\.microsoft::QLinearWhere node .*operators of this domain/,
      UnsupportedModelError,
    ],
    [
      graph([['MatMulInteger', ['x', 'W'], ['y']]], { W }),
      /MatMulInteger node .*it takes float32, and only int8, uint8/,
      UnsupportedModelError,
    ],
  ];
  for (const [file, message, Wrong] of cases)
    await assert.rejects(loadModel(file), (error: Error) => {
      assert.match(error.message, message);
      assert.ok(error instanceof Wrong, error.constructor.name);
      return true;
    });
});
