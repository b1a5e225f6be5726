/** The functions of a recurrent layer's gates, https://onnx.ai/onnx/operators/onnx__LSTM.html */
import type { Activation, UnaryFunction } from '../model/network.js';
import { listed, quoted } from './names.js';
import type { Node } from './node.js';

/** null: must be given. */
type Default = number | null;

/**
 * Which take alpha and beta, and what they are where the node gives none: "the same as of corresponding ONNX operators". Affine was
 * an experimental one until ONNX 1.5, with 1 and 0; ScaledTanh too, without defaults. onnxruntime takes 0 for all of these, with
 * which a layer's output is constant: no exporter can mean it.
 */
const functions: Readonly<Record<string, readonly [UnaryFunction, alpha?: Default, beta?: Default]>> = {
  affine: ['affine', 1, 0],
  elu: ['elu', 1],
  hardsigmoid: ['hardSigmoid', 0.2, 0.5],
  leakyrelu: ['leakyRelu', 0.01],
  relu: ['relu'],
  scaledtanh: ['scaledTanh', null, null],
  sigmoid: ['sigmoid'],
  softplus: ['softplus'],
  softsign: ['softsign'],
  tanh: ['tanh'],
  thresholdedrelu: ['thresholdedRelu', 1],
};

/** [directions][gates]; alpha and beta go, in order, to the functions that take them. */
export function readActivations(node: Node, directions: number, defaults: readonly string[]): Activation[][] {
  const gates = defaults.length;
  const names = namesOf(node, directions, defaults).map((name) => name.toLowerCase());
  const unknown = names.find((name) => !Object.hasOwn(functions, name));
  if (unknown !== undefined)
    throw node.unsupported(`activation ${quoted(unknown)} is not known, only ${listed(Object.keys(functions))}`);
  const alphas = parametersOf(node, names, 'activation_alpha', 1);
  const betas = parametersOf(node, names, 'activation_beta', 2);
  const all = names.map((name, i) => ({ function: functions[name][0], alpha: alphas[i], beta: betas[i] }));
  return Array.from({ length: directions }, (_, direction) => all.slice(direction * gates, (direction + 1) * gates));
}

function namesOf(node: Node, directions: number, defaults: readonly string[]): readonly string[] {
  const given = node.strings('activations');
  const expected = directions * defaults.length;
  if (!given || given.length === 0) return Array.from({ length: directions }, () => defaults).flat();
  // The default of RNN is [Tanh, Tanh] whatever its direction, and exporters write it out.
  if (expected === 1 && given.length === 2 && given[0] === given[1]) return given.slice(0, 1);
  if (given.length !== expected)
    throw node.malformed(`it has ${given.length} activations [${listed(given)}], expected ${expected}`);
  return given;
}

function parametersOf(node: Node, names: readonly string[], attribute: string, place: 1 | 2): number[] {
  const given = node.floats(attribute) ?? [];
  const takers = names.filter((name) => functions[name][place] !== undefined).length;
  // Where none takes any, any number of them says nothing; otherwise it may mean one an activation, or those that take one.
  if (takers > 0 && given.length > takers) {
    throw node.unsupported(
      `${attribute} has ${given.length} values, and of the activations ${listed(names)} only ${takers} take one`,
    );
  }
  let next = 0;
  return names.map((name) => {
    const fallback = functions[name][place];
    if (fallback === undefined) return 0;
    if (next < given.length) return given[next++];
    if (fallback === null) throw node.unsupported(`activation ${name} has no ${attribute}, which has no default`);
    return Math.fround(fallback);
  });
}
