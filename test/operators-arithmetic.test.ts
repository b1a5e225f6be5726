import assert from 'node:assert/strict';
import test from 'node:test';
import type { BinaryFunction, Constant, ElementType, Kinds, TensorType, UnaryFunction } from '#dist/model/network.js';
import { erf, ERF_MAX_ERROR } from '#dist/operators/erf.js';
import { unaryFunctions } from '#dist/operators/rare-functions.js';
import { SEED } from './support.js';
import {
  assertEqualsOnnxruntime,
  ownOutputs,
  prepared,
  randomTensor,
  tensor,
  vector,
  type Attribute,
} from './single-operator.js';

/** Relative above 1: onnxruntime computes in float32. */
const TOLERANCE = 1e-6;

const float = (values: readonly number[], dims: readonly number[] = [values.length]): Constant =>
  tensor('float', dims, values);
const integer = (values: readonly number[], dims: readonly number[] = [values.length]): Constant =>
  tensor('integer', dims, values);
const boolean = (...values: number[]): Constant => tensor('boolean', [values.length], values);

/** What functions are called in ONNX, and for which other types onnxruntime-web has them. */
interface Named {
  readonly op: string;
  readonly attributes?: Readonly<Record<string, Attribute>>;
  readonly alpha?: number;
  readonly beta?: number;
  readonly types?: readonly ElementType[];
  readonly opset?: number;
}

const FLOAT: readonly ElementType[] = ['float'];
const near = { tolerance: TOLERANCE };

const entries = <K extends string, V>(table: { readonly [Key in K]?: V }): [K, V][] =>
  Object.entries(table) as [K, V][];

const fraction = (float: number): { float: number } => ({ float: Math.fround(float) });

/** Without affine and scaledTanh, which are functions of recurrent layers only. */
const UNARY: { readonly [F in UnaryFunction]?: Named } = {
  elu: { op: 'Elu', attributes: { alpha: fraction(0.7) }, alpha: 0.7 },
  hardSigmoid: {
    op: 'HardSigmoid',
    attributes: { alpha: fraction(0.3), beta: fraction(0.4) },
    alpha: 0.3,
    beta: 0.4,
  },
  leakyRelu: { op: 'LeakyRelu', attributes: { alpha: fraction(0.1) }, alpha: 0.1 },
  relu: { op: 'Relu' },
  sigmoid: { op: 'Sigmoid' },
  softplus: { op: 'Softplus' },
  softsign: { op: 'Softsign' },
  tanh: { op: 'Tanh' },
  thresholdedRelu: { op: 'ThresholdedRelu', attributes: { alpha: fraction(0.5) }, alpha: 0.5 },
  celu: { op: 'Celu', attributes: { alpha: fraction(2) }, alpha: 2 },
  selu: { op: 'Selu', attributes: { alpha: fraction(1.5), gamma: fraction(1.25) }, alpha: 1.5, beta: 1.25 },
  gelu: { op: 'Gelu' },
  geluTanh: { op: 'Gelu', attributes: { approximate: 'tanh' } },
  hardSwish: { op: 'HardSwish' },
  swish: { op: 'Swish', attributes: { alpha: fraction(1.5) }, alpha: 1.5, opset: 24 },
  mish: { op: 'Mish' },
  abs: { op: 'Abs', types: ['float', 'integer'] },
  ceil: { op: 'Ceil' },
  cos: { op: 'Cos' },
  erf: { op: 'Erf' },
  exp: { op: 'Exp' },
  floor: { op: 'Floor' },
  log: { op: 'Log' },
  neg: { op: 'Neg', types: ['float', 'integer'] },
  not: { op: 'Not', types: ['boolean'] },
  reciprocal: { op: 'Reciprocal' },
  round: { op: 'Round' },
  sign: { op: 'Sign', types: ['float', 'integer'] },
  sin: { op: 'Sin' },
  sqrt: { op: 'Sqrt' },
};

const EDGES = [
  0,
  -0,
  0.5,
  -0.5,
  1.5,
  2.5,
  -1.5,
  1e-30,
  -1e-30,
  20,
  -20,
  90,
  -90,
  1000,
  -1000,
  Infinity,
  -Infinity,
  NaN,
];

