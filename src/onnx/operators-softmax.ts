/** Softmax and its logarithm, https://onnx.ai/onnx/operators/onnx__Softmax.html */
import type { Node } from './node.js';
import type { Step, Translate, Translation } from './translation.js';

function softmax(log: boolean, node: Node, translation: Translation): Step {
  const flatten = translation.opset < 13;
  return {
    kind: 'softmax',
    axis: node.int('axis', flatten ? 1 : -1),
    log,
    flatten,
    inputs: translation.inputs(node, 1),
  };
}

export const softmaxOperators: Readonly<Record<string, Translate>> = {
  Softmax: (...args) => softmax(false, ...args),
  LogSoftmax: (...args) => softmax(true, ...args),
};
