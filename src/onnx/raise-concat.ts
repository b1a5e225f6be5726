/** Concat: of states into a stack, of features into a longer frame. */
import { axisOf } from './arguments.js';
import { describe, describeAxis, sizeOfAxis, type Axes } from './axes.js';
import { onFeatures, timingOf, withFeatures } from './features.js';
import { maxParts } from './limits.js';
import { listed } from './names.js';
import type { Node } from './node.js';
import type { Raise, Raising, Symbolic, Tensor } from './raising.js';

export const concatOperators: Readonly<Record<string, Raise>> = { Concat: raiseConcat };

function raiseConcat(node: Node, raising: Raising): Tensor[] {
  const sources = node.inputs.map((_, index) => raising.symbolic(node, index));
  const [head] = sources;
  if (!head) throw node.malformed('it joins nothing');
  const axis = axisOf(node, node.requiredInt('axis'), head.axes.length);
  if (sources.length === 1) return [head];
  for (const source of sources) checkAlike(node, head, source, axis);
  if (sources.every((source) => isStackable(source, axis))) return [stack(node, sources, axis)];
  return [joinFeatures(node, raising, sources, axis)];
}

/** The same axes but for the one that is joined. */
function checkAlike(node: Node, head: Symbolic, source: Symbolic, axis: number): void {
  const same =
    source.axes.length === head.axes.length && head.axes.every((own, at) => at === axis || alike(own, source.axes[at]));
  if (!same)
    throw node.unsupported(
      `it joins ${describe(head.axes)} and ${describe(source.axes)} along axis ${axis}: their other axes must have equal roles and sizes`,
    );
  if ((timingOf(head) === 'every') !== (timingOf(source) === 'every')) {
    throw node.unsupported(
      `it joins what has a time axis, ${describe(head.axes)}, with what has none, ${describe(source.axes)}`,
    );
  }
}

/**
 * Open sizes may have different names and still be equal when the network runs; roles may not differ. A size of a graph
 * input that has no role yet has the other's.
 */
function alike(a: Axes[number], b: Axes[number]): boolean {
  const [left, right] = [a, b].map((axis) => axis.filter(({ size }) => size !== 1));
  if (left.length !== right.length) return false;
  if (left.length === 1) {
    left[0].role ??= right[0].role;
    right[0].role ??= left[0].role;
  }
  return left.every((factor, index) => {
    const other = right[index];
    const isOpen = typeof factor.size === 'string' || typeof other.size === 'string';
    return factor.role !== null && factor.role === other.role && (isOpen || factor.size === other.size);
  });
}

/** An axis of directions or layers: it holds parts, or nothing. A feature of size 1 is only squeezed out of its own axis. */
function isStackable(source: Symbolic, index: number): boolean {
  const isParts = source.axes[index].every(({ role, size }) => role === 'part' || (size === 1 && role !== 'feature'));
  const strayed = source.axes.some(
    (axis, at) => at !== index && axis.length > 1 && axis.some(({ role, size }) => role === 'feature' && size === 1),
  );
  return isParts && !strayed;
}

function stack(node: Node, sources: readonly Symbolic[], axis: number): Symbolic {
  const values = sources.flatMap((source) => source.values);
  const parts = sources.reduce((sum, source) => sum + Number(sizeOfAxis(source.axes[axis])), 0);
  if (parts !== values.length || parts > maxParts) {
    throw node.unsupported(
      `it stacks ${values.length} values into ${parts} parts of axis ${axis}; only one axis can be stacked, up to ${maxParts}`,
    );
  }
  const [head] = sources;
  return {
    ...head,
    axes: head.axes.map((own, at) => (at === axis ? [{ role: 'part', size: parts }] : own)),
    values,
    settled: settledOf(sources),
  };
}

function joinFeatures(node: Node, raising: Raising, sources: readonly Symbolic[], axis: number): Symbolic {
  const frames = sources.map((source) => onFeatures(node, raising, source, axis));
  const [head] = frames;
  const size = frames.reduce((sum, frame) => sum + frame.size, 0);
  if (frames.some(({ tensor }) => tensor.values.length !== head.tensor.values.length)) {
    throw node.unsupported(
      `it joins the features of ${listed(frames.map(({ tensor }) => tensor.values.length))} parts along "${describeAxis(sources[0].axes[axis])}"`,
    );
  }
  const joined = raising.eachPart(
    node,
    head.tensor,
    withFeatures(head.tensor.axes, axis, size),
    size,
    (_, output, part) => ({
      kind: 'concat',
      name: node.name,
      inputs: frames.map(({ tensor }) => tensor.values[part]),
      output,
    }),
  );
  return { ...joined, settled: settledOf(sources) };
}

function settledOf(sources: readonly Symbolic[]): Symbolic['settled'] {
  return sources.some(({ settled }) => settled === 'last') ? 'last' : 'initial';
}
