/** TensorProto → the values it holds, whichever of ONNX's ways it stores them in. */
import { ModelFormatError, UnsupportedModelError } from '../errors.js';
import { maxRank } from './dims.js';
import type { Constant } from './constants.js';
import type { TensorProto } from './onnx-proto.js';

interface ElementType {
  readonly name: string;
  readonly holds: Constant['type'];
  readonly bytes: number;
  readonly read: (view: DataView, offset: number) => number;
  /** The field of TensorProto that holds values of this type where `raw_data` does not. */
  readonly typed: (tensor: TensorProto) => readonly number[];
  /** What a value of the typed field stands for; float16 and bfloat16 are bit patterns. */
  readonly decode?: (stored: number) => number;
}

const ints = (tensor: TensorProto) => tensor.int32Data;

/** TensorProto.DataType, https://onnx.ai/onnx/api/classes.html#tensorproto */
const elementTypes: Readonly<Record<number, ElementType>> = {
  1: { name: 'float32', holds: 'float', bytes: 4, read: (v, at) => v.getFloat32(at, true), typed: (t) => t.floatData },
  2: { name: 'uint8', holds: 'integer', bytes: 1, read: (v, at) => v.getUint8(at), typed: ints },
  3: { name: 'int8', holds: 'integer', bytes: 1, read: (v, at) => v.getInt8(at), typed: ints },
  4: { name: 'uint16', holds: 'integer', bytes: 2, read: (v, at) => v.getUint16(at, true), typed: ints },
  5: { name: 'int16', holds: 'integer', bytes: 2, read: (v, at) => v.getInt16(at, true), typed: ints },
  6: { name: 'int32', holds: 'integer', bytes: 4, read: (v, at) => v.getInt32(at, true), typed: ints },
  7: { name: 'int64', holds: 'integer', bytes: 8, read: (v, at) => Number(v.getBigInt64(at, true)), typed: (t) => t.int64Data },
  9: { name: 'bool', holds: 'boolean', bytes: 1, read: (v, at) => Number(v.getUint8(at) !== 0), typed: ints },
  10: {
    name: 'float16',
    holds: 'float',
    bytes: 2,
    read: (v, at) => halfToNumber(v.getUint16(at, true)),
    typed: ints,
    decode: halfToNumber,
  },
  11: { name: 'float64', holds: 'float', bytes: 8, read: (v, at) => v.getFloat64(at, true), typed: (t) => t.doubleData },
  16: {
    name: 'bfloat16',
    holds: 'float',
    bytes: 2,
    read: (v, at) => brainToNumber(v.getUint16(at, true)),
    typed: ints,
    decode: brainToNumber,
  },
};

export function elementTypeName(dataType: number): string {
  return elementTypes[dataType]?.name ?? `type ${dataType}`;
}

export function isFloatType(dataType: number): boolean {
  return elementTypes[dataType]?.holds === 'float';
}

/** Whether the elements of `dataType` are integers, floats or truth values; null where they are none of these. */
export function heldBy(dataType: number): Constant['type'] | null {
  return elementTypes[dataType]?.holds ?? null;
}

/** Values are copied: the result holds no view of the file. */
export function readTensor(tensor: TensorProto, name = tensor.name): Constant {
  const type = elementTypes[tensor.dataType];
  if (tensor.dataLocation === 1 || tensor.externalData.length > 0) {
    throw new UnsupportedModelError(
      `tensor "${name}" keeps its data in another file (${externalFile(tensor)}): save the model as one file with onnx.save(onnx.load(path), "single.onnx")`,
    );
  }
  if (tensor.segment) throw new UnsupportedModelError(`tensor "${name}" is one segment of a larger one: save it whole`);
  if (!type)
    throw new UnsupportedModelError(`tensor "${name}" has elements of type ${tensor.dataType}, which is not supported; use float32`);
  const count = elementCount(tensor, name);
  const source = tensor.rawData.length > 0 ? rawReader(tensor, type, count, name) : typedReader(tensor, type, count, name);
  const data = type.holds === 'float' ? new Float32Array(count) : new Array<number>(count);
  for (let index = 0; index < count; index++) data[index] = source(index);
  return { kind: 'constant', name, type: type.holds, dims: [...tensor.dims], data };
}

/** The caller holds it against the bytes or values that are there, before memory is taken. */
function elementCount(tensor: TensorProto, name: string): number {
  if (tensor.dims.length > maxRank) throw new ModelFormatError(`tensor "${name}" has ${tensor.dims.length} axes, more than ${maxRank}`);
  let count = 1;
  for (const dim of tensor.dims) {
    if (!Number.isSafeInteger(dim) || dim < 0) throw new ModelFormatError(`tensor "${name}" has a dimension of ${dim}`);
    count *= dim;
  }
  return count;
}

type Source = (index: number) => number;

function rawReader(tensor: TensorProto, type: ElementType, count: number, name: string): Source {
  const { rawData } = tensor;
  if (rawData.length !== count * type.bytes) {
    const expected = `${count} × ${type.bytes} for ${type.name} [${tensor.dims.join(', ')}]`;
    throw new ModelFormatError(`tensor "${name}" has ${rawData.length} bytes, expected ${expected}`);
  }
  const view = new DataView(rawData.buffer, rawData.byteOffset, rawData.byteLength);
  return (index) => type.read(view, index * type.bytes);
}

function typedReader(tensor: TensorProto, type: ElementType, count: number, name: string): Source {
  const stored = type.typed(tensor);
  if (stored.length !== count) {
    throw new ModelFormatError(
      `tensor "${name}" has ${stored.length} values, expected ${count} for ${type.name} [${tensor.dims.join(', ')}]`,
    );
  }
  const { decode } = type;
  return decode ? (index) => decode(stored[index]) : (index) => stored[index];
}

function externalFile(tensor: TensorProto): string {
  return tensor.externalData.find(({ key }) => key === 'location')?.value ?? 'unnamed';
}

/** IEEE 754 binary16. */
function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 0) return sign * fraction * 2 ** -24;
  if (exponent === 0x1f) return fraction ? NaN : sign * Infinity;
  return sign * (1 + fraction / 1024) * 2 ** (exponent - 15);
}

/** The upper half of a binary32. */
function brainToNumber(bits: number): number {
  return new Float32Array(new Uint32Array([(bits & 0xffff) * 0x10000]).buffer)[0];
}
