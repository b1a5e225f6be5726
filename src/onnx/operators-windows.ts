/** Convolutions, pooling and normalizations. */
import type { Kinds, Window } from '../model/network.js';
import type { Node } from './node.js';
import { weighed } from './operators-matrix.js';
import type { Step, Translate, Translation } from './translation.js';

const autoPads: Readonly<Record<string, Window['autoPad']>> = {
  NOTSET: 'explicit',
  SAME_UPPER: 'sameUpper',
  SAME_LOWER: 'sameLower',
  VALID: 'valid',
};

export function window(node: Node): Window {
  const autoPad = node.choice('auto_pad', 'NOTSET', autoPads);
  const pads = node.ints('pads');
  if (autoPad !== 'explicit' && pads?.some((pad) => pad !== 0))
    throw node.malformed(`it has pads [${pads}] and an auto_pad, which exclude each other`);
  return {
    kernelShape: node.ints('kernel_shape'),
    strides: node.ints('strides'),
    dilations: node.ints('dilations'),
    pads: autoPad === 'explicit' ? pads : null,
    autoPad,
  };
}

function pool(name: Kinds['pool']['function'], node: Node, translation: Translation): Step {
  if (!node.has('kernel_shape')) throw node.malformed('attribute "kernel_shape" is missing');
  // The order of its second output, which is not supported.
  if (name === 'max') node.flag('storage_order');
  return {
    kind: 'pool',
    function: name,
    ...window(node),
    ceilMode: node.flag('ceil_mode'),
    countIncludePad: name === 'average' && node.flag('count_include_pad'),
    inputs: translation.inputs(node, 1),
  };
}

export const windowOperators: Readonly<Record<string, Translate>> = {
  Conv: (node, translation) => ({
    kind: 'convolution',
    ...window(node),
    group: node.int('group', 1),
    ...weighed(node, translation, 2, 1),
  }),
  MaxPool: (...args) => pool('max', ...args),
  AveragePool: (...args) => pool('average', ...args),
  GlobalMaxPool: (node, translation) => ({ kind: 'globalPool', function: 'max', inputs: translation.inputs(node, 1) }),
  GlobalAveragePool: (node, translation) => ({
    kind: 'globalPool',
    function: 'average',
    inputs: translation.inputs(node, 1),
  }),
  LayerNormalization: (node, translation) => {
    // The precision of its first stage: everything is computed in float32.
    node.int('stash_type', 1);
    const { inputs } = weighed(node, translation, 2, 1);
    return {
      kind: 'layerNormalization',
      axis: node.int('axis', -1),
      epsilon: node.float('epsilon', 1e-5),
      inputs,
      types: [translation.typeOf(inputs[0]), 'float32', 'float32'],
    };
  },
  InstanceNormalization: (node, translation) => ({
    kind: 'instanceNormalization',
    epsilon: node.float('epsilon', 1e-5),
    ...weighed(node, translation, 3),
  }),
  BatchNormalization: (node, translation) => {
    node.float('momentum', 0.9);
    // Below opset 14 its further outputs say that it trains.
    if (node.flag('training_mode') || (translation.opset < 14 && node.outputs.slice(1).some((name) => name)))
      throw node.unsupported('it normalizes by the batch, as in training; export the network after .eval()');
    if (translation.opset < 9 && !node.flag('spatial', true))
      throw node.unsupported('spatial 0 is not supported; export it with opset 9 or newer');
    const { inputs } = weighed(node, translation, 5);
    return { kind: 'batchNormalization', epsilon: node.float('epsilon', 1e-5), inputs };
  },
};
