/** What a tensor is after it was quantized and dequantized: floats on the steps of its scale, cut to its range. */
import { elements, floats, type Operator } from './operator.js';
import { dynamicParameters, linesOf, quantized, quantizedRange } from './quantize.js';

export const fakeQuantize: Operator<'fakeQuantize'> = (operation, operands) => {
  const x = floats(operation, operands, 0);
  const range = quantizedRange(operation.as);
  const count = elements(x.dims);
  const lines = operands[1] ? linesOf(operation, x, operands) : null;
  return {
    outputs: [{ type: 'float', dims: x.dims }],
    compute: ([data, scales, zeroPoints], [y]) => {
      const line = (from: number, to: number, scale: number, zeroPoint: number): void => {
        for (let i = from; i < to; i++) y![i] = (quantized(data![i], scale, zeroPoint, range) - zeroPoint) * scale;
      };
      if (lines) lines((from, to, channel) => line(from, to, scales![channel], zeroPoints ? zeroPoints[channel] : 0));
      else {
        const { scale, zeroPoint } = dynamicParameters(data!, count, range);
        line(0, count, scale, zeroPoint);
      }
    },
  };
};
