/**
 * `metadata_props` in an ONNX file's bytes, read and replaced without decoding the model: all other bytes stay as they are,
 * what this version of ONNX does not know included. Encoding: https://protobuf.dev/programming-guides/encoding; field numbers:
 * https://github.com/onnx/onnx/blob/main/onnx/onnx.proto3.
 */
import { ModelFormatError } from '../errors.js';
import { concatBytes } from '../typed-arrays.js';

/** ModelProto.graph and .metadata_props; StringStringEntryProto.key and .value. */
const GRAPH = 7;
const METADATA_PROPS = 14;
const KEY = 1;
const VALUE = 2;

/** Wire types. Groups, 3 and 4, are in no ONNX file. */
const VARINT = 0;
const BYTES = 2;
const SIZES: Readonly<Record<number, number>> = { [VARINT]: 0, 1: 8, [BYTES]: 0, 5: 4 }; // bytes, where the type says them

/** Of one message, as many as decoding takes: a field may have 2 bytes, and a forged file millions of them. */
const MOST_FIELDS = 1e6;

interface Field {
  readonly number: number;
  readonly start: number; // of the tag
  readonly content: number;
  readonly end: number;
}

interface Property {
  readonly key: string;
  readonly value: string;
  readonly start: number;
  readonly end: number;
}

/** The fields of the message in bytes `at` to `end`; those numbered in `texts` must have a length. */
function* fieldsOf(bytes: Uint8Array, at: number, end: number, texts: readonly number[]): Generator<Field> {
  const damaged = (reason: string): ModelFormatError =>
    new ModelFormatError(
      `not an ONNX model, or a damaged one (${bytes.length} bytes): at byte ${at}: ${reason}; fetch or export it again`,
    );
  const varint = (): number => {
    let value = 0;
    for (let scale = 1; scale < 2 ** 70 && at < end; scale *= 128) {
      const byte = bytes[at++];
      value += (byte & 127) * scale;
      if (byte < 128) return value;
    }
    throw damaged('a number without end');
  };
  for (let count = 0; at < end; count++) {
    if (count === MOST_FIELDS) throw damaged('more than a million fields');
    const start = at;
    const tag = varint();
    const wire = tag % 8;
    const number = (tag - wire) / 8;
    if (number < 1 || number >= 2 ** 29 || !(wire in SIZES)) throw damaged('no protobuf field');
    if (texts.includes(number) && wire !== BYTES)
      throw damaged(`field ${number} is of wire type ${wire}, expected ${BYTES}`);
    const length = wire === BYTES ? varint() : SIZES[wire];
    const content = at;
    if (length > end - at) throw damaged(`field ${number} has ${length} bytes, ${end - at} are left`);
    if (wire === VARINT) varint();
    else at += length;
    yield { number, start, content, end: at };
  }
}

function* propertiesOf(bytes: Uint8Array): Generator<Property> {
  // A byte order mark is part of a text here, as for the decoder.
  const utf8 = new TextDecoder('utf-8', { ignoreBOM: true });
  let hasGraph = false;
  for (const { number, start, content, end } of fieldsOf(bytes, 0, bytes.length, [GRAPH, METADATA_PROPS])) {
    hasGraph ||= number === GRAPH;
    if (number !== METADATA_PROPS) continue;
    const texts: Record<number, string> = { [KEY]: '', [VALUE]: '' };
    for (const field of fieldsOf(bytes, content, end, [KEY, VALUE]))
      if (field.number in texts) texts[field.number] = utf8.decode(bytes.subarray(field.content, field.end));
    yield { key: texts[KEY], value: texts[VALUE], start, end };
  }
  if (!hasGraph) throw new ModelFormatError('not an ONNX model, or a truncated one: it has no graph');
}

/**
 * Those of the properties `keys` that the file has.
 *
 * @throws ModelFormatError when the bytes are no ONNX model, or one of the keys is there twice
 */
export function readProperties(bytes: Uint8Array, keys: readonly string[]): Map<string, string> {
  const found = new Map<string, string>();
  for (const { key, value } of propertiesOf(bytes)) {
    if (!keys.includes(key)) continue;
    if (found.has(key)) throw new ModelFormatError(`metadata "${key}" is given twice`);
    found.set(key, value);
  }
  return found;
}

/**
 * The file without its properties of the keys given, and at its end those that have a value.
 *
 * @throws ModelFormatError when the bytes are no ONNX model
 */
export function replaceProperties(bytes: Uint8Array, values: ReadonlyMap<string, string | null>): Uint8Array {
  const kept = new Uint8Array(bytes.length);
  let size = 0;
  let from = 0;
  const keep = (to: number): void => {
    kept.set(bytes.subarray(from, to), size);
    size += to - from;
  };
  for (const { key, start, end } of propertiesOf(bytes)) {
    if (!values.has(key)) continue;
    keep(start);
    from = end;
  }
  keep(bytes.length);
  const added = [...values].flatMap(([key, value]) =>
    value === null ? [] : [field(METADATA_PROPS, concatBytes([text(KEY, key), text(VALUE, value)]))],
  );
  return concatBytes([kept.subarray(0, size), ...added]);
}

const text = (number: number, content: string): Uint8Array => field(number, new TextEncoder().encode(content));

function field(number: number, content: Uint8Array): Uint8Array {
  const header = [number * 8 + BYTES]; // below 128
  let length = content.length;
  for (; length > 127; length >>>= 7) header.push((length & 127) | 128);
  return concatBytes([Uint8Array.of(...header, length), content]);
}
