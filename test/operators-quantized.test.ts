/** Operators on numbers of 8 bits, one node each, against onnxruntime-web. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { loadModel, type Tensor } from 'tympan';
import { buildModel, type AttributeSpec, type GraphSpec, type NodeSpec, type TensorSpec } from './onnx-builder.js';
import { maxDifference, openOnnxruntime, uniform } from './support.js';

type Type = 'float32' | 'int8' | 'uint8' | 'int16' | 'uint16' | 'int32';

const RANGES = {
  int8: [-128, 127],
  uint8: [0, 255],
  int16: [-32768, 32767],
  uint16: [0, 65535],
  int32: [-(2 ** 31), 2 ** 31 - 1],
} as const;
const ARRAYS = {
  float32: Float32Array,
  int8: Int8Array,
  uint8: Uint8Array,
  int16: Int16Array,
  uint16: Uint16Array,
  int32: Int32Array,
};

const product = (dims: readonly number[]): number => dims.reduce((all, dim) => all * dim, 1);

/** Floats in ±3, integers in all of their range. */
function random(type: Type, dims: readonly number[], seed: number): Tensor {
  const next = uniform(seed);
  const [low, high] = type === 'float32' ? [-3, 3] : RANGES[type];
  const value = () => low + ((next() + 1) / 2) * (high - low);
  const numbers = Float64Array.from({ length: product(dims) }, () =>
    type === 'float32' ? value() : Math.round(value()),
  );
  return { type, dims, data: ARRAYS[type].from(numbers) } as Tensor;
}

interface Case {
  readonly node: NodeSpec;
  /** By name. */
  readonly inputs: Readonly<Record<string, Tensor>>;
  readonly initializers?: GraphSpec['initializers'];
  readonly outputs: Readonly<Record<string, Type>>;
  readonly opset?: number;
  /** Of floats; integers are equal, or differ in as many elements as said at most, by one. */
  readonly tolerance?: number;
  readonly ties?: number;
}

/** The file says nothing of the outputs: their types follow from the node. */
function bytesOf({ node, inputs, initializers = {}, outputs, opset = 21 }: Case): Uint8Array {
  return buildModel({
    inputs: Object.fromEntries(Object.entries(inputs).map(([name, { dims }]) => [name, dims])),
    outputs: Object.fromEntries(Object.keys(outputs).map((name) => [name, null])),
    types: Object.fromEntries(Object.entries(inputs).map(([name, { type }]) => [name, type])),
    initializers,
    nodes: [node],
    opset,
  });
}

async function check(given: Case): Promise<void> {
  const { inputs, tolerance = 0, ties = 0 } = given;
  const bytes = bytesOf(given);
  const onnxruntime = await openOnnxruntime(bytes);
  try {
    const theirs = await onnxruntime.run(inputs);
    const ours = (await loadModel(bytes, { precision: 'f32' })).run(inputs);
    for (const [name, { type, dims, data }] of Object.entries(theirs)) {
      assert.equal(type, given.outputs[name]);
      assert.deepEqual([ours[name].type, [...ours[name].dims]], [type, [...dims]], name);
      const difference = maxDifference(ours[name].data, data);
      if (type === 'float32') assert.ok(difference <= tolerance, `${name}: ${difference}`);
      else {
        const others = [...(ours[name].data as Float32Array)].filter((value, i) => value !== Number(data[i]));
        assert.ok(
          difference <= 1 && others.length <= ties,
          `${name}: ${others.length} of ${data.length}, ${difference}`,
        );
      }
    }
  } finally {
    await onnxruntime.close();
  }
}

const scalar = (value: number, type: Type = 'float32'): TensorSpec => [[], [value], type];

const list = (values: readonly number[], type: Type = 'float32'): TensorSpec => [[values.length], values, type];

/** x, scale, zero point */
const operand = (name: string, type: 'int8' | 'uint8', scale: number, zero: number): GraphSpec['initializers'] => ({
  [`${name}s`]: scalar(scale),
  [`${name}z`]: scalar(zero, type),
});

const triple = (name: string): string[] => [name, `${name}s`, `${name}z`];

