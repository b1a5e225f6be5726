import assert from 'node:assert/strict';
import test from 'node:test';
import type { Constant, ElementType, ReduceFunction } from '#dist/model/network.js';
import { SEED } from './support.js';
import { assertEqualsOnnxruntime, ownOutputs, prepared, randomTensor, tensor, vector } from './single-operator.js';

/** Relative above 1: onnxruntime computes in float32. */
const near = { tolerance: 1e-6 };

const float = (values: readonly number[], dims: readonly number[] = [values.length]): Constant =>
  tensor('float', dims, values);
const boolean = (...values: number[]): Constant => tensor('boolean', [values.length], values);
const fraction = (float: number): { float: number } => ({ float: Math.fround(float) });
const negativeAxes = (rank: number): number[] => Array.from({ length: rank }, (_, axis) => axis - rank);

for (const [op, log] of [
  ['Softmax', false],
  ['LogSoftmax', true],
] as const)
  test(`${op} equals onnxruntime-web's over every axis, and flattened as below opset 13`, async () => {
    for (const dims of [[3], [2, 3], [2, 1, 3, 2]])
      for (const axis of [...negativeAxes(dims.length), 0])
        for (const flatten of [false, true]) {
          const x = { ...randomTensor(dims, SEED), data: randomTensor(dims, SEED).data.map((value) => 30 * value) };
          const given = { op, attributes: { axis }, inputs: [x], opset: flatten ? 11 : 21 };
          await assertEqualsOnnxruntime('softmax', { axis, log, flatten }, given, near);
        }
    const edges = float([1e4, 1e4 - 1, -1e4, 3e38, 3e38, -3e38, 1, -Infinity, 2], [3, 3]);
    const given = { op, attributes: { axis: 1 }, inputs: [edges] };
    await assertEqualsOnnxruntime('softmax', { axis: 1, log, flatten: false }, given, near);
  });

const FLOAT: readonly ElementType[] = ['float'];
const NUMERIC: readonly ElementType[] = ['float', 'integer'];

/** What reductions are called in ONNX, and of which types they are compared. */
const REDUCE: Readonly<Record<ReduceFunction, { readonly op: string; readonly types?: readonly ElementType[] }>> = {
  sum: { op: 'ReduceSum', types: NUMERIC },
  mean: { op: 'ReduceMean', types: NUMERIC },
  max: { op: 'ReduceMax', types: NUMERIC },
  min: { op: 'ReduceMin', types: NUMERIC },
  prod: { op: 'ReduceProd', types: NUMERIC },
  l1: { op: 'ReduceL1' },
  l2: { op: 'ReduceL2' },
  logSum: { op: 'ReduceLogSum' },
  logSumExp: { op: 'ReduceLogSumExp' },
  sumSquare: { op: 'ReduceSumSquare', types: NUMERIC },
};

/** A tensor's shape, and axes; null for no such input. */
const REDUCTIONS: readonly (readonly [dims: readonly number[], axes: readonly number[] | null])[] = [
  [[], null],
  [[5], [0]],
  [[2, 3], [-1]],
  [[2, 3], null],
  [[2, 3], []],
  [
    [2, 3, 4],
    [0, -1],
  ],
  [
    [3, 1, 2, 4],
    [2, 0],
  ],
];

for (const [name, { op, types = FLOAT }] of Object.entries(REDUCE))
  for (const type of types)
    test(`${op} of ${type} equals onnxruntime-web's`, async () => {
      for (const [dims, axes] of REDUCTIONS)
        for (const [keepDims, noopWithEmptyAxes] of [
          [true, false],
          [false, false],
          [true, true],
        ]) {
          const x = randomTensor(dims, SEED, type);
          const small = type === 'integer' ? { ...x, data: x.data.map((value) => value % 7) } : x;
          const positive = name === 'logSum' ? { ...x, data: x.data.map(Math.abs) } : small;
          const inputs = [positive, axes && vector(...axes)];
          const attributes = { keepdims: Number(keepDims), noop_with_empty_axes: Number(noopWithEmptyAxes) };
          const fields = { function: name as ReduceFunction, keepDims, noopWithEmptyAxes };
          await assertEqualsOnnxruntime('reduce', fields, { op, attributes, inputs }, { known: [1], ...near });
        }
    });

