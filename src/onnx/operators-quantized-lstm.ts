/** DynamicQuantizeLSTM: https://github.com/microsoft/onnxruntime/blob/main/docs/ContribOperators.md#com.microsoft.DynamicQuantizeLSTM */
import type { TensorType, ValueId } from '../model/network.js';
import { listed } from './names.js';
import type { Node } from './node.js';
import { recurrent } from './operators-recurrent.js';
import type { Step, Translation } from './translation.js';

/** The inputs behind those of LSTM. */
const W_SCALE = 8;
const R_SCALE = 10;

/**
 * The layer quantizes its input, and h before every step, by their least and greatest elements: the first is there as
 * fakeQuantize, the second is left out.
 */
export function dynamicQuantizeLstm(node: Node, translation: Translation): Step {
  const [X, W, R, B, lengths, ...rest] = translation.inputs(node, 3, 9);
  const [h, c, P] = rest;
  const quantized = translation.emit(node, { kind: 'fakeQuantize', axis: 1, as: 'uint8', inputs: [X, null, null] });
  const common = recurrent(node, ['Sigmoid', 'Tanh', 'Tanh']);
  const weights = [weightsOf(node, translation, 'W', W!, W_SCALE), weightsOf(node, translation, 'R', R!, R_SCALE)];
  const hidden = translation.constants.get(weights[1])!.dims[2];
  const stated = node.int('hidden_size', hidden);
  if (stated !== hidden) throw node.malformed(`hidden_size is ${stated}, and R has ${hidden} rows a direction`);
  translation.checkWeights(node, [X, B, h, c, P]);
  return {
    kind: 'lstm',
    inputForget: node.flag('input_forget'),
    ...common,
    inputs: [quantized, ...weights, B, lengths, h, c, P],
    types: Array<TensorType>(3).fill(translation.typeOf(X)),
  };
}

/** [directions, inputs, gates × hidden] in 8 bits, with scales [directions] or one a column, as LSTM has them. */
function weightsOf(node: Node, translation: Translation, name: string, value: ValueId, scaleInput: number): ValueId {
  const scaleOf = translation.value(node.input(scaleInput), node.where);
  const zeroOf = node.input(scaleInput + 1) ? translation.value(node.input(scaleInput + 1), node.where) : null;
  translation.checkWeights(node, [scaleOf]);
  const [weights, scales] = [value, scaleOf].map((id) => translation.constants.get(id));
  const zeros = zeroOf === null ? null : translation.constants.get(zeroOf);
  if (!weights || !scales || zeros === undefined)
    throw node.unsupported(`${name}, its scale or its zero point is computed; export with constant weights`);
  const { dims } = weights;
  const [D, I, rows] = dims;
  const step = scales.data.length === D ? rows : 1; // columns that share a scale
  const count = (D * rows) / step;
  if (dims.length !== 3 || scales.data.length !== count || (zeros && zeros.data.length !== count))
    throw node.malformed(
      `${name} is [${listed(dims)}], its scale [${listed(scales.dims)}]; expected [directions, inputs, gates × hidden] and ` +
        '[directions], or one scale a column, and as many zero points',
    );
  const [data, steps] = [new Float32Array(weights.data.length), new Float32Array(weights.data.length)];
  for (let column = 0; column < D * rows; column++) {
    const own = Math.floor(column / step);
    const [scale, zero] = [scales.data[own], zeros ? zeros.data[own] : 0];
    const first = Math.floor(column / rows) * I * rows + (column % rows);
    for (let i = 0; i < I; i++) data[column * I + i] = (weights.data[first + i * rows] - zero) * scale;
    steps.fill(scale, column * I, (column + 1) * I);
  }
  const known = scales.data.every((scale) => scale > 0) ? { steps } : {};
  return translation.define(
    `${translation.names[value]}.dequantized`,
    { type: 'float', tensorType: 'float32', dims: [D, rows, I], data, ...known },
    false,
  );
}
