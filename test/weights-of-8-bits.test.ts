/** Weights that a file has in 8 bits keep their whole numbers, from the constant to the kernels. */
import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { compile } from '#dist/inference/compile.js';
import { Packer, type Matrix } from '#dist/inference/packing.js';
import { Session } from '#dist/inference/session.js';
import { newArena } from '#dist/kernels/embedded.js';
import { quantizationOf, symmetricScale } from '#dist/model/row-quantization.js';
import type { Constant, Operation } from '#dist/model/network.js';
import { foldNormalizations } from '#dist/operators/fold-normalization.js';
import { denseWeights } from '#dist/streaming/dense-weights.js';
import type { FrameLayer, FrameNetwork } from '#dist/streaming/frame-network.js';
import { recurrentWeights } from '#dist/streaming/recurrent.js';
import {
  gruReference,
  lstmReference,
  nearest,
  quantizeReference,
  rowReference,
  type WholeCell,
  type WholeMatrix,
} from './int8-reference.js';
import { loadModel } from 'tympan';
import { layoutOf } from './sequences.js';
import { readFixture, SEED, uniform } from './support.js';

const packer = new Packer(newArena());

/** The scales of real files, logarithmically. */
const scales = fc.double({ min: -6, max: 3, noNaN: true }).map((exponent) => Math.fround(10 ** exponent));

/** Elements as DequantizeLinear makes them: float32 products. */
const dequantized = (n: ArrayLike<number>, step: number): Float32Array => Float32Array.from(n, (each) => step * each);

test('every whole number of 8 bits with any zero point is found again, whatever the scale and a factor', () => {
  const zeroPoints = fc.integer({ min: 0, max: 255 });
  const factors = fc.double({ min: 0.01, max: 100, noNaN: true }).map(Math.fround);
  fc.assert(
    fc.property(scales, zeroPoints, factors, fc.boolean(), (scale, zeroPoint, factor, isNegative) => {
      const n = Array.from({ length: 256 }, (_, q) => (isNegative ? zeroPoint - q : q - zeroPoint));
      const weights = dequantized(n, scale).map((weight) => factor * weight);
      const step = Math.fround(factor * scale);
      const found = quantizationOf(weights, new Float32Array(256).fill(step));
      assert.equal(found.scale, step);
      const q = Array.from(weights, (weight) => nearest(Math.fround(weight / step)) + found.zeroPoint);
      assert.ok(q.every((each) => each >= -128 && each <= 127));
      assert.deepEqual(
        q.map((each) => each - found.zeroPoint),
        n,
      );
    }),
    { seed: SEED, numRuns: 1000 },
  );
});

test('a row has a step where all of its weights but zeros have the same, and is quantized otherwise', () => {
  const weights = Float32Array.of(0.5, -1, 0, 0.25);
  const step = (...steps: number[]) => quantizationOf(weights, Float32Array.from(steps));
  const symmetric = { scale: Math.fround(1 / 127), zeroPoint: 0 };
  assert.deepEqual(step(0.25, 0.25, 7, 0.25), { scale: 0.25, zeroPoint: 0 });
  assert.deepEqual(step(0.25, 0.5, 0.25, 0.25), symmetric, 'two steps');
  assert.deepEqual(quantizationOf(weights, null), symmetric, 'none');
  const apart = Float32Array.of(-200, 200);
  assert.deepEqual(quantizationOf(apart, Float32Array.of(1, 1)), { scale: Math.fround(200 / 127), zeroPoint: 0 });
  assert.deepEqual(quantizationOf(new Float32Array(4), new Float32Array(4).fill(1)), { scale: 0, zeroPoint: 0 });
  assert.deepEqual(quantizationOf(Float32Array.of(1e-38, 0), Float32Array.of(1e-40, 1e-40)), {
    scale: 0,
    zeroPoint: 0,
  });
  assert.ok(Number.isNaN(quantizationOf(Float32Array.of(1, NaN), null).scale));
  assert.equal(quantizationOf(Float32Array.of(1, Infinity), null).scale, Infinity);
});