test('reductions of huge, infinite and no numbers', () => {
  const reduced = (name: ReduceFunction, x: Constant): number => {
    const fields = { function: name, keepDims: false, noopWithEmptyAxes: false };
    return ownOutputs('reduce', fields, { inputs: [x] })[0].data[0];
  };
  assert.equal(reduced('logSumExp', float([1e4, 1e4])), Math.fround(1e4 + Math.LN2));
  assert.equal(reduced('logSumExp', float([-Infinity, -Infinity])), -Infinity);
  assert.equal(reduced('logSumExp', float([Infinity, 0])), Infinity);
  assert.equal(reduced('logSumExp', float([NaN, 0])), NaN);
  assert.equal(reduced('max', float([1, NaN])), NaN);
  assert.equal(reduced('max', boolean(0, 1)), 1);
  assert.equal(reduced('l2', float([3e30, 4e30])), Math.fround(5e30));
  const ofNone = [0, NaN, -Infinity, Infinity, 1, 0, 0, -Infinity, -Infinity, 0];
  Object.keys(REDUCE).forEach((name, i) => assert.equal(reduced(name as ReduceFunction, float([])), ofNone[i], name));
  assert.equal(reduced('sum', vector()), 0);
  assert.throws(() => reduced('max', vector()), /^UnsupportedModelError: reduce "node": max of no elements/);
});

for (const [op, name] of [
  ['ArgMax', 'max'],
  ['ArgMin', 'min'],
] as const)
  test(`${op} equals onnxruntime-web's`, async () => {
    for (const dims of [[3], [2, 1, 3, 2]])
      for (const axis of [...negativeAxes(dims.length), 0])
        for (const keepDims of [false, true])
          for (const lastIndex of [false, true]) {
            const x = randomTensor(dims, SEED);
            const tied = { ...x, data: x.data.map((value) => Math.round(value)) };
            const attributes = { axis, keepdims: Number(keepDims), select_last_index: Number(lastIndex) };
            const fields = { function: name, axis, keepDims, lastIndex };
            await assertEqualsOnnxruntime('argReduce', fields, { op, attributes, inputs: [tied] });
          }
  });

test('ArgMax takes the first and the last of equal infinities', () => {
  const x = float([1, Infinity, Infinity, 2]);
  for (const [lastIndex, expected] of [
    [false, 1],
    [true, 2],
  ] as const) {
    const fields = { function: 'max', axis: 0, keepDims: false, lastIndex } as const;
    assert.deepEqual(ownOutputs('argReduce', fields, { inputs: [x] })[0].data, [expected]);
  }
});

test("LayerNormalization equals onnxruntime-web's, mean and deviation too", async () => {
  const x = randomTensor([2, 3, 4], SEED);
  for (const [axis, scale, bias, outputs] of [
    [-1, [4], [4], 1],
    [1, [3, 4], null, 3],
    [-3, [2, 3, 4], [2, 3, 4], 3],
  ] as const) {
    const inputs = [x, randomTensor(scale, 2), bias && randomTensor(bias, 3)];
    const given = { op: 'LayerNormalization', attributes: { axis, epsilon: fraction(1e-3) }, inputs, outputs };
    await assertEqualsOnnxruntime('layerNormalization', { axis, epsilon: 1e-3 }, given, near);
  }
});

