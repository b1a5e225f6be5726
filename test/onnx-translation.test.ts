/** Single operators of all opsets, and what they are called in a network. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { ModelFormatError, UnsupportedModelError } from '#dist/errors.js';
import type { Network, Operation } from '#dist/model/network.js';
import { importOnnx } from './import-onnx.js';
import { buildModel, type AttributeSpec, type GraphSpec, type TensorSpec } from './onnx-builder.js';

type Attributes = Readonly<Record<string, AttributeSpec>>;

/** A model of one node, which reads `x` [2, 3, 4], `p` (bool), `k` (int32) or tensors that are given, and writes y, y1, … */
function single(
  op: string,
  opset: number,
  inputs: readonly string[],
  attributes: Attributes = {},
  initializers: Readonly<Record<string, TensorSpec>> = {},
  rest: Partial<GraphSpec> = {},
) {
  return importOnnx(
    buildModel({
      inputs: { x: [2, 3, 4], p: [2, 3, 4], k: [2, 3, 4] },
      types: { p: 'bool', k: 'int32' },
      outputs: { y: null },
      initializers,
      nodes: [[op, inputs, ['y'], attributes]],
      opset,
      ...rest,
    }),
  );
}

/** An operation without its name, its inputs by their name, constants by their elements. */
function plain({ names, constants }: Network, operation: Operation) {
  const { name: _, inputs, outputs, ...attributes } = operation;
  const shown = inputs.map((id) => {
    const constant = id === null ? undefined : constants.get(id);
    return id === null
      ? null
      : constant
        ? constant.dims.length > 0
          ? [...constant.data]
          : constant.data[0]
        : names[id];
  });
  return { ...attributes, inputs: shown, outputs: outputs.length };
}

function translated(...args: Parameters<typeof single>) {
  const { network } = single(...args);
  return network.operations.map((operation) => plain(network, operation));
}

/** Its only operation. */
function one(...args: Parameters<typeof single>) {
  const operations = translated(...args);
  assert.equal(operations.length, 1);
  return operations[0];
}

const refused = (
  message: RegExp,
  kind: typeof UnsupportedModelError | typeof ModelFormatError,
  ...args: Parameters<typeof single>
) =>
  assert.throws(
    () => single(...args),
    (error) => error instanceof kind && message.test(error.message),
    String(message),
  );

const list = (...values: (number | bigint)[]): TensorSpec => [[values.length], values, 'int64'];
const scalar = (value: number): TensorSpec => [[], [value]];

test('element-wise functions, with the parameters that ONNX defaults to', () => {
  const f = Math.fround;
  const functions: Record<string, readonly [name: string, alpha?: number, beta?: number]> = {
    Abs: ['abs'],
    Ceil: ['ceil'],
    Celu: ['celu', 1],
    Cos: ['cos'],
    Elu: ['elu', 1],
    Erf: ['erf'],
    Exp: ['exp'],
    Floor: ['floor'],
    Gelu: ['gelu'],
    HardSigmoid: ['hardSigmoid', f(0.2), 0.5],
    HardSwish: ['hardSwish'],
    LeakyRelu: ['leakyRelu', f(0.01)],
    Log: ['log'],
    Mish: ['mish'],
    Neg: ['neg'],
    Reciprocal: ['reciprocal'],
    Relu: ['relu'],
    Round: ['round'],
    Selu: ['selu', f(1.6732632423543772), f(1.0507009873554805)],
    Sigmoid: ['sigmoid'],
    Sign: ['sign'],
    Sin: ['sin'],
    Softplus: ['softplus'],
    Softsign: ['softsign'],
    Sqrt: ['sqrt'],
    Swish: ['swish', 1],
    Tanh: ['tanh'],
    ThresholdedRelu: ['thresholdedRelu', 1],
  };
  for (const [op, [name, alpha = 0, beta = 0]] of Object.entries(functions)) {
    const expected = { kind: 'unary', function: name, alpha, beta, inputs: ['x'], outputs: 1 };
    assert.deepEqual(one(op, 24, ['x']), expected);
  }
  assert.equal(single('Not', 17, ['p']).network.outputs[0].type, 'bool');
  const given = one('Selu', 17, ['x'], { alpha: { float: 3 }, gamma: { float: 5 } });
  assert.deepEqual({ ...given }, { ...given, alpha: 3, beta: 5 });
  assert.deepEqual(one('Gelu', 20, ['x'], { approximate: 'tanh' }), {
    ...one('Gelu', 20, ['x']),
    function: 'geluTanh',
  });
  refused(/approximate "erf" is not known, only none, tanh/, UnsupportedModelError, 'Gelu', 20, ['x'], {
    approximate: 'erf',
  });
});

