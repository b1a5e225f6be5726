/** Softmax and LogSoftmax: e^(x − max) / Σ e^(x − max), where taking off the largest x keeps eˣ from overflowing. */
import type { Numbers } from '../model/network.js';
import { blocksOf } from './blocks.js';
import { axisOf, floats, type Operator } from './operator.js';

/** `size` elements from `start` on, `step` apart. */
function softmaxLine(x: Numbers, y: Numbers, start: number, size: number, step: number, log: boolean): void {
  const end = start + size * step;
  let max = -Infinity;
  for (let i = start; i < end; i += step) max = Math.max(max, x[i]);
  let sum = 0;
  for (let i = start; i < end; i += step) sum += Math.exp(x[i] - max);
  const logSum = Math.log(sum);
  for (let i = start; i < end; i += step) y[i] = log ? x[i] - max - logSum : Math.exp(x[i] - max) / sum;
}

export const softmax: Operator<'softmax'> = (operation, operands) => {
  const { type, dims } = floats(operation, operands, 0);
  const { log, flatten } = operation;
  const axis = axisOf(operation, operation.axis, dims.length);
  const { outer, size, inner } = blocksOf(dims, axis, flatten ? dims.length : axis + 1);
  return {
    outputs: [{ type, dims }],
    compute: ([x], [y]) => {
      for (let i = 0; i < outer; i++)
        for (let j = 0; j < inner; j++) softmaxLine(x!, y!, i * size * inner + j, size, inner, log);
    },
  };
};
