/** A model whose tensors are in files beside it as one file. */
import { ModelFormatError } from '../errors.js';
import { changeBodies, changeData, changeGraph, GRAPH } from './encode.js';
import { inMemory, isExternal, type ReadBeside } from './external.js';
import { lengthField, replaceFields } from './fields.js';
import { allInitializers } from './graph-names.js';
import { quoted } from './names.js';
import type { GraphProto, TensorProto } from './onnx-proto.js';

/** As many as a model's file may have. */
const MAX_BYTES = 64 * 2 ** 20;

type Data = ReadonlyMap<TensorProto, Uint8Array>;

/** The bytes of the model with the data of all initializers in it; the same where none is elsewhere. */
export async function asOneFile(bytes: Uint8Array, graph: GraphProto, readBeside: ReadBeside): Promise<Uint8Array> {
  const data = new Map<TensorProto, Uint8Array>();
  const files = new Map<string, Uint8Array>();
  let size = 0;
  for (const tensor of allInitializers(graph)) {
    if (!isExternal(tensor)) continue;
    const { rawData } = await inMemory(tensor, readBeside, files);
    size += rawData.length;
    if (size > MAX_BYTES)
      throw new ModelFormatError(
        `with tensor ${quoted(tensor.name)} the data beside the model has more than ${MAX_BYTES / 2 ** 20} MiB`,
      );
    data.set(tensor, rawData);
  }
  return data.size > 0 ? changeGraph(bytes, (content) => withData(content, graph, data)) : bytes;
}

function withData(bytes: Uint8Array, graph: GraphProto, data: Data): Uint8Array {
  return replaceFields(bytes, ({ number, content, end }, index) => {
    const own = bytes.subarray(content, end);
    if (number === GRAPH.node)
      return [
        lengthField(
          number,
          changeBodies(own, graph.node[index], (body, proto) => withData(body, proto, data)),
        ),
      ];
    const tensorData = number === GRAPH.initializer ? data.get(graph.initializer[index]) : undefined;
    return tensorData && [lengthField(number, changeData(own, tensorData))];
  });
}