test('functions of two operands', () => {
  const functions = {
    Add: 'add',
    Sub: 'sub',
    Mul: 'mul',
    Div: 'div',
    Pow: 'pow',
    Mod: 'mod',
    PRelu: 'prelu',
    Equal: 'equal',
    Greater: 'greater',
    GreaterOrEqual: 'greaterOrEqual',
    Less: 'less',
    LessOrEqual: 'lessOrEqual',
  };
  for (const [op, name] of Object.entries(functions)) {
    assert.deepEqual(one(op, 17, ['x', 'x']), { kind: 'binary', function: name, inputs: ['x', 'x'], outputs: 1 });
    const isComparison = /equal|greater|less/i.test(name);
    assert.equal(single(op, 17, ['x', 'x']).network.outputs[0].type, isComparison ? 'bool' : 'float32');
  }
  for (const op of ['And', 'Or', 'Xor'])
    assert.deepEqual(one(op, 7, ['p', 'p']), {
      kind: 'binary',
      function: op.toLowerCase(),
      inputs: ['p', 'p'],
      outputs: 1,
    });
  assert.deepEqual(one('Mod', 17, ['x', 'x'], { fmod: 1 }), { ...one('Mod', 17, ['x', 'x']), function: 'fmod' });
  assert.deepEqual(one('Where', 17, ['p', 'k', 'k']), { kind: 'where', inputs: ['p', 'k', 'k'], outputs: 1 });
  assert.equal(single('Where', 17, ['p', 'k', 'k']).network.outputs[0].type, 'int32');
  refused(/Mul node "Mul_0": it takes float32 and int32/, ModelFormatError, 'Mul', 17, ['x', 'k']);
  refused(/takes int32 and float32/, ModelFormatError, 'Where', 17, ['p', 'k', 'x']);
  refused(/takes float32 and int32/, ModelFormatError, 'Concat', 17, ['x', 'k'], { axis: 0 });
  refused(/takes int32 and float32/, ModelFormatError, 'Clip', 13, ['k', 'x']);
  assert.deepEqual(one('Pow', 17, ['x', 'k']).inputs, ['x', 'k']);
});

test('operators of any number of operands are chains', () => {
  const binary = (name: string, ...inputs: unknown[]) => ({ kind: 'binary', function: name, inputs, outputs: 1 });
  assert.deepEqual(translated('Sum', 13, ['x']), [{ kind: 'identity', inputs: ['x'], outputs: 1 }]);
  assert.deepEqual(translated('Max', 13, ['x', 'x']), [binary('max', 'x', 'x')]);
  assert.deepEqual(translated('Min', 13, ['x', 'x', 'x']), [binary('min', 'x', 'x'), binary('min', 'Min_0.0', 'x')]);
  assert.deepEqual(translated('Mean', 13, ['x', 'x', 'x']), [
    binary('add', 'x', 'x'),
    binary('add', 'Mean_0.0', 'x'),
    binary('div', 'Mean_0.1', 3),
  ]);
  refused(/input 0 is missing/, ModelFormatError, 'Sum', 13, []);
});

test('arithmetic on narrow integers wraps around, comparisons and int64 need not', () => {
  assert.deepEqual(translated('Mul', 14, ['k', 'k']), [
    { kind: 'binary', function: 'mul', inputs: ['k', 'k'], outputs: 1 },
    { kind: 'cast', to: 'int32', inputs: ['Mul_0.0'], outputs: 1 },
  ]);
  assert.equal(translated('ReduceSum', 13, ['k']).length, 2);
  assert.equal(translated('Less', 13, ['k', 'k']).length, 1);
  assert.equal(translated('Mul', 14, ['i', 'i'], {}, { i: list(3) }).length, 1);
});

/** An old form, its new form, and what both are. */
type Forms = readonly [
  old: Parameters<typeof single>,
  now: Parameters<typeof single>,
  expected: Record<string, unknown>,
];