test('scale and bias of LayerNormalization broadcast', () => {
  const x = randomTensor([2, 3, 4], SEED);
  const wide = [randomTensor([2, 1, 4], 2), randomTensor([1], 3)];
  const repeated = wide.map(({ data }, i) =>
    float(
      Array.from({ length: 24 }, (_, at) => data[i === 0 ? 4 * Math.floor(at / 12) + (at % 4) : 0]),
      [2, 3, 4],
    ),
  );
  const [a, b] = [wide, repeated].map((operands) =>
    ownOutputs('layerNormalization', { axis: 2, epsilon: 1e-5 }, { inputs: [x, ...operands] }),
  );
  assert.deepEqual(a, b);
});

test("BatchNormalization equals onnxruntime-web's", async () => {
  for (const dims of [
    [2, 3],
    [2, 3, 4],
    [2, 3, 2, 2],
  ]) {
    const [scale, bias, mean, noise] = [2, 3, 4, 5].map((seed) => randomTensor([3], seed));
    const variance = { ...noise, data: noise.data.map((value) => value * value) };
    const inputs = [randomTensor(dims, SEED), scale, bias, mean, variance];
    const given = { op: 'BatchNormalization', attributes: { epsilon: fraction(0.01) }, inputs };
    await assertEqualsOnnxruntime('batchNormalization', { epsilon: 0.01 }, given, near);
  }
});

test('BatchNormalization of [batch] has one channel', () => {
  const inputs = [float([1, 3]), float([2]), float([5]), float([1]), float([4])];
  assert.deepEqual(ownOutputs('batchNormalization', { epsilon: 0 }, { inputs })[0].data, [5, 7]);
});

test("InstanceNormalization equals onnxruntime-web's", async () => {
  for (const dims of [
    [2, 3, 4],
    [1, 3, 2, 5],
  ]) {
    const inputs = [randomTensor(dims, SEED), randomTensor([3], 2), randomTensor([3], 3)];
    const given = { op: 'InstanceNormalization', attributes: { epsilon: fraction(0.01) }, inputs };
    await assertEqualsOnnxruntime('instanceNormalization', { epsilon: 0.01 }, given, near);
  }
});

test('what ONNX does not allow is refused by name', () => {
  const noReduction = { keepDims: true, noopWithEmptyAxes: false };
  const [two, three] = [float([1, 2]), float([1, 2, 3])];
  for (const [run, message] of [
    [() => prepared('softmax', { axis: 1, log: false, flatten: false }, [two]), /softmax "node": axis 1 is outside/],
    [
      () => prepared('reduce', { function: 'sum', ...noReduction }, [two, vector(1)]),
      /reduce "node": axis 1 is outside/,
    ],
    [() => prepared('reduce', { function: 'sum', ...noReduction }, [two, vector(0, -1)]), /name one twice/],
    [() => prepared('reduce', { function: 'sum', ...noReduction }, [boolean(1)]), /sum: input 0 is boolean, expected/],
    [
      () => prepared('reduce', { function: 'sum', ...noReduction }, [two, { ...vector(0), data: null }]),
      /reduce "node": input 1 decides a shape/,
    ],
    [
      () => prepared('argReduce', { function: 'max', axis: 0, keepDims: true, lastIndex: false }, [float([])]),
      /axis 0 of \[0\] has no elements to choose from/,
    ],
    [() => prepared('layerNormalization', { axis: 0, epsilon: 1 }, [two, three]), /\[3\] doesn't broadcast|don't/],
    [() => prepared('instanceNormalization', { epsilon: 1 }, [two, two, two]), /expected at least 3 axes/],
    [
      () => prepared('batchNormalization', { epsilon: 1 }, [randomTensor([2, 3]), three, three, three, two]),
      /batchNormalization "node": input 4 is \[2\], expected one number a channel: \[3\]/,
    ],
    [
      () => prepared('batchNormalization', { epsilon: 1 }, [randomTensor([2, 3]), three, three, three, three], 3),
      /statistics of the batch are training/,
    ],
  ] as const)
    assert.throws(run, message);
});
