import {
  exp, EXP_RELATIVE_ERROR, log, LOG_ERROR, logNormal, sigmoid, SIGMOID_ERROR, sigmoidFast, softplus, SOFTPLUS_RELATIVE_ERROR, tanh,
  TANH_ERROR, TANH_FAST_ERROR, tanhFast,
} from '../functions';

/** The smallest normal float, and half a step of those below it. */
const SMALLEST_NORMAL: f64 = 2 ** -126, HALF_DENORMAL: f64 = 2 ** -150;

function first(v: v128): f32 {
  return f32x4.extract_lane(v, 0);
}

/** Largest error of tanh and sigmoid over −20 … 20 in steps of 1/1024. */
function worst(kind: i32): f64 {
  let max: f64 = 0;
  for (let i = -20480; i <= 20480; i++) {
    const x = <f32>i / 1024;
    const v = f32x4.splat(x);
    const reference = kind < 2 ? Math.tanh(x) : 1 / (1 + Math.exp(-x));
    const y = kind == 0 ? tanhFast(v) : kind == 1 ? tanh(v) : kind == 2 ? sigmoidFast(v) : sigmoid(v);
    max = Math.max(max, Math.abs(<f64>f32x4.extract_lane(y, 0) - reference));
  }
  return max;
}

describe('gates', () => {
  it('tanhFast keeps its bound', () => {
    expect(worst(0)).toBeLessThanOrEqual(TANH_FAST_ERROR);
  });
  it('tanh keeps its bound', () => {
    expect(worst(1)).toBeLessThanOrEqual(TANH_ERROR);
  });
  it('sigmoidFast keeps half of tanhFast’s bound', () => {
    expect(worst(2)).toBeLessThanOrEqual(TANH_FAST_ERROR / 2 + 6e-8);
  });
  it('sigmoid keeps its bound', () => {
    expect(worst(3)).toBeLessThanOrEqual(SIGMOID_ERROR);
  });
  it('sigmoid leaves of 1 what a float can, and is small where it is', () => {
    let rest: f64 = 0, small: f64 = 0;
    for (let i = 10 * 512; i <= 40 * 512; i++) {
      const x = <f32>i / 512;
      rest = Math.max(rest, Math.abs(1 - <f64>first(sigmoid(f32x4.splat(x))) - 1 / (1 + Math.exp(x))));
      small = Math.max(small, Math.abs(<f64>first(sigmoid(f32x4.splat(-x))) * (1 + Math.exp(x)) - 1));
    }
    expect(rest).toBeLessThanOrEqual(9e-8); // half a step of the sum, 6e-8, and half of the quotient
    expect(small).toBeLessThanOrEqual(EXP_RELATIVE_ERROR + 1.2e-7);
  });
  it('sigmoid and tanhFast, hence sigmoidFast, never exceed 1', () => {
    let max: f32 = 0;
    for (let i = 0; i <= 40960; i++) {
      const v = f32x4.splat(<f32>i / 2048);
      max = Math.max(max, Math.max(first(sigmoid(v)), Math.max(first(tanhFast(v)), first(sigmoidFast(v))))) as f32;
    }
    expect(max).toBeLessThanOrEqual(1);
  });
  it('saturate for infinities and stay finite for NaN', () => {
    const extremes = f32x4(Infinity, -Infinity, NaN, 1e30);
    const t = tanh(extremes), f = tanhFast(extremes);
    expect(Math.abs(<f64>f32x4.extract_lane(t, 0) - 1)).toBeLessThanOrEqual(TANH_ERROR);
    expect(Math.abs(<f64>f32x4.extract_lane(t, 1) + 1)).toBeLessThanOrEqual(TANH_ERROR);
    expect(Math.abs(<f64>f32x4.extract_lane(f, 0) - 1)).toBeLessThanOrEqual(TANH_FAST_ERROR);
    expect(isFinite(f32x4.extract_lane(t, 2))).toBeTruthy();
    expect(isFinite(f32x4.extract_lane(f, 2))).toBeTruthy();
  });
});

