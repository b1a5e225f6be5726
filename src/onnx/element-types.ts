/** TensorProto.DataType, https://onnx.ai/onnx/api/classes.html#tensorproto: how elements are stored. */
import type { TensorType } from '../model/network.js';
import type { TensorProto } from './onnx-proto.js';

export interface Storage {
  readonly type: TensorType;
  readonly bytes: number;
  readonly read: (view: DataView, offset: number) => number;
  /** The field of TensorProto that holds values of this type where `raw_data` does not. */
  readonly typed: (tensor: TensorProto) => readonly number[];
  /** What a value of the typed field stands for; float16 and bfloat16 are bit patterns. */
  readonly decode?: (stored: number) => number;
}

const ints = (tensor: TensorProto) => tensor.int32Data;

const storages: Readonly<Record<number, Storage>> = {
  1: { type: 'float32', bytes: 4, read: (v, at) => v.getFloat32(at, true), typed: (t) => t.floatData },
  2: { type: 'uint8', bytes: 1, read: (v, at) => v.getUint8(at), typed: ints },
  3: { type: 'int8', bytes: 1, read: (v, at) => v.getInt8(at), typed: ints },
  4: {
    type: 'uint16',
    bytes: 2,
    read: (v, at) => v.getUint16(at, true),
    typed: ints,
  },
  5: {
    type: 'int16',
    bytes: 2,
    read: (v, at) => v.getInt16(at, true),
    typed: ints,
  },
  6: {
    type: 'int32',
    bytes: 4,
    read: (v, at) => v.getInt32(at, true),
    typed: ints,
  },
  7: {
    type: 'int64',
    bytes: 8,
    read: (v, at) => Number(v.getBigInt64(at, true)),
    typed: (t) => t.int64Data,
  },
  9: { type: 'bool', bytes: 1, read: (v, at) => Number(v.getUint8(at) !== 0), typed: ints },
  10: {
    type: 'float16',
    bytes: 2,
    read: (v, at) => halfToNumber(v.getUint16(at, true)),
    typed: ints,
    decode: halfToNumber,
  },
  11: {
    type: 'float64',
    bytes: 8,
    read: (v, at) => v.getFloat64(at, true),
    typed: (t) => t.doubleData,
  },
  16: {
    type: 'bfloat16',
    bytes: 2,
    read: (v, at) => brainToNumber(v.getUint16(at, true)),
    typed: ints,
    decode: brainToNumber,
  },
};

/** undefined for text, complex numbers, and numbers of 4 and 8 bits that need a scale. */
export function storageOf(dataType: number): Storage | undefined {
  return storages[dataType];
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
