/** Element-wise functions of two operands that broadcast to each other. */
import type { BinaryFunction, ElementType } from '../model/network.js';
import { at, placeOf, placeWithin } from './broadcasting.js';
import { broadcastDims, checkedShape, elements, malformed, type Operator } from './operator.js';
import { ANY, BOOLEAN, NUMERIC, typedOperand } from './typed-operand.js';
import { whole } from './whole.js';

type Scalar = (a: number, b: number) => number;

/** IEEE 754's, which unlike ECMAScript's is 1 for 1 to any power, NaN too, and for −1 to an infinite one. */
function pow(a: number, b: number): number {
  return a === 1 || (a === -1 && Math.abs(b) === Infinity) ? 1 : a ** b;
}

/** Remainder with the sign of the divisor. */
function mod(a: number, b: number): number {
  const remainder = a % b;
  return remainder * b < 0 ? remainder + b : remainder;
}

/** Computed in double: rounded once more to float32, + − · / are still the nearest float32. */
const FUNCTIONS: Readonly<Record<BinaryFunction, Scalar>> = {
  add: (a, b) => a + b,
  sub: (a, b) => a - b,
  mul: (a, b) => a * b,
  div: (a, b) => a / b,
  pow,
  min: Math.min,
  max: Math.max,
  mod,
  fmod: (a, b) => a % b,
  prelu: (x, slope) => (x < 0 ? slope * x : x),
  and: (a, b) => a & b,
  or: (a, b) => a | b,
  xor: (a, b) => a ^ b,
  equal: (a, b) => Number(a === b),
  greater: (a, b) => Number(a > b),
  greaterOrEqual: (a, b) => Number(a >= b),
  less: (a, b) => Number(a < b),
  lessOrEqual: (a, b) => Number(a <= b),
};

/** What operands may be; of other functions: numbers. */
const TYPES: { readonly [F in BinaryFunction]?: readonly ElementType[] } = {
  and: BOOLEAN,
  or: BOOLEAN,
  xor: BOOLEAN,
  equal: ANY,
  mod: ['integer'],
};

const COMPARISONS: readonly BinaryFunction[] = ['equal', 'greater', 'greaterOrEqual', 'less', 'lessOrEqual'];

export const binary: Operator<'binary'> = (operation, operands) => {
  const name = operation.function;
  const [a, b] = [0, 1].map((index) => typedOperand(operation, operands, index, TYPES[name] ?? NUMERIC));
  if (a.type !== b.type && name !== 'pow')
    throw malformed(operation, `${name} of ${a.type} and ${b.type}, expected one type; cast one of them`);
  const dims = name === 'prelu' ? a.dims : broadcastDims(operation, a.dims, b.dims);
  const type = COMPARISONS.includes(name) ? 'boolean' : a.type;
  const scalar = FUNCTIONS[name];
  const f: Scalar = type === 'integer' ? (x, y) => whole(operation, scalar(x, y)) : scalar;
  const placeOfA = placeOf(a.dims, dims);
  const placeOfB = placeWithin(operation, b.dims, dims);
  const count = elements(dims);
  return {
    outputs: [checkedShape(operation, type, dims)],
    compute: ([x, y], [z]) => {
      for (let i = 0; i < count; i++) z![i] = f(x![at(placeOfA, i)], y![at(placeOfB, i)]);
    },
  };
};