/** Random whole numbers of 8 bits; each row has a zero point of its own, or a third of them none. */
function randomMatrix(next: () => number, rows: number, columns: number): WholeMatrix {
  const whole = (limit: number) => Math.floor(((next() + 1) / 2) * limit);
  const n = new Int16Array(rows * columns);
  const steps = new Float32Array(rows);
  for (let row = 0; row < rows; row++) {
    const zeroPoint = row % 3 === 0 ? 128 : whole(256);
    steps[row] = 10 ** (next() - 3) / Math.sqrt(columns);
    for (let k = 0; k < columns; k++) n[row * columns + k] = whole(256) - zeroPoint;
    if (row % 3 === 0) n[row * columns] = -128;
  }
  return { rows, columns, n, steps, bias: Float32Array.from({ length: rows }, next) };
}

/** As floats, with a step for each. */
function floatsOf({ n, steps, columns }: WholeMatrix): { weights: Float32Array; steps: Float32Array } {
  const weights = Float32Array.from(n, (each, at) => each * steps[Math.floor(at / columns)]);
  return { weights, steps: Float32Array.from(n, (_, at) => steps[Math.floor(at / columns)]) };
}

/** A network of one layer from value 0 to value 1, and what its steps give. */
function layerRun(sizes: readonly number[], layer: FrameLayer) {
  const network: FrameNetwork = {
    values: sizes.map((size, i) => ({ name: `v${i}`, size })),
    inputs: [{ name: 'v0', value: 0 }],
    states: [],
    prologue: [],
    layers: [{ layer, schedule: { from: 0, every: 1 }, operation: null }],
    carried: [],
    outputs: [],
  };
  const machine = new Session(compile(network, 'int8', packer), newArena(), {}).open();
  machine.clear();
  machine.begin();
  return (x: Float32Array): Float32Array => {
    machine.floats(0).set(x);
    machine.step();
    return machine.floats(1).slice();
  };
}

test('a dense layer equals the scalar reference bit for bit', () => {
  const next = uniform(3);
  for (const [rows, columns] of [16, 17, 40, 130].flatMap((rows) => [1, 7, 40, 512, 520, 1100].map((n) => [rows, n]))) {
    const matrix = randomMatrix(next, rows, columns);
    const layer = { kind: 'dense', name: '', input: 0, output: 1, bias: matrix.bias, ...floatsOf(matrix) } as const;
    const step = layerRun([columns, rows], layer);
    const x = Float32Array.from({ length: columns }, () => 3 * next());
    const quantized = quantizeReference(x);
    const expected = Float32Array.from(matrix.bias, (_, row) => rowReference(matrix, quantized, row));
    assert.deepEqual(step(x), expected, `${rows} × ${columns}`);
  }
});

test('−128 times the largest activations does not overflow, with and without a zero point', () => {
  for (const columns of [512, 520]) {
    for (const [n, x] of [-128, -255].flatMap((n) => [1, -1].map((x) => [n, x]))) {
      const one = { n: new Int16Array(16 * columns).fill(n), steps: new Float32Array(16).fill(1) };
      const matrix = { rows: 16, columns, ...one, bias: new Float32Array(16) };
      const layer = { kind: 'dense', name: '', input: 0, output: 1, bias: matrix.bias, ...floatsOf(matrix) } as const;
      const y = layerRun([columns, 16], layer)(new Float32Array(columns).fill(x));
      for (const value of y) assert.ok(Math.abs(value / (n * x * columns) - 1) < 1e-6, `${n} · ${x}: ${value}`);
    }
  }
});

/** What GRU and LSTM layers have in common here. */
function cellOf(next: () => number, gates: number, inputSize: number, hiddenSize: number) {
  const cell = {
    W: randomMatrix(next, gates * hiddenSize, inputSize),
    R: randomMatrix(next, gates * hiddenSize, hiddenSize),
  } satisfies WholeCell;
  const constant = ({ rows, columns, ...matrix }: WholeMatrix): Constant => {
    const { weights, steps } = floatsOf({ rows, columns, ...matrix });
    return { type: 'float', dims: [1, rows, columns], data: weights, steps };
  };
  const bias = Float32Array.of(...cell.W.bias, ...cell.R.bias);
  const B: Constant = { type: 'float', dims: [1, bias.length], data: bias };
  const weights = recurrentWeights(constant(cell.W), constant(cell.R), B, null, 0);
  return { cell, layer: { name: '', input: 0, output: 1, clip: Infinity, initialH: null, reload: false, ...weights } };
}

const activation = (name: 'sigmoid' | 'tanh') => ({ function: name, alpha: 0, beta: 0 });
const [sigmoid, tanh] = [activation('sigmoid'), activation('tanh')];

