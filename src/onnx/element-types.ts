/** TensorProto.DataType, https://onnx.ai/onnx/api/classes.html#tensorproto: how elements are stored, and which numbers they can be. */
import type { TensorProto } from './onnx-proto.js';

export interface ElementType {
  readonly name: string;
  readonly holds: 'float' | 'integer' | 'boolean';
  readonly bytes: number;
  readonly read: (view: DataView, offset: number) => number;
  /** The field of TensorProto that holds values of this type where `raw_data` does not. */
  readonly typed: (tensor: TensorProto) => readonly number[];
  /** What a value of the typed field stands for; float16 and bfloat16 are bit patterns. */
  readonly decode?: (stored: number) => number;
  /** Of integers: the least and the greatest, of int64 those that a number holds exactly. */
  readonly range?: readonly [number, number];
  /** The nearest float of the type, where float32 holds more. */
  readonly round?: (value: number) => number;
}

/** TensorProto.DataType of the types that folding makes itself. */
export const dataTypes = { float32: 1, int64: 7, boolean: 9, float64: 11 } as const;

const ints = (tensor: TensorProto) => tensor.int32Data;

const elementTypes: Readonly<Record<number, ElementType>> = {
  1: { name: 'float32', holds: 'float', bytes: 4, read: (v, at) => v.getFloat32(at, true), typed: (t) => t.floatData },
  2: { name: 'uint8', holds: 'integer', bytes: 1, read: (v, at) => v.getUint8(at), typed: ints, range: [0, 0xff] },
  3: { name: 'int8', holds: 'integer', bytes: 1, read: (v, at) => v.getInt8(at), typed: ints, range: [-0x80, 0x7f] },
  4: {
    name: 'uint16',
    holds: 'integer',
    bytes: 2,
    read: (v, at) => v.getUint16(at, true),
    typed: ints,
    range: [0, 0xffff],
  },
  5: {
    name: 'int16',
    holds: 'integer',
    bytes: 2,
    read: (v, at) => v.getInt16(at, true),
    typed: ints,
    range: [-0x8000, 0x7fff],
  },
  6: {
    name: 'int32',
    holds: 'integer',
    bytes: 4,
    read: (v, at) => v.getInt32(at, true),
    typed: ints,
    range: [-(2 ** 31), 2 ** 31 - 1],
  },
  7: {
    name: 'int64',
    holds: 'integer',
    bytes: 8,
    read: (v, at) => Number(v.getBigInt64(at, true)),
    typed: (t) => t.int64Data,
    range: [Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER],
  },
  9: { name: 'bool', holds: 'boolean', bytes: 1, read: (v, at) => Number(v.getUint8(at) !== 0), typed: ints },
  10: {
    name: 'float16',
    holds: 'float',
    bytes: 2,
    read: (v, at) => halfToNumber(v.getUint16(at, true)),
    typed: ints,
    decode: halfToNumber,
    round: (value) => rounded(value, 10, -14, 65504),
  },
  11: {
    name: 'float64',
    holds: 'float',
    bytes: 8,
    read: (v, at) => v.getFloat64(at, true),
    typed: (t) => t.doubleData,
  },
  16: {
    name: 'bfloat16',
    holds: 'float',
    bytes: 2,
    read: (v, at) => brainToNumber(v.getUint16(at, true)),
    typed: ints,
    decode: brainToNumber,
    round: (value) => rounded(value, 7, -126, (2 - 2 ** -7) * 2 ** 127),
  },
};

export function elementTypeOf(dataType: number): ElementType | undefined {
  return elementTypes[dataType];
}

export function elementTypeName(dataType: number): string {
  return elementTypes[dataType]?.name ?? `type ${dataType}`;
}

/** Whether the elements of `dataType` are integers, floats or truth values; null where they are none of these. */
export function heldBy(dataType: number): ElementType['holds'] | null {
  return elementTypes[dataType]?.holds ?? null;
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

/** To nearest, ties to even, as IEEE 754 rounds to `fraction` bits; infinite beyond `largest`. */
function rounded(value: number, fraction: number, leastExponent: number, largest: number): number {
  const exponent = ((new Uint32Array(new Float32Array([value]).buffer)[0] >> 23) & 0xff) - 127;
  const step = 2 ** (Math.max(exponent, leastExponent) - fraction);
  // Where a float64's last bit is 1, adding and subtracting rounds to integers.
  const result = (value / step + 1.5 * 2 ** 52 - 1.5 * 2 ** 52) * step;
  return Math.abs(result) > largest ? Math.sign(result) * Infinity : result;
}
