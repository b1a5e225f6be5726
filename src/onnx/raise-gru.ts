/** GRU: https://onnx.ai/onnx/operators/onnx__GRU.html */
import type { GruLayer } from '../model/network.js';
import { claim, describe, factorOf, sizeOfAxis, type Axes, type Factor } from './axes.js';
import type { Constant } from './constants.js';
import type { Dim } from './dims.js';
import { onWeighedFeatures, timingOf } from './features.js';
import { listed, quoted } from './names.js';
import type { Node } from './node.js';
import type { Raise, Raising, Symbolic, Tensor } from './raising.js';

export const gruOperators: Readonly<Record<string, Raise>> = { GRU: raiseGru };

const numGates = 3; // z update, r reset, h candidate

type Parameters = Pick<GruLayer, 'inputSize' | 'hiddenSize' | 'W' | 'R' | 'Wb' | 'Rb'>;

function raiseGru(node: Node, raising: Raising): Tensor[] {
  checkForm(node);
  const batchFirst = node.int('layout', 0) === 1;
  const parameters = readParameters(node, raising);
  const X = sequenceOf(node, raising, batchFirst, parameters.inputSize);
  const linearBeforeReset = node.int('linear_before_reset', 0) !== 0;
  if (!linearBeforeReset && /pytorch/i.test(raising.producer)) warnOfReset(node, raising);
  const initialH = initialState(
    node,
    raising,
    batchFirst,
    parameters.hiddenSize,
    sizeOfAxis(X.axes[batchFirst ? 0 : 1]),
  );
  const output = raising.addValue(node.outputs.find((name) => name) ?? node.name, parameters.hiddenSize);
  raising.addLayer({
    kind: 'gru',
    name: node.name,
    input: X.values[0],
    output,
    ...parameters,
    linearBeforeReset,
    initialH,
  });
  const [time, batch] = batchFirst ? [X.axes[1], X.axes[0]] : X.axes;
  const feature: Factor[] = [{ role: 'feature', size: parameters.hiddenSize }];
  const result = { kind: 'symbolic', values: [output], settled: 'last' } as const;
  return [
    { ...result, axes: batchFirst ? [batch, time, [], feature] : [time, [], batch, feature] },
    { ...result, axes: batchFirst ? [batch, [], feature] : [[], batch, feature] },
  ];
}

/** Everything that a GRU may ask for and this one does not do. */
function checkForm(node: Node): void {
  const direction = node.string('direction', 'forward');
  if (direction !== 'forward') {
    throw node.unsupported(
      `direction ${quoted(direction)} needs the end of a sequence before its start and can't be streamed; train it with direction "forward"`,
    );
  }
  const activations = node.strings('activations') ?? ['Sigmoid', 'Tanh'];
  if (activations.map((name) => name.toLowerCase()).join() !== 'sigmoid,tanh') {
    throw node.unsupported(`activations [${listed(activations)}] are not supported, only [Sigmoid, Tanh]`);
  }
  // Sigmoid and Tanh take neither.
  node.floats('activation_alpha');
  node.floats('activation_beta');
  if (node.has('clip')) throw node.unsupported(`clip ${node.float('clip', 0)} is not supported; export it without`);
  const layout = node.int('layout', 0);
  if (layout !== 0 && layout !== 1) throw node.malformed(`layout is ${layout}, expected 0 or 1`);
  if (node.input(4))
    throw node.unsupported(
      `sequence_lens (${quoted(node.input(4))}) is not supported; run each sequence on its own, at its length`,
    );
}

function readParameters(node: Node, raising: Raising): Parameters {
  const W = raising.weights(node, 1, 'W');
  const R = raising.weights(node, 2, 'R');
  const hiddenSize = Number(R.dims[2]);
  const inputSize = Number(W.dims[2]);
  const stated = node.int('hidden_size', hiddenSize);
  if (stated !== hiddenSize) throw node.malformed(`hidden_size is ${stated}, and R is [${listed(R.dims)}]`);
  checkDims(node, 'W', W, [1, numGates * hiddenSize, inputSize]);
  checkDims(node, 'R', R, [1, numGates * hiddenSize, hiddenSize]);
  const B = node.input(3) ? raising.weights(node, 3, 'B') : null;
  if (B) checkDims(node, 'B', B, [1, 2 * numGates * hiddenSize]);
  const half = numGates * hiddenSize;
  return {
    inputSize,
    hiddenSize,
    W: W.data,
    R: R.data,
    Wb: B ? B.data.slice(0, half) : new Float32Array(half),
    Rb: B ? B.data.slice(half) : new Float32Array(half),
  };
}