const SHAPES = [[], [3], [2, 1, 3, 2]];

test('every function of one operand that is an operator of its own is tested', () => {
  const untested = Object.keys(unaryFunctions).filter((name) => !(name in UNARY));
  assert.deepEqual(untested, ['affine', 'scaledTanh']);
});

for (const [name, { op, attributes, alpha = 0, beta = 0, types = FLOAT, opset }] of entries(UNARY)) {
  const fields: Kinds['unary'] = { function: name, alpha, beta };
  for (const type of types)
    test(`${op} (${name}) of ${type} equals onnxruntime-web's`, async () => {
      const edges = type === 'float' ? [float(EDGES)] : [];
      for (const x of [...SHAPES.map((dims) => randomTensor(dims, SEED, type)), ...edges])
        await assertEqualsOnnxruntime('unary', fields, { op, attributes, inputs: [x], opset }, near);
    });
}

test('functions of recurrent layers only', () => {
  const x = [-2, 0, 0.5];
  assert.deepEqual(
    x.map((value) => unaryFunctions.affine(value, 3, 4)),
    [-2, 4, 5.5],
  );
  assert.deepEqual(
    x.map((value) => unaryFunctions.scaledTanh(value, 3, 0.5)),
    x.map((value) => 3 * Math.tanh(0.5 * value)),
  );
});

test('erf keeps its bound', () => {
  // By mpmath 1.3.0: mp.dps = 30; float(mp.erf(mp.mpf(x)))
  const table = [
    [1e-10, 1.1283791670955126e-10],
    [0.1, 0.1124629160182849],
    [0.5, 0.5204998778130465],
    [1, 0.8427007929497149],
    [2, 0.9953222650189527],
    [3, 0.9999779095030014],
    [5, 0.9999999999984626],
    [5.999, 1],
    [6, 1],
    [Infinity, 1],
  ];
  for (const [x, expected] of table) {
    assert.ok(Math.abs(erf(x) - expected) <= ERF_MAX_ERROR, `erf ${x} = ${erf(x)}, not ${expected}`);
    assert.equal(erf(-x), -erf(x));
  }
  assert.ok(Number.isNaN(erf(NaN)));
});

const COMPARED: readonly ElementType[] = ['float', 'integer'];

const BINARY: Readonly<Record<BinaryFunction, Named>> = {
  add: { op: 'Add', types: COMPARED },
  sub: { op: 'Sub', types: COMPARED },
  mul: { op: 'Mul', types: COMPARED },
  div: { op: 'Div', types: COMPARED },
  pow: { op: 'Pow', types: COMPARED },
  min: { op: 'Min', types: COMPARED },
  max: { op: 'Max', types: COMPARED },
  mod: { op: 'Mod', types: ['integer'] },
  fmod: { op: 'Mod', types: COMPARED, attributes: { fmod: 1 } },
  prelu: { op: 'PRelu' },
  and: { op: 'And', types: ['boolean'] },
  or: { op: 'Or', types: ['boolean'] },
  xor: { op: 'Xor', types: ['boolean'] },
  equal: { op: 'Equal', types: ['float', 'integer', 'boolean'] },
  greater: { op: 'Greater', types: COMPARED },
  greaterOrEqual: { op: 'GreaterOrEqual', types: COMPARED },
  less: { op: 'Less', types: COMPARED },
  lessOrEqual: { op: 'LessOrEqual', types: COMPARED },
};

/** The second one broadcasts to the first one, as a slope has to. */
const PAIRS = [
  [[], []],
  [[2, 3], []],
  [[2, 3], [1]],
  [
    [2, 3],
    [2, 3],
  ],
  [
    [2, 3],
    [1, 3],
  ],
  [
    [2, 3, 4],
    [3, 1],
  ],
  [
    [2, 3, 2, 2],
    [2, 1, 2, 1],
  ],
  [[0, 3], [3]],
];

