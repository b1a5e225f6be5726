/** The graph of a model: what its outputs need, in an order in which every node follows what it reads. */
import { ModelFormatError, UnsupportedModelError } from '../errors.js';
import { maxRank, symbol, type Dim } from './dims.js';
import { listed, quoted } from './names.js';
import { Node } from './node.js';
import type { GraphProto, TensorProto, ValueInfoProto } from './onnx-proto.js';

export interface GraphInput {
  readonly name: string;
  /** TensorProto.DataType */
  readonly elementType: number;
  /** null when the file does not give them. */
  readonly dims: readonly Dim[] | null;
}

export interface Graph {
  readonly nodes: readonly Node[];
  readonly initializers: ReadonlyMap<string, TensorProto>;
  /** Those that no initializer gives a value to, in the file's order. */
  readonly inputs: ReadonlyMap<string, GraphInput>;
  readonly outputs: readonly string[];
  /** How many inputs of nodes and outputs of the graph read a tensor. */
  readonly uses: ReadonlyMap<string, number>;
}

export function readGraph(proto: GraphProto): Graph {
  if (proto.sparseInitializer.length > 0) {
    throw new UnsupportedModelError(
      `the graph has ${proto.sparseInitializer.length} sparse initializers: save them as dense tensors`,
    );
  }
  const initializers = new Map<string, TensorProto>();
  for (const tensor of proto.initializer) {
    if (!tensor.name) throw new ModelFormatError('an initializer of the graph has no name');
    if (initializers.has(tensor.name)) throw new ModelFormatError(`initializer ${quoted(tensor.name)} is given twice`);
    initializers.set(tensor.name, tensor);
  }
  const inputs = new Map<string, GraphInput>();
  for (const info of proto.input) {
    if (inputs.has(info.name)) throw new ModelFormatError(`graph input ${quoted(info.name)} is given twice`);
    if (!initializers.has(info.name)) inputs.set(info.name, readInput(info));
  }
  const outputs = proto.output.map(({ name }) => name);
  if (outputs.length === 0) throw new ModelFormatError('the graph has no outputs');
  if (new Set(outputs).size < outputs.length)
    throw new ModelFormatError(`an output of the graph is given twice: ${listed(outputs)}`);
  const all = proto.node.map((node) => new Node(node));
  const nodes = neededNodes(all, outputs, (name) => initializers.has(name) || inputs.has(name));
  return { nodes, initializers, inputs, outputs, uses: countUses(nodes, outputs) };
}

function readInput(info: ValueInfoProto): GraphInput {
  const { name } = info;
  if (!name) throw new ModelFormatError('an input of the graph has no name');
  const tensor = info.type?.tensorType;
  if (!tensor) throw new UnsupportedModelError(`graph input ${quoted(name)} is not a tensor`);
  const dims = tensor.shape?.dim.map(({ dimValue, dimParam }, axis): Dim => {
    if (dimParam) return symbol(dimParam);
    return Number.isSafeInteger(dimValue) && Number(dimValue) > 0 ? Number(dimValue) : symbol(`${name}.${axis}`);
  });
  if (dims && dims.length > maxRank) throw new ModelFormatError(`graph input ${quoted(name)} has ${dims.length} axes`);
  return { name, elementType: tensor.elemType, dims: dims ?? null };
}

/** Nodes that the outputs depend on, depth first without recursion. */
function neededNodes(nodes: readonly Node[], outputs: readonly string[], isGiven: (name: string) => boolean): Node[] {
  const producers = producersOf(nodes, isGiven);
  const order: Node[] = [];
  const state = new Map<Node, 'open' | 'done'>();
  const reach = (name: string, reader: string): Node | null => {
    if (isGiven(name)) return null;
    const producer = producers.get(name);
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
        for (const name of [...new Set(node.inputs)].reverse()) {
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
  for (const name of [...outputs, ...nodes.flatMap((node) => node.inputs)]) {
    if (name) uses.set(name, (uses.get(name) ?? 0) + 1);
  }
  return uses;
}
