/** Operators that bring the elements along an axis together. */
import type { ReduceFunction } from '../model/network.js';
import type { Node } from './node.js';
import type { Step, Translate, Translation } from './translation.js';

const reductions: readonly ReduceFunction[] = [
  'sum',
  'mean',
  'max',
  'min',
  'prod',
  'l1',
  'l2',
  'logSum',
  'logSumExp',
  'sumSquare',
];

function reduce(name: ReduceFunction, node: Node, translation: Translation): Step {
  const since = name === 'sum' ? 13 : 18;
  const [x] = translation.inputs(node, 1);
  return {
    kind: 'reduce',
    function: name,
    keepDims: node.flag('keepdims', true),
    noopWithEmptyAxes: translation.opset >= since && node.flag('noop_with_empty_axes'),
    inputs: [x, translation.integers(node, 'axes', 1, since)],
  };
}

function argReduce(name: 'max' | 'min', node: Node, translation: Translation): Step {
  return {
    kind: 'argReduce',
    function: name,
    axis: node.int('axis', 0),
    keepDims: node.flag('keepdims', true),
    lastIndex: node.flag('select_last_index'),
    inputs: translation.inputs(node, 1),
    types: ['int64'],
  };
}

export const reduceOperators: Readonly<Record<string, Translate>> = {
  ...Object.fromEntries(
    reductions.map((name): [string, Translate] => [
      `Reduce${name[0].toUpperCase()}${name.slice(1)}`,
      (...args) => reduce(name, ...args),
    ]),
  ),
  ArgMax: (...args) => argReduce('max', ...args),
  ArgMin: (...args) => argReduce('min', ...args),
};
