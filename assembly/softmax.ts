import { exp, logNormal } from './functions';
import { lanesBelow, maxLanesF32, sumLanesF32 } from './lanes';

/** Over x [n] f32, to y [n] f32, in place if y = x. Buffers are padded to a multiple of 4, y with zeros. */

/** The largest of n floats, NaN if there is one; the padding does not count. */
function maxOf(x: usize, n: i32): f32 {
  let max = f32x4.splat(-Infinity);
  for (let i = 0; i < n; i += 4) {
    max = f32x4.max(max, v128.bitselect(v128.load(x + (i << 2)), f32x4.splat(-Infinity), lanesBelow(i, n)));
  }
  return maxLanesF32(max);
}

/** y = exp(x − max), zero in the padding; returns Σ y. */
function expBelowMax(x: usize, y: usize, n: i32, max: f32): f32 {
  let sum = f32x4.splat(0);
  for (let i = 0; i < n; i += 4) {
    const e = v128.and(exp(f32x4.sub(v128.load(x + (i << 2)), f32x4.splat(max))), lanesBelow(i, n));
    v128.store(y + (i << 2), e);
    sum = f32x4.add(sum, e);
  }
  return sumLanesF32(sum);
}

/** eˣ / Σ eˣ, with the largest x taken off first so that nothing overflows. */
export function softmax(x: usize, y: usize, n: i32): void {
  const inverse = f32x4.splat(1 / expBelowMax(x, y, n, maxOf(x, n)));
  for (let i = 0; i < n; i += 4) v128.store(y + (i << 2), f32x4.mul(v128.load(y + (i << 2)), inverse));
}

/** (x − max) − ln Σ e^(x − max). `scratch` is [n] f32, padded. */
export function logSoftmax(x: usize, y: usize, scratch: usize, n: i32): void {
  const max = maxOf(x, n);
  const logSum = logNormal(f32x4.splat(expBelowMax(x, scratch, n, max)));
  for (let i = 0; i < n; i += 4) {
    const belowMax = f32x4.sub(v128.load(x + (i << 2)), f32x4.splat(max));
    v128.store(y + (i << 2), v128.and(f32x4.sub(belowMax, logSum), lanesBelow(i, n)));
  }
}
