/**
 * Operators on numbers of 8 bits: ONNX's, and onnxruntime's own that its quantizer writes. Those that compute in 8 bits become what
 * they stand for: their operands dequantized, the operator on floats, its result quantized.
 * https://onnx.ai/onnx/operators, https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md
 */
import type { TensorType, ValueId } from '../model/network.js';
import { storageOf } from './element-types.js';
import type { Node } from './node.js';
import { window } from './operators-windows.js';
import { dynamicQuantizeLstm } from './operators-quantized-lstm.js';
import type { Ids, Step, Translate, Translation } from './translation.js';

/** Scale and zero point. */
type Parameters = readonly [scale: ValueId | null, zeroPoint: ValueId | null];

const BYTES: readonly TensorType[] = ['int8', 'uint8'];
const QUANTIZED: readonly TensorType[] = [...BYTES, 'int16', 'uint16'];

function checkType(node: Node, translation: Translation, value: ValueId | null, types: readonly TensorType[]): void {
  const type = translation.typeOf(value);
  if (!types.includes(type)) throw node.unsupported(`it takes ${type}, and only ${types.join(', ')} are supported`);
}

/** x − zero point, times the scale; per index of `axis` where there are several scales. */
function dequantize(node: Node, translation: Translation, x: ValueId | null, of: Parameters, axis = 1): Step {
  const [scale, zeroPoint] = of;
  checkType(node, translation, x, [...QUANTIZED, 'int32']);
  if (zeroPoint !== null) translation.sameType(node, [x, zeroPoint]);
  translation.checkWeights(node, [scale]);
  return { kind: 'dequantizeLinear', axis, inputs: [x, scale, zeroPoint], types: [translation.typeOf(scale)] };
}

const dequantized = (node: Node, translation: Translation, ...args: [ValueId | null, Parameters, number?]): ValueId =>
  translation.emit(node, dequantize(node, translation, ...args));

function quantize(node: Node, translation: Translation, x: ValueId, of: Parameters, to: TensorType, axis = 1): Step {
  const [scale, zeroPoint] = of;
  const stored = zeroPoint === null ? to : translation.typeOf(zeroPoint);
  if (!QUANTIZED.includes(stored))
    throw node.unsupported(`it quantizes to ${stored}, and only ${QUANTIZED.join(', ')} are supported`);
  translation.checkWeights(node, [scale]);
  return { kind: 'quantizeLinear', axis, to: stored, inputs: [x, scale, zeroPoint], types: [stored] };
}

function refuseBlocks(node: Node): void {
  const size = node.int('block_size', 0);
  if (size !== 0)
    throw node.unsupported(`it has a scale for each block of ${size}; quantize with one a tensor or one a channel`);
}

function quantizeLinear(node: Node, translation: Translation): Step {
  refuseBlocks(node);
  // Both are of 8-bit floats, and of halves.
  node.flag('saturate', true);
  node.int('precision', 0);
  const stated = node.int('output_dtype', 0);
  const type = stated === 0 ? 'uint8' : storageOf(stated)?.type;
  if (!type) throw node.unsupported(`it quantizes to elements of type ${stated}; use int8 or uint8`);
  const [x, scale, zeroPoint] = translation.inputs(node, 2, 1);
  return quantize(node, translation, x!, [scale, zeroPoint], type, node.int('axis', 1));
}

function dequantizeLinear(node: Node, translation: Translation): Step {
  refuseBlocks(node);
  const [x, scale, zeroPoint] = translation.inputs(node, 2, 1);
  const output = storageOf(node.int('output_dtype', 0))?.type;
  const step = dequantize(node, translation, x, [scale, zeroPoint], node.int('axis', 1));
  return output ? { ...step, types: [output] } : step;
}

/** Scales multiplied, as sums of products have them. */
const product = (node: Node, translation: Translation, a: ValueId | null, b: ValueId | null): ValueId =>
  translation.emit(node, { kind: 'binary', function: 'mul', inputs: [a, b] });

const sum = (a: ValueId, bias: ValueId | null): Step =>
  bias === null ? { kind: 'identity', inputs: [a] } : { kind: 'binary', function: 'add', inputs: [a, bias] };

