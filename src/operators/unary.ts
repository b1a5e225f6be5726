/** Element-wise functions of one operand, after Activation: https://onnx.ai/onnx/operators */
import type { ElementType, UnaryFunction } from '../model/network.js';
import { erf } from './erf.js';
import { elements, type Operator } from './operator.js';
import { BOOLEAN, FLOAT, NUMERIC, typedOperand } from './typed-operand.js';

type Scalar = (x: number, alpha: number, beta: number) => number;

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

/** ln(1 + eˣ), of which eˣ is taken where it can't overflow. */
const softplus = (x: number): number => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));

const clampedLine: Scalar = (x, alpha, beta) => Math.max(0, Math.min(1, alpha * x + beta));

/** Math.round takes halves up: the odd ones among them are one too large. */
function roundHalfToEven(x: number): number {
  const rounded = Math.round(x);
  return rounded - x === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded;
}

/** Computed in double; alpha and beta are ONNX's attributes. */
export const unaryFunctions: Readonly<Record<UnaryFunction, Scalar>> = {
  affine: (x, alpha, beta) => alpha * x + beta,
  elu: (x, alpha) => (x < 0 ? alpha * Math.expm1(x) : x),
  hardSigmoid: clampedLine,
  leakyRelu: (x, alpha) => (x < 0 ? alpha * x : x),
  relu: (x) => Math.max(0, x),
  scaledTanh: (x, alpha, beta) => alpha * Math.tanh(beta * x),
  sigmoid,
  softplus,
  softsign: (x) => x / (1 + Math.abs(x)),
  tanh: Math.tanh,
  thresholdedRelu: (x, alpha) => (x > alpha ? x : 0),
  celu: (x, alpha) => Math.max(0, x) + Math.min(0, alpha * Math.expm1(x / alpha)),
  selu: (x, alpha, gamma) => gamma * (x > 0 ? x : alpha * Math.expm1(x)),
  gelu: (x) => 0.5 * x * (1 + erf(x / Math.SQRT2)),
  geluTanh: (x) => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3))),
  hardSwish: (x) => x * clampedLine(x, 1 / 6, 0.5),
  swish: (x, alpha) => x * sigmoid(alpha * x),
  mish: (x) => x * Math.tanh(softplus(x)),
  abs: Math.abs,
  ceil: Math.ceil,
  cos: Math.cos,
  erf,
  exp: Math.exp,
  floor: Math.floor,
  log: Math.log,
  neg: (x) => -x,
  not: (x) => 1 - x,
  reciprocal: (x) => 1 / x,
  round: roundHalfToEven,
  sign: Math.sign,
  sin: Math.sin,
  sqrt: Math.sqrt,
};

/** Of other functions: floats only. */
const TYPES: { readonly [F in UnaryFunction]?: readonly ElementType[] } = {
  abs: NUMERIC,
  neg: NUMERIC,
  relu: NUMERIC,
  sign: NUMERIC,
  not: BOOLEAN,
};

export const unary: Operator<'unary'> = (operation, operands) => {
  const { type, dims } = typedOperand(operation, operands, 0, TYPES[operation.function] ?? FLOAT);
  const { alpha, beta } = operation;
  const f = unaryFunctions[operation.function];
  const count = elements(dims);
  return {
    outputs: [{ type, dims }],
    compute: ([x], [y]) => {
      for (let i = 0; i < count; i++) y![i] = f(x![i], alpha, beta);
    },
  };
};
