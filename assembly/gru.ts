import { align } from './lanes';
import { f32Bytes } from './matvec';
import { int8Bytes, quantizeBounded } from './quantize';
import { boundOffset, matvec, sigmoidGates, tanhGate } from './recurrent';

/**
 * ONNX GRU, one step, activations Sigmoid and Tanh:
 *
 *   z = σ(Wz·x + Wbz + Rz·h + Rbz)
 *   r = σ(Wr·x + Wbr + Rr·h + Rbr)
 *   h̃ = tanh(Wh·x + Wbh + r∘(Rh·h + Rbh))       linearBeforeReset ≠ 0
 *   h̃ = tanh(Wh·x + Wbh + Rh·(r∘h) + Rbh)       linearBeforeReset = 0
 *   h ← (1 − z)∘h̃ + z∘h
 *
 * `hidden` (H) and `input` (I) are padded to multiples of 8; a padded unit has zero weights and stays zero.
 *
 *   W: one matrix [align(3H, 16), I], gates z r h     R: two matrices, [2H, H] of z r, then [align(H, 16), H] of h
 *   scratch f32: x-sums [align(3H, 16)] | h-sums [2H + align(H, 16)] | r∘h [H] | its quantized form
 */

@inline function xRows(hidden: i32): i32 {
  return align(3 * hidden, 16);
}

/** r∘h, the input of the candidate's product where the reset gate comes first. */
@inline function resetHidden(hSums: usize, h: usize, resetH: usize, hidden: i32): void {
  const bytes: usize = hidden << 2;
  for (let i: usize = 0; i < bytes; i += 16) {
    v128.store(resetH + i, f32x4.mul(v128.load(hSums + bytes + i), v128.load(h + i)));
  }
}

@inline function candidate(xSum: v128, hSum: v128, r: v128, linearBeforeReset: bool, exact: bool): v128 {
  return tanhGate(f32x4.add(xSum, linearBeforeReset ? f32x4.mul(r, hSum) : hSum), exact);
}

/** (1 − z)·h̃ + z·h, one operation shorter where its cancellation of h̃ is below the error of the weights. */
@inline function blend(z: v128, h: v128, candidate: v128, exact: bool): v128 {
  if (!exact) return f32x4.add(candidate, f32x4.mul(z, f32x4.sub(h, candidate)));
  return f32x4.add(f32x4.mul(f32x4.sub(f32x4.splat(1), z), candidate), f32x4.mul(z, h));
}

/** The candidate and the new state, behind z and r: one pass for all is bound by the latency of r (706 against 477 ns). */
@inline function update(
  xSums: usize, hSums: usize, h: usize, hidden: i32, linearBeforeReset: bool, exact: bool): void {
  const bytes: usize = hidden << 2;
  const xh = xSums + 2 * bytes, hh = hSums + 2 * bytes, rs = hSums + bytes;
  for (let i: usize = 0; i < bytes; i += 32) {
    const c0 = candidate(v128.load(xh + i), v128.load(hh + i), v128.load(rs + i), linearBeforeReset, exact);
    const c1 = candidate(v128.load(xh + i, 16), v128.load(hh + i, 16), v128.load(rs + i, 16), linearBeforeReset, exact);
    v128.store(h + i, blend(v128.load(hSums + i), v128.load(h + i), c0, exact));
    v128.store(h + i, blend(v128.load(hSums + i, 16), v128.load(h + i, 16), c1, exact), 16);
  }
}

/** `x` and `hOperand` are what matvec takes: quantized with `int8`, floats without. */
@inline function step(
  x: usize, W: usize, R: usize, h: usize, hOperand: usize, scratch: usize, input: i32, hidden: i32, linearBeforeReset: bool,
  bound: f32, int8: bool): void {
  const xSums = scratch, hSums = scratch + (xRows(hidden) << 2), hh = hSums + (hidden << 3);
  const Rh = R + (int8 ? int8Bytes(2 * hidden, hidden) : f32Bytes(2 * hidden, hidden));
  const candidateRows = align(hidden, 16);
  matvec(W, x, xSums, xRows(hidden), input, int8);
  matvec(R, hOperand, hSums, 2 * hidden, hidden, int8);
  sigmoidGates(xSums, hSums, 2 * hidden, !int8);
  if (linearBeforeReset) {
    matvec(Rh, hOperand, hh, candidateRows, hidden, int8);
    update(xSums, hSums, h, hidden, true, !int8);
  } else {
    const resetH = hh + (candidateRows << 2), resetHq = resetH + (hidden << 2);
    resetHidden(hSums, h, resetH, hidden);
    if (int8) quantizeBounded(resetH, resetHq, hidden, bound);
    matvec(Rh, int8 ? resetHq : resetH, hh, candidateRows, hidden, int8);
    update(xSums, hSums, h, hidden, false, !int8);
  }
}

/** @param x quantized activations [input]   @param state stateBytesInt8(hidden), completed by resetInt8 */
export function gruInt8(
  x: usize, W: usize, R: usize, state: usize, scratch: usize, input: i32, hidden: i32, linearBeforeReset: i32): void {
  const hq = state + (hidden << 2);
  const bound = load<f32>(state + boundOffset(hidden));
  step(x, W, R, state, hq, scratch, input, hidden, linearBeforeReset != 0, bound, true);
  quantizeBounded(state, hq, hidden, bound);
}

/** @param x [input] f32   @param state h [hidden] f32 */
export function gruF32(
  x: usize, W: usize, R: usize, state: usize, scratch: usize, input: i32, hidden: i32, linearBeforeReset: i32): void {
  step(x, W, R, state, state, scratch, input, hidden, linearBeforeReset != 0, 0, false);
}
