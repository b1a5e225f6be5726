/** Gemm, MatMul and the Add that gives a MatMul its bias: dense layers. */
import type { DenseLayer, ValueId } from '../model/network.js';
import { claim, describe, type Axes } from './axes.js';
import { onWeighedFeatures, withFeatures } from './features.js';
import { listed, quoted } from './names.js';
import type { Node } from './node.js';
import type { Raise, Raising, Symbolic, Tensor, Weights } from './raising.js';

export const denseOperators: Readonly<Record<string, Raise>> = {
  Gemm: raiseGemm,
  MatMul: raiseMatMul,
  Add: raiseAdd,
};

/** Y = alpha · A · B + beta · C, where A or B may be transposed first. */
function raiseGemm(node: Node, raising: Raising): Tensor[] {
  const source = raising.symbolic(node, 0);
  if (source.axes.length !== 2) throw node.malformed(`its input has ${source.axes.length} axes, expected 2`);
  const rows = node.int('transA', 0) ? { ...source, axes: [source.axes[1], source.axes[0]] } : source;
  const B = raising.weights(node, 1, 'its weights');
  if (B.dims.length !== 2) throw node.malformed(`its weights have ${B.dims.length} axes, expected 2`);
  const weights = scaled(node.int('transB', 0) ? B.data : transposed(raising, B), node.float('alpha', 1));
  const [inputs, outputs] = (node.int('transB', 0) ? [B.dims[1], B.dims[0]] : B.dims).map(Number);
  const beta = node.float('beta', 1);
  const C = node.input(2) ? raising.weights(node, 2, 'its bias') : null;
  const bias = C ? scaled(biasOf(node, C, outputs), beta) : new Float32Array(outputs);
  return [dense(node, raising, rows, weights, bias, inputs)];
}

function raiseMatMul(node: Node, raising: Raising): Tensor[] {
  const left = raising.tensor(node, 0);
  if (left.kind === 'constant')
    throw node.unsupported('its weights are on the left; expected features · weights, as nn.Linear exports');
  const B = raising.weights(node, 1, 'its weights');
  const [inputs, outputs] = B.dims.slice(-2).map(Number);
  if (B.dims.length < 2 || B.dims.length > left.axes.length || B.data.length !== inputs * outputs) {
    throw node.unsupported(`its weights are [${listed(B.dims)}], expected [features, outputs]`);
  }
  return [
    dense(
      node,
      raising,
      left,
      transposed(raising, { ...B, dims: [inputs, outputs] }),
      new Float32Array(outputs),
      inputs,
    ),
  ];
}

function dense(
  node: Node,
  raising: Raising,
  source: Symbolic,
  weights: Float32Array,
  bias: Float32Array,
  inputs: number,
): Symbolic {
  const last = source.axes.length - 1;
  if (last < 0) throw node.malformed('its input is a scalar');
  const tensor = onWeighedFeatures(node, raising, source, last, inputs);
  const axes = withFeatures(tensor.axes, last, bias.length);
  return raising.eachPart(node, tensor, axes, bias.length, (input, output) => ({
    kind: 'dense',
    name: node.name,
    input,
    output,
    weights,
    bias,
  }));
}

/**
 * A constant that is added to a dense layer's output: another dense layer of the same weights. The first is left out of
 * the network where nothing else reads it (live.ts), under whichever name.
 */
function raiseAdd(node: Node, raising: Raising): Tensor[] {
  const [a, b] = [raising.tensor(node, 0), raising.tensor(node, 1)];
  const source = a.kind === 'symbolic' ? a : b;
  const addend = a.kind === 'symbolic' ? b : a;
  if (source.kind === 'constant' || addend.kind === 'symbolic') {
    throw node.unsupported(
      'only the bias of a dense layer (MatMul, Gemm) can be added; fold other additions into the weights before exporting',
    );
  }
  if (addend.dims.length > source.axes.length)
    throw node.unsupported(`it adds [${listed(addend.dims)}] to a tensor of ${source.axes.length} axes`);
  const added = raising.checked(node, addend, 'its bias');
  const layers = source.values.map((value) => denseLayerOf(node, raising, value));
  const axes = added.data.length === 1 ? source.axes : featuresLast(node, source, added);
  return [
    raising.eachPart(node, source, axes, layers[0].bias.length, (_, output, part) => {
      const bias = biasOf(node, added, layers[part].bias.length);
      return { ...layers[part], output, bias: layers[part].bias.map((value, index) => value + bias[index]) };
    }),
  ];
}

function denseLayerOf(node: Node, raising: Raising, output: ValueId): DenseLayer {
  const layer = raising.layerOf(output);
  if (layer?.kind === 'dense') return layer;
  const name = raising.values[output].name;
  throw node.unsupported(
    `${quoted(name)}, to which it adds a constant, is not the output of a dense layer; only a bias can be added`,
  );
}

/** A bias is broadcast along the last axis, which must be the one of the dense layer's outputs. */
function featuresLast(node: Node, { axes }: Symbolic, addend: Weights): Axes {
  const last = axes.length - 1;
  const claimed = claim(axes, last, 'feature');
  if (!claimed?.[last].length) {
    throw node.unsupported(
      `it adds [${listed(addend.dims)}] to ${describe(axes)}, whose last axis does not hold the outputs of its dense layer`,
    );
  }
  return claimed;
}

/** One number for all outputs, or one for each; broadcast over everything else. */
function biasOf(node: Node, { dims, data, name }: Weights, outputs: number): Float32Array {
  if (data.length === 1) return new Float32Array(outputs).fill(data[0]);
  if (data.length !== outputs || dims[dims.length - 1] !== outputs) {
    throw node.unsupported(
      `its bias ${quoted(name)} is [${listed(dims)}], expected one number for each of ${outputs} outputs`,
    );
  }
  return data;
}

/** [rows, columns] → [columns, rows] */
function transposed(raising: Raising, weights: Weights): Float32Array {
  const [rows, columns] = weights.dims.map(Number);
  return raising.folder.strided(weights, weights.name, [columns, rows], 0, [1, columns]).data as Float32Array;
}

function scaled(data: Float32Array, factor: number): Float32Array {
  return factor === 1 ? data : data.map((value) => value * factor);
}