describe('QuantizeLinear', () => {
  const x = random('float32', [2, 5, 7], 1);
  for (const type of ['int8', 'uint8', 'int16', 'uint16'] as const)
    it(`to ${type}, per tensor and per axis`, async () => {
      const middle = type.startsWith('u') ? 100 : -3;
      const initializers = { s: scalar(0.0171), z: scalar(middle, type) };
      await check({
        node: ['QuantizeLinear', ['x', 's', 'z'], ['y']],
        inputs: { x },
        initializers,
        outputs: { y: type },
      });
      for (const axis of [0, 1, 2, -2]) {
        const size = x.dims.at(axis)!;
        const scales = list(Array.from({ length: size }, (_, i) => 0.001 * (i + 1)));
        const zeros = list(
          Array.from({ length: size }, (_, i) => i),
          type,
        );
        const node: NodeSpec = ['QuantizeLinear', ['x', 's', 'z'], ['y'], { axis }];
        await check({ node, inputs: { x }, initializers: { s: scales, z: zeros }, outputs: { y: type } });
      }
    });

  it('rounds halves to even and saturates', async () => {
    const halves = { type: 'float32', dims: [1, 1, 12] } as const;
    const data = Float32Array.of(-2.5, -1.5, -0.5, 0.5, 1.5, 2.5, 127.5, 128.5, -129, 1e9, -1e9, 254.5);
    for (const type of ['int8', 'uint8'] as const)
      await check({
        node: ['QuantizeLinear', ['x', 's', 'z'], ['y']],
        inputs: { x: { ...halves, data } },
        initializers: { s: scalar(1), z: scalar(0, type) },
        outputs: { y: type },
      });
  });

  it('without a zero point is to uint8, or to output_dtype; in opsets 10, 13 and 19', async () => {
    const initializers = { s: scalar(0.02) };
    const node = ['QuantizeLinear', ['x', 's'], ['y']] as const;
    for (const opset of [10, 13, 19, 21])
      await check({ node, inputs: { x }, initializers, outputs: { y: 'uint8' }, opset });
    await check({ node: [...node, { output_dtype: 3 }], inputs: { x }, initializers, outputs: { y: 'int8' } });
  });
});

describe('DequantizeLinear', () => {
  for (const type of ['int8', 'uint8', 'int16', 'uint16', 'int32'] as const)
    it(`of ${type}, per tensor and per axis`, async () => {
      const x = random(type, [2, 5, 7], 2);
      const hasZero = type !== 'int32';
      const zero = (values: number[]) => (hasZero ? { z: list(values, type) } : undefined);
      const names = hasZero ? ['x', 's', 'z'] : ['x', 's'];
      const outputs = { y: 'float32' } as const;
      await check({
        node: ['DequantizeLinear', names, ['y']],
        inputs: { x },
        initializers: { s: scalar(0.0171), ...(hasZero && { z: scalar(99, type) }) },
        outputs,
      });
      for (const axis of [0, 1, 2, -1]) {
        const size = x.dims.at(axis)!;
        const initializers = {
          s: list(Array.from({ length: size }, (_, i) => 0.001 * (i + 1))),
          ...zero(Array.from({ length: size }, (_, i) => i)),
        };
        await check({ node: ['DequantizeLinear', names, ['y'], { axis }], inputs: { x }, initializers, outputs });
      }
    });

  it('of onnxruntime is the same', async () => {
    const x = random('int8', [2, 5, 7], 2);
    const initializers = { s: scalar(0.0171), z: scalar(-5, 'int8') };
    const name = 'com.microsoft::DequantizeLinear';
    await check({ node: [name, ['x', 's', 'z'], ['y']], inputs: { x }, initializers, outputs: { y: 'float32' } });
  });
});

describe('DynamicQuantizeLinear', () => {
  const outputs = { q: 'uint8', s: 'float32', z: 'uint8' } as const;
  const node: NodeSpec = ['DynamicQuantizeLinear', ['x'], ['q', 's', 'z']];
  const of = (...values: number[]): Tensor => ({
    type: 'float32',
    dims: [1, 1, values.length],
    data: Float32Array.from(values),
  });
  it('of both signs, of one sign, and of zeros', async () => {
    for (const x of [of(-1, 0.3, 2.2), of(1.5, 2.5), of(-3, -0.1), of(0, 0, 0), random('float32', [2, 3, 50], 3)])
      await check({ node, inputs: { x }, outputs, opset: 13 });
  });
});

