/** (X − mean) / √(variance + ε) · scale + B, with mean and variance of a layer, of an instance, or given with the weights. */
import type { Operation } from '../model/network.js';
import { blocksOf } from './blocks.js';
import { at, placeWithin, type Place } from './broadcasting.js';
import {
  axisOf,
  elements,
  floats,
  malformed,
  unsupported,
  type Operand,
  type Operator,
  type Prepared,
} from './operator.js';

/** How many channels X [batch, channels, …] has: one is [batch] alone. Those operands have one number a channel. */
function channelsOf(
  operation: Operation,
  operands: readonly (Operand | null)[],
  leastRank: number,
  indices: readonly number[],
): number {
  const { dims } = floats(operation, operands, 0);
  if (dims.length < leastRank) throw malformed(operation, `input 0 is [${dims}], expected at least ${leastRank} axes`);
  const channels = dims[1] ?? 1;
  for (const index of indices) {
    const { dims } = floats(operation, operands, index);
    if (dims.length !== 1 || dims[0] !== channels)
      throw malformed(operation, `input ${index} is [${dims}], expected one number a channel: [${channels}]`);
  }
  return channels;
}

/** Normalizes over the axes from `axis` on. Inputs X, scale, B?; outputs Y, mean?, 1/√(variance + ε)?. */
function overLast(
  dims: readonly number[],
  axis: number,
  epsilon: number,
  scaleAt: Place,
  biasAt: Place | null,
): Prepared['compute'] {
  const { outer, size } = blocksOf(dims, axis, dims.length);
  return ([x, scale, bias], [y, means, inverses]) => {
    for (let i = 0; i < outer; i++) {
      const start = i * size;
      let sum = 0;
      for (let j = start; j < start + size; j++) sum += x![j];
      const mean = sum / size;
      let squares = 0;
      for (let j = start; j < start + size; j++) squares += (x![j] - mean) ** 2;
      const inverse = 1 / Math.sqrt(squares / size + epsilon);
      if (means) means[i] = mean;
      if (inverses) inverses[i] = inverse;
      if (!y) continue;
      for (let j = start; j < start + size; j++)
        y[j] = (x![j] - mean) * inverse * scale![at(scaleAt, j)] + (bias && biasAt ? bias[at(biasAt, j)] : 0);
    }
  };
}

export const layerNormalization: Operator<'layerNormalization'> = (operation, operands) => {
  const { type, dims } = floats(operation, operands, 0);
  const axis = axisOf(operation, operation.axis, dims.length);
  const place = (index: number): Place => placeWithin(operation, floats(operation, operands, index).dims, dims);
  const statistics = { type, dims: dims.map((dim, i) => (i < axis ? dim : 1)) };
  return {
    outputs: [{ type, dims }, statistics, statistics].slice(0, operation.outputs.length),
    compute: overLast(dims, axis, operation.epsilon, place(1), operands[2] ? place(2) : null),
  };
};

export const instanceNormalization: Operator<'instanceNormalization'> = (operation, operands) => {
  const { type, dims } = floats(operation, operands, 0);
  const channels = channelsOf(operation, operands, 3, [1, 2]);
  const place = placeWithin(operation, [channels, ...dims.slice(2).map(() => 1)], dims);
  return {
    outputs: [{ type, dims }],
    compute: overLast(dims, 2, operation.epsilon, place, place),
  };
};

export const batchNormalization: Operator<'batchNormalization'> = (operation, operands) => {
  const { type, dims } = floats(operation, operands, 0);
  if (operation.outputs.slice(1).some((output) => output !== null))
    throw unsupported(operation, 'statistics of the batch are training; export the model for inference');
  const channels = channelsOf(operation, operands, 1, [1, 2, 3, 4]);
  const batch = dims[0];
  const inner = elements(dims.slice(2));
  const { epsilon } = operation;
  return {
    outputs: [{ type, dims }],
    compute: ([x, scale, bias, mean, variance], [y]) => {
      for (let n = 0; n < batch; n++)
        for (let c = 0; c < channels; c++) {
          const start = (n * channels + c) * inner;
          const factor = scale![c] / Math.sqrt(variance![c] + epsilon);
          for (let i = start; i < start + inner; i++) y![i] = (x![i] - mean![c]) * factor + bias![c];
        }
    },
  };
};
