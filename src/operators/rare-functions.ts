/** Element-wise functions that few recurrent networks have. */
import { erf } from './erf.js';
import { clampedLine, commonFunctions, sigmoid, softplus, type Scalars } from './unary.js';

/** Math.round takes halves up: the odd ones among them are one too large. */
function roundHalfToEven(x: number): number {
  const rounded = Math.round(x);
  return rounded - x === 0.5 && rounded % 2 !== 0 ? rounded - 1 : rounded;
}

/** All of them. */
export const unaryFunctions: Required<Scalars> = {
  ...(commonFunctions as Required<Scalars>),
  celu: (x, alpha) => Math.max(0, x) + Math.min(0, alpha * Math.expm1(x / alpha)),
  selu: (x, alpha, gamma) => gamma * (x > 0 ? x : alpha * Math.expm1(x)),
  gelu: (x) => 0.5 * x * (1 + erf(x / Math.SQRT2)),
  geluTanh: (x) => 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3))),
  hardSwish: (x) => x * clampedLine(x, 1 / 6, 0.5),
  swish: (x, alpha) => x * sigmoid(alpha * x),
  mish: (x) => x * Math.tanh(softplus(x)),
  ceil: Math.ceil,
  cos: Math.cos,
  erf,
  floor: Math.floor,
  round: roundHalfToEven,
  sin: Math.sin,
};
