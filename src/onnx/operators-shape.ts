/** Operators that move elements, ask for shapes, or make tensors of nothing. */
import type { TensorType } from '../model/network.js';
import type { Node } from './node.js';
import { exactInteger, type TypedConstant } from './tensors.js';
import type { Step, Translate, Translation } from './translation.js';

export const shapeOperators: Readonly<Record<string, Translate>> = {
  Constant: (node, translation) => {
    const [name] = node.outputs;
    translation.define(name, constantOf(node));
    return null;
  },
  ConstantOfShape: (node, translation) => {
    const value = node.tensor('value');
    if (value && value.data.length !== 1)
      throw node.malformed(`its value has ${value.data.length} elements, expected 1`);
    return {
      kind: 'constantOfShape',
      value: value?.data[0] ?? 0,
      type: value?.type ?? 'float',
      inputs: translation.inputs(node, 1),
      types: [value?.tensorType ?? 'float32'],
    };
  },
  Range: (node, translation) => {
    // The precision of narrow floats: everything is computed in float32.
    node.int('stash_type', 1);
    const inputs = translation.inputs(node, 3);
    return { kind: 'range', inputs, types: [translation.sameType(node, inputs)] };
  },
  Shape: (node, translation) => ({
    kind: 'shape',
    start: node.int('start', 0),
    end: node.has('end') ? node.int('end', 0) : null,
    inputs: translation.inputs(node, 1),
    types: ['int64'],
  }),
  Size: (node, translation) => ({ kind: 'size', inputs: translation.inputs(node, 1), types: ['int64'] }),
  Identity: (node, translation) => ({ kind: 'identity', inputs: translation.inputs(node, 1) }),
  Dropout: dropout,
  Reshape: (node, translation) => ({
    kind: 'reshape',
    allowZero: node.flag('allowzero'),
    inputs: translation.inputs(node, 2),
  }),
  Flatten: (node, translation) => ({
    kind: 'flatten',
    axis: node.int('axis', 1),
    inputs: translation.inputs(node, 1),
  }),
  Squeeze: (node, translation) => ({ kind: 'squeeze', inputs: withAxes(node, translation) }),
  Unsqueeze: (node, translation) => {
    const inputs = withAxes(node, translation);
    if (inputs[1] === null) throw node.malformed('it names no axes');
    return { kind: 'unsqueeze', inputs };
  },
  Transpose: (node, translation) => ({
    kind: 'transpose',
    perm: node.ints('perm'),
    inputs: translation.inputs(node, 1),
  }),
  Expand: (node, translation) => ({ kind: 'expand', inputs: translation.inputs(node, 2) }),
  Tile: (node, translation) => ({ kind: 'tile', inputs: translation.inputs(node, 2) }),
  Concat: (node, translation) => {
    const inputs = translation.inputs(node, Math.max(node.inputs.length, 1));
    translation.sameType(node, inputs);
    return { kind: 'concat', axis: node.requiredInt('axis'), inputs };
  },
  Split: split,
  Slice: slice,
  Gather: (node, translation) => ({
    kind: 'gather',
    axis: node.int('axis', 0),
    inputs: translation.inputs(node, 2),
  }),
};

function constantOf(node: Node): TypedConstant {
  const value = node.tensor('value');
  if (value) return value;
  const isScalar = node.has('value_float') || node.has('value_int');
  const floats = node.has('value_float') ? [node.float('value_float', 0)] : node.floats('value_floats');
  const ints = node.has('value_int') ? [node.int('value_int', 0)] : node.ints('value_ints');
  const list = floats ?? ints;
  if (!list) throw node.unsupported('it holds neither a tensor nor numbers; text and sparse tensors are not supported');
  const dims = isScalar ? [] : [list.length];
  return floats
    ? { type: 'float', tensorType: 'float32', dims, data: Float32Array.from(list) }
    : {
        type: 'integer',
        tensorType: 'int64',
        dims,
        data: Float64Array.from(list, (value) => exactInteger(value, node.where)),
      };
}

/** It passes its input on, but in training. */
function dropout(node: Node, translation: Translation): Step {
  node.float('ratio', 0.5);
  node.int('seed', 0);
  const [x, , training] = translation.inputs(node, 1, 2);
  if (training !== null && translation.constants.get(training)?.data[0] !== 0)
    throw node.unsupported('it drops out, as in training; export the network after .eval()');
  return { kind: 'identity', inputs: [x] };
}

function withAxes(node: Node, translation: Translation) {
  return [translation.inputs(node, 1)[0], translation.integers(node, 'axes', 1, 13)];
}

function split(node: Node, translation: Translation): Step {
  const [x] = translation.inputs(node, 1);
  const numOutputs = node.outputs.length;
  const sizes = translation.integers(node, 'split', 1, 13);
  const isStated = translation.opset >= 18 && node.has('num_outputs');
  const stated = isStated ? node.int('num_outputs', numOutputs) : numOutputs;
  if (stated !== numOutputs) throw node.malformed(`num_outputs is ${stated}, and it has ${numOutputs} outputs`);
  return {
    kind: 'split',
    axis: node.int('axis', 0),
    numOutputs,
    // From opset 18 on, the last may be smaller where num_outputs says so.
    allowUneven: isStated,
    inputs: [x, sizes],
    types: Array<TensorType>(numOutputs).fill(translation.typeOf(x)),
  };
}

function slice(node: Node, translation: Translation): Step {
  const [x] = translation.inputs(node, 1);
  const [starts, ends, axes] = ['starts', 'ends', 'axes'].map((name, index) =>
    translation.integers(node, name, index + 1, 10),
  );
  if (starts === null || ends === null) throw node.malformed('it has no starts and ends');
  return {
    kind: 'slice',
    inputs: [x, starts, ends, axes, translation.opset < 10 ? null : translation.inputs(node, 1, 4)[4]],
  };
}