const forms: Record<string, Forms> = {
  Squeeze: [
    ['Squeeze', 12, ['x'], { axes: [0] }],
    ['Squeeze', 13, ['x', 'a'], {}, { a: list(0) }],
    { kind: 'squeeze', inputs: ['x', [0]] },
  ],
  'Squeeze of all': [['Squeeze', 12, ['x']], ['Squeeze', 13, ['x']], { kind: 'squeeze', inputs: ['x', null] }],
  Unsqueeze: [
    ['Unsqueeze', 12, ['x'], { axes: [0, -1] }],
    ['Unsqueeze', 13, ['x', 'a'], {}, { a: list(0, -1) }],
    { kind: 'unsqueeze', inputs: ['x', [0, -1]] },
  ],
  Slice: [
    ['Slice', 9, ['x'], { starts: [1], ends: [2n ** 63n - 1n], axes: [2] }],
    ['Slice', 10, ['x', 's', 'e', 'a'], {}, { s: list(1), e: list(2n ** 63n - 1n), a: list(2) }],
    { kind: 'slice', inputs: ['x', [1], [2 ** 53], [2], null] },
  ],
  'Slice of the first axes': [
    ['Slice', 7, ['x'], { starts: [-2, 0], ends: [2, 1] }],
    ['Slice', 13, ['x', 's', 'e'], {}, { s: list(-2, 0), e: list(2, 1) }],
    { kind: 'slice', inputs: ['x', [-2, 0], [2, 1], null, null] },
  ],
  Clip: [
    ['Clip', 10, ['x'], { min: { float: -2 }, max: { float: 3 } }],
    ['Clip', 11, ['x', 'low', 'high'], {}, { low: scalar(-2), high: scalar(3) }],
    { kind: 'clip', inputs: ['x', -2, 3] },
  ],
  'Clip of one side': [
    ['Clip', 7, ['x'], { max: { float: 6 } }],
    ['Clip', 13, ['x', '', 'high'], {}, { high: scalar(6) }],
    { kind: 'clip', inputs: ['x', null, 6] },
  ],
  Pad: [
    ['Pad', 10, ['x'], { pads: [0, 0, 1, 0, 0, 2], value: { float: 5 } }],
    ['Pad', 11, ['x', 'p_', 'v'], {}, { p_: list(0, 0, 1, 0, 0, 2), v: scalar(5) }],
    { kind: 'pad', mode: 'constant', inputs: ['x', [0, 0, 1, 0, 0, 2], 5, null] },
  ],
  'Pad at the edge': [
    ['Pad', 7, ['x'], { pads: [0, 0, 1, 0, 0, 2], mode: 'edge' }],
    ['Pad', 13, ['x', 'p_'], { mode: 'edge' }, { p_: list(0, 0, 1, 0, 0, 2) }],
    { kind: 'pad', mode: 'edge', inputs: ['x', [0, 0, 1, 0, 0, 2], null, null] },
  ],
  ReduceSum: [
    ['ReduceSum', 12, ['x'], { axes: [1], keepdims: 0 }],
    ['ReduceSum', 13, ['x', 'a'], { keepdims: 0 }, { a: list(1) }],
    { kind: 'reduce', function: 'sum', keepDims: false, noopWithEmptyAxes: false, inputs: ['x', [1]] },
  ],
  ReduceMean: [
    ['ReduceMean', 17, ['x'], { axes: [-1] }],
    ['ReduceMean', 18, ['x', 'a'], {}, { a: list(-1) }],
    { kind: 'reduce', function: 'mean', keepDims: true, noopWithEmptyAxes: false, inputs: ['x', [-1]] },
  ],
  Dropout: [
    ['Dropout', 7, ['x'], { ratio: { float: 0.3 } }],
    ['Dropout', 13, ['x']],
    { kind: 'identity', inputs: ['x'] },
  ],
  BatchNormalization: [
    ['BatchNormalization', 7, ['x', 's', 's', 's', 's'], { spatial: 1 }, { s: [[3]] }],
    ['BatchNormalization', 15, ['x', 's', 's', 's', 's'], { momentum: { float: 0.5 } }, { s: [[3]] }],
    { kind: 'batchNormalization', epsilon: Math.fround(1e-5) },
  ],
};

