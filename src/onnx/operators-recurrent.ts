/** RNN, GRU, LSTM: https://onnx.ai/onnx/operators/onnx__LSTM.html */
import type { Direction, TensorType } from '../model/network.js';
import { listed } from './names.js';
import type { Node } from './node.js';
import { readActivations } from './recurrent-activations.js';
import type { Ids, Translate, Translation } from './translation.js';

const directions: Readonly<Record<string, readonly Direction[]>> = {
  forward: ['forward'],
  reverse: ['reverse'],
  bidirectional: ['forward', 'reverse'],
};

export const recurrentOperators: Readonly<Record<string, Translate>> = {
  RNN: (node, translation) => ({
    kind: 'rnn',
    ...recurrent(node, ['Tanh']),
    ...operands(node, translation, 6, 2),
  }),
  GRU: (node, translation) => {
    const linearBeforeReset = node.flag('linear_before_reset');
    if (!linearBeforeReset && /pytorch/i.test(translation.producer)) warnOfReset(node, translation);
    return {
      kind: 'gru',
      linearBeforeReset,
      ...recurrent(node, ['Sigmoid', 'Tanh']),
      ...operands(node, translation, 6, 2),
    };
  },
  LSTM: (node, translation) => ({
    kind: 'lstm',
    inputForget: node.flag('input_forget'),
    ...recurrent(node, ['Sigmoid', 'Tanh', 'Tanh']),
    ...operands(node, translation, 8, 3),
  }),
};

/** The attributes that the layers share. */
export function recurrent(node: Node, defaults: readonly string[]) {
  const ways = node.choice('direction', 'forward', directions);
  const clip = node.has('clip') ? node.float('clip', 0) : Infinity;
  if (!(clip > 0)) throw node.malformed(`clip is ${clip}, expected more than 0`);
  return {
    directions: ways,
    activations: readActivations(node, ways.length, defaults),
    clip,
    batchFirst: node.flag('layout'),
  };
}

function operands(node: Node, translation: Translation, inputs: number, outputs: number) {
  const ids = translation.inputs(node, 3, inputs - 3);
  checkSize(node, translation, ids);
  const [X, W, R, B, , ...states] = ids;
  translation.checkWeights(node, [X, W, R, B, ...states]);
  return { inputs: ids, types: Array<TensorType>(outputs).fill(translation.typeOf(X)) };
}

/** hidden_size against R [directions, gates × hidden, hidden], where R is known already. */
function checkSize(node: Node, translation: Translation, [, , R]: Ids): void {
  const dims = translation.constants.get(R!)?.dims;
  const stated = node.int('hidden_size', dims?.[2] ?? 0);
  if (dims && dims[2] !== stated) throw node.malformed(`hidden_size is ${stated}, and R is [${listed(dims)}]`);
}

/** https://github.com/pytorch/pytorch/issues/189225 */
function warnOfReset(node: Node, translation: Translation): void {
  translation.warnings.add(
    `${node.where}: linear_before_reset is 0, which is not what torch.nn.GRU computes (it needs 1): PyTorch's dynamo exporter ` +
      "wrote this for some time, and such a model is silently wrong by up to 14 %. Compare its outputs with PyTorch's, or " +
      'export it with dynamo=False',
  );
}
