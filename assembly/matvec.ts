import { headerBytes, SEGMENT } from './quantize';

/**
 * y = W·x + b: a dense layer, and the products inside a recurrent step. Sixteen rows at a time, two or four columns a
 * turn, each column broadcast: no horizontal sums and no tails, because packing has padded both dimensions.
 */

/**
 * int8 weights × int16 activations, accumulated exactly in int32 (see packInt8 and quantize for the operands).
 *
 * A lane L = hi·256 + lo + 128 gives both rows: S_hi = Σ (L >> 8)·x and S_lo = Σ L·x − 256·S_hi − 128·Σx, exact
 * modulo 2³² and, for a segment of 512 columns, in range. Σ (w − zero point)·x = Σ w·x − zero point·Σx, and segments are added up,
 * as floats: with a zero point the sum itself may leave int32.
 *
 * @param weights int8Bytes(rows, columns)   @param quantized the activations [columns]   @param y [rows] f32
 * @param rows a multiple of 16   @param columns a multiple of 8
 */
export function matvecInt8(weights: usize, quantized: usize, y: usize, rows: i32, columns: i32): void {
  const scales = weights + rows * columns;
  let x = quantized + headerBytes(columns);
  let addend = scales + (rows << 3); // the bias, then what the segments before have given
  let sum = quantized + 4;
  for (let left = columns; left > 0; left -= SEGMENT) {
    const segment = min(left, SEGMENT);
    addSegment(weights, x, load<i32>(sum), load<f32>(quantized), scales, addend, y, rows, segment);
    weights += rows * segment;
    x += segment << 1;
    sum += 4;
    addend = y;
  }
}

/** y = scale·xScale·(Σ w·x − zeroPoint·Σx) + addend, over one segment of columns. */
@inline function addSegment(
  weights: usize, xStart: usize, xSum: i32, xScale: f32, scale: usize, addend: usize, y: usize, rows: i32, columns: i32): void {
  const scale4 = f32x4.splat(xScale), offset = i32x4.splat(xSum << 7), sum4 = f32x4.splat(<f32>xSum);
  const xEnd = xStart + (<usize>columns << 1), bytes = <usize>rows << 2, yEnd = y + bytes;
  for (; y < yEnd; y += 64, scale += 64, addend += 64) {
    let hi0 = i32x4.splat(0), lo0 = i32x4.splat(0), hi1 = i32x4.splat(0), lo1 = i32x4.splat(0);
    let x = xStart;
    do {
      const xa = v128.load32_splat(x), xb = v128.load32_splat(x, 4);
      let L = v128.load(weights);
      lo0 = i32x4.add(lo0, i32x4.dot_i16x8_s(L, xa));
      hi0 = i32x4.add(hi0, i32x4.dot_i16x8_s(i16x8.shr_s(L, 8), xa));
      L = v128.load(weights, 16);
      lo1 = i32x4.add(lo1, i32x4.dot_i16x8_s(L, xa));
      hi1 = i32x4.add(hi1, i32x4.dot_i16x8_s(i16x8.shr_s(L, 8), xa));
      L = v128.load(weights, 32);
      lo0 = i32x4.add(lo0, i32x4.dot_i16x8_s(L, xb));
      hi0 = i32x4.add(hi0, i32x4.dot_i16x8_s(i16x8.shr_s(L, 8), xb));
      L = v128.load(weights, 48);
      lo1 = i32x4.add(lo1, i32x4.dot_i16x8_s(L, xb));
      hi1 = i32x4.add(hi1, i32x4.dot_i16x8_s(i16x8.shr_s(L, 8), xb));
      x += 8;
      weights += 64;
    } while (x < xEnd);
    lo0 = i32x4.sub(i32x4.sub(lo0, i32x4.shl(hi0, 8)), offset);
    lo1 = i32x4.sub(i32x4.sub(lo1, i32x4.shl(hi1, 8)), offset);
    v128.store(y, scaled(hi0, sum4, v128.load(scale + bytes), scale4, v128.load(scale), v128.load(addend)));
    v128.store(y, scaled(lo0, sum4, v128.load(scale + bytes, 16), scale4, v128.load(scale, 16), v128.load(addend, 16)), 16);
    v128.store(y, scaled(hi1, sum4, v128.load(scale + bytes, 32), scale4, v128.load(scale, 32), v128.load(addend, 32)), 32);
    v128.store(y, scaled(lo1, sum4, v128.load(scale + bytes, 48), scale4, v128.load(scale, 48), v128.load(addend, 48)), 48);
  }
}

@inline function scaled(sum: v128, xSum: v128, zeroPoint: v128, xScale: v128, scale: v128, addend: v128): v128 {
  sum = f32x4.sub(f32x4.convert_i32x4_s(sum), f32x4.mul(zeroPoint, xSum));
  return f32x4.add(f32x4.mul(sum, f32x4.mul(scale, xScale)), addend);
}

/** Bytes of a packed f32 matrix: weights, then a bias a row. */
@inline export function f32Bytes(rows: i32, columns: i32): i32 {
  return (rows * columns + rows) << 2;
}

/**
 * Reorders a matrix for matvecF32: packed [rows / 16, columns, 16] f32 | bias [rows] f32.
 *
 * @param source [rows × columns] f32, followed by [rows] f32 of bias
 * @param rows a multiple of 16   @param columns a multiple of 2; both padded with zeros
 */
export function packF32(source: usize, packed: usize, rows: i32, columns: i32): void {
  let to = packed;
  for (let block = 0; block < rows; block += 16) {
    for (let column = 0; column < columns; column++) {
      for (let row = block; row < block + 16; row++, to += 4) {
        store<f32>(to, load<f32>(source + ((row * columns + column) << 2)));
      }
    }
  }
  memory.copy(to, source + ((rows * columns) << 2), rows << 2);
}

/**
 * f32 weights × f32 activations.
 *
 * @param weights f32Bytes(rows, columns)   @param x [columns] f32   @param y [rows] f32
 * @param rows a multiple of 16   @param columns a multiple of 2
 */
export function matvecF32(weights: usize, x: usize, y: usize, rows: i32, columns: i32): void {
  let bias = weights + ((rows * columns) << 2);
  const xEnd = x + (<usize>columns << 2);
  const biasEnd = bias + (<usize>rows << 2);
  for (; bias < biasEnd; bias += 64, y += 64) {
    let y0 = v128.load(bias), y1 = v128.load(bias, 16), y2 = v128.load(bias, 32), y3 = v128.load(bias, 48);
    for (let xi = x; xi < xEnd; xi += 8, weights += 128) {
      const xa = v128.load32_splat(xi), xb = v128.load32_splat(xi, 4);
      y0 = f32x4.add(y0, f32x4.mul(v128.load(weights), xa));
      y1 = f32x4.add(y1, f32x4.mul(v128.load(weights, 16), xa));
      y2 = f32x4.add(y2, f32x4.mul(v128.load(weights, 32), xa));
      y3 = f32x4.add(y3, f32x4.mul(v128.load(weights, 48), xa));
      y0 = f32x4.add(y0, f32x4.mul(v128.load(weights, 64), xb));
      y1 = f32x4.add(y1, f32x4.mul(v128.load(weights, 80), xb));
      y2 = f32x4.add(y2, f32x4.mul(v128.load(weights, 96), xb));
      y3 = f32x4.add(y3, f32x4.mul(v128.load(weights, 112), xb));
    }
    v128.store(y, y0);
    v128.store(y, y1, 16);
    v128.store(y, y2, 32);
    v128.store(y, y3, 48);
  }
}
