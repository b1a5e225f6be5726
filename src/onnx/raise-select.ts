/** Operators that take parts of tensors, or join them: by layer of a state, by features, and the last frame of a sequence. */
import { axisOf, rangeOf, sliceArguments, splitRanges, type Range } from './arguments.js';
import { describe, describeAxis, sizeOfAxis, without, type Axes, type Factor } from './axes.js';
import { subtract, type Dim } from './dims.js';
import { onFeatures, withFeatures } from './features.js';
import { listed } from './names.js';
import type { Node } from './node.js';
import type { Raise, Raising, Symbolic, Tensor } from './raising.js';

export const selectOperators: Readonly<Record<string, Raise>> = {
  Slice: raiseSlice,
  Gather: raiseGather,
  Split: raiseSplit,
};

function raiseSlice(node: Node, raising: Raising): Tensor[] {
  let tensor = raising.symbolic(node, 0);
  const operand = (index: number) => (node.input(index) ? raising.constant(node, index, 'its range') : undefined);
  for (const slice of sliceArguments(node, operand, tensor.axes.length, raising.opset)) {
    const range = rangeOf(node, slice, sizeOfAxis(tensor.axes[slice.axis]));
    tensor = select(node, raising, tensor, slice.axis, range, node.outputs[0]);
  }
  return [tensor];
}

function raiseGather(node: Node, raising: Raising): Tensor[] {
  const source = raising.symbolic(node, 0);
  const indices = raising.constant(node, 1, 'its indices');
  const axis = axisOf(node, node.int('axis', 0), source.axes.length);
  const size = sizeOfAxis(source.axes[axis]);
  if (indices.dims.length > 1)
    throw node.unsupported(`its indices have ${indices.dims.length} axes, expected one or none`);
  const positions = [...indices.data].map((index) => fromStart(node, index, size));
  const [start] = positions;
  if (positions.length === 0 || positions.some((at, index) => index > 0 && at !== Number(start) + index)) {
    throw node.unsupported(`it takes [${listed(positions)}] of axis ${axis}, expected indices that follow each other`);
  }
  const tensor = select(node, raising, source, axis, { start, count: positions.length, step: 1 }, node.outputs[0]);
  return [indices.dims.length === 0 ? { ...tensor, axes: without(tensor.axes, axis) } : tensor];
}

/** -1 on an axis of open size is `(size-1)`, as a Shape and a Sub give it. */
function fromStart(node: Node, index: Dim, size: Dim): Dim {
  if (typeof size === 'number') return axisOf(node, index, size);
  return typeof index === 'number' && index < 0 ? subtract(size, -index) : index;
}

function raiseSplit(node: Node, raising: Raising): Tensor[] {
  const source = raising.symbolic(node, 0);
  const axis = axisOf(node, node.int('axis', 0), source.axes.length);
  const size = sizeOfAxis(source.axes[axis]);
  const given = node.ints('split') ?? (node.input(1) ? raising.constant(node, 1, 'its split').data : null);
  return splitRanges(node, given, axis, size).map((range, index) =>
    select(node, raising, source, axis, range, node.outputs[index]),
  );
}

function select(node: Node, raising: Raising, source: Symbolic, index: number, range: Range, name: string): Symbolic {
  const axis = source.axes[index];
  const size = sizeOfAxis(axis);
  const { start, count, step } = range;
  if (start === 0 && step === 1 && count === size) return source;
  if (typeof count !== 'number' || count < 1)
    throw node.unsupported(`it takes ${count} of axis ${index} of ${describe(source.axes)}`);
  if (step !== 1)
    throw node.unsupported(
      `it takes axis ${index} of ${describe(source.axes)} in step ${step}; only steps of 1 are supported`,
    );
  const factors = axis.filter((factor) => factor.size !== 1);
  const [factor] = factors;
  if (factors.length === 1 && factor.role === 'part') return selectParts(source, factor, Number(start), count);
  if (factors.length === 1 && factor.role === 'time') return lastFrame(node, source, factor, range);
  if (factors.every(({ role }) => role === 'part' || role === 'feature'))
    return selectFeatures(node, raising, source, index, Number(start), count, name);
  throw node.unsupported(
    `it takes ${start} to ${Number(start) + count} of axis ${index} of ${describe(source.axes)}, "${describeAxis(axis)}"; only layers, features and the last frame can be selected`,
  );
}

function selectParts(source: Symbolic, factor: Factor, start: number, count: number): Symbolic {
  const axes = replaceFactor(source.axes, factor, count > 1 ? [{ role: 'part', size: count }] : []);
  return { ...source, axes, values: source.values.slice(start, start + count) };
}

/** In a stream every frame is the last so far, so that what follows is computed at each. */
function lastFrame(node: Node, source: Symbolic, factor: Factor, { start, count }: Range): Symbolic {
  if (count !== 1 || start !== subtract(factor.size, 1)) {
    throw node.unsupported(
      `it takes ${count === 1 ? 'frame' : `${count} frames from`} ${start} of ${factor.size} on the time axis, which can't be streamed; only the last frame can be taken, as in out[:, -1]`,
    );
  }
  return { ...source, axes: replaceFactor(source.axes, factor, []), settled: 'last' };
}

function selectFeatures(
  node: Node,
  raising: Raising,
  source: Symbolic,
  index: number,
  start: number,
  count: number,
  name: string,
): Symbolic {
  const { tensor } = onFeatures(node, raising, source, index);
  const values = tensor.values.map((input, part) => {
    const output = raising.addValue(tensor.values.length > 1 ? `${name}[${part}]` : name, count);
    return raising.addLayer({ kind: 'slice', name: node.name, input, output, start });
  });
  return { ...tensor, axes: withFeatures(tensor.axes, index, count), values };
}

function replaceFactor(axes: Axes, old: Factor, by: readonly Factor[]): Axes {
  return axes.map((axis) => axis.flatMap((factor) => (factor === old ? by : [factor])));
}
