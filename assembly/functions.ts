/**
 * Elementary functions on four lanes. Each declares its largest error, which its spec imports.
 * Coefficients come from tools/fit-functions.py: tanh(v) ≈ v·P(v²)/Q(v²), clamped where |tanh| is 1 within the error.
 * `pmin`/`pmax` in this operand order send NaN to the clamp, and are faster than `min`/`max` on x86.
 */

/** Largest |error| of tanhFast; of sigmoidFast, half of it. */
export const TANH_FAST_ERROR: f64 = 1.6e-5;
/** Largest |error| of tanh. */
export const TANH_ERROR: f64 = 1e-6;
/** Largest |error| of sigmoid: one rounding of e⁻ˣ, one of the sum and one of the quotient. */
export const SIGMOID_ERROR: f64 = 1.5e-7;
/** Largest relative error of exp, where the result is a normal float. */
export const EXP_RELATIVE_ERROR: f64 = 3e-7;
/** Largest |error| of log, logNormal and softplus, divided by max(1, |result|). */
export const LOG_ERROR: f64 = 4e-7;
/** Largest relative error of softplus, where the result is a normal float. */
export const SOFTPLUS_RELATIVE_ERROR: f64 = 3.3e-6;

@inline function clamp(x: v128, limit: f32): v128 {
  return f32x4.pmax(f32x4.splat(-limit), f32x4.pmin(f32x4.splat(limit), x));
}

/** a·b + c */
@inline function mulAdd(a: v128, b: v128, c: f32): v128 {
  return f32x4.add(f32x4.mul(a, b), f32x4.splat(c));
}

/** tanh by a rational of degrees 2/3 in v²: half the time of `tanh`, enough for gates of int8 weights. */
@inline export function tanhFast(x: v128): v128 {
  const v = clamp(x, 6.25);
  const u = f32x4.mul(v, v);
  const p = mulAdd(mulAdd(f32x4.splat(0.00146410642), u, 0.113964913), u, 0.999962675);
  const q = mulAdd(mulAdd(mulAdd(f32x4.splat(5.32323562e-5), u, 0.0172987722), u, 0.447182377), u, 1);
  return f32x4.div(f32x4.mul(v, p), q);
}

/** tanh by a rational of degrees 3/4 in v². */
@inline export function tanh(x: v128): v128 {
  const v = clamp(x, 8.25);
  const u = f32x4.mul(v, v);
  const p = mulAdd(
    mulAdd(mulAdd(f32x4.splat(1.10511915e-5), u, 0.00291446153), u, 0.128907585), u, 0.999999178);
  const q = mulAdd(
    mulAdd(mulAdd(mulAdd(f32x4.splat(2.34188392e-7), u, 0.000233609961), u, 0.0236635961), u, 0.462237949), u, 1);
  return f32x4.div(f32x4.mul(v, p), q);
}

/** ½ + ½·t, which turns tanh(x/2) into sigmoid(x). */
@inline function halfPlusHalf(t: v128): v128 {
  return mulAdd(t, f32x4.splat(0.5), 0.5);
}

@inline export function sigmoidFast(x: v128): v128 {
  return halfPlusHalf(tanhFast(f32x4.mul(x, f32x4.splat(0.5))));
}

/** 2ⁿ for whole −126 ≤ n ≤ 127, by its exponent bits. */
@inline function powerOfTwo(n: v128): v128 {
  return i32x4.shl(i32x4.add(n, i32x4.splat(127)), 23);
}

/**
 * eˣ = 2ⁿ·eʳ, n = round(x / ln 2), |r| ≤ ln(2)/2. ln 2 is taken off in two parts (Cody and Waite) so that r keeps its
 * low bits; eʳ is its Taylor series to r⁷, whose remainder is below 6e-9. 2ⁿ comes as two factors, because n reaches beyond
 * the exponents of a float: e⁸⁹ is infinite, e⁻¹⁰⁴ is 0, and there are denormals before it. NaN gives Infinity.
 */
