/** Float weights → int8 and a scale a row: the integers that packing makes of them. */
import { symmetricScale } from '../model/row-quantization.js';

export interface QuantizedRows {
  readonly q: Int8Array; // [outer, rows, inner]
  readonly scales: Float32Array; // [rows]
  /** The greatest difference of a weight and scale·q. */
  readonly maxError: number;
}

/**
 * Every row is quantized for itself, symmetrically to ±127.
 *
 * @param weights [outer, rows, inner], row-major: a row's elements are those of its index, whichever the outer one
 */
export function quantizeRows(weights: Float32Array, rows: number, inner: number): QuantizedRows {
  const q = new Int8Array(weights.length);
  const scales = new Float32Array(rows);
  const row = new Float32Array(weights.length / rows);
  let maxError = 0;
  for (let index = 0; index < rows; index++) {
    const placeOf = (i: number): number => (Math.floor(i / inner) * rows + index) * inner + (i % inner);
    for (let i = 0; i < row.length; i++) row[i] = weights[placeOf(i)];
    const scale = symmetricScale(row);
    // Zeros of a scale of 1: one of 0 is not what every reader expects.
    scales[index] = scale || 1;
    for (let i = 0; i < row.length && scale > 0; i++) q[placeOf(i)] = nearest(Math.fround(row[i] / scale));
    for (let i = 0; i < row.length; i++)
      maxError = Math.max(maxError, Math.abs(row[i] - Math.fround(scale * q[placeOf(i)])));
  }
  return { q, scales, maxError };
}

/** Halves to the even neighbour. */
function nearest(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  return floor + Number(rest > 0.5 || (rest === 0.5 && floor % 2 !== 0));
}