/** Of integers: divisors other than 0, exponents that onnxruntime-web's int64 holds. */
function secondOperand(name: BinaryFunction, dims: readonly number[], type: ElementType): Constant {
  const b = randomTensor(dims, SEED + 1, type);
  if (type === 'integer' && /div|mod/.test(name)) return { ...b, data: b.data.map((value) => value || 7) };
  return type === 'integer' && name === 'pow' ? { ...b, data: b.data.map((value) => Math.abs(value) % 8) } : b;
}

for (const [name, { op, attributes, types = FLOAT }] of entries(BINARY))
  for (const type of types)
    test(`${op} (${name}) of ${type} equals onnxruntime-web's`, async () => {
      for (const [wide, narrow] of PAIRS) {
        const a = randomTensor(wide, SEED, type);
        const b = secondOperand(name, narrow, type);
        await assertEqualsOnnxruntime('binary', { function: name }, { op, attributes, inputs: [a, b] }, near);
      }
    });

test('both operands of a binary function broadcast', async () => {
  const inputs = [randomTensor([4, 1, 3], SEED), randomTensor([2, 1], SEED)];
  await assertEqualsOnnxruntime('binary', { function: 'sub' }, { op: 'Sub', inputs });
});

test('binary functions of zeros, infinities and NaN are those of onnxruntime-web', async () => {
  const values = [0, -0, 1, -1, 2, -2.5, 1e38, Infinity, -Infinity, NaN];
  const inputs = [float(values, [10, 1]), float(values)];
  for (const [name, { op, attributes, types = FLOAT }] of entries(BINARY))
    if (types.includes('float') && name !== 'prelu')
      await assertEqualsOnnxruntime('binary', { function: name }, { op, attributes, inputs }, near);
});

test('powers may mix types, and are of the type of the base', async () => {
  const floats = float([1.5, -2, 0, 3]);
  const integers = integer([2, 3, 1, 2]);
  for (const inputs of [
    [floats, integers],
    [integers, float([0.5, 2, -1, -0.5])],
  ]) {
    await assertEqualsOnnxruntime('binary', { function: 'pow' }, { op: 'Pow', inputs }, near);
    assert.equal(ownOutputs('binary', { function: 'pow' }, { inputs })[0].type, inputs[0].type);
  }
});

test('integers are not divided by zero', () => {
  const inputs = [vector(5), vector(0)];
  for (const name of ['div', 'mod', 'fmod'] as const)
    assert.throws(
      () => ownOutputs('binary', { function: name }, { inputs }),
      new RegExp(`^InputError: binary "node": ${name} of integers is (Infinity|NaN), expected a number`),
    );
  assert.throws(() => ownOutputs('binary', { function: 'pow' }, { inputs: [vector(0), vector(-1)] }), /is Infinity/);
  assert.deepEqual(ownOutputs('binary', { function: 'div' }, { inputs: [float([5]), float([0])] })[0].data, [Infinity]);
});

test("Where equals onnxruntime-web's", async () => {
  for (const type of ['float', 'integer'] as const)
    for (const [a, b, c] of [
      [[3], [3], [3]],
      [[2, 1], [3], []],
      [[], [2, 1, 2], [3, 1]],
    ])
      await assertEqualsOnnxruntime(
        'where',
        {},
        { op: 'Where', inputs: [randomTensor(a, SEED, 'boolean'), randomTensor(b, 1, type), randomTensor(c, 2, type)] },
      );
});

test("Clip equals onnxruntime-web's", async () => {
  const limits = [null, float([-0.25], []), float([0.5], [])];
  const x = float([-3, -0.25, 0, 0.3, 7, Infinity, -Infinity]);
  for (const low of limits)
    for (const high of limits) await assertEqualsOnnxruntime('clip', {}, { op: 'Clip', inputs: [x, low, high] });
  await assertEqualsOnnxruntime(
    'clip',
    {},
    { op: 'Clip', inputs: [vector(-5, 2, 9), integer([0], []), integer([4], [])] },
  );
});

/** TensorProto.DataType */
const CASTS = { float32: 1, uint8: 2, int8: 3, uint16: 4, int16: 5, int32: 6, int64: 7, bool: 9, float64: 11 } as const;

