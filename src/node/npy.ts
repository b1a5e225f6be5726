/**
 * NumPy's .npy files, format 1 to 3 (numpy/lib/_format_impl.py). npyjs, the one kept up of the packages that read them, leaves
 * big-endian and Fortran order to its callers, takes a cut file for whole, and brings a second fetch.
 */
import { readFile } from 'node:fs/promises';
import { InputError } from '../errors.js';

/** Numbers of any type, as float64. */
export interface NpyArray {
  readonly shape: readonly number[];
  readonly data: Float64Array; // in C order: the last axis first
  /** Of the file: f4, i2, … */
  readonly type: string;
  /** How far a value may lie from what was rounded to it. */
  readonly rounding: number;
}

interface Header {
  readonly type: string;
  readonly littleEndian: boolean;
  readonly fortranOrder: boolean;
  readonly shape: readonly number[];
  /** Bytes before the numbers. */
  readonly length: number;
}

type Reader = (view: DataView, at: number, littleEndian: boolean) => number;

const READERS: Readonly<Record<string, Reader>> = {
  f2: (view, at, little) => float16(view.getUint16(at, little)),
  f4: (view, at, little) => view.getFloat32(at, little),
  f8: (view, at, little) => view.getFloat64(at, little),
  i1: (view, at) => view.getInt8(at),
  i2: (view, at, little) => view.getInt16(at, little),
  i4: (view, at, little) => view.getInt32(at, little),
  i8: (view, at, little) => Number(view.getBigInt64(at, little)),
  u1: (view, at) => view.getUint8(at),
  u2: (view, at, little) => view.getUint16(at, little),
  u4: (view, at, little) => view.getUint32(at, little),
  u8: (view, at, little) => Number(view.getBigUint64(at, little)),
};

/** The largest part of a number that rounding takes from it or adds to it. */
const ROUNDING: Readonly<Record<string, number>> = { f2: 2 ** -11, f4: 2 ** -24, f8: 0 };

const MAGIC = '\x93NUMPY';
const REMEDY = 'expected an array of numbers, as np.save("features.npy", features) writes it';

/** @throws InputError naming the file and what is wrong with it */
export async function readNpy(path: string): Promise<NpyArray> {
  let bytes: Buffer;
  try {
    bytes = await readFile(path);
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    throw new InputError(`${path}: ${code === 'ENOENT' ? 'no such file' : `can't be read: ${message}`}`, {
      cause: error,
    });
  }
  return decodeNpy(bytes, path);
}

/** @throws InputError naming the file and what is wrong with it */
export function decodeNpy(bytes: Uint8Array, name: string): NpyArray {
  const { type, littleEndian, fortranOrder, shape, length } = readHeader(Buffer.from(bytes), name);
  const read = READERS[type];
  const size = Number(type.slice(1));
  const count = shape.reduce((product, extent) => product * extent, 1);
  const there = bytes.length - length;
  if (there !== count * size) {
    const what = there < count * size ? 'truncated' : 'too long';
    throw new InputError(
      `${name}: ${what}: ${there} of ${count * size} bytes of a ${type} array [${shape.join(', ')}]`,
    );
  }
  const view = new DataView(bytes.buffer, bytes.byteOffset + length, there);
  const values = new Float64Array(count);
  for (let i = 0; i < count; i++) values[i] = read(view, i * size, littleEndian);
  const largest = values.reduce((most, x) => (Number.isFinite(x) ? Math.max(most, Math.abs(x)) : most), 0);
  const data = fortranOrder ? inCOrder(values, shape) : values;
  return { shape, data, type, rounding: type in ROUNDING ? ROUNDING[type] * largest : 0.5 };
}

