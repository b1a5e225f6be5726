/** The largest or the mean of what a window, or all spatial axes, hold. */
import { checkedShape, elements, floats, malformed, type Operator, unsupported } from './operator.js';
import { type Axes, axesOfWindow, outputDims, RUN, runsOf } from './window.js';

/** Elements of the input that each window holds. */
function countsOf(runs: Int32Array, outputs: number): Float64Array {
  const counts = new Float64Array(outputs);
  for (let r = 0; r < runs.length; r += RUN) for (let o = runs[r + 1]; o < runs[r + 1] + runs[r + 3]; o++) counts[o]++;
  return counts;
}

/** The padding taken as input. */
const padded = (axes: Axes): Axes =>
  axes.map((axis) => ({ ...axis, size: axis.begin + axis.size + axis.end, begin: 0, end: 0 }));

export const pool: Operator<'pool'> = (operation, operands) => {
  const { dims } = floats(operation, operands, 0);
  if (operation.outputs[1] != null)
    throw unsupported(operation, 'indices of the largest; only the first output is computed');
  if (dims.length < 3) throw malformed(operation, `its input is [${dims}]; expected at least [batch, channels, time]`);
  const axes = axesOfWindow(operation, dims.slice(2), operation.kernelShape ?? []);
  const output = checkedShape(operation, 'float', [...dims.slice(0, 2), ...outputDims(axes)]);
  const runs = runsOf(operation, axes);
  const results = new Float64Array(elements(outputDims(axes))); // [...spatial outputs]
  const counts = countsOf(runs, results.length);
  if (counts.includes(0)) throw unsupported(operation, 'a window holds nothing but padding; export with smaller pads');
  const divisors = operation.countIncludePad ? countsOf(runsOf(operation, padded(axes)), results.length) : counts;
  const [inputs, planes, stride] = [elements(dims.slice(2)), dims[0] * dims[1], axes[axes.length - 1].stride];
  const max = operation.function === 'max';
  return {
    outputs: [output],
    compute: ([x], [y]) => {
      for (let plane = 0; plane < planes; plane++) {
        results.fill(max ? -Infinity : 0);
        for (let r = 0; r < runs.length; r += RUN) {
          const end = runs[r + 1] + runs[r + 3];
          for (let o = runs[r + 1], i = plane * inputs + runs[r + 2]; o < end; o++, i += stride)
            results[o] = max ? Math.max(results[o], x![i]) : results[o] + x![i];
        }
        for (let o = 0; o < results.length; o++)
          y![plane * results.length + o] = max ? results[o] : results[o] / divisors[o];
      }
    },
  };
};

export const globalPool: Operator<'globalPool'> = (operation, operands) => {
  const { dims } = floats(operation, operands, 0);
  const count = elements(dims.slice(2));
  if (dims.length < 3 || count === 0)
    throw malformed(operation, `its input is [${dims}]; expected [batch, channels, …spatial axes with elements]`);
  const planes = dims[0] * dims[1];
  const max = operation.function === 'max';
  return {
    outputs: [
      checkedShape(
        operation,
        'float',
        dims.map((dim, axis) => (axis < 2 ? dim : 1)),
      ),
    ],
    compute: ([x], [y]) => {
      for (let plane = 0; plane < planes; plane++) {
        let result = max ? -Infinity : 0;
        for (let i = plane * count; i < (plane + 1) * count; i++)
          result = max ? Math.max(result, x![i]) : result + x![i];
        y![plane] = max ? result : result / count;
      }
    },
  };
};
