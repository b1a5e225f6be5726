/** Which of a file's constants are weights, of which axis of them each element is a row, and who reads them. */
import { UnsupportedModelError } from '../errors.js';
import { isOnnxDomain } from './decode.js';
import { maxDepth } from './limits.js';
import { Node } from './node.js';
import type { GraphProto, NodeProto, TensorProto } from './onnx-proto.js';

/** A constant of a graph: an initializer, or what a Constant node gives. */
export interface Source {
  readonly tensor: TensorProto;
  /** Its name in the graph. */
  readonly name: string;
  readonly uses: Use[];
}

export interface Use {
  /** `GRU node "gru_1"` */
  readonly where: string;
  /**
   * The axis of the constant along which each element is one row of weights: one output, one unit's gate, one channel. null where
   * it is read otherwise.
   */
  readonly axis: number | null;
  /** Of a layer of two directions each direction has its own rows: those of axis 0 and of `axis`, which is 1. */
  readonly directions: number;
  readonly isRecurrent: boolean;
}

/** A constant, or one whose axes were moved. */
interface View {
  readonly source: Source;
  /** By axis of the view, that of the constant; null for one that it has not. */
  readonly axes: readonly (number | null)[];
}

/** null for what is no constant, and hides one of the graph around. */
type Scope = Map<string, View | null>;

/** By graph, the model's or a body; in the file's order: initializers, then Constant nodes by their output. */
export type Sources = ReadonlyMap<GraphProto, ReadonlyMap<string, Source>>;

export function findWeights(graph: GraphProto): Sources {
  const sources = new Map<GraphProto, Map<string, Source>>();
  visit(graph, [], sources, new Map());
  return sources;
}

/** @param given inputs of the graph that are constants and come out of it again, by name */
function visit(
  graph: GraphProto,
  outer: readonly Scope[],
  sources: Map<GraphProto, Map<string, Source>>,
  given: ReadonlyMap<string, View | null>,
): void {
  if (outer.length > maxDepth)
    throw new UnsupportedModelError(`bodies of its operators are in one another more than ${maxDepth} deep`);
  const scope: Scope = new Map();
  const scopes = [scope, ...outer];
  const own = new Map<string, Source>();
  sources.set(graph, own);
  const add = (name: string, tensor: TensorProto): void => {
    const source = { tensor, name, uses: [] };
    own.set(name, source);
    scope.set(name, { source, axes: tensor.dims.map((_, axis) => axis) });
  };
  const viewOf = (name: string): View | null => scopes.find((each) => each.has(name))?.get(name) ?? null;
  for (const { name } of graph.input) scope.set(name, given.get(name) ?? null);
  for (const tensor of graph.initializer) add(tensor.name, tensor);
  for (const proto of graph.node) {
    const constant = constantOf(proto);
    const moved = constant ? null : moveOf(proto, viewOf);
    for (const output of proto.output) scope.set(output, moved);
    if (constant) add(proto.output[0], constant);
    const handed = handedOn(proto);
    const views = new Map([...handed].map(([place, formal]) => [formal, viewOf(proto.input[place])]));
    if (!constant && !moved) read(proto, viewOf, handed);
    for (const { g } of proto.attribute) if (g) visit(g, scopes, sources, views);
  }
  graph.output.forEach(({ name }, place) => {
    const view = viewOf(name);
    if (view && view !== given.get(graph.input[place + 1]?.name))
      view.source.uses.push({ where: 'an output of a graph', axis: null, directions: 1, isRecurrent: false });
  });
}

/** In front of the carried values a Loop has a trip count and a condition, its body a counter too, and a condition of results. */
const BEFORE_CARRIED = 2;

/**
 * Inputs of a Loop that it hands from step to step as they are, by place: so TensorFlow 2's loops have their weights,
 * https://onnx.ai/onnx/operators/onnx__Loop.html.
 *
 * @returns names in its body
 */
function handedOn({ opType, domain, attribute, input }: NodeProto): ReadonlyMap<number, string> {
  const handed = new Map<number, string>();
  const body = attribute.find(({ name }) => name === 'body')?.g;
  if (opType !== 'Loop' || !isOnnxDomain(domain) || !body) return handed;
  const same = new Map<string, string>();
  for (const node of body.node)
    if (node.opType === 'Identity' && isOnnxDomain(node.domain))
      same.set(node.output[0], same.get(node.input[0]) ?? node.input[0]);
  for (let place = BEFORE_CARRIED; place < input.length; place++) {
    const [formal, result] = [body.input[place]?.name, body.output[place - 1]?.name];
    if (formal !== undefined && (same.get(result) ?? result) === formal) handed.set(place, formal);
  }
  return handed;
}

/** The tensor of a Constant node. */
function constantOf({ opType, domain, attribute, output }: NodeProto): TensorProto | null {
  if (opType !== 'Constant' || !isOnnxDomain(domain) || output.length !== 1) return null;
  return attribute.find(({ name }) => name === 'value')?.t ?? null;
}

/** What exporters leave between a constant and the product: parts of rows or of columns are still of the same rows. */
const MOVES = new Set(['Transpose', 'Identity', 'Slice', 'Split']);

function moveOf(proto: NodeProto, viewOf: (name: string) => View | null): View | null {
  const isMove = MOVES.has(proto.opType) && isOnnxDomain(proto.domain);
  const view = isMove ? viewOf(proto.input[0]) : null;
  if (!view || proto.opType !== 'Transpose') return view;
  const perm = new Node(proto).ints('perm') ?? view.axes.map((_, axis) => view.axes.length - 1 - axis);
  return { source: view.source, axes: perm.map((axis) => view.axes[axis] ?? null) };
}

/** @param handed inputs that the node only hands to its body */
function read(proto: NodeProto, viewOf: (name: string) => View | null, handed: ReadonlyMap<number, string>): void {
  proto.input.forEach((name, index) => {
    const view = name ? viewOf(name) : null;
    if (!view || handed.has(index)) return;
    const axis = isOnnxDomain(proto.domain) ? rowAxisOf(proto, index, view) : null;
    const isLayer = axis !== null && isRecurrent(proto);
    const directions = isLayer ? view.source.tensor.dims[view.axes[0]!] : 1;
    const isMoved = view.axes[0] !== 0 || view.axes[1] !== 1;
    view.source.uses.push({
      where: new Node(proto).where,
      axis: axis === null || (directions > 1 && isMoved) ? null : view.axes[axis],
      directions,
      isRecurrent: isLayer,
    });
  });
}

const isRecurrent = ({ opType }: NodeProto): boolean => opType === 'GRU' || opType === 'LSTM' || opType === 'RNN';

/** The axis of a node's input along which each element is one row of weights. */
function rowAxisOf(proto: NodeProto, index: number, { axes, source }: View): number | null {
  const rank = axes.length;
  const node = new Node(proto);
  if (isRecurrent(proto)) return (index === 1 || index === 2) && rank === 3 ? 1 : null;
  if (proto.opType === 'Conv') return index === 1 && rank > 2 ? 0 : null;
  if (proto.opType === 'Gemm' && index < 2 && rank === 2)
    return index === 0 ? Number(node.flag('transA')) : Number(!node.flag('transB'));
  if (proto.opType !== 'MatMul' || rank < 2) return null;
  const isMatrix = axes.slice(0, -2).every((axis) => axis !== null && source.tensor.dims[axis] === 1);
  return isMatrix ? rank - 1 - Number(index === 0) : null;
}
