/** The graphs that nodes hold: bodies of loops, and branches. */
import { TympanError, UnsupportedModelError } from '../errors.js';
import { readGraph, type Bodies, type Graph } from './graph.js';
import { maxDepth, maxNodes } from './limits.js';
import { printable, quoted } from './names.js';
import { Node } from './node.js';
import type { GraphProto, NodeProto } from './onnx-proto.js';

/** Reads the bodies of a graph's nodes, and those within them. */
export function bodyReader(whole: GraphProto): (node: NodeProto) => Bodies {
  let nodes = whole.node.length;
  const read = (proto: GraphProto, depth: number): Graph => {
    nodes += proto.node.length;
    if (nodes > maxNodes)
      throw new UnsupportedModelError(`with it the graphs have ${nodes} nodes, at most ${maxNodes} are supported`);
    if (depth > maxDepth)
      throw new UnsupportedModelError(`it is a body within ${depth - 1} others, at most ${maxDepth - 1} are supported`);
    checkTensors(proto);
    return readGraph(proto, reader(depth + 1), new Set());
  };
  const reader = (depth: number) => (node: NodeProto) =>
    new Map(
      node.attribute.flatMap(({ name, g }): [string, Graph][] =>
        g ? [[name, within(new Node(node), name, () => read(g, depth))]] : [],
      ),
    );
  return reader(1);
}

/** torch.jit writes a list that a loop grows as a sequence of tensors. */
function checkTensors({ input }: GraphProto): void {
  const other = input.find(({ type }) => type && !type.tensorType);
  if (other)
    throw new UnsupportedModelError(
      `graph input ${quoted(other.name)} is not a tensor; a list that grows in a loop is a sequence, ` +
        'write into a tensor instead, or export the layer as an ONNX GRU or LSTM',
    );
}

/** Errors say which body they are about. */
export function within<T>(node: Node, attribute: string, read: () => T): T {
  try {
    return read();
  } catch (error) {
    if (error instanceof TympanError) error.message = `${node.where}: ${printable(attribute)}: ${error.message}`;
    throw error;
  }
}
