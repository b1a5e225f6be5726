/** Convolution over any number of spatial axes. Sums are kept in double and rounded once. */
import { checkedShape, elements, floats, malformed, type Operator } from './operator.js';
import { axesOfWindow, outputDims, RUN, runsOf } from './window.js';

/** Y[n, m] = B[m] + Σ over the channels c of m's group of the correlation of X[n, c] with W[m, c]. */
export const convolution: Operator<'convolution'> = (operation, operands) => {
  const { group, kernelShape } = operation;
  const [x, w] = [0, 1].map((index) => floats(operation, operands, index).dims);
  if (x.length < 3 || w.length !== x.length)
    throw malformed(
      operation,
      `X [${x}] and W [${w}]; expected as many axes in both, at least [batch, channels, time]`,
    );
  const [N, C] = x;
  const [M, channels] = w;
  const kernel = w.slice(2);
  if (kernelShape && String(kernelShape) !== String(kernel))
    throw malformed(operation, `kernel_shape [${kernelShape}], but W is [${w}]`);
  if (!(group >= 1) || channels * group !== C || M % group !== 0)
    throw malformed(operation, `X [${x}] and W [${w}] don't fit ${group} groups`);
  if (operands[2] && String(floats(operation, operands, 2).dims) !== String(M))
    throw malformed(operation, `B is [${operands[2].dims}]; expected [${M}], one a row of W`);
  const axes = axesOfWindow(operation, x.slice(2), kernel);
  const output = checkedShape(operation, 'float', [N, M, ...outputDims(axes)]);
  const runs = runsOf(operation, axes);
  const stride = axes[axes.length - 1].stride;
  const [inputs, taps] = [elements(x.slice(2)), elements(kernel)];
  const sums = new Float64Array(elements(outputDims(axes))); // [...spatial outputs]
  return {
    outputs: [output],
    compute: ([X, W, B], [Y]) => {
      for (let n = 0, to = 0; n < N; n++) {
        for (let m = 0; m < M; m++, to += sums.length) {
          sums.fill(B ? B[m] : 0);
          const group0 = Math.floor(m / (M / group)) * channels; // the group's first channel
          for (let c = 0; c < channels; c++) {
            const [xs, ws] = [(n * C + group0 + c) * inputs, (m * channels + c) * taps];
            for (let r = 0; r < runs.length; r += RUN) {
              const factor = W![ws + runs[r]];
              const end = runs[r + 1] + runs[r + 3];
              for (let o = runs[r + 1], i = xs + runs[r + 2]; o < end; o++, i += stride) sums[o] += factor * X![i];
            }
          }
          for (let o = 0; o < sums.length; o++) Y![to + o] = sums[o];
        }
      }
    },
  };
};
