/**
 * `metadata_props` in an ONNX file's bytes, read and replaced without decoding the model: all other bytes stay as they are,
 * what this version of ONNX does not know included. Encoding: https://protobuf.dev/programming-guides/encoding; field numbers:
 * https://github.com/onnx/onnx/blob/main/onnx/onnx.proto3.
 */
import { ModelFormatError } from '../errors.js';
import { concatBytes } from '../typed-arrays.js';
import { fieldsOf, lengthField, textField } from './fields.js';

/** ModelProto.graph and .metadata_props; StringStringEntryProto.key and .value. */
const GRAPH = 7;
const METADATA_PROPS = 14;
const KEY = 1;
const VALUE = 2;

interface Property {
  readonly key: string;
  readonly value: string;
  readonly start: number;
  readonly end: number;
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
    value === null ? [] : [lengthField(METADATA_PROPS, concatBytes([textField(KEY, key), textField(VALUE, value)]))],
  );
  return concatBytes([kept.subarray(0, size), ...added]);
}