function readHeader(bytes: Buffer, name: string): Header {
  if (bytes.length === 0) throw new InputError(`${name}: the file is empty; ${REMEDY}`);
  if (bytes.toString('latin1', 0, 4) === 'PK\x03\x04')
    throw new InputError(`${name}: an .npz archive of several arrays; ${REMEDY}`);
  if (bytes.toString('latin1', 0, 6) !== MAGIC) throw new InputError(`${name}: not an .npy file; ${REMEDY}`);
  const version = bytes[6];
  if (!(version >= 1 && version <= 3))
    throw new InputError(`${name}: .npy format ${version} is not known; expected 1, 2 or 3`);
  const start = version === 1 ? 10 : 12;
  if (bytes.length < start) throw new InputError(`${name}: truncated in its header`);
  const length = start + (version === 1 ? bytes.readUInt16LE(8) : bytes.readUInt32LE(8));
  if (bytes.length < length) throw new InputError(`${name}: truncated in its header`);
  return { ...parseHeader(bytes.toString('utf8', start, length), name), length };
}

/** A Python dict: {'descr': '<f4', 'fortran_order': False, 'shape': (98, 40), } */
function parseHeader(text: string, name: string): Omit<Header, 'length'> {
  const descr = /'descr'\s*:\s*('[^']*'|\[)/.exec(text)?.[1];
  const order = /'fortran_order'\s*:\s*(True|False)/.exec(text)?.[1];
  const shape = /'shape'\s*:\s*\(([\d\s,L]*)\)/.exec(text)?.[1];
  if (descr === undefined || order === undefined || shape === undefined)
    throw new InputError(`${name}: a broken .npy header: ${text.trim().slice(0, 80)}`);
  if (descr === '[') throw new InputError(`${name}: an array of records with named fields; ${REMEDY}`);
  const [, endianness, type] = /^'([<>|=]?)(.*)'$/.exec(descr)!;
  if (type.startsWith('O')) throw new InputError(`${name}: an array of Python objects; ${REMEDY}`);
  if (!Object.hasOwn(READERS, type))
    throw new InputError(`${name}: numbers of type ${descr}; expected one of ${Object.keys(READERS).join(', ')}`);
  return {
    type,
    littleEndian: endianness !== '>',
    fortranOrder: order === 'True',
    shape: shape
      .split(',')
      .filter((extent) => extent.trim() !== '')
      .map((extent) => parseInt(extent, 10)),
  };
}

/** @param values the first axis first   @returns the last axis first */
function inCOrder(values: Float64Array, shape: readonly number[]): Float64Array {
  const strides = shape.map((_, axis) => shape.slice(0, axis).reduce((product, extent) => product * extent, 1));
  return values.map((_, i) => {
    let [rest, from] = [i, 0];
    for (let axis = shape.length - 1; axis >= 0; axis--) {
      from += (rest % shape[axis]) * strides[axis];
      rest = Math.floor(rest / shape[axis]);
    }
    return values[from];
  });
}

/** IEEE 754 binary16: 1 bit of sign, 5 of exponent, 10 of fraction. */
function float16(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = (bits & 1023) / 1024;
  if (exponent === 31) return fraction === 0 ? sign * Infinity : NaN;
  return sign * (exponent === 0 ? 2 ** -14 * fraction : 2 ** (exponent - 15) * (1 + fraction));
}

/** An .npy file, format 1.0: float32, little-endian, in C order. */
export function encodeNpy(shape: readonly number[], data: Float32Array): Uint8Array {
  const dict = `{'descr': '<f4', 'fortran_order': False, 'shape': (${shape.join(', ')}${shape.length === 1 ? ',' : ''}), }`;
  // The numbers begin at a multiple of 64 bytes, behind a line feed.
  const length = Math.ceil((10 + dict.length + 1) / 64) * 64;
  const bytes = Buffer.alloc(length + 4 * data.length);
  bytes.write(MAGIC, 'latin1');
  bytes[6] = 1;
  bytes.writeUInt16LE(length - 10, 8);
  bytes.write(`${dict.padEnd(length - 11)}\n`, 10, 'latin1');
  data.forEach((value, i) => bytes.writeFloatLE(value, length + 4 * i));
  return bytes;
}