describe('exp', () => {
  it('keeps its relative bound, and half a step of a denormal where the result is one', () => {
    let relative: f64 = 0, denormal: f64 = 0;
    for (let i = -110 * 512; i <= 44500; i++) {
      const x = <f32>i / 512; // up to 86.9
      const reference = Math.exp(x), error = Math.abs(<f64>first(exp(f32x4.splat(x))) - reference);
      if (reference >= SMALLEST_NORMAL) relative = Math.max(relative, error / reference);
      else denormal = Math.max(denormal, error - EXP_RELATIVE_ERROR * reference);
    }
    for (let i = 0; i <= 1000; i++) {
      const x = <f32>86.9 + <f32>i * <f32>0.0018; // up to 88.7: ln 2¹²⁸ is 88.72
      relative = Math.max(relative, Math.abs(<f64>first(exp(f32x4.splat(x))) / Math.exp(x) - 1));
    }
    expect(relative).toBeLessThanOrEqual(EXP_RELATIVE_ERROR);
    expect(denormal).toBeLessThanOrEqual(HALF_DENORMAL);
  });
  it('ends in Infinity and in 0', () => {
    const over: StaticArray<f32> = [88.73, 89, 200, 3e38, Infinity], under: StaticArray<f32> = [-104, -200, -3e38, -Infinity];
    for (let i = 0; i < over.length; i++) expect(first(exp(f32x4.splat(over[i])))).toBe(Infinity);
    for (let i = 0; i < under.length; i++) expect(first(exp(f32x4.splat(under[i])))).toBe(0);
    expect(first(exp(f32x4.splat(0)))).toBe(1);
  });
});

/** The largest error of log, or of logNormal, over the floats with the bits from `low` up to `high`. */
function worstLog(low: i32, high: i32, step: i32, normal: bool): f64 {
  let max: f64 = 0;
  for (let bits = low; bits < high; bits += step) {
    const x = reinterpret<f32>(bits), v = f32x4.splat(x);
    const reference = Math.log(<f64>x);
    const error = Math.abs(<f64>first(normal ? logNormal(v) : log(v)) - reference);
    max = Math.max(max, error / Math.max(1, Math.abs(reference)));
  }
  return max;
}

describe('log', () => {
  it('keeps its bound over all exponents', () => {
    expect(worstLog(0x00800000, 0x7f800000, 9973, false)).toBeLessThanOrEqual(LOG_ERROR);
    expect(worstLog(0x00800000, 0x7f800000, 9973, true)).toBeLessThanOrEqual(LOG_ERROR);
  });
  it('keeps it for denormals', () => {
    expect(worstLog(1, 4096, 1, false)).toBeLessThanOrEqual(LOG_ERROR);
    expect(worstLog(4096, 0x00800000, 997, false)).toBeLessThanOrEqual(LOG_ERROR);
  });
  it('is exact where that is possible', () => {
    expect(first(log(f32x4.splat(1)))).toBe(0);
    expect(first(log(f32x4.splat(0)))).toBe(-Infinity);
    expect(first(log(f32x4.splat(-0.0)))).toBe(-Infinity);
    expect(first(log(f32x4.splat(Infinity)))).toBe(Infinity);
    const negative: StaticArray<f32> = [-1e-40, -1, -3e38, -Infinity];
    for (let i = 0; i < 4; i++) expect(isNaN(first(log(f32x4.splat(negative[i]))))).toBeTruthy();
  });
});

describe('softplus', () => {
  it('keeps its bounds from −87 to 100', () => {
    let relative: f64 = 0, max: f64 = 0;
    for (let i = -87 * 256; i <= 100 * 256; i++) {
      const x = <f32>i / 256;
      // log1p of e^(−|x|), exact to float64 where Math.log(1 + u) is not
      const reference = Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x)));
      const error = Math.abs(<f64>first(softplus(f32x4.splat(x))) - reference);
      relative = Math.max(relative, error / reference);
      max = Math.max(max, error / Math.max(1, reference));
    }
    expect(relative).toBeLessThanOrEqual(SOFTPLUS_RELATIVE_ERROR);
    expect(max).toBeLessThanOrEqual(LOG_ERROR);
  });
  it('is x far above 0, and 0 far below', () => {
    const large: StaticArray<f32> = [50, 1e10, 3e38, Infinity];
    for (let i = 0; i < 4; i++) {
      expect(first(softplus(f32x4.splat(large[i])))).toBe(large[i]);
      expect(first(softplus(f32x4.splat(-3 * large[i])))).toBe(<f32>Math.exp(-3 * <f64>large[i]));
    }
  });
});
