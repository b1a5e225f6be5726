/** ONNX models in, the neutral form of a network out. */
import type { Network } from '../model/network.js';
import { decodeModel } from './decode.js';
import { withExternalData, type ReadBeside } from './external.js';
import { readGraph } from './graph.js';
import { translateGraph } from './translate.js';

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
 * @throws ModelFormatError when the bytes are no ONNX model, or a broken one
 * @throws UnsupportedModelError when the model asks for what Tympan does not do
 */
export function importOnnx(bytes: Uint8Array): ImportedModel {
  const { graph, opset, producer, metadata } = decodeModel(bytes);
  return { ...translateGraph(readGraph(graph), opset, producer), metadata, producer, opset };
}

/** As above, of a model whose tensors may be in files beside it. */
export async function importOnnxFolder(bytes: Uint8Array, readBeside: ReadBeside): Promise<ImportedModel> {
  const { graph, opset, producer, metadata } = decodeModel(bytes);
  const whole = await withExternalData(readGraph(graph), readBeside);
  return { ...translateGraph(whole, opset, producer), metadata, producer, opset };
}