for (const [name, [old, now, expected]] of Object.entries(forms)) {
  test(`${name}: the forms of old and new opsets are one`, () => {
    const operation = one(...now);
    assert.deepEqual({ ...operation, ...expected }, operation);
    assert.deepEqual(one(...old), operation);
  });
}

test('what is an attribute in one opset and an input in another is not known in the other', () => {
  refused(/attribute "axes" is not known/, UnsupportedModelError, 'Squeeze', 13, ['x'], { axes: [0] });
  refused(/input 1 \("a"\) is not known/, UnsupportedModelError, 'Squeeze', 12, ['x', 'a'], {}, { a: list(0) });
  refused(/attribute "axes" is not known/, UnsupportedModelError, 'ReduceMean', 18, ['x'], { axes: [0] });
  refused(/attribute "min" is not known/, UnsupportedModelError, 'Clip', 11, ['x'], { min: { float: 0 } });
  refused(/input 3 \("a"\) is not known/, UnsupportedModelError, 'Pad', 17, ['x', 'a', '', 'a'], {}, { a: list(0) });
  refused(/no starts and ends/, ModelFormatError, 'Slice', 10, ['x']);
  refused(/names no axes/, ModelFormatError, 'Unsqueeze', 13, ['x']);
});

test('softmax runs over all axes behind one below opset 13', () => {
  const softmax = { kind: 'softmax', inputs: ['x'], outputs: 1 };
  assert.deepEqual(one('Softmax', 12, ['x']), { ...softmax, axis: 1, log: false, flatten: true });
  assert.deepEqual(one('LogSoftmax', 13, ['x']), { ...softmax, axis: -1, log: true, flatten: false });
  assert.deepEqual(one('Softmax', 11, ['x'], { axis: 2 }), { ...softmax, axis: 2, log: false, flatten: true });
});

test('reductions', () => {
  for (const name of ['Sum', 'Mean', 'Max', 'Min', 'Prod', 'L1', 'L2', 'LogSum', 'LogSumExp', 'SumSquare']) {
    const operation = one(`Reduce${name}`, 18, ['x'], { noop_with_empty_axes: 1 });
    const expected = name[0].toLowerCase() + name.slice(1);
    assert.deepEqual(operation, {
      kind: 'reduce',
      function: expected,
      keepDims: true,
      noopWithEmptyAxes: true,
      inputs: ['x', null],
      outputs: 1,
    });
  }
  const arg = { kind: 'argReduce', inputs: ['x'], outputs: 1 };
  assert.deepEqual(one('ArgMax', 13, ['x']), { ...arg, function: 'max', axis: 0, keepDims: true, lastIndex: false });
  assert.deepEqual(one('ArgMin', 13, ['x'], { axis: -1, keepdims: 0, select_last_index: 1 }), {
    ...arg,
    function: 'min',
    axis: -1,
    keepDims: false,
    lastIndex: true,
  });
  assert.equal(single('ArgMax', 13, ['x']).network.outputs[0].type, 'int64');
  refused(/attribute "keepdims" is 2, expected 0 or 1/, ModelFormatError, 'ArgMax', 13, ['x'], { keepdims: 2 });
});

test('splits say how their parts are made', () => {
  const outputs = { outputs: { y: null, z: null } };
  const split = (opset: number, inputs: string[], attributes: Attributes, initializers = {}, names = ['y', 'z']) =>
    one('Split', opset, inputs, attributes, initializers, {
      nodes: [['Split', inputs, names, attributes]],
      ...outputs,
    });
  const parts = { kind: 'split', axis: 0, numOutputs: 2, allowUneven: false, outputs: 2 };
  assert.deepEqual(split(11, ['x'], { split: [1, 1] }), { ...parts, inputs: ['x', [1, 1]] });
  assert.deepEqual(split(13, ['x', 's'], {}, { s: list(1, 1) }), { ...parts, inputs: ['x', [1, 1]] });
  assert.deepEqual(split(13, ['x'], { axis: 1 }), { ...parts, axis: 1, inputs: ['x', null] });
  assert.deepEqual(split(18, ['x'], { num_outputs: 2 }), { ...parts, allowUneven: true, inputs: ['x', null] });
  assert.throws(() => split(18, ['x'], { num_outputs: 3 }), /num_outputs is 3, and it has 2 outputs/);
  assert.throws(() => split(13, ['x'], { split: [1, 1] }), /attribute "split" is not known/);
});

