/**
 * Typed arrays. They are told apart by what they are, not by whose constructor made them: an iframe's or a test runner's is
 * another realm's.
 */

function isTagged(value: unknown, tag: string): boolean {
  return (
    ArrayBuffer.isView(value) && (value as unknown as { [Symbol.toStringTag]: string })[Symbol.toStringTag] === tag
  );
}

export function isFloat32Array(value: unknown): value is Float32Array {
  return isTagged(value, 'Float32Array');
}

export function isInt16Array(value: unknown): value is Int16Array {
  return isTagged(value, 'Int16Array');
}

/** What a value is called in a message: `Float64Array`, `Array`, `string`, `null`. */
export function typeName(value: unknown): string {
  if (typeof value !== 'object' || value === null) return String(value === null ? null : typeof value);
  return Object.prototype.toString.call(value).slice(8, -1);
}

/** @throws TypeError for another type than Int16Array or Float32Array */
export function checkSampleType(samples: Int16Array | Float32Array): void {
  if (!isFloat32Array(samples) && !isInt16Array(samples))
    throw new TypeError(`samples: got ${typeName(samples)}, expected Int16Array or Float32Array`);
}

/** The index of the first number that is NaN or infinite, −1 where there is none. */
export function findNotFinite(values: ArrayLike<number>): number {
  for (let i = 0; i < values.length; i++) if (values[i] - values[i] !== 0) return i;
  return -1;
}

/** The blocks one after the other. */
export function concatBytes(blocks: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(blocks.reduce((sum, { byteLength }) => sum + byteLength, 0));
  let at = 0;
  for (const block of blocks) {
    bytes.set(block, at);
    at += block.byteLength;
  }
  return bytes;
}