@inline export function exp(x: v128): v128 {
  const v = f32x4.pmax(f32x4.splat(-104), f32x4.pmin(f32x4.splat(89), x));
  const n = f32x4.nearest(f32x4.mul(v, f32x4.splat(1.44269504)));
  const r = f32x4.sub(f32x4.sub(v, f32x4.mul(n, f32x4.splat(0.693359375))), f32x4.mul(n, f32x4.splat(-2.12194440e-4)));
  let p = mulAdd(f32x4.splat(1.0 / 5040.0), r, 1.0 / 720.0);
  p = mulAdd(p, r, 1.0 / 120.0);
  p = mulAdd(p, r, 1.0 / 24.0);
  p = mulAdd(p, r, 1.0 / 6.0);
  p = mulAdd(p, r, 0.5);
  p = mulAdd(p, r, 1);
  p = mulAdd(p, r, 1);
  const whole = i32x4.trunc_sat_f32x4_s(n), half = i32x4.shr_s(whole, 1);
  return f32x4.mul(f32x4.mul(p, powerOfTwo(half)), powerOfTwo(i32x4.sub(whole, half)));
}

/**
 * 1 / (1 + e⁻ˣ), not by tanh: what an update gate near 1 leaves of the new state, 1 − z, would be lost in tanh's error (ONNX's
 * test_gru_seq_length has states of 1e-7).
 */
@inline export function sigmoid(x: v128): v128 {
  const one = f32x4.splat(1);
  return f32x4.div(one, f32x4.add(one, exp(f32x4.neg(x))));
}

/**
 * ln x for positive normal x: x = m·2ᵉ with m in [¾, 1½); ln m by a minimax polynomial of degree 7 without a constant
 * term (fit-functions.py: 2.2e-7), so that ln 1 is 0.
 */
@inline export function logNormal(x: v128): v128 {
  const e = i32x4.shr_s(i32x4.sub(x, i32x4.splat(0x3f400000)), 23);
  const m = f32x4.sub(i32x4.sub(x, i32x4.shl(e, 23)), f32x4.splat(1));
  let p = mulAdd(f32x4.splat(0.079381137), m, -0.16684297);
  p = mulAdd(p, m, 0.20778199);
  p = mulAdd(p, m, -0.25092596);
  p = mulAdd(p, m, 0.33307188);
  p = mulAdd(p, m, -0.49997357);
  p = mulAdd(p, m, 1.0000024);
  return f32x4.add(f32x4.mul(p, m), f32x4.mul(f32x4.convert_i32x4_s(e), f32x4.splat(0.69314718)));
}

/** ln x of every float: denormals are scaled by 2²⁴; −Infinity at 0, Infinity at Infinity, NaN below 0. */
@inline export function log(x: v128): v128 {
  const denormal = f32x4.lt(x, f32x4.splat(1.1754944e-38));
  const ln = f32x4.sub(
    logNormal(v128.bitselect(f32x4.mul(x, f32x4.splat(16777216)), x, denormal)),
    v128.and(denormal, f32x4.splat(16.6355323)));
  const zero = f32x4.eq(x, f32x4.splat(0)), infinite = f32x4.eq(x, f32x4.splat(Infinity));
  const finite = v128.bitselect(x, v128.bitselect(f32x4.splat(-Infinity), ln, zero), infinite);
  return v128.or(finite, f32x4.lt(x, f32x4.splat(0))); // all bits set: a NaN
}

/**
 * ln(1 + eˣ) = max(x, 0) + ln(1 + u), u = e^(−|x|). With w = 1 + u rounded, ln(1 + u) ≈ ln w·u / (w − 1) makes up for the
 * digits of u that w has lost (Higham, Accuracy and Stability of Numerical Algorithms, 1.14.1); where w is 1 it is u.
 */
@inline export function softplus(x: v128): v128 {
  const one = f32x4.splat(1);
  const u = exp(f32x4.neg(f32x4.abs(x))), w = f32x4.add(one, u), v = f32x4.sub(w, one);
  const log1p = v128.bitselect(f32x4.div(f32x4.mul(logNormal(w), u), v), u, f32x4.gt(v, f32x4.splat(0)));
  return f32x4.add(f32x4.pmax(f32x4.splat(0), x), log1p);
}
