/** What layers need of a tensor: all features of a frame in one value, on one axis. */
import { claim, describe, describeAxis, factorOf, type Axes } from './axes.js';
import type { Node } from './node.js';
import type { Raising, Symbolic } from './raising.js';

/** Whether a frame's value alone decides the result, axis by axis. */
export function timingOf(tensor: Symbolic): 'every' | 'initial' | 'last' {
  return factorOf(tensor.axes, 'time') ? 'every' : tensor.settled;
}

/**
 * `source` with all its features on the axis at `index`, and how many they are. Parts stacked in front of the features,
 * as in `h_n.transpose(0, 1).flatten(1)`, become one value.
 */
export function onFeatures(
  node: Node,
  raising: Raising,
  source: Symbolic,
  index: number,
): { tensor: Symbolic; size: number } {
  const joined = joinParts(node, raising, source, index);
  const axes = claim(joined.axes, index, 'feature');
  const factor = axes?.[index][0];
  if (!axes || !factor) {
    const remedy = source.axes[index].some(({ role }) => role === 'time')
      ? "; a head that sees several frames at once can't be streamed: end the recurrence with its last step instead"
      : '';
    throw node.unsupported(
      `it works on axis ${index} of ${describe(source.axes)}, "${describeAxis(source.axes[index])}", expected the features of a frame${remedy}`,
    );
  }
  if (typeof factor.size !== 'number')
    throw node.unsupported(`the number of features, "${factor.size}", is open; export it with a fixed one`);
  return { tensor: { ...joined, axes }, size: factor.size };
}

/** As above where weights say how many features there must be: an open size of a graph input becomes that number. */
export function onWeighedFeatures(
  node: Node,
  raising: Raising,
  source: Symbolic,
  index: number,
  size: number,
): Symbolic {
  const factor = claim(source.axes, index, 'feature')?.[index][0];
  if (factor && typeof factor.size === 'string') factor.size = size;
  const { tensor, size: found } = onFeatures(node, raising, source, index);
  if (found !== size) throw node.malformed(`its weights are for ${size} features, and its input has ${found}`);
  return tensor;
}

function joinParts(node: Node, raising: Raising, source: Symbolic, index: number): Symbolic {
  const above = source.axes[index].filter(({ size }) => size !== 1);
  if (!(above.length === 2 && above[0].role === 'part' && above[1].role === 'feature')) return source;
  const each = Number(above[1].size);
  const output = raising.addValue(`${node.name}.input`, each * source.values.length);
  raising.addLayer({ kind: 'concat', name: `${node.name}.input`, inputs: source.values, output });
  const axis = [{ role: 'feature' as const, size: each * source.values.length }];
  const axes: Axes = source.axes.map((old, at) => (at === index ? axis : old));
  return { ...source, axes, values: [output] };
}

/** The axes with `size` features in place of those at `index`. */
export function withFeatures(axes: Axes, index: number, size: number): Axes {
  return axes.map((axis, at) => (at === index ? [{ role: 'feature' as const, size }] : axis));
}