function matmulInteger(node: Node, translation: Translation): Step {
  const inputs = translation.inputs(node, 2, 2);
  for (const value of inputs) if (value !== null) checkType(node, translation, value, BYTES);
  return { kind: 'matmulInteger', inputs, types: ['int32'] };
}

function qlinearMatMul(node: Node, translation: Translation): Step {
  const [a, aScale, aZero, b, bScale, bZero, scale, zeroPoint] = translation.inputs(node, 8);
  const left = dequantized(node, translation, a, [aScale, aZero], -2);
  const right = dequantized(node, translation, b, [bScale, bZero], -1);
  const y = translation.emit(node, { kind: 'matmul', inputs: [left, right] });
  return quantize(node, translation, y, [scale, zeroPoint], 'uint8');
}

function qlinearConv(node: Node, translation: Translation): Step {
  const [x, xScale, xZero, w, wScale, wZero, scale, zeroPoint, bias] = translation.inputs(node, 8, 1);
  const inputs: Ids = [
    dequantized(node, translation, x, [xScale, xZero]),
    dequantized(node, translation, w, [wScale, wZero], 0),
    bias && dequantized(node, translation, bias, [product(node, translation, xScale, wScale), null], 0),
  ];
  const y = translation.emit(node, { kind: 'convolution', ...window(node), group: node.int('group', 1), inputs });
  return quantize(node, translation, y, [scale, zeroPoint], 'uint8');
}

function qgemm(node: Node, translation: Translation): Step {
  const [a, aScale, aZero, b, bScale, bZero, C, scale, zeroPoint] = translation.inputs(node, 6, 3);
  const [alpha, transA, transB] = [node.float('alpha', 1), node.flag('transA'), node.flag('transB')];
  const factor = () => translation.number(`${node.name}.alpha`, alpha, 'float32');
  const sums = () => product(node, translation, product(node, translation, aScale, bScale), factor());
  const inputs: Ids = [
    dequantized(node, translation, a, [aScale, aZero]),
    dequantized(node, translation, b, [bScale, bZero], transB ? 0 : 1),
    C && dequantized(node, translation, C, [sums(), null], -1),
  ];
  const step: Step = { kind: 'gemm', alpha, beta: 1, transA, transB, inputs };
  if (scale === null) return step;
  return quantize(node, translation, translation.emit(node, step), [scale, zeroPoint], translation.typeOf(a));
}

function matmulIntegerToFloat(node: Node, translation: Translation): Step {
  const [a, b, aScale, bScale, aZero, bZero, bias] = translation.inputs(node, 4, 3);
  const left = dequantized(node, translation, a, [aScale, aZero], -2);
  const right = dequantized(node, translation, b, [bScale, bZero], -1);
  return sum(translation.emit(node, { kind: 'matmul', inputs: [left, right] }), bias);
}

function dynamicQuantizeMatMul(node: Node, translation: Translation): Step {
  const [a, b, scale, zeroPoint, bias] = translation.inputs(node, 3, 2);
  const left = translation.emit(node, { kind: 'fakeQuantize', axis: 1, as: 'uint8', inputs: [a, null, null] });
  const right = dequantized(node, translation, b, [scale, zeroPoint], -1);
  return sum(translation.emit(node, { kind: 'matmul', inputs: [left, right] }), bias);
}

/** x, scale, zero point, scale and zero point of y: an operator of one operand. */
function onFloats(step: (x: ValueId, node: Node, translation: Translation) => Step): Translate {
  return (node, translation) => {
    const [x, xScale, xZero, scale] = [0, 1, 2, 3].map((index) =>
      index === 2 && !node.input(2) ? null : translation.value(node.input(index), node.where),
    );
    const zeroPoint = node.input(4) ? translation.value(node.input(4), node.where) : null;
    if (node.flag('channels_last')) throw node.unsupported('channels_last 1 is not supported; export it with 0');
    const y = translation.emit(node, step(dequantized(node, translation, x, [xScale, xZero]), node, translation));
    return quantize(node, translation, y, [scale, zeroPoint], translation.typeOf(x));
  };
}

