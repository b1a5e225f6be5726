/** Operators that work element by element, and that recurrent networks seldom have. */
import type { BinaryFunction, UnaryFunction } from '../model/network.js';
import type { Node } from './node.js';
import { binary, each, parametrized, unary, type Parametric } from './operators-elementwise.js';
import type { Step, Translate, Translation } from './translation.js';

const unaries: Readonly<Record<string, UnaryFunction>> = {
  Ceil: 'ceil',
  Cos: 'cos',
  Erf: 'erf',
  Floor: 'floor',
  HardSwish: 'hardSwish',
  Mish: 'mish',
  Round: 'round',
  Sin: 'sin',
};

const parametric: Readonly<Record<string, Parametric>> = {
  Celu: ['celu', 1],
  Selu: ['selu', 1.67326319217681884765625, ['gamma', 1.05070102214813232421875]],
  Swish: ['swish', 1],
};

const binaries: Readonly<Record<string, BinaryFunction>> = { PRelu: 'prelu', Xor: 'xor' };

const variadics: Readonly<Record<string, BinaryFunction>> = { Max: 'max', Mean: 'add', Min: 'min', Sum: 'add' };

export const functionOperators: Readonly<Record<string, Translate>> = {
  ...each(unaries, (name, node, translation) => unary(name, 0, 0, node, translation)),
  ...each(parametric, parametrized),
  Gelu: (node, translation) =>
    unary(node.choice('approximate', 'none', { none: 'gelu', tanh: 'geluTanh' } as const), 0, 0, node, translation),
  ...each(binaries, binary),
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
};

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
