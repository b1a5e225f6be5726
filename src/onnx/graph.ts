/** The graph of a model: what its outputs need, in an order in which every node follows what it reads. */
import { ModelFormatError, UnsupportedModelError } from '../errors.js';
import { maxNodes, maxPortName, maxRank } from './limits.js';
import { listed, printable, quoted } from './names.js';
import { Node } from './node.js';
import type { GraphProto, NodeProto, TensorProto, ValueInfoProto } from './onnx-proto.js';

/** What the file says of an input or output. */
export interface Declaration {
  readonly name: string;
  /** TensorProto.DataType; 0 where the file does not give it. */
  readonly dataType: number;
  /** null where the file does not give them. */
  readonly dims: readonly (number | string)[] | null;
}

export interface Graph {
  readonly nodes: readonly Node[];
  readonly initializers: Map<string, TensorProto>;
  /** Those that no initializer gives a value to, in the file's order. */
  readonly inputs: ReadonlyMap<string, Declaration>;
  readonly outputs: readonly Declaration[];
  /** How many inputs of nodes and outputs of the graph read a tensor; what a node's bodies read, the node reads. */
  readonly uses: ReadonlyMap<string, number>;
  /** Of a body: the tensors of the graphs around it that it reads. */
  readonly captured: ReadonlySet<string>;
  /** The bodies of its nodes, and those of nodes within them. */
  readonly bodies: readonly Graph[];
}

/** By attribute. */
export type Bodies = ReadonlyMap<string, Graph>;

/**
 * @param bodiesOf reads the graphs that a node holds; a file without any needs none
 * @param captured where the graph is a body: takes the names that it does not give itself, and reads
 */
export function readGraph(proto: GraphProto, bodiesOf?: (node: NodeProto) => Bodies, captured?: Set<string>): Graph {
  if (proto.sparseInitializer.length > 0) {
    throw new UnsupportedModelError(
      `the graph has ${proto.sparseInitializer.length} sparse initializers: save them as dense tensors`,
    );
  }
  if (proto.node.length > maxNodes) {
    throw new UnsupportedModelError(
      `the graph has ${proto.node.length} nodes, at most ${maxNodes} are supported; export recurrent layers as RNN, GRU or LSTM, not step by step`,
    );
  }
  const initializers = new Map<string, TensorProto>();
  for (const tensor of proto.initializer) {
    if (!tensor.name) throw new ModelFormatError('an initializer of the graph has no name');
    if (initializers.has(tensor.name)) throw new ModelFormatError(`initializer ${quoted(tensor.name)} is given twice`);
    initializers.set(tensor.name, tensor);
  }
  const inputs = new Map<string, Declaration>();
  for (const info of proto.input) {
    if (inputs.has(info.name)) throw new ModelFormatError(`graph input ${quoted(info.name)} is given twice`);
    if (initializers.has(info.name)) continue;
    if (info.type && !info.type.tensorType)
      throw new UnsupportedModelError(`graph input ${quoted(info.name)} is not a tensor`);
    inputs.set(info.name, declared(info, 'an input'));
  }
  const outputs = proto.output.map((info) => declared(info, 'an output'));
  const results = outputs.map(({ name }) => name);
  if (results.length === 0) throw new ModelFormatError('the graph has no outputs');
  // A body may give a carried value to the next step and as this step's result.
  if (new Set(results).size < results.length && !captured)
    throw new ModelFormatError(`an output of the graph is given twice: ${listed(results)}`);
  const all = proto.node.map((node) => new Node(node, bodiesOf?.(node)));
  const nodes = neededNodes(all, results, (name) => initializers.has(name) || inputs.has(name), captured);
  const bodies = nodes.flatMap((node) => [...node.bodies.values()].flatMap((body) => [body, ...body.bodies]));
  return {
    nodes,
    initializers,
    inputs,
    outputs,
    uses: countUses(nodes, results),
    captured: captured ?? new Set(),
    bodies,
  };
}

function declared({ name, type }: ValueInfoProto, what: string): Declaration {
  if (!name) throw new ModelFormatError(`${what} of the graph has no name`);
  if (name.length > maxPortName) {
    throw new ModelFormatError(
      `${what} of the graph has a name of ${name.length} characters, at most ${maxPortName} are supported: ${quoted(name)}`,
    );
  }
  const dims = type?.tensorType?.shape?.dim.map(({ dimValue, dimParam }, axis) => {
    if (dimParam) return printable(dimParam);
    return Number.isSafeInteger(dimValue) && Number(dimValue) > 0 ? Number(dimValue) : `${printable(name)}.${axis}`;
  });
  if (dims && dims.length > maxRank)
    throw new ModelFormatError(`${what} of the graph, ${quoted(name)}, has ${dims.length} axes, more than ${maxRank}`);
  return { name, dataType: type?.tensorType?.elemType ?? 0, dims: dims ?? null };
}

/** Nodes that the outputs depend on, depth first without recursion. */
function neededNodes(
  nodes: readonly Node[],
  outputs: readonly string[],
  isGiven: (name: string) => boolean,
  captured?: Set<string>,
): Node[] {
  const producers = producersOf(nodes, isGiven);
  const order: Node[] = [];
  const state = new Map<Node, 'open' | 'done'>();
  const reach = (name: string, reader: string): Node | null => {
    if (isGiven(name)) return null;
    const producer = producers.get(name);
    if (!producer && captured) {
      captured.add(name);
      return null;
    }
    if (!producer)
      throw new ModelFormatError(`${reader} reads ${quoted(name)}, which no node, input or initializer gives`);
    return producer;
  };
  const stack: Node[] = [];
  for (const output of outputs) {
    const last = reach(output, 'an output of the graph');
    if (last) stack.push(last);
    while (stack.length > 0) {
      const node = stack[stack.length - 1];
      if (state.get(node) === 'done') {
        stack.pop();
      } else if (state.get(node) === 'open') {
        state.set(node, 'done');
        order.push(node);
        stack.pop();
      } else {
        state.set(node, 'open');
        // Reversed, so that what is read first is also computed first.
        for (const name of [...new Set(node.reads)].reverse()) {
          const producer = name ? reach(name, node.where) : null;
          if (!producer || state.get(producer) === 'done') continue;
          if (state.get(producer) === 'open')
            throw new ModelFormatError(`${node.where} and ${producer.where} are in a cycle`);
          stack.push(producer);
        }
      }
    }
  }
  return order;
}

function producersOf(nodes: readonly Node[], isGiven: (name: string) => boolean): Map<string, Node> {
  const producers = new Map<string, Node>();
  for (const node of nodes) {
    for (const output of node.outputs) {
      if (!output) continue;
      if (isGiven(output))
        throw node.malformed(`its output ${quoted(output)} is also an input or an initializer of the graph`);
      const other = producers.get(output);
      if (other) throw node.malformed(`its output ${quoted(output)} is also an output of ${other.where}`);
      producers.set(output, node);
    }
  }
  return producers;
}

function countUses(nodes: readonly Node[], outputs: readonly string[]): Map<string, number> {
  const uses = new Map<string, number>();
  for (const name of [...outputs, ...nodes.flatMap((node) => node.reads)]) {
    if (name) uses.set(name, (uses.get(name) ?? 0) + 1);
  }
  return uses;
}
