import { boundOffset, matvec, sigmoidGates, stateBytesInt8, tanhGate } from './recurrent';
import { quantizeBounded } from './quantize';

/**
 * ONNX LSTM, one step, activations Sigmoid, Tanh and Tanh, without peepholes:
 *
 *   i = σ(Wi·x + Wbi + Ri·h + Rbi)
 *   o = σ(Wo·x + Wbo + Ro·h + Rbo)
 *   f = σ(Wf·x + Wbf + Rf·h + Rbf)
 *   c̃ = tanh(Wc·x + Wbc + Rc·h + Rbc)
 *   C ← f∘C + i∘c̃
 *   h ← o∘tanh(C)
 *
 * `hidden` (H) and `input` (I) are padded to multiples of 8; a padded unit has zero weights, and its C and h stay zero.
 *
 *   W: one matrix [4H, I], R: one matrix [4H, H], gates i o f c     scratch f32: x-sums [4H] | h-sums [4H]
 *   state: h as recurrent.ts lays it out | C [H] f32, which is not bounded and stays in floats
 */

/** Four units. Sums and gates of i; those of o, f and c̃ follow at `gate` bytes each. */
@inline function cell(xSum: usize, hSum: usize, h: usize, c: usize, gate: usize, exact: bool): void {
  const i = v128.load(hSum), o = v128.load(hSum + gate), f = v128.load(hSum + 2 * gate);
  const candidate = tanhGate(f32x4.add(v128.load(xSum + 3 * gate), v128.load(hSum + 3 * gate)), exact);
  const C = f32x4.add(f32x4.mul(f, v128.load(c)), f32x4.mul(i, candidate));
  v128.store(c, C);
  v128.store(h, f32x4.mul(o, tanhGate(C, exact)));
}

/** `x` and `hOperand` are what matvec takes: quantized with `int8`, floats without. */
@inline function step(
  x: usize, W: usize, R: usize, h: usize, hOperand: usize, c: usize, scratch: usize, input: i32, hidden: i32,
  int8: bool): void {
  const xSums = scratch, hSums = scratch + (hidden << 4);
  matvec(W, x, xSums, 4 * hidden, input, int8);
  matvec(R, hOperand, hSums, 4 * hidden, hidden, int8);
  sigmoidGates(xSums, hSums, 3 * hidden, !int8);
  const gate: usize = hidden << 2;
  for (let at: usize = 0; at < gate; at += 16) cell(xSums + at, hSums + at, h + at, c + at, gate, !int8);
}

/** @param x quantized activations [input]   @param state lstmStateBytes of src/kernels/layout.ts, completed by resetInt8 */
export function lstmInt8(x: usize, W: usize, R: usize, state: usize, scratch: usize, input: i32, hidden: i32): void {
  const hq = state + (hidden << 2);
  step(x, W, R, state, hq, state + stateBytesInt8(hidden), scratch, input, hidden, true);
  quantizeBounded(state, hq, hidden, load<f32>(state + boundOffset(hidden)));
}

/** @param x [input] f32   @param state h [hidden] f32 | C [hidden] f32 */
export function lstmF32(x: usize, W: usize, R: usize, state: usize, scratch: usize, input: i32, hidden: i32): void {
  step(x, W, R, state, state, state + (hidden << 2), scratch, input, hidden, false);
}
