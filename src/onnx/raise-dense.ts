/** Gemm, MatMul and the Add that gives a MatMul its bias: dense layers. */
import type { DenseLayer, ValueId } from '../model/network.js';
import { onWeighedFeatures, withFeatures } from './features.js';
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
  if (left.kind === 'constant') throw node.unsupported('its weights are on the left; expected features · weights, as nn.Linear exports');
  const B = raising.weights(node, 1, 'its weights');
  const [inputs, outputs] = B.dims.slice(-2).map(Number);
  if (B.dims.length < 2 || B.dims.length > left.axes.length || B.data.length !== inputs * outputs) {
    throw node.unsupported(`its weights are [${B.dims.join(', ')}], expected [features, outputs]`);
  }
  return [dense(node, raising, left, transposed(raising, { ...B, dims: [inputs, outputs] }), new Float32Array(outputs), inputs)];
}

function dense(node: Node, raising: Raising, source: Symbolic, weights: Float32Array, bias: Float32Array, inputs: number): Symbolic {
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

/** A constant that is added to a dense layer's output, and to nothing else, becomes its bias. */
function raiseAdd(node: Node, raising: Raising): Tensor[] {
  const [a, b] = [raising.tensor(node, 0), raising.tensor(node, 1)];
  const source = a.kind === 'symbolic' ? a : b;
  const addend = a.kind === 'symbolic' ? b : a;
  const name = node.input(a.kind === 'symbolic' ? 0 : 1);
  if (source.kind === 'constant' || addend.kind === 'symbolic') {
    throw node.unsupported(
      'only the bias of a dense layer (MatMul, Gemm) can be added; fold other additions into the weights before exporting',
    );
  }
  const layers = source.values.map((value) => denseLayerOf(raising, value));
  if (raising.graph.uses.get(name) !== 1 || layers.includes(undefined)) {
    throw node.unsupported(`"${name}" is not the output of a dense layer that nothing else reads; only a bias can be added`);
  }
  if (addend.dims.length > source.axes.length)
    throw node.unsupported(`it adds [${addend.dims.join(', ')}] to a tensor of ${source.axes.length} axes`);
  const added = raising.checked(node, addend, 'its bias');
  for (const layer of layers as DenseLayer[]) {
    const bias = biasOf(node, added, layer.bias.length);
    raising.layers[raising.layers.indexOf(layer)] = { ...layer, bias: layer.bias.map((value, index) => value + bias[index]) };
    raising.values[layer.output].name = node.outputs[0];
  }
  return [source];
}

function denseLayerOf(raising: Raising, output: ValueId): DenseLayer | undefined {
  return raising.layers.find((layer): layer is DenseLayer => layer.kind === 'dense' && layer.output === output);
}

/** One number for all outputs, or one for each; broadcast over everything else. */
function biasOf(node: Node, { dims, data, name }: Weights, outputs: number): Float32Array {
  if (data.length === 1) return new Float32Array(outputs).fill(data[0]);
  if (data.length !== outputs || dims[dims.length - 1] !== outputs) {
    throw node.unsupported(`its bias "${name}" is [${dims.join(', ')}], expected one number for each of ${outputs} outputs`);
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