test("Cast equals onnxruntime-web's", async () => {
  const small = [0, -0, 1, 1.5, 2.5, 100.75, 0.999, 127];
  const inputs = [
    float(small),
    integer([0, 1, 127, 128, 200, 255, 256, -1, -129, 40000, -40000, 3e9, -3e9, 2 ** 32 + 5]),
    boolean(0, 1),
  ];
  for (const [to, code] of entries(CASTS))
    for (const input of inputs) {
      const operands = input.type === 'float' && /^int/.test(to) ? float([...small, -1.5, -0.25, -100]) : input;
      const given = { op: 'Cast', attributes: { to: code }, inputs: [operands] };
      await assertEqualsOnnxruntime('cast', { to }, given, to === 'float64' ? near : {}); // float32 here
    }
  await assertEqualsOnnxruntime(
    'cast',
    { to: 'bool' },
    { op: 'Cast', attributes: { to: CASTS.bool }, inputs: [float([1e-30, -0, NaN, Infinity])] },
  );
});

test('Cast refuses floats that the integer type does not hold', () => {
  const cast = (to: TensorType, value: number) => () => ownOutputs('cast', { to }, { inputs: [float([value])] });
  for (const [to, value] of [
    ['int8', 128],
    ['int8', -129],
    ['uint8', -1],
    ['int32', 2 ** 31],
    ['int64', 2 ** 63],
    ['int64', NaN],
    ['uint16', Infinity],
  ] as const)
    assert.throws(
      cast(to, value),
      new RegExp(`^InputError: cast "node": ${value} is not in the range of ${to}; clip it`),
    );
  assert.deepEqual(cast('int8', -128.9)()[0].data, [-128]);
  assert.ok(Object.is(cast('int8', -0.5)()[0].data[0], 0));
});

test('a float of the integer −0 is 0', () => {
  const negated = ownOutputs('unary', { function: 'neg', alpha: 0, beta: 0 }, { inputs: [integer([0])] })[0].data;
  assert.ok(Object.is(ownOutputs('cast', { to: 'float32' }, { inputs: [integer(negated)] })[0].data[0], 0));
});

test('what ONNX does not allow is refused by name', () => {
  const none = { alpha: 0, beta: 0 };
  const [two, three] = [float([1, 2]), float([1, 2, 3])];
  for (const [run, message] of [
    [
      () => prepared('unary', { function: 'exp', ...none }, [vector(1)]),
      /unary "node": exp: input 0 is integer, expected/,
    ],
    [() => prepared('unary', { function: 'not', ...none }, [two]), /not: input 0 is float, expected boolean; cast it/],
    [() => prepared('unary', { function: 'abs', ...none }, [null]), /unary "node": input 0 is missing/],
    [() => prepared('binary', { function: 'add' }, [two, vector(1, 2)]), /binary "node": add of float and integer/],
    [() => prepared('binary', { function: 'mod' }, [two, two]), /mod: input 0 is float, expected integer/],
    [() => prepared('binary', { function: 'add' }, [two, three]), /binary "node": \[2\] and \[3\] don't broadcast/],
    [() => prepared('binary', { function: 'prelu' }, [float([1]), three]), /\[3\] doesn't broadcast to \[1\]/],
    [() => prepared('where', {}, [two, two, two]), /where "node": input 0 is float, expected boolean/],
    [() => prepared('where', {}, [boolean(1), two, vector(1)]), /a choice between float and integer/],
    [() => prepared('clip', {}, [two, two, null]), /clip "node": limit of shape \[2\], expected a scalar/],
  ] as const)
    assert.throws(run, message);
});

test('a result too large is refused before memory is taken', () => {
  const shape = (...dims: number[]) => ({ type: 'float' as const, dims, data: null });
  assert.throws(
    () => prepared('binary', { function: 'add' }, [shape(2 ** 20, 1), shape(1, 2 ** 20)]),
    /^UnsupportedModelError: binary "node": its result \[1048576,1048576\] has more than/,
  );
});
