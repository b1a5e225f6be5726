/** Operators that move axes and no numbers: they make no layer. */
import { axesOf, checkDropout, flattenedDims, reshapedDims } from './arguments.js';
import {
  allFactors,
  describe,
  dimsOf,
  regroup,
  sizeOfAxis,
  sizesFixedBy,
  without,
  withAxisAt,
  type Axes,
} from './axes.js';
import { shapeOf } from './folding.js';
import type { Dim } from './dims.js';
import { elementTypeName, elementTypeOf } from './element-types.js';
import { listed, quoted } from './names.js';
import type { Node } from './node.js';
import type { Raise, Raising, Symbolic, Tensor } from './raising.js';

export const layoutOperators: Readonly<Record<string, Raise>> = {
  Identity: (node, raising) => [raising.symbolic(node, 0)],
  Cast: raiseCast,
  Dropout: raiseDropout,
  Shape: (node, raising) => [shapeOf(node, dimsOf(raising.symbolic(node, 0).axes), raising.folder)],
  Transpose: raiseTranspose,
  Reshape: raiseReshape,
  Flatten: raiseFlatten,
  Squeeze: raiseSqueeze,
  Unsqueeze: raiseUnsqueeze,
};

function raiseCast(node: Node, raising: Raising): Tensor[] {
  const to = node.int('to', 0);
  node.int('saturate', 1);
  node.string('round_mode', 'up');
  const type = elementTypeOf(to);
  if (type?.holds !== 'float')
    throw node.unsupported(`it casts what the network computes to ${elementTypeName(to)}; only floats are supported`);
  if (type.round) raising.warn(`casts to ${type.name} do not round: everything is computed in float32`);
  return [raising.symbolic(node, 0)];
}

function raiseDropout(node: Node, raising: Raising): (Tensor | null)[] {
  const training = raising.optional(node, 2);
  checkDropout(node, training?.kind === 'symbolic' ? {} : training);
  raising.optional(node, 1);
  return [raising.symbolic(node, 0), null];
}

function raiseTranspose(node: Node, raising: Raising): Tensor[] {
  const source = raising.symbolic(node, 0);
  const rank = source.axes.length;
  const order = axesOf(node, node.ints('perm') ?? source.axes.map((_, axis) => rank - 1 - axis), rank);
  if (order.length !== rank) throw node.malformed(`perm [${listed(order)}] does not order ${rank} axes`);
  return [{ ...source, axes: order.map((axis) => source.axes[axis]) }];
}

function raiseReshape(node: Node, raising: Raising): Tensor[] {
  const source = raising.symbolic(node, 0);
  const shape = raising.constant(node, 1, 'its shape');
  const target = reshapedDims(node, shape, dimsOf(source.axes)).map(
    (dim) => raising.fixedSizes.get(String(dim)) ?? dim,
  );
  if (!regroup(source.axes, target)) fixSizes(node, raising, source, target);
  return [regrouped(node, source, target)];
}

/** Where the shape only makes sense for one length of the sequence, that is the network's length. */
function fixSizes(node: Node, raising: Raising, source: Symbolic, target: readonly Dim[]): void {
  for (const [name, size] of sizesFixedBy(source.axes, target) ?? []) {
    raising.fixedSizes.set(name, size);
    for (const factor of allFactors(source.axes)) if (factor.size === name) factor.size = size;
    raising.warn(
      `${node.where}: it fixes the size ${quoted(name)}, which the file leaves open, to ${size}, the length of the exporter's sample; export with dynamo=False, or batch first, to keep it open`,
    );
  }
}

function raiseFlatten(node: Node, raising: Raising): Tensor[] {
  const source = raising.symbolic(node, 0);
  return [regrouped(node, source, flattenedDims(node, dimsOf(source.axes)))];
}

function regrouped(node: Node, source: Symbolic, target: readonly Dim[]): Symbolic {
  const axes = regroup(source.axes, target);
  if (axes) return { ...source, axes };
  const from = dimsOf(source.axes);
  const open = [...from, ...target].some((dim) => typeof dim === 'string');
  const remedy = open
    ? '; where the exporter wrote a size of its sample into the shape, export with all sizes fixed, or all dynamic'
    : '';
  throw node.unsupported(
    `it makes [${listed(target)}] of ${describe(source.axes)}, which does not merge whole axes${remedy}`,
  );
}

function raiseSqueeze(node: Node, raising: Raising): Tensor[] {
  const source = raising.symbolic(node, 0);
  const given = givenAxes(node, raising);
  const sizes = source.axes.map(sizeOfAxis);
  const open = sizes.findIndex((size) => typeof size === 'string');
  if (!given && open >= 0)
    throw node.unsupported(
      `it drops every axis of size 1, and the size "${sizes[open]}" is open; name the axis in squeeze(dim)`,
    );
  const axes = given ? axesOf(node, given, sizes.length) : [...sizes.keys()].filter((axis) => sizes[axis] === 1);
  const wrong = axes.find((axis) => sizes[axis] !== 1);
  if (wrong !== undefined)
    throw node.unsupported(`it drops axis ${wrong} of ${describe(source.axes)}, whose size is not 1`);
  const result = axes.sort((a, b) => b - a).reduce<Axes>((rest, axis) => without(rest, axis), source.axes);
  return [{ ...source, axes: result }];
}

function raiseUnsqueeze(node: Node, raising: Raising): Tensor[] {
  const source = raising.symbolic(node, 0);
  const given = givenAxes(node, raising);
  if (!given) throw node.malformed('it names no axes');
  const axes = axesOf(node, given, source.axes.length + given.length);
  const result = axes.sort((a, b) => a - b).reduce<Axes>((rest, axis) => withAxisAt(rest, axis), source.axes);
  return [{ ...source, axes: result }];
}

/** An attribute up to opset 12, an input from opset 13. */
function givenAxes(node: Node, raising: Raising): readonly Dim[] | null {
  const attribute = node.ints('axes');
  if (attribute) return attribute;
  return raising.optional(node, 1) ? [...raising.constant(node, 1, 'its axes').data] : null;
}