function checkDims(node: Node, what: string, { dims, name }: Constant, expected: readonly number[]): void {
  if (dims.length !== expected.length || !expected.every((size, axis) => size > 0 && dims[axis] === size)) {
    throw node.malformed(`${what} (${quoted(name)}) is [${listed(dims)}], expected [${listed(expected)}]`);
  }
}

/** X with its features last, and time and batch, which may both be 1 and gone, where the layout has them. */
function sequenceOf(node: Node, raising: Raising, batchFirst: boolean, inputSize: number): Symbolic {
  const source = raising.asFrame(raising.symbolic(node, 0));
  if (source.axes.length !== 3) throw node.malformed(`X has ${source.axes.length} axes, expected 3`);
  const [time, batch] = batchFirst ? [1, 0] : [0, 1];
  const X = onWeighedFeatures(node, raising, source, 2, inputSize);
  const timed = claim(X.axes, time, 'time');
  const axes = timed && claim(timed, batch, 'batch');
  if (!axes || X.values.length !== 1) {
    throw node.unsupported(
      `X is ${describe(source.axes)}, expected [${batchFirst ? 'batch, time' : 'time, batch'}, feature]; transpose it, or set batch_first`,
    );
  }
  if (!factorOf(axes, 'time')) {
    throw node.unsupported(
      `X is ${describe(source.axes)}, which has no time axis; what follows the last frame can't feed a GRU again`,
    );
  }
  return { ...X, axes };
}

/** null where the state starts from zeros. */
function initialState(
  node: Node,
  raising: Raising,
  batchFirst: boolean,
  hiddenSize: number,
  batchSize: Dim,
): GruLayer['initialH'] {
  const tensor = raising.optional(node, 5);
  if (!tensor) return null;
  if (tensor.kind === 'constant') return constantState(node, raising, tensor, batchFirst, hiddenSize, batchSize);
  if (tensor.axes.length !== 3) throw node.malformed(`initial_h has ${tensor.axes.length} axes, expected 3`);
  const state = onWeighedFeatures(node, raising, tensor, 2, hiddenSize);
  const [direction, batch] = batchFirst ? [1, 0] : [0, 1];
  const axes: Axes | null = claim(state.axes, batch, 'batch');
  const isGiven = raising.inputOf(state.values[0]) !== undefined;
  if (!axes || state.values.length !== 1 || axes[direction].some(({ size }) => size !== 1)) {
    throw node.unsupported(
      `initial_h is ${describe(tensor.axes)}, expected [${batchFirst ? 'batch, 1' : '1, batch'}, ${hiddenSize}]`,
    );
  }
  if (timingOf(state) !== 'initial' || !isGiven) {
    throw node.unsupported(
      'initial_h is computed by the network; only an input of the graph, or a constant, can be a state that a stream starts from',
    );
  }
  return state.values[0];
}

function constantState(
  node: Node,
  raising: Raising,
  tensor: Constant,
  batchFirst: boolean,
  hiddenSize: number,
  batchSize: Dim,
): Float32Array | null {
  const { data, dims, name } = tensor;
  const [direction, batch] = batchFirst ? [dims[1], dims[0]] : dims;
  if (!(data instanceof Float32Array))
    throw node.malformed(`initial_h (${quoted(name)}) holds ${tensor.type} numbers, expected floats`);
  // A number may be what an open batch is when the network runs; an open size is X's batch, or another size.
  const size = raising.fixedSizes.get(String(batch)) ?? batch;
  const isBatch = size === batchSize || (typeof size === 'number' && typeof batchSize === 'string');
  if (dims.length !== 3 || direction !== 1 || dims[2] !== hiddenSize || data.length % hiddenSize !== 0 || !isBatch) {
    const expected = batchFirst ? [batchSize, 1, hiddenSize] : [1, batchSize, hiddenSize];
    throw node.malformed(`initial_h (${quoted(name)}) is [${listed(dims)}], expected [${listed(expected)}]`);
  }
  raising.checkFinite(tensor, data);
  if (data.some((value, index) => value !== data[index % hiddenSize])) {
    throw node.unsupported(
      `initial_h (${quoted(name)}) differs between the sequences of a batch; make it an input of the graph`,
    );
  }
  return data.every((value) => value === 0) ? null : data.slice(0, hiddenSize);
}

/** https://github.com/pytorch/pytorch/issues/189225 */
function warnOfReset(node: Node, raising: Raising): void {
  raising.warn(
    `${node.where}: linear_before_reset is 0, which is not what torch.nn.GRU computes (it needs 1): PyTorch's dynamo exporter ` +
      "wrote this for some time, and such a model is silently wrong by up to 14 %. Compare its outputs with PyTorch's, or " +
      'export it with dynamo=False',
  );
}
