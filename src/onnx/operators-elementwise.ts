/** Operators that work element by element. */
import type { BinaryFunction, UnaryFunction } from '../model/network.js';
import { storageOf } from './element-types.js';
import type { Node } from './node.js';
import type { Step, Translate, Translation } from './translation.js';

/** Without attributes. */
const unaries: Readonly<Record<string, UnaryFunction>> = {
  Abs: 'abs',
  Ceil: 'ceil',
  Cos: 'cos',
  Erf: 'erf',
  Exp: 'exp',
  Floor: 'floor',
  HardSwish: 'hardSwish',
  Log: 'log',
  Mish: 'mish',
  Neg: 'neg',
  Not: 'not',
  Reciprocal: 'reciprocal',
  Relu: 'relu',
  Round: 'round',
  Sigmoid: 'sigmoid',
  Sign: 'sign',
  Sin: 'sin',
  Softplus: 'softplus',
  Softsign: 'softsign',
  Sqrt: 'sqrt',
  Tanh: 'tanh',
};

/** With ONNX's defaults. */
const parametric: Readonly<Record<string, readonly [UnaryFunction, alpha: number, beta?: readonly [string, number]]>> =
  {
    Celu: ['celu', 1],
    Elu: ['elu', 1],
    HardSigmoid: ['hardSigmoid', 0.2, ['beta', 0.5]],
    LeakyRelu: ['leakyRelu', 0.01],
    Selu: ['selu', 1.67326319217681884765625, ['gamma', 1.05070102214813232421875]],
    Swish: ['swish', 1],
    ThresholdedRelu: ['thresholdedRelu', 1],
  };

const binaries: Readonly<Record<string, BinaryFunction>> = {
  Add: 'add',
  And: 'and',
  Div: 'div',
  Mul: 'mul',
  Or: 'or',
  PRelu: 'prelu',
  Sub: 'sub',
  Xor: 'xor',
};

const comparisons: Readonly<Record<string, BinaryFunction>> = {
  Equal: 'equal',
  Greater: 'greater',
  GreaterOrEqual: 'greaterOrEqual',
  Less: 'less',
  LessOrEqual: 'lessOrEqual',
};

const variadics: Readonly<Record<string, BinaryFunction>> = { Max: 'max', Mean: 'add', Min: 'min', Sum: 'add' };

/** One operator for each entry of a table. */
function each<T>(table: Readonly<Record<string, T>>, translate: (entry: T, ...args: Parameters<Translate>) => Step) {
  return Object.fromEntries(
    Object.entries(table).map(([op, entry]): [string, Translate] => [op, (...args) => translate(entry, ...args)]),
  );
}

function unary(
  name: UnaryFunction,
  alpha: number,
  beta: number,
  ...[node, translation]: Parameters<Translate>
): Step & { kind: 'unary' } {
  return { kind: 'unary', function: name, alpha, beta, inputs: translation.inputs(node, 1) };
}

function binary(name: BinaryFunction, node: Node, translation: Translation): Step & { kind: 'binary' } {
  const inputs = translation.inputs(node, 2);
  // Pow's exponent may be of another type.
  if (name !== 'pow') translation.sameType(node, inputs);
  return { kind: 'binary', function: name, inputs };
}

export const elementwiseOperators: Readonly<Record<string, Translate>> = {
  ...each(unaries, (name, node, translation) => unary(name, 0, 0, node, translation)),
  ...each(parametric, ([name, alpha, beta], node, translation) =>
    unary(name, node.float('alpha', alpha), beta ? node.float(...beta) : 0, node, translation),
  ),
  Gelu: (node, translation) =>
    unary(node.choice('approximate', 'none', { none: 'gelu', tanh: 'geluTanh' } as const), 0, 0, node, translation),
  ...each(binaries, binary),
  ...each(comparisons, (...args) => ({ ...binary(...args), types: ['bool'] })),
  Pow: (...args) => binary('pow', ...args),
  Mod: (node, translation) => binary(node.flag('fmod') ? 'fmod' : 'mod', node, translation),
  ...each(variadics, variadic),
  Where: (node, translation) => {
    const inputs = translation.inputs(node, 3);
    return { kind: 'where', inputs, types: [translation.sameType(node, inputs.slice(1))] };
  },
  Clip: (node, translation) => {
    const [x] = translation.inputs(node, 1);
    const inputs = [x, translation.scalar(node, x, 'min', 1, 11), translation.scalar(node, x, 'max', 2, 11)];
    translation.sameType(node, inputs);
    return { kind: 'clip', inputs };
  },
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

/** A chain over any number of inputs. */
function variadic(name: BinaryFunction, node: Node, translation: Translation): Step {
  const count = node.inputs.length;
  const inputs = translation.inputs(node, Math.max(count, 1));
  const type = translation.sameType(node, inputs);
  const steps = inputs.slice(1);
  if (steps.length === 0) return { kind: 'identity', inputs };
  const isMean = node.op === 'Mean';
  const last = isMean ? translation.number(`${node.name}.count`, count, type) : steps.pop()!;
  const left = steps.reduce(
    (sum, next) => translation.emit(node, { kind: 'binary', function: name, inputs: [sum, next] }),
    inputs[0],
  );
  return { kind: 'binary', function: isMean ? 'div' : name, inputs: [left, last] };
}
