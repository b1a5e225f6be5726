/** Element-wise functions of one operand, after Activation: https://onnx.ai/onnx/operators */
import type { ElementType, UnaryFunction } from '../model/network.js';
import { elements, type Operator } from './operator.js';
import { BOOLEAN, FLOAT, NUMERIC, typedOperand } from './typed-operand.js';

export type Scalar = (x: number, alpha: number, beta: number) => number;

export const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));

/** ln(1 + eˣ), of which eˣ is taken where it can't overflow. */
export const softplus = (x: number): number => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));

export const clampedLine: Scalar = (x, alpha, beta) => Math.max(0, Math.min(1, alpha * x + beta));

export type Scalars = { readonly [F in UnaryFunction]?: Scalar };

/** Computed in double; alpha and beta are ONNX's attributes. */
export const commonFunctions: Scalars = {
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
  abs: Math.abs,
  exp: Math.exp,
  log: Math.log,
  neg: (x) => -x,
  not: (x) => 1 - x,
  reciprocal: (x) => 1 / x,
  sign: Math.sign,
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

/** The operator with the functions that are there. */
export function unaryWith(functions: Scalars): Operator<'unary'> {
  return (operation, operands) => {
    const { type, dims } = typedOperand(operation, operands, 0, TYPES[operation.function] ?? FLOAT);
    const { alpha, beta } = operation;
    const f = functions[operation.function]!;
    const count = elements(dims);
    return {
      outputs: [{ type, dims }],
      compute: ([x], [y]) => {
        for (let i = 0; i < count; i++) y![i] = f(x![i], alpha, beta);
      },
    };
  };
}
