/**
 * Protobuf messages as bytes: their fields found, replaced and written, and nothing else of them touched. Encoding:
 * https://protobuf.dev/programming-guides/encoding.
 */
import { ModelFormatError } from '../errors.js';
import { concatBytes } from '../typed-arrays.js';

/** Wire types. Groups, 3 and 4, are in no ONNX file. */
const VARINT = 0;
const BYTES = 2;
const SIZES: Readonly<Record<number, number>> = { [VARINT]: 0, 1: 8, [BYTES]: 0, 5: 4 }; // bytes, where the type says them

/** Of one message, as many as decoding takes: a field may have 2 bytes, and a forged file millions of them. */
const MOST_FIELDS = 1e6;

export interface Field {
  readonly number: number;
  readonly start: number; // of the tag
  readonly content: number; // of what follows the tag, and the length where there is one
  readonly end: number;
}

/** The fields of the message in bytes `at` to `end`; those numbered in `texts` must have a length. */
export function* fieldsOf(bytes: Uint8Array, at: number, end: number, texts: readonly number[]): Generator<Field> {
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

/**
 * A message with some of its fields replaced by others, whole fields each; all others stay byte for byte, in their order.
 *
 * @param replace what stands where a field stood, which is the `index`th of its number; undefined leaves it
 */
export function replaceFields(
  bytes: Uint8Array,
  replace: (field: Field, index: number) => readonly Uint8Array[] | undefined,
): Uint8Array {
  const parts: Uint8Array[] = [];
  const counts = new Map<number, number>();
  let kept = 0;
  for (const found of fieldsOf(bytes, 0, bytes.length, [])) {
    const index = counts.get(found.number) ?? 0;
    counts.set(found.number, index + 1);
    const replaced = replace(found, index);
    if (!replaced) continue;
    parts.push(bytes.subarray(kept, found.start), ...replaced);
    kept = found.end;
  }
  return concatBytes([...parts, bytes.subarray(kept)]);
}

/** A field of bytes: a text, a message, packed numbers. */
export function lengthField(number: number, content: Uint8Array): Uint8Array {
  return concatBytes([Uint8Array.from([...varint(number * 8 + BYTES), ...varint(content.length)]), content]);
}

export function textField(number: number, content: string): Uint8Array {
  return lengthField(number, new TextEncoder().encode(content));
}

/** @param value what int64 does not hold becomes its last number, as 2⁶³ is what it holds at most, read as a number */
export function integerField(number: number, value: number): Uint8Array {
  const most = 2n ** 63n - 1n;
  const whole = BigInt(value);
  return Uint8Array.from([...varint(number * 8 + VARINT), ...varint(whole > most ? most : whole)]);
}

/** Seven bits a byte, the lowest first; negative ones as 64 bits of two's complement. */
function varint(value: number | bigint): number[] {
  const bytes: number[] = [];
  let left = BigInt.asUintN(64, BigInt(value));
  for (; left > 127n; left >>= 7n) bytes.push(Number(left & 127n) | 128);
  return [...bytes, Number(left)];
}
