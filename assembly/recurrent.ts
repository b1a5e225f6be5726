import { sigmoid, sigmoidFast, tanh, tanhFast } from './functions';
import { matvecF32, matvecInt8 } from './matvec';
import { headerBytes, maxAbs, quantizeBounded } from './quantize';

/**
 * What the steps of a GRU and of an LSTM share. A step is written once and inlined twice: int8 weights with the fast gates,
 * whose error is below that of the weights, and f32 weights with the exact ones.
 *
 * A state begins with h [hidden] f32. With int8 weights its quantized form follows, then the bound of |h| f32 and 12 bytes of
 * padding. The steps keep |h| ≤ max(1, |initial h|), so that the scale chosen by resetInt8 serves the whole sequence.
 */

/** Bytes from a state with int8 weights to its bound. */
@inline export function boundOffset(hidden: i32): i32 {
  return (hidden << 2) + headerBytes(hidden) + (hidden << 1);
}

/** Bytes of h, its quantized form and its bound. */
@inline export function stateBytesInt8(hidden: i32): i32 {
  return boundOffset(hidden) + 16;
}

/** Completes a state whose h has been set. */
export function resetInt8(state: usize, hidden: i32): void {
  const bound = max<f32>(1, maxAbs(state, hidden));
  store<f32>(state + boundOffset(hidden), bound);
  quantizeBounded(state, state + (hidden << 2), hidden, bound);
}

@inline export function matvec(weights: usize, x: usize, y: usize, rows: i32, columns: i32, int8: bool): void {
  if (int8) matvecInt8(weights, x, y, rows, columns);
  else matvecF32(weights, x, y, rows, columns);
}

/** σ of x-sum + h-sum for the first `rows` rows, a multiple of 8, in place of their h-sums. */
@inline export function sigmoidGates(xSums: usize, hSums: usize, rows: i32, exact: bool): void {
  const end: usize = rows << 2;
  for (let i: usize = 0; i < end; i += 32) {
    const a = f32x4.add(v128.load(xSums + i), v128.load(hSums + i));
    const b = f32x4.add(v128.load(xSums + i, 16), v128.load(hSums + i, 16));
    v128.store(hSums + i, exact ? sigmoid(a) : sigmoidFast(a));
    v128.store(hSums + i, exact ? sigmoid(b) : sigmoidFast(b), 16);
  }
}

@inline export function tanhGate(sum: v128, exact: bool): v128 {
  return exact ? tanh(sum) : tanhFast(sum);
}
