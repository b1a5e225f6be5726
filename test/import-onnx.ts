/** As src/onnx/index.ts, without waiting for the operators that few networks have. */
import { bodyReader } from '#dist/onnx/bodies.js';
import { decodeModel } from '#dist/onnx/decode.js';
import { readGraph, type Graph } from '#dist/onnx/graph.js';
import type { ImportedModel } from '#dist/onnx/index.js';
import { checkOperators } from '#dist/onnx/rare-operators.js';
import { operatorsFor, translateGraph } from '#dist/onnx/translate.js';

const everything = await operatorsFor({ nodes: [{ op: 'Loop' }], bodies: [] } as unknown as Graph);

export function importOnnx(bytes: Uint8Array): ImportedModel {
  const { graph: proto, opset, producer, metadata } = decodeModel(bytes);
  const graph = readGraph(proto, bodyReader(proto));
  checkOperators(graph, everything);
  return { ...translateGraph(graph, opset, producer, everything), metadata, producer, opset };
}