test('windows and products', () => {
  const window = { kernelShape: null, strides: null, dilations: null, pads: null, autoPad: 'explicit' };
  const weights = { w: [[5, 3, 2]] as TensorSpec, b: [[5]] as TensorSpec };
  assert.deepEqual(
    one('Conv', 11, ['x', 'w'], { group: 1, pads: [1, 0], dilations: [2] }, weights).kind,
    'convolution',
  );
  const { inputs: _, ...conv } = one('Conv', 11, ['x', 'w', 'b'], { strides: [2], auto_pad: 'SAME_UPPER' }, weights);
  assert.deepEqual(conv, { kind: 'convolution', ...window, strides: [2], autoPad: 'sameUpper', group: 1, outputs: 1 });
  assert.deepEqual(one('MaxPool', 12, ['x'], { kernel_shape: [2], ceil_mode: 1, storage_order: 1 }), {
    kind: 'pool',
    function: 'max',
    ...window,
    kernelShape: [2],
    ceilMode: true,
    countIncludePad: false,
    inputs: ['x'],
    outputs: 1,
  });
  const average = one('AveragePool', 11, ['x'], { kernel_shape: [3], pads: [1, 1], count_include_pad: 1 });
  assert.deepEqual({ ...average, function: 'average', pads: [1, 1], countIncludePad: true }, average);
  assert.deepEqual(one('GlobalMaxPool', 7, ['x']), { kind: 'globalPool', function: 'max', inputs: ['x'], outputs: 1 });
  refused(/"kernel_shape" is missing/, ModelFormatError, 'MaxPool', 12, ['x']);
  refused(/exclude each other/, ModelFormatError, 'MaxPool', 12, ['x'], {
    kernel_shape: [2],
    auto_pad: 'VALID',
    pads: [1, 0],
  });
  const gemm = one('Gemm', 11, ['x', 'x'], { alpha: { float: 2 }, transB: 1 });
  assert.deepEqual(gemm, {
    kind: 'gemm',
    alpha: 2,
    beta: 1,
    transA: false,
    transB: true,
    inputs: ['x', 'x', null],
    outputs: 1,
  });
  assert.deepEqual(one('LayerNormalization', 17, ['x', 'x'], { axis: 1 }), {
    kind: 'layerNormalization',
    axis: 1,
    epsilon: Math.fround(1e-5),
    inputs: ['x', 'x', null],
    outputs: 3,
  });
});

test('training is refused', () => {
  const scale = { s: [[3]] as TensorSpec };
  const inputs = ['x', 's', 's', 's', 's'];
  refused(/as in training/, UnsupportedModelError, 'BatchNormalization', 15, inputs, { training_mode: 1 }, scale);
  refused(/spatial 0/, UnsupportedModelError, 'BatchNormalization', 7, inputs, { spatial: 0 }, scale);
  refused(/as in training/, UnsupportedModelError, 'BatchNormalization', 9, inputs, {}, scale, {
    nodes: [['BatchNormalization', inputs, ['y', 'm', 'v']]],
  });
  refused(/it drops out/, UnsupportedModelError, 'Dropout', 13, ['x', '', 't'], {}, { t: [[], [1], 'bool'] });
  assert.equal(one('Dropout', 13, ['x', '', 't'], {}, { t: [[], [0], 'bool'] }).kind, 'identity');
  refused(
    /its output 1 \("mask"\) is not supported/,
    UnsupportedModelError,
    'Dropout',
    13,
    ['x'],
    {},
    {},
    {
      nodes: [['Dropout', ['x'], ['y', 'mask']]],
      outputs: { y: null, mask: null },
    },
  );
});

