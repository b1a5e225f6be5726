/** What the kernels share about v128 lanes and about the layout of memory. */

/** 1.5 × 2²³: adding it to a float below 2²² rounds it to the nearest integer, ties to even, in the low mantissa bits. */
@inline const ROUND: f32 = 12582912.0;
/** The bits of ROUND as an integer. */
@inline const ROUND_BITS: i32 = 0x4b400000;

@inline export function align(n: i32, to: i32): i32 {
  return (n + to - 1) & -to;
}

/** Four floats, |x| < 2²², as the nearest integers. */
@inline export function round4(x: v128): v128 {
  return i32x4.sub(f32x4.add(x, f32x4.splat(ROUND)), i32x4.splat(ROUND_BITS));
}

@inline export function sumLanesI32(a: v128): i32 {
  a = i32x4.add(a, v128.shuffle<i32>(a, a, 2, 3, 0, 1));
  a = i32x4.add(a, v128.shuffle<i32>(a, a, 1, 0, 3, 2));
  return i32x4.extract_lane(a, 0);
}

@inline export function sumLanesF32(a: v128): f32 {
  a = f32x4.add(a, v128.shuffle<i32>(a, a, 2, 3, 0, 1));
  a = f32x4.add(a, v128.shuffle<i32>(a, a, 1, 0, 3, 2));
  return f32x4.extract_lane(a, 0);
}

/** Σ a, Σ b, Σ c, Σ d as one vector. */
@inline export function sumsOf(a: v128, b: v128, c: v128, d: v128): v128 {
  const ab = f32x4.add(v128.shuffle<i32>(a, b, 0, 4, 1, 5), v128.shuffle<i32>(a, b, 2, 6, 3, 7));
  const cd = f32x4.add(v128.shuffle<i32>(c, d, 0, 4, 1, 5), v128.shuffle<i32>(c, d, 2, 6, 3, 7));
  return f32x4.add(v128.shuffle<i64>(ab, cd, 0, 2), v128.shuffle<i64>(ab, cd, 1, 3));
}

@inline export function maxLanesI32(a: v128): i32 {
  a = i32x4.max_s(a, v128.shuffle<i32>(a, a, 2, 3, 0, 1));
  a = i32x4.max_s(a, v128.shuffle<i32>(a, a, 1, 0, 3, 2));
  return i32x4.extract_lane(a, 0);
}

/** NaN if a lane is. */
@inline export function maxLanesF32(a: v128): f32 {
  a = f32x4.max(a, v128.shuffle<i32>(a, a, 2, 3, 0, 1));
  a = f32x4.max(a, v128.shuffle<i32>(a, a, 1, 0, 3, 2));
  return f32x4.extract_lane(a, 0);
}

@inline export function reverse(a: v128): v128 {
  return v128.shuffle<i32>(a, a, 3, 2, 1, 0);
}

/** All ones in the lanes whose index i + 0 … i + 3 is below n. */
@inline export function lanesBelow(i: i32, n: i32): v128 {
  return i32x4.lt_s(i32x4.add(i32x4(0, 1, 2, 3), i32x4.splat(i)), i32x4.splat(n));
}

/** Sets the lanes behind n floats, up to a multiple of 4, to zero. */
export function clearPadding(y: usize, n: i32): void {
  const last = y + ((n & -4) << 2);
  if (n & 3) v128.store(last, v128.and(v128.load(last), lanesBelow(0, n & 3)));
}
