/** What a graph and the bodies of its nodes are called by, whichever level it is on. */
import type { GraphProto, TensorProto } from './onnx-proto.js';

/** TensorProto.DataType: float32, float16, float64, bfloat16. */
const FLOATS = new Set([1, 10, 11, 16]);

export interface GraphNames {
  /** Of all tensors: no new one may be called so. */
  readonly names: Set<string>;
  /** Those that a node or an output reads. */
  readonly reads: Set<string>;
  /** TensorProto.DataType of all floats that the file declares. */
  readonly floatTypes: Set<number>;
}

export function namesIn(graph: GraphProto): GraphNames {
  const found: GraphNames = { names: new Set(), reads: new Set(), floatTypes: new Set([1]) };
  collect(graph, found);
  return found;
}

function collect(graph: GraphProto, found: GraphNames): void {
  const { names, reads, floatTypes } = found;
  const addType = (type: number): void => void (FLOATS.has(type) && floatTypes.add(type));
  const addTensor = ({ name, dataType }: TensorProto): void => {
    names.add(name);
    addType(dataType);
  };
  graph.initializer.forEach(addTensor);
  for (const { name, type } of [...graph.input, ...graph.output]) {
    names.add(name);
    addType(type?.tensorType?.elemType ?? 0);
  }
  for (const { name } of graph.output) reads.add(name);
  for (const { opType, input, output, attribute } of graph.node) {
    for (const name of input) reads.add(name);
    for (const name of [...input, ...output]) names.add(name);
    for (const { name, i, t, g } of attribute) {
      if (opType === 'Cast' && name === 'to') addType(i);
      if (t) addTensor(t);
      if (g) collect(g, found);
    }
  }
}

/** Of the graph, and of all bodies in it. */
export function allInitializers(graph: GraphProto): TensorProto[] {
  const bodies = graph.node.flatMap(({ attribute }) => attribute.flatMap(({ g }) => (g ? [g] : [])));
  return [...graph.initializer, ...bodies.flatMap(allInitializers)];
}