test('GRU steps equal the scalar reference bit for bit', () => {
  const next = uniform(4);
  for (const linearBeforeReset of [true, false]) {
    for (const [inputSize, size] of [
      [5, 8],
      [40, 20],
      [24, 64],
      [530, 16],
    ]) {
      const { cell, layer } = cellOf(next, 3, inputSize, size);
      const step = layerRun([inputSize, size], {
        kind: 'gru',
        ...layer,
        activations: [sigmoid, tanh],
        linearBeforeReset,
      });
      const h = new Float32Array(size);
      for (let t = 0; t < 20; t++) {
        const x = Float32Array.from({ length: inputSize }, next);
        gruReference(cell, x, h, linearBeforeReset);
        assert.deepEqual(step(x), h, `${inputSize} → ${size}, frame ${t}`);
      }
    }
  }
});

test('LSTM steps equal the scalar reference bit for bit', () => {
  const next = uniform(5);
  for (const [inputSize, size] of [
    [5, 8],
    [40, 20],
    [24, 64],
    [530, 16],
  ]) {
    const { cell, layer } = cellOf(next, 4, inputSize, size);
    const others = { cell: 2, initialC: null, peepholes: null, inputForget: false };
    const step = layerRun([inputSize, size, size], {
      kind: 'lstm',
      ...layer,
      ...others,
      activations: [sigmoid, tanh, tanh],
    });
    const [h, c] = [new Float32Array(size), new Float32Array(size)];
    for (let t = 0; t < 20; t++) {
      const x = Float32Array.from({ length: inputSize }, next);
      lstmReference(cell, x, h, c);
      assert.deepEqual(step(x), h, `${inputSize} → ${size}, frame ${t}`);
    }
  }
});

const isWhole = (weights: ArrayLike<number>, steps: Float32Array, n: ArrayLike<number>): boolean =>
  Array.from(weights).every((weight, i) => Math.round(weight / steps[i]) === n[i]);

test('steps follow their weights into a dense layer, whichever way round the product is and whatever its factor', () => {
  const next = uniform(6);
  const [inputs, outputs] = [12, 20];
  const matrix = randomMatrix(next, outputs, inputs);
  const { weights, steps } = floatsOf(matrix);
  const turned = <T extends Float32Array | Int16Array>(data: T): T =>
    data.map((_, at) => data[(at % outputs) * inputs + Math.floor(at / outputs)]) as T;
  const asIs: Constant = { type: 'float', dims: [outputs, inputs], data: weights, steps };
  const transposed: Constant = { ...asIs, dims: [inputs, outputs], data: turned(weights), steps: turned(steps) };
  const x = { type: 'float', dims: [1, inputs], data: null } as const;
  const common = { name: 'product', inputs: [0, 1], outputs: [2] };
  const gemm = { kind: 'gemm', alpha: -2.5, beta: 1, transA: false, transB: false, ...common } as const;
  const cases: [Operation, Constant, 0 | 1, number][] = [
    [{ kind: 'matmul', ...common }, transposed, 0, 1],
    [{ kind: 'matmul', ...common }, asIs, 1, 1],
    [gemm, transposed, 0, -1],
    [{ ...gemm, transB: true }, asIs, 0, -1],
  ];
  for (const [operation, constant, side, sign] of cases) {
    const column = { ...x, dims: [inputs, 1] };
    const dense = denseWeights(operation, side === 0 ? [x, constant] : [constant, column], side)!;
    const { steps: found } = dense;
    assert.ok(found && found.every((step) => step > 0));
    assert.ok(
      isWhole(
        dense.weights,
        found,
        matrix.n.map((each) => sign * each),
      ),
      operation.kind,
    );
    assert.equal(denseWeights(operation, [x, { ...constant, steps: undefined }], 0)?.steps ?? null, null);
  }
});