test('constants, in every form', () => {
  const constant = (attributes: Attributes) => {
    const { network } = single('Constant', 13, [], attributes);
    assert.equal(network.operations.length, 0);
    const { type, dims, data } = network.constants.get(network.outputs[0].value)!;
    return [network.outputs[0].type, type, dims, [...data]];
  };
  assert.deepEqual(constant({ value_float: { float: 2.5 } }), ['float32', 'float', [], [2.5]]);
  assert.deepEqual(constant({ value_floats: { floats: [1, 2] } }), ['float32', 'float', [2], [1, 2]]);
  assert.deepEqual(constant({ value_int: 2n ** 63n - 1n }), ['int64', 'integer', [], [2 ** 53]]);
  assert.deepEqual(constant({ value_ints: [-(2n ** 63n), 7] }), ['int64', 'integer', [2], [-(2 ** 53), 7]]);
  assert.deepEqual(constant({ value: { tensor: [[2], [1, 0], 'bool'] } }), ['bool', 'boolean', [2], [1, 0]]);
  assert.deepEqual(constant({ value: { tensor: [[1], [0x3c00], 'float16'] } }), ['float16', 'float', [1], [1]]);
  refused(/holds neither a tensor nor numbers/, UnsupportedModelError, 'Constant', 13, []);
  refused(/attribute "value_string" is not known|holds neither/, UnsupportedModelError, 'Constant', 13, [], {
    value_string: 'text',
  });
  refused(/"value_int" holds .*beyond ±2⁵³/, UnsupportedModelError, 'Constant', 13, [], { value_int: 2n ** 60n });
  const filled = one('ConstantOfShape', 9, ['d'], { value: { tensor: [[1], [7], 'int64'] } }, { d: list(2, 3) });
  assert.deepEqual(filled, { kind: 'constantOfShape', value: 7, type: 'integer', inputs: [[2, 3]], outputs: 1 });
  const zeros = one('ConstantOfShape', 9, ['d'], {}, { d: list(2) });
  assert.deepEqual(zeros, { kind: 'constantOfShape', value: 0, type: 'float', inputs: [[2]], outputs: 1 });
});

test('element types are followed, and held against what outputs are declared as', () => {
  const typeOf = (...args: Parameters<typeof single>) => single(...args).network.outputs[0].type;
  assert.equal(typeOf('Shape', 15, ['x'], { start: 1, end: -1 }), 'int64');
  assert.equal(typeOf('Size', 13, ['x']), 'int64');
  assert.equal(typeOf('Range', 11, ['i', 'i', 'i'], {}, { i: [[], [1], 'int16'] }), 'int16');
  assert.equal(typeOf('CastLike', 15, ['x', 'k']), 'int32');
  assert.equal(typeOf('Cast', 13, ['x'], { to: 10 }), 'float16');
  assert.equal(typeOf('Gather', 13, ['k', 'i'], {}, { i: list(1) }), 'int32');
  const { network, warnings } = single('Cast', 13, ['x'], { to: 16 });
  assert.equal(network.operations[0].kind, 'cast');
  assert.deepEqual(warnings.slice(0, 1), ['bfloat16 tensors are computed in float32']);
  refused(/it casts to elements of type 8/, UnsupportedModelError, 'Cast', 13, ['x'], { to: 8 });
  refused(
    /output "y" is declared as int64, and its nodes give float32/,
    ModelFormatError,
    'Relu',
    13,
    ['x'],
    {},
    {},
    {
      outputs: { y: [2, 3, 4] },
      types: { y: 'int64' },
    },
  );
});

test('inputs that nothing reads are left out, and so said', () => {
  const { network, warnings } = single('Relu', 13, ['x'], {}, { w: [[2]] });
  assert.deepEqual(
    network.inputs.map(({ name }) => name),
    ['x'],
  );
  assert.deepEqual(warnings, [
    'input "p" reaches no output, and is left out',
    'input "k" reaches no output, and is left out',
    'not used: initializers "w"',
  ]);
});

test('operators that are not supported are refused first, with all others', () => {
  const nodes = [
    ['Relu', ['x', 'x'], ['r']],
    ['TopK', ['r'], ['t']],
    ['SequenceAt', ['t'], ['l']],
    ['NonZero', ['l'], ['y']],
  ] as const;
  const graph = (last: number): Partial<GraphSpec> => ({
    nodes: [nodes[0], [nodes[last][0], ['r'], ['t']], ...nodes.slice(2)],
  });
  refused(
    /TopK node "TopK_1".*\(nor are SequenceAt, NonZero, further on\)/,
    UnsupportedModelError,
    'Relu',
    13,
    [],
    {},
    {},
    graph(1),
  );
  refused(
    /SequenceAt node "SequenceAt_1": sequences of tensors are not supported/,
    UnsupportedModelError,
    'Relu',
    13,
    [],
    {},
    {},
    graph(2),
  );
  refused(/NonZero node.*this operator is not supported/, UnsupportedModelError, 'Relu', 13, [], {}, {}, graph(3));
});
