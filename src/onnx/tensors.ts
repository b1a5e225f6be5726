/** TensorProto → the values it holds, whichever of ONNX's ways it stores them in. */
import { ModelFormatError, UnsupportedModelError } from '../errors.js';
import { elementTypeOf, type Constant, type TensorType } from '../model/network.js';
import { storageOf, type Storage } from './element-types.js';
import { maxIntegers, maxQuantized, maxRank } from './limits.js';
import { listed, printable, quoted } from './names.js';
import type { TensorProto } from './onnx-proto.js';

export interface TypedConstant extends Constant {
  readonly tensorType: TensorType;
}

/** Values are copied: the result holds no view of the file. */
export function readTensor(tensor: TensorProto, name = tensor.name): TypedConstant {
  const storage = storageOf(tensor.dataType);
  if (tensor.dataLocation === 1 || tensor.externalData.length > 0) {
    throw new UnsupportedModelError(
      `tensor ${quoted(name)} keeps its data in another file (${externalFile(tensor)}): load it by its path or URL, or save it as one file with onnx.save(onnx.load(path), "single.onnx")`,
    );
  }
  if (tensor.segment)
    throw new UnsupportedModelError(`tensor ${quoted(name)} is one segment of a larger one: save it whole`);
  if (!storage)
    throw new UnsupportedModelError(
      `tensor ${quoted(name)} has elements of type ${tensor.dataType}, which is not supported; use float32`,
    );
  const type = elementTypeOf(storage.type);
  const count = elementCount(tensor, name);
  const isQuantized = type === 'integer' && storage.bytes < 3;
  const most = type === 'float' ? Infinity : isQuantized ? maxQuantized : maxIntegers;
  if (count > most) {
    throw new UnsupportedModelError(
      `tensor ${quoted(name)} holds ${count} ${storage.type} numbers, at most ${most} are read; save weights as float32`,
    );
  }
  const source =
    tensor.rawData.length > 0 ? rawReader(tensor, storage, count, name) : typedReader(tensor, storage, count, name);
  const data = type === 'float' || isQuantized ? new Float32Array(count) : new Float64Array(count);
  for (let index = 0; index < count; index++) {
    const value = source(index);
    data[index] =
      type === 'float'
        ? value
        : type === 'boolean'
          ? Number(value !== 0)
          : exactInteger(value, `tensor ${quoted(name)}`);
  }
  return { type, tensorType: storage.type, dims: [...tensor.dims], data };
}

/**
 * An int64 as a number. Those with which exporters say "to the end", ±2⁶² and beyond, become ±2⁵³, beyond any index; others that a
 * number does not hold exactly are refused.
 */
export function exactInteger(value: number, where: string): number {
  if (Math.abs(value) <= 2 ** 53) return value;
  if (Math.abs(value) >= 2 ** 62) return Math.sign(value) * 2 ** 53;
  throw new UnsupportedModelError(`${where} holds ${value}; integers beyond ±2⁵³ are not supported`);
}

/** The caller holds it against the bytes or values that are there, before memory is taken. */
function elementCount(tensor: TensorProto, name: string): number {
  if (tensor.dims.length > maxRank)
    throw new ModelFormatError(`tensor ${quoted(name)} has ${tensor.dims.length} axes, more than ${maxRank}`);
  let count = 1;
  for (const dim of tensor.dims) {
    if (!Number.isSafeInteger(dim) || dim < 0)
      throw new ModelFormatError(`tensor ${quoted(name)} has a dimension of ${dim}`);
    count *= dim;
  }
  return count;
}

type Source = (index: number) => number;

function rawReader(tensor: TensorProto, { type, bytes, read }: Storage, count: number, name: string): Source {
  const { rawData } = tensor;
  if (rawData.length !== count * bytes) {
    const expected = `${count} × ${bytes} for ${type} [${listed(tensor.dims)}]`;
    throw new ModelFormatError(`tensor ${quoted(name)} has ${rawData.length} bytes, expected ${expected}`);
  }
  const view = new DataView(rawData.buffer, rawData.byteOffset, rawData.byteLength);
  return (index) => read(view, index * bytes);
}

function typedReader(tensor: TensorProto, { type, typed, decode }: Storage, count: number, name: string): Source {
  const stored = typed(tensor);
  if (stored.length !== count) {
    throw new ModelFormatError(
      `tensor ${quoted(name)} has ${stored.length} values, expected ${count} for ${type} [${listed(tensor.dims)}]`,
    );
  }
  return decode ? (index) => decode(stored[index]) : (index) => stored[index];
}

function externalFile(tensor: TensorProto): string {
  return printable(tensor.externalData.find(({ key }) => key === 'location')?.value ?? 'unnamed');
}
