/** https://onnx.ai/onnx/operators/onnx__Pad.html */
import type { OperationOf } from '../model/network.js';
import type { Node } from './node.js';
import type { Step, Translate, Translation } from './translation.js';

const padModes: Readonly<Record<string, OperationOf<'pad'>['mode']>> = {
  constant: 'constant',
  reflect: 'reflect',
  edge: 'edge',
  wrap: 'wrap',
};

function pad(node: Node, translation: Translation): Step {
  const mode = node.choice('mode', 'constant', padModes);
  const [x] = translation.inputs(node, 1);
  const pads = translation.integers(node, 'pads', 1, 11);
  if (pads === null) throw node.malformed('it has no pads');
  const value = translation.scalar(node, x, 'value', 2, 11);
  translation.sameType(node, [x, value]);
  return {
    kind: 'pad',
    mode,
    inputs: [x, pads, value, translation.opset < 18 ? null : translation.inputs(node, 1, 3)[3]],
  };
}

export const padOperators: Readonly<Record<string, Translate>> = { Pad: pad };
