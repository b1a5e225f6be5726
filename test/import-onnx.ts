/** As src/onnx/index.ts, without waiting for the operators that few networks have. */
import { decodeModel } from '#dist/onnx/decode.js';
import { readGraph } from '#dist/onnx/graph.js';
import type { ImportedModel } from '#dist/onnx/index.js';
import { operatorsFor, translateGraph } from '#dist/onnx/translate.js';

const everything = await operatorsFor({ nodes: [{ op: 'any' }] } as unknown as Parameters<typeof operatorsFor>[0]);

export function importOnnx(bytes: Uint8Array): ImportedModel {
  const { graph, opset, producer, metadata } = decodeModel(bytes);
  return { ...translateGraph(readGraph(graph), opset, producer, everything), metadata, producer, opset };
}