const unary = (name: 'sigmoid' | 'leakyRelu', fallback: number): Translate =>
  onFloats((x, node) => ({
    kind: 'unary',
    function: name,
    alpha: name === 'sigmoid' ? 0 : node.float('alpha', fallback),
    beta: 0,
    inputs: [x],
  }));

/** Operands with scale and zero point each, then those of the result. */
const binary =
  (name: 'add' | 'mul'): Translate =>
  (node, translation) => {
    const at = (index: number) => (node.input(index) ? translation.value(node.input(index), node.where) : null);
    const [a, b] = [0, 3].map((first) => {
      const [x, scale, zeroPoint] = [at(first), at(first + 1), at(first + 2)];
      if (x === null || scale === null) throw node.malformed(`input ${x === null ? first : first + 1} is missing`);
      return dequantized(node, translation, x, [scale, zeroPoint]);
    });
    const scale = at(6);
    if (scale === null) throw node.malformed('input 6 is missing');
    const y = translation.emit(node, { kind: 'binary', function: name, inputs: [a, b] });
    return quantize(node, translation, y, [scale, at(7)], translation.typeOf(at(0)));
  };

/** Scale and zero point of the result, then three inputs for each operand. */
function qlinearConcat(node: Node, translation: Translation): Step {
  const count = Math.max(1, Math.ceil((node.inputs.length - 2) / 3));
  const [scale, zeroPoint, ...rest] = translation.inputs(node, 2 + 3 * count);
  const inputs = Array.from({ length: count }, (_, i) =>
    dequantized(node, translation, rest[3 * i], [rest[3 * i + 1], rest[3 * i + 2]]),
  );
  const y = translation.emit(node, { kind: 'concat', axis: node.requiredInt('axis'), inputs });
  return quantize(node, translation, y, [scale, zeroPoint], 'uint8');
}

const microsoft: Readonly<Record<string, Translate>> = {
  QuantizeLinear: quantizeLinear,
  DequantizeLinear: dequantizeLinear,
  DynamicQuantizeLSTM: dynamicQuantizeLstm,
  DynamicQuantizeMatMul: dynamicQuantizeMatMul,
  MatMulIntegerToFloat: matmulIntegerToFloat,
  QGemm: qgemm,
  QLinearAdd: binary('add'),
  QLinearMul: binary('mul'),
  QLinearSigmoid: unary('sigmoid', 0),
  QLinearLeakyRelu: unary('leakyRelu', 0.01),
  QLinearConcat: qlinearConcat,
  QLinearAveragePool: onFloats((x, node) => ({
    kind: 'pool',
    function: 'average',
    ...window(node),
    ceilMode: node.flag('ceil_mode'),
    countIncludePad: node.flag('count_include_pad'),
    inputs: [x],
  })),
  QLinearGlobalAveragePool: onFloats((x) => ({ kind: 'globalPool', function: 'average', inputs: [x] })),
  QLinearSoftmax: onFloats((x, node) => ({
    kind: 'softmax',
    axis: node.int('axis', -1),
    log: false,
    flatten: node.requiredInt('opset') < 13,
    inputs: [x],
  })),
};

export const quantizedOperators: Readonly<Record<string, Translate>> = {
  QuantizeLinear: quantizeLinear,
  DequantizeLinear: dequantizeLinear,
  DynamicQuantizeLinear: (node, translation) => ({
    kind: 'dynamicQuantizeLinear',
    inputs: translation.inputs(node, 1),
    types: ['uint8', 'float32', 'uint8'],
  }),
  MatMulInteger: matmulInteger,
  ConvInteger: (...args) => ({
    ...matmulInteger(...args),
    kind: 'convolutionInteger',
    ...window(args[0]),
    group: args[0].int('group', 1),
  }),
  QLinearMatMul: qlinearMatMul,
  QLinearConv: qlinearConv,
  ...Object.fromEntries(Object.entries(microsoft).map(([op, translate]) => [`com.microsoft::${op}`, translate])),
};
