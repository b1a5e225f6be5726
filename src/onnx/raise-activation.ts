/** Element-wise functions, and Softmax over the features of a frame. */
import type { ActivationLayer } from '../model/network.js';
import { axisOf } from './arguments.js';
import { dimsOf, factorOf, regroup } from './axes.js';
import { sizeOf } from './dims.js';
import { onFeatures } from './features.js';
import type { Node } from './node.js';
import type { Raise, Raising, Tensor } from './raising.js';

export const activationOperators: Readonly<Record<string, Raise>> = {
  Sigmoid: (...args) => raiseActivation('sigmoid', ...args),
  Tanh: (...args) => raiseActivation('tanh', ...args),
  Relu: (...args) => raiseActivation('relu', ...args),
  Softmax: (...args) => raiseSoftmax(false, ...args),
  LogSoftmax: (...args) => raiseSoftmax(true, ...args),
};

function raiseActivation(activation: ActivationLayer['activation'], node: Node, raising: Raising): Tensor[] {
  const source = raising.symbolic(node, 0);
  const size = Number(factorOf(source.axes, 'feature')?.size ?? NaN);
  if (!(size > 0))
    throw node.unsupported('the features of its input are not known; it is applied to a graph input before any layer');
  return [
    raising.eachPart(node, source, source.axes, size, (input, output) => ({
      kind: 'activation',
      name: node.name,
      input,
      output,
      activation,
    })),
  ];
}

function raiseSoftmax(log: boolean, node: Node, raising: Raising): Tensor[] {
  const source = raising.symbolic(node, 0);
  const dims = dimsOf(source.axes);
  // Before opset 13 it runs over all axes from `axis` on, 1 by default.
  const axis = axisOf(node, node.int('axis', raising.opset < 13 ? 1 : -1), dims.length);
  const merged =
    raising.opset < 13 ? regroup(source.axes, [...dims.slice(0, axis), sizeOf(dims.slice(axis))]) : source.axes;
  const { tensor, size } = onFeatures(node, raising, { ...source, axes: merged ?? source.axes }, axis);
  const axes = tensor.values === source.values ? source.axes : null;
  if (!axes) throw node.unsupported('it runs over several layers of a state at once; expected the features of a frame');
  return [
    raising.eachPart(node, source, axes, size, (input, output) => ({
      kind: 'softmax',
      name: node.name,
      input,
      output,
      log,
    })),
  ];
}