test('steps follow the weights of a convolution into the dense layer of a stream', async () => {
  const found: string[] = [];
  for (const name of ['torchscript-conv-stride.onnx', 'torchscript-conv-dilated.onnx', 'dynamo-tcn.onnx']) {
    const { network, metadata } = await loadModel(readFixture(name));
    const next = uniform(9);
    const constants = new Map(network.constants);
    const weightsOf = new Map<string, Constant>();
    for (const { kind, name, inputs } of network.operations) {
      const W = constants.get(inputs[1] ?? -1);
      if (kind !== 'convolution' || !W) continue;
      const { weights, steps } = floatsOf(randomMatrix(next, W.dims[0], W.data.length / W.dims[0]));
      constants.set(inputs[1]!, { ...W, data: weights, steps });
      weightsOf.set(name, constants.get(inputs[1]!)!);
    }
    const { analysis } = await layoutOf({ network: { ...network, constants }, metadata });
    for (const { layer } of analysis.frames!.layers) {
      const W = layer.kind === 'dense' && weightsOf.get(layer.name);
      if (!W) continue;
      // Of taps that are not next to each other, the weights between are zeros.
      const [weights, steps] = [layer.weights, layer.steps!].map((list) =>
        list.filter((_, i) => layer.weights[i] !== 0),
      );
      const sorted = (list: Iterable<number>) => Float64Array.from(list).sort();
      assert.deepEqual(sorted(weights), sorted(W.data.filter((weight) => weight !== 0)));
      assert.deepEqual(sorted(steps), sorted(W.steps!.filter((_, i) => W.data[i] !== 0)));
      assert.ok(weights.every((weight, i) => Math.fround(Math.round(weight / steps[i]) * steps[i]) === weight));
      found.push(layer.name);
    }
  }
  assert.ok(found.length > 3, found.join());
});

test('a normalization that becomes part of weights scales their steps', () => {
  const matrix = randomMatrix(uniform(7), 6, 15);
  const { weights, steps } = floatsOf(matrix);
  const constant = (dims: readonly number[], data: Float32Array, own?: Float32Array): Constant => ({
    type: 'float',
    dims,
    data,
    ...(own && { steps: own }),
  });
  const perChannel = (...values: number[]) => constant([6], Float32Array.from(values));
  const network = foldNormalizations({
    names: ['x', 'W', 'y', 'scale', 'B', 'mean', 'variance', 'z'],
    constants: new Map([
      [1, constant([6, 5, 3], weights, steps)],
      [3, perChannel(1, -2, 0.5, 4, 3, 1)],
      [4, perChannel(0, 1, 2, 3, 4, 5)],
      [5, perChannel(0, 1, 0, 1, 0, 1)],
      [6, perChannel(1, 2, 3, 4, 5, 6)],
    ]),
    inputs: [],
    operations: [
      {
        kind: 'convolution',
        name: 'conv',
        inputs: [0, 1],
        outputs: [2],
        group: 1,
        kernelShape: [3],
        strides: null,
        dilations: null,
        pads: null,
        autoPad: 'explicit',
      },
      { kind: 'batchNormalization', name: 'norm', epsilon: 1e-5, inputs: [2, 3, 4, 5, 6], outputs: [7] },
    ],
    outputs: [],
  });
  const folded = network.constants.get(network.operations[0].inputs[1]!)!;
  for (let channel = 0; channel < 6; channel++) {
    const part = (data: Float32Array) => data.subarray(channel * 15, (channel + 1) * 15);
    const n = [...matrix.n.subarray(channel * 15, (channel + 1) * 15)].map((each) => (channel === 1 ? -each : each));
    const own = part(folded.steps!);
    assert.ok(own[0] > 0 && isWhole(part(folded.data as Float32Array), own, n), `channel ${channel}`);
  }
});

test('weights that were quantized as the packer does, written and read again, are packed to the same bytes', () => {
  const next = uniform(8);
  for (const [rows, columns] of [
    [16, 8],
    [33, 70],
    [48, 520],
  ]) {
    const size = rows * columns;
    const weights = Float32Array.from({ length: size }, (_, at) => (at < columns ? 0 : next() ** 3));
    const bias = Float32Array.from({ length: rows }, next);
    const scale = (row: number) => symmetricScale(weights.subarray(row * columns, (row + 1) * columns));
    const steps = weights.map((_, at) => scale(Math.floor(at / columns)));
    const written = weights.map((weight, at) => steps[at] && nearest(Math.fround(weight / steps[at])) * steps[at]);
    const original: Matrix = { rows, columns, weights, bias, steps: null };
    const read: Matrix = { ...original, weights: written, steps };
    assert.deepEqual(packer.pack('int8', read), packer.pack('int8', original));
    assert.notDeepEqual(packer.pack('f32', read), packer.pack('f32', original));
    assert.deepEqual(
      packer.pack('f32', read),
      packer.pack('f32', { ...read, steps: null }),
      'f32 has no use for steps',
    );
  }
});
