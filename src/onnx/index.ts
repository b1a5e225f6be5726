/** ONNX models in, the neutral form of a network out. */
import type { Network } from '../model/network.js';
import { decodeModel } from './decode.js';
import type { ReadBeside } from './external.js';
import { readGraph } from './graph.js';
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
  const { graph: proto, opset, producer, metadata } = decodeModel(bytes);
  const hasBodies = proto.node.some(({ attribute }) => attribute.some(({ g }) => g));
  const graph = readGraph(proto, hasBodies ? (await import('./bodies.js')).bodyReader(proto) : undefined);
  const isExternal = [graph, ...graph.bodies].some(({ initializers }) =>
    [...initializers.values()].some(({ externalData }) => externalData.length > 0),
  );
  if (readBeside && isExternal) await (await import('./external.js')).readExternalData(graph, readBeside);
  const translated = translateGraph(graph, opset, producer, await operatorsFor(graph));
  return { ...translated, metadata, producer, opset };
}
