/** Operators that work element by element. */
import type { BinaryFunction, UnaryFunction } from '../model/network.js';
import { storageOf } from './element-types.js';
import type { Node } from './node.js';
import type { Step, Translate, Translation } from './translation.js';

/** Without attributes. */
const unaries: Readonly<Record<string, UnaryFunction>> = {
  Abs: 'abs',
  Exp: 'exp',
  Log: 'log',
  Neg: 'neg',
  Not: 'not',
  Reciprocal: 'reciprocal',
  Relu: 'relu',
  Sigmoid: 'sigmoid',
  Sign: 'sign',
  Softplus: 'softplus',
  Softsign: 'softsign',
  Sqrt: 'sqrt',
  Tanh: 'tanh',
};

/** A function and ONNX's defaults of its attributes. */
export type Parametric = readonly [UnaryFunction, alpha: number, beta?: readonly [attribute: string, number]];

const parametric: Readonly<Record<string, Parametric>> = {
  Elu: ['elu', 1],
  HardSigmoid: ['hardSigmoid', 0.2, ['beta', 0.5]],
  LeakyRelu: ['leakyRelu', 0.01],
  ThresholdedRelu: ['thresholdedRelu', 1],
};

const binaries: Readonly<Record<string, BinaryFunction>> = {
  Add: 'add',
  And: 'and',
  Div: 'div',
  Mul: 'mul',
  Or: 'or',
  Sub: 'sub',
};

const comparisons: Readonly<Record<string, BinaryFunction>> = {
  Equal: 'equal',
  Greater: 'greater',
  GreaterOrEqual: 'greaterOrEqual',
  Less: 'less',
  LessOrEqual: 'lessOrEqual',
};

/** One operator for each entry of a table. */
export function each<T>(
  table: Readonly<Record<string, T>>,
  translate: (entry: T, ...args: Parameters<Translate>) => Step,
) {
  return Object.fromEntries(
    Object.entries(table).map(([op, entry]): [string, Translate] => [op, (...args) => translate(entry, ...args)]),
  );
}

export function unary(
  name: UnaryFunction,
  alpha: number,
  beta: number,
  ...[node, translation]: Parameters<Translate>
): Step & { kind: 'unary' } {
  return { kind: 'unary', function: name, alpha, beta, inputs: translation.inputs(node, 1) };
}

export const parametrized = ([name, alpha, beta]: Parametric, node: Node, translation: Translation): Step =>
  unary(name, node.float('alpha', alpha), beta ? node.float(...beta) : 0, node, translation);

export function binary(name: BinaryFunction, node: Node, translation: Translation): Step & { kind: 'binary' } {
  const inputs = translation.inputs(node, 2);
  // Pow's exponent may be of another type.
  if (name !== 'pow') translation.sameType(node, inputs);
  return { kind: 'binary', function: name, inputs };
}

export const elementwiseOperators: Readonly<Record<string, Translate>> = {
  ...each(unaries, (name, node, translation) => unary(name, 0, 0, node, translation)),
  ...each(parametric, parametrized),
  ...each(binaries, binary),
  ...each(comparisons, (...args) => ({ ...binary(...args), types: ['bool'] })),
  Pow: (...args) => binary('pow', ...args),
  Cast: (node, translation) => {
    const to = storageOf(node.requiredInt('to'))?.type;
    if (!to) throw node.unsupported(`it casts to elements of type ${node.int('to', 0)}; use float32 or int64`);
    return cast(node, translation, to);
  },
  CastLike: (node, translation) => cast(node, translation, translation.typeOf(translation.inputs(node, 2)[1])),
};

function cast(node: Node, translation: Translation, to: Translation['types'][number]): Step {
  // Both are of casts to 8-bit floats only.
  node.int('saturate', 1);
  node.string('round_mode', 'up');
  const inputs = translation.inputs(node, 1);
  if (translation.typeOf(inputs[0]) === 'float64' && to.includes('int')) {
    throw node.unsupported(
      `it casts float64 to ${to}, and float64 is computed in float32, which holds integers up to 2²⁴ only; compute in float32 or int64`,
    );
  }
  return { kind: 'cast', to, inputs, types: [to] };
}