describe('MatMulInteger', () => {
  for (const [left, right] of [
    ['uint8', 'int8'],
    ['uint8', 'uint8'],
    ['int8', 'int8'],
  ] as const)
    it(`of ${left} and ${right}`, async () => {
      const inputs = { a: random(left, [2, 4, 9], 4), b: random(right, [9, 5], 5) };
      const outputs = { y: 'int32' } as const;
      await check({ node: ['MatMulInteger', ['a', 'b'], ['y']], inputs, outputs });
      const initializers = { az: scalar(7, left), bz: list([1, 2, 3, 4, 5], right) };
      await check({ node: ['MatMulInteger', ['a', 'b', 'az', 'bz'], ['y']], inputs, initializers, outputs });
      const one = { az: list([9], left), bz: scalar(3, right) };
      await check({ node: ['MatMulInteger', ['a', 'b', 'az', 'bz'], ['y']], inputs, initializers: one, outputs });
    });
});

describe('ConvInteger', () => {
  it('pads with the zero point, and has one for each row of W', async () => {
    const inputs = { x: random('uint8', [2, 4, 11], 6), w: random('uint8', [6, 2, 3], 7) };
    const node = (names: string[], attributes: Record<string, AttributeSpec>): NodeSpec => [
      'ConvInteger',
      names,
      ['y'],
      { group: 2, ...attributes },
    ];
    const outputs = { y: 'int32' } as const;
    await check({ node: node(['x', 'w'], {}), inputs, outputs });
    const initializers = { xz: scalar(131, 'uint8'), wz: scalar(120, 'uint8') };
    const padded = { pads: [1, 2], strides: [2], dilations: [2] };
    await check({ node: node(['x', 'w', 'xz', 'wz'], padded), inputs, initializers, outputs });
  });
});

describe('QLinearMatMul and QLinearConv', () => {
  for (const type of ['int8', 'uint8'] as const)
    it(`to ${type}, with scales for each column or row`, async () => {
      const middle = type === 'int8' ? -4 : 130;
      const initializers = { ...operand('a', type, 0.02, middle), ...operand('y', type, 0.6, middle + 1) };
      const b = { bs: list([0.01, 0.02, 0.03, 0.04, 0.05]), bz: list([0, 0, 0, 0, 0], 'int8') };
      await check({
        node: ['QLinearMatMul', [...triple('a'), ...triple('b'), 'ys', 'yz'], ['y']],
        inputs: { a: random(type, [2, 4, 9], 8), b: random('int8', [9, 5], 9) },
        initializers: { ...initializers, ...b },
        outputs: { y: type },
        ties: 1,
      });
      const w = { bs: list([0.01, 0.02, 0.03, 0.04, 0.05]), bz: list([0, 0, 0, 0, 0], 'int8') };
      await check({
        node: ['QLinearConv', [...triple('a'), ...triple('b'), 'ys', 'yz', 'B'], ['y'], { pads: [1, 1] }],
        inputs: { a: random(type, [2, 4, 9], 10) },
        initializers: {
          ...initializers,
          ...w,
          b: [[5, 4, 3], [...(random('int8', [5, 4, 3], 11).data as Int8Array)], 'int8'],
          B: list([1000, -2000, 300, 4, 0], 'int32'),
        },
        outputs: { y: type },
        ties: 1,
      });
    });
});

