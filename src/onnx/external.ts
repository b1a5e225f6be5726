/** Tensors whose data is in files beside the model, https://onnx.ai/onnx/repo-docs/ExternalData.html: PyTorch writes them so unless told. */
import { ModelFormatError, UnsupportedModelError } from '../errors.js';
import type { Graph } from './graph.js';
import { quoted } from './names.js';
import type { TensorProto } from './onnx-proto.js';

/** Reads a file of the model's folder, by its path in there. */
export type ReadBeside = (name: string) => Promise<Uint8Array>;

export const isExternal = ({ dataLocation, externalData }: TensorProto): boolean =>
  dataLocation === 1 || externalData.length > 0;

/** Brings the data of all initializers that the graph and its bodies need into memory. */
export async function readExternalData(graph: Graph, readBeside: ReadBeside): Promise<void> {
  const files = new Map<string, Uint8Array>();
  for (const { initializers, uses } of [graph, ...graph.bodies]) {
    for (const [name, tensor] of initializers)
      if (isExternal(tensor) && uses.has(name)) initializers.set(name, await inMemory(tensor, readBeside, files));
  }
}

/** @param files those that were read already */
export async function inMemory(
  tensor: TensorProto,
  readBeside: ReadBeside,
  files: Map<string, Uint8Array>,
): Promise<TensorProto> {
  const { name } = tensor;
  const fields = new Map(tensor.externalData.map(({ key, value }) => [key, value]));
  const location = fields.get('location') ?? '';
  checkInside(location, name);
  const file = files.get(location) ?? (await readBeside(location));
  files.set(location, file);
  // A copy with the prototype, which holds the defaults of absent fields.
  const copy = Object.assign(Object.create(Object.getPrototypeOf(tensor) as object) as TensorProto, tensor);
  return Object.assign(copy, { rawData: partOf(file, fields, name), dataLocation: 0, externalData: [] });
}

/** A file must not make the reader open another folder's. */
function checkInside(location: string, name: string): void {
  const isOutside = /^[\\/]|[:\0]/.test(location) || location.split(/[\\/]/).includes('..');
  if (location === '' || isOutside) {
    throw new UnsupportedModelError(
      `tensor ${quoted(name)} keeps its data in another file (${quoted(location)}), which is not in the model's folder: save the ` +
        'model as one file with onnx.save(onnx.load(path), "single.onnx")',
    );
  }
}

function partOf(file: Uint8Array, fields: ReadonlyMap<string, string>, name: string): Uint8Array {
  const offset = Number(fields.get('offset') ?? 0);
  const length = Number(fields.get('length') ?? file.length - offset);
  const isInside = Number.isSafeInteger(offset) && Number.isSafeInteger(length) && offset >= 0 && length >= 0;
  if (!isInside || offset + length > file.length) {
    throw new ModelFormatError(
      `tensor ${quoted(name)} has bytes ${offset} to ${offset + length} of ${quoted(fields.get('location')!)}, which has ${file.length}: ` +
        'export the model again',
    );
  }
  return file.subarray(offset, offset + length);
}
