/** ONNX models in, the neutral form of a network out. */
import type { Network } from '../model/network.js';
import { decodeModel } from './decode.js';
import type { ReadBeside } from './external.js';
import { readGraph, type Graph } from './graph.js';
import { operatorsFor, translateGraph } from './translate.js';

export interface ImportedModel {
  readonly network: Network;
  /** `metadata_props` of the file. */
  readonly metadata: ReadonlyMap<string, string>;
  /** What wrote the file, as in "pytorch 2.13.0". */
  readonly producer: string;
  /** Version of the ai.onnx operators. */
  readonly opset: number;
  /** What is allowed and still worth a look. */
  readonly warnings: readonly string[];
}

/**
 * Reads an ONNX file. The network holds copies of its weights: `bytes` may be reused.
 *
 * @param readBeside for a model whose tensors may be in files beside it
 * @throws ModelFormatError when the bytes are no ONNX model, or a broken one
 * @throws UnsupportedModelError when the model asks for what Tympan does not do
 */
export async function importOnnx(bytes: Uint8Array, readBeside?: ReadBeside | null): Promise<ImportedModel> {
  const { graph, opset, producer, metadata } = decodeModel(bytes);
  const whole = await complete(readGraph(graph), readBeside);
  const translated = translateGraph(whole, opset, producer, await operatorsFor(whole));
  return { ...translated, metadata, producer, opset };
}

/** The graph with all its tensors in memory, where they can be read. */
async function complete(graph: Graph, readBeside?: ReadBeside | null): Promise<Graph> {
  const isExternal = [...graph.initializers.values()].some(({ externalData }) => externalData.length > 0);
  return readBeside && isExternal ? (await import('./external.js')).withExternalData(graph, readBeside) : graph;
}