describe("onnxruntime's own operators", () => {
  const a = random('uint8', [2, 4, 8], 12);
  const quantized = (name: string, scale: number, zero: number) => operand(name, 'uint8', scale, zero);

  for (const [op, scale] of [
    ['QLinearAdd', 0.05],
    ['QLinearMul', 0.1],
  ] as const)
    it(op, () =>
      check({
        node: [`com.microsoft::${op}`, [...triple('a'), ...triple('b'), 'ys', 'yz'], ['y']],
        inputs: { a, b: random('uint8', [8], 13) },
        initializers: { ...quantized('a', 0.02, 128), ...quantized('b', 0.03, 3), ...quantized('y', scale, 100) },
        outputs: { y: 'uint8' },
        ties: 2,
      }),
    );

  const alone: [op: string, scale: number, attributes: Record<string, AttributeSpec>][] = [
    ['QLinearSigmoid', 1 / 256, {}],
    ['QLinearLeakyRelu', 0.02, { alpha: { float: 0.2 } }],
    ['QLinearAveragePool', 0.02, { kernel_shape: [3], pads: [1, 1], strides: [2] }],
    ['QLinearAveragePool', 0.02, { kernel_shape: [3], pads: [1, 1], count_include_pad: 1 }],
    ['QLinearGlobalAveragePool', 0.02, {}],
    ['QLinearSoftmax', 1 / 256, { opset: 13, axis: -1 }],
    ['QLinearSoftmax', 1 / 256, { opset: 9, axis: 1 }],
  ];
  for (const [op, scale, attributes] of alone)
    it(`${op} ${JSON.stringify(attributes)}`, () =>
      check({
        node: [`com.microsoft::${op}`, [...triple('a'), 'ys', 'yz'], ['y'], attributes],
        inputs: { a },
        initializers: { ...quantized('a', 0.02, 120), ...quantized('y', scale, 3) },
        outputs: { y: 'uint8' },
        ties: 2,
      }));

  it('QLinearConcat', () =>
    check({
      node: ['com.microsoft::QLinearConcat', ['ys', 'yz', ...triple('a'), ...triple('b')], ['y'], { axis: 1 }],
      inputs: { a, b: random('uint8', [2, 3, 8], 14) },
      initializers: { ...quantized('a', 0.02, 128), ...quantized('b', 0.03, 3), ...quantized('y', 0.03, 90) },
      outputs: { y: 'uint8' },
      ties: 2,
    }));

  it('QGemm, to floats and to uint8', async () => {
    const inputs = { a: random('uint8', [4, 8], 15), b: random('int8', [5, 8], 16) };
    const initializers = {
      ...quantized('a', 0.02, 128),
      bs: list([0.01, 0.02, 0.03, 0.04, 0.05]),
      bz: list([0, 0, 0, 0, 0], 'int8'),
      C: list([100, -200, 30, 4, 0], 'int32'),
      ...quantized('y', 0.3, 90),
    };
    const names = [...triple('a'), ...triple('b'), 'C'];
    const attributes = { transB: 1, alpha: { float: 0.5 } };
    const node = (extra: string[]): NodeSpec => ['com.microsoft::QGemm', [...names, ...extra], ['y'], attributes];
    await check({ node: node([]), inputs, initializers, outputs: { y: 'float32' }, tolerance: 1e-5 });
    await check({ node: node(['ys', 'yz']), inputs, initializers, outputs: { y: 'uint8' }, ties: 1 });
  });

  it('MatMulIntegerToFloat and DynamicQuantizeMatMul', async () => {
    const b: TensorSpec = [[8, 5], [...(random('int8', [8, 5], 17).data as Int8Array)], 'int8'];
    const initializers = {
      b,
      as: scalar(0.02),
      az: scalar(128, 'uint8'),
      bs: list([0.01, 0.02, 0.03, 0.04, 0.05]),
      bz: list([0, 0, 0, 0, 0], 'int8'),
      bias: list([0.1, 0.2, 0.3, 0.4, 0.5]),
    };
    const outputs = { y: 'float32' } as const;
    const names = ['a', 'b', 'as', 'bs', 'az', 'bz', 'bias'];
    const integer: NodeSpec = ['com.microsoft::MatMulIntegerToFloat', names, ['y']];
    await check({ node: integer, inputs: { a }, initializers, outputs, tolerance: 2e-5 });
    const dynamic: NodeSpec = ['com.microsoft::DynamicQuantizeMatMul', ['a', 'b', 'bs', 'bz', 'bias'], ['y']];
    const x = random('float32', [2, 4, 8], 18);
    await check({ node: dynamic, inputs: { a: x }, initializers, outputs, tolerance: 2e-5 });
  });
});
