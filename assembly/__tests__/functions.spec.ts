import {
  exp, EXP_RELATIVE_ERROR, log, LOG_ERROR, sigmoid, sigmoidFast, tanh, TANH_ERROR, TANH_FAST_ERROR, tanhFast,
} from '../functions';

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
  it('sigmoid keeps half of tanh’s bound', () => {
    expect(worst(3)).toBeLessThanOrEqual(TANH_ERROR / 2 + 6e-8);
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

describe('exp and log', () => {
  it('exp keeps its relative bound', () => {
    let max: f64 = 0;
    for (let i = -87 * 512; i <= 88 * 512; i++) {
      const x = <f32>i / 512;
      const reference = Math.exp(x);
      max = Math.max(max, Math.abs(<f64>f32x4.extract_lane(exp(f32x4.splat(x)), 1) - reference) / reference);
    }
    expect(max).toBeLessThanOrEqual(EXP_RELATIVE_ERROR);
  });
  it('exp saturates instead of overflowing', () => {
    const e = exp(f32x4(200, Infinity, -200, -Infinity));
    for (let lane: u8 = 0; lane < 2; lane++) expect(isFinite(lane == 0 ? f32x4.extract_lane(e, 0) : f32x4.extract_lane(e, 1))).toBeTruthy();
    expect(f32x4.extract_lane(e, 0)).toBeGreaterThan(<f32>1e38);
    expect(f32x4.extract_lane(e, 3)).toBeLessThan(<f32>1e-37);
  });
  it('log keeps its bound over all exponents', () => {
    let max: f64 = 0;
    for (let bits = 0x00800000; bits < 0x7f800000; bits += 9973) {
      const x = reinterpret<f32>(bits);
      const reference = Math.log(<f64>x);
      const error = Math.abs(<f64>f32x4.extract_lane(log(f32x4.splat(x)), 2) - reference);
      max = Math.max(max, error / Math.max(1, Math.abs(reference)));
    }
    expect(max).toBeLessThanOrEqual(LOG_ERROR);
  });
  it('log 1 is 0', () => {
    expect(f32x4.extract_lane(log(f32x4.splat(1)), 0)).toBe(0);
  });
});
