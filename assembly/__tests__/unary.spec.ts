import { EXP_RELATIVE_ERROR, LOG_ERROR, TANH_ERROR } from '../functions';
import { unary, Unary } from '../unary';
import { pointer, Random } from './support';

const COUNT: i32 = Unary.reciprocal + 1;
const ALPHA: f32 = 0.3, BETA: f32 = 0.7;

/** In float64, by the definitions in ONNX. */
function reference(f: i32, x: f64, alpha: f64, beta: f64): f64 {
  if (f == Unary.affine) return alpha * x + beta;
  if (f == Unary.elu) return x < 0 ? alpha * Math.expm1(x) : x;
  if (f == Unary.hardSigmoid) return Math.max(0, Math.min(1, alpha * x + beta));
  if (f == Unary.leakyRelu) return x < 0 ? alpha * x : x;
  if (f == Unary.relu) return Math.max(0, x);
  if (f == Unary.scaledTanh) return alpha * Math.tanh(beta * x);
  if (f == Unary.sigmoid) return 1 / (1 + Math.exp(-x));
  if (f == Unary.softplus) return Math.max(0, x) + Math.log1p(Math.exp(-Math.abs(x)));
  if (f == Unary.softsign) return x / (1 + Math.abs(x));
  if (f == Unary.tanh) return Math.tanh(x);
  if (f == Unary.thresholdedRelu) return x > alpha ? x : 0;
  if (f == Unary.clip) return Math.min(Math.max(x, alpha), beta);
  if (f == Unary.abs) return Math.abs(x);
  if (f == Unary.exp) return Math.exp(x);
  if (f == Unary.log) return Math.log(x);
  if (f == Unary.neg) return -x;
  return f == Unary.sqrt ? Math.sqrt(x) : 1 / x;
}

/** Largest error, divided by max(1, |f(x)|): that of the function inside, else the rounding of two operations. */
function declaredError(f: i32): f64 {
  if (f == Unary.tanh || f == Unary.sigmoid || f == Unary.scaledTanh) return TANH_ERROR;
  if (f == Unary.exp || f == Unary.elu) return EXP_RELATIVE_ERROR;
  return f == Unary.log || f == Unary.softplus ? LOG_ERROR : 1.2e-7;
}

describe('unary', () => {
  it('keeps the error of each function at every size, in place too, and leaves its padding zero', () => {
    const random = new Random(41), parameters: StaticArray<f32> = [ALPHA, BETA, 0, 0];
    for (let f = 0; f < COUNT; f++) {
      const positive = f == Unary.log || f == Unary.sqrt;
      for (let n = 1; n <= 40; n++) {
        const x = random.floats(44, positive ? 0 : -9, 9), padded = (n + 3) & -4;
        for (let i = n; i < padded; i++) x[i] = 0;
        const before = StaticArray.fromArray<f32>(x.slice<Array<f32>>(0));
        const y = n & 1 ? x : random.floats(44, 5, 6), behind = y[padded];
        unary(pointer(x), pointer(parameters), pointer(y), n, f);
        let error: f64 = 0;
        for (let i = 0; i < n; i++) {
          const expected = reference(f, before[i], ALPHA, BETA);
          error = Math.max(error, Math.abs(<f64>y[i] - expected) / Math.max(1, Math.abs(expected)));
        }
        expect(error).toBeLessThanOrEqual(declaredError(f));
        for (let i = n; i < padded; i++) expect(y[i]).toBe(0);
        expect(y[padded]).toBe(behind);
      }
    }
  });

  it('keeps NaN, and takes infinities to their limits', () => {
    const parameters: StaticArray<f32> = [ALPHA, BETA, 0, 0];
    for (let f = 0; f < COUNT; f++) {
      const x: StaticArray<f32> = [NaN, Infinity, -Infinity, 1], y = new StaticArray<f32>(4);
      unary(pointer(x), pointer(parameters), pointer(y), 4, f);
      expect(isNaN(y[0])).toBeTruthy();
      for (let i = 1; i < 4; i++) {
        const limit = f == Unary.softsign && i < 3 ? NaN : reference(f, x[i], ALPHA, BETA);
        if (isFinite(limit)) expect(Math.abs(<f64>y[i] - limit)).toBeLessThanOrEqual(declaredError(f) * Math.max(1, Math.abs(limit)));
        else if (isNaN(limit)) expect(isNaN(y[i])).toBeTruthy();
        else expect(<f64>y[i]).toBe(limit);
      }
    }
  });

  it('clips to the upper bound where the lower one is above it, as ONNX does', () => {
    const x: StaticArray<f32> = [-3, 0, 3, 9], parameters: StaticArray<f32> = [2, 1, 0, 0];
    unary(pointer(x), pointer(parameters), pointer(x), 4, Unary.clip);
    for (let i = 0; i < 4; i++) expect(x[i]).toBe(1);
  });
});
