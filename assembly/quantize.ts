import { align, maxLanesI32, round4, sumLanesI32 } from './lanes';

/**
 * Quantized activations, the right-hand side of every int8 product:
 *
 *   scale f32 | Σq i32 of each segment of 512 columns | padding to 16 bytes | q [n] int16
 *
 * x ≈ scale·q with |q| ≤ 32767. The sums correct the offset of the packed weights, see matvec.ts.
 */

/** Columns whose products stay within int32: 512 · 128 · 32767 < 2³¹. */
@inline export const SEGMENT: i32 = 512;

@inline const Q_MAX: f32 = 32767;
/** Below this bound the reciprocal of the scale would overflow; such activations are zero. */
@inline const SMALLEST_BOUND: f32 = 1e-30;

/** Bytes before q. */
@inline export function headerBytes(n: i32): i32 {
  return align(4 + ((n + SEGMENT - 1) / SEGMENT) * 4, 16);
}

/**
 * The largest |x| of n floats, n a multiple of 4; NaN if there is one. Floats without a sign compare as their bits do, and NaN
 * above all others: an integer maximum costs what `pmax`, which would lose NaN, does.
 */
export function maxAbs(x: usize, n: i32): f32 {
  let max = i32x4.splat(0);
  const end = x + (<usize>n << 2);
  for (; x < end; x += 16) max = i32x4.max_s(max, f32x4.abs(v128.load(x)));
  return reinterpret<f32>(maxLanesI32(max));
}

/**
 * Writes q and the sums for n floats, n a multiple of 8, |x| ≤ bound. A bound that is infinite or NaN is a scale that is, and
 * makes every product so, as it would be in floats.
 */
export function quantizeBounded(x: usize, quantized: usize, n: i32, bound: f32): void {
  const zero = bound <= SMALLEST_BOUND;
  const inverse = f32x4.splat(zero ? 0 : Q_MAX / min<f32>(bound, f32.MAX_VALUE));
  store<f32>(quantized, zero ? 0 : bound / Q_MAX);
  let q = quantized + headerBytes(n);
  let sum = quantized + 4;
  const end = x + (<usize>n << 2);
  while (x < end) {
    const segmentEnd = min(end, x + (<usize>SEGMENT << 2));
    let sums = i32x4.splat(0);
    for (; x < segmentEnd; x += 32, q += 16) {
      const packed = i16x8.narrow_i32x4_s(steps(v128.load(x), inverse), steps(v128.load(x, 16), inverse));
      sums = i32x4.add(sums, i32x4.dot_i16x8_s(packed, i16x8.splat(1)));
      v128.store(q, packed);
    }
    store<i32>(sum, sumLanesI32(sums));
    sum += 4;
  }
}

/** x·inverse rounded; `pmin` fixes what NaN becomes, whose sign is the engine's choice. */
@inline function steps(x: v128, inverse: v128): v128 {
  return round4(f32x4.pmin(f32x4.splat(Q_MAX), f32x4.mul(x, inverse)));
}

/** Activations of any size: the scale follows the largest of them. */
export function quantize(x: usize, quantized: usize, n: i32): void {
  quantizeBounded(x, quantized, n, maxAbs(x, n));
}

/** Bytes of a packed int8 matrix: weights, then a scale, a zero point and a bias a row. */
@inline export function int8Bytes(rows: i32, columns: i32): i32 {
  return rows * columns + rows * 12;
}

/**
 * Quantizes a matrix by the scale and the zero point of each row, and packs it for matvecInt8:
 *
 *   w = scale·(q − zero point), q = clamp(round(w / scale) + zero point, −128, 127), 0 where the scale is not above 0
 *   packed: q [rows × columns] int8 | scale [rows] f32 | zero point [rows] f32 | bias [rows] f32
 *
 * Segments of 512 columns come one after the other; within one, rows come in blocks of 16. Each i16 lane holds the weights of
 * two rows, `hi << 8 | (lo + 128)`, from −128·256 to 127·256 + 255: all of int16. A vector holds rows i and i + 4 (i = 0 … 3) at
 * two columns, so that a block takes two vectors a column pair: rows 0–7, then 8–15. A row whose scale is not finite gives NaN.
 *
 * @param source w [rows × columns] f32, then what follows q in `packed`; zero points are whole, −128 to 127
 * @param rows a multiple of 16   @param columns a multiple of 8; both padded with zeros
 */
export function packInt8(source: usize, packed: usize, rows: i32, columns: i32): void {
  const scales = source + ((rows * columns) << 2);
  memory.copy(packed + rows * columns, scales, rows * 12);
  let lane = packed;
  for (let segment = 0; segment < columns; segment += SEGMENT) {
    const end = min(segment + SEGMENT, columns);
    for (let block = 0; block < rows; block += 16) {
      for (let column = segment; column < end; column += 2) {
        for (let row = block; row < block + 16; row += 8, lane += 16) packColumnPair(source, scales, rows, columns, row, column, lane);
      }
    }
  }
}

/** Eight rows from `row` on at two columns. */
@inline function packColumnPair(
  source: usize, scales: usize, rows: i32, columns: i32, row: i32, column: i32, to: usize): void {
  for (let i = row; i < row + 4; i++, to += 4) {
    store<i16>(to, pairOfRows(source, scales, rows, columns, i, column));
    store<i16>(to, pairOfRows(source, scales, rows, columns, i, column + 1), 2);
  }
}

@inline function pairOfRows(source: usize, scales: usize, rows: i32, columns: i32, row: i32, column: i32): i16 {
  const hi = quantizeWeight(source, scales, rows, columns, row, column);
  const lo = quantizeWeight(source, scales, rows, columns, row + 4, column);
  return <i16>((hi << 8) | (lo + 128));
}

function quantizeWeight(source: usize, scales: usize, rows: i32, columns: i32, row: i32, column: i32): i32 {
  const scale = load<f32>(scales + (row << 2));
  const zeroPoint = load<f32>(scales + ((rows + row) << 2));
  const weight = load<f32>(source + ((row * columns + column) << 2));
  return scale > 0 ? <i32>min<f32>(max<f32>(nearest(weight / scale) + zeroPoint, -128), 127) : 0;
}
