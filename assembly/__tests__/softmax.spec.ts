import { logSoftmax, softmax } from '../softmax';
import { maxDifference, pointer, Random } from './support';

/** exp(x − max) of the first n, and their sum behind them, in float64. */
function exponentials(x: StaticArray<f32>, n: i32): StaticArray<f64> {
  const e = new StaticArray<f64>(n + 1);
  let largest: f64 = -Infinity;
  for (let i = 0; i < n; i++) largest = Math.max(largest, x[i]);
  for (let i = 0; i < n; i++) {
    e[i] = Math.exp(<f64>x[i] - largest);
    e[n] += e[i];
  }
  return e;
}

describe('softmax', () => {
  it('agrees with float64 to 1e-6 at every length, and leaves its padding zero', () => {
    const random = new Random(22);
    for (let n = 1; n <= 21; n++) {
      const x = random.floats(24, -30, 30), y = new StaticArray<f32>(24);
      const e = exponentials(x, n);
      for (let i = 0; i < n; i++) e[i] /= e[n];
      softmax(pointer(x), pointer(y), n);
      expect(maxDifference(y, e, n)).toBeLessThanOrEqual(1e-6);
      for (let i = n; i < ((n + 3) & -4); i++) expect(y[i]).toBe(0);
    }
  });
  it('does not overflow', () => {
    const x: StaticArray<f32> = [1000, 999, -1000, 0], y = new StaticArray<f32>(4);
    softmax(pointer(x), pointer(y), 3);
    expect(abs<f32>(y[0] - <f32>0.7310586)).toBeLessThan(<f32>1e-6);
    expect(y[2]).toBe(0);
  });
  it('is NaN where there is NaN: no class is certain', () => {
    const x: StaticArray<f32> = [1, NaN, 2, 3, 0, 0, 0, 0], y = new StaticArray<f32>(8);
    softmax(pointer(x), pointer(y), 5);
    for (let i = 0; i < 5; i++) expect(y[i] > 0).toBeFalsy();
    expect(isNaN(y[1])).toBeTruthy();
    for (let i = 5; i < 8; i++) expect(y[i]).toBe(0);
  });
});

describe('logSoftmax', () => {
  it('agrees with float64 to 1e-5 at every length', () => {
    const random = new Random(23);
    for (let n = 1; n <= 21; n++) {
      const x = random.floats(24, -30, 30), y = new StaticArray<f32>(24), scratch = new StaticArray<f32>(24);
      const e = exponentials(x, n);
      let largest: f64 = -Infinity;
      for (let i = 0; i < n; i++) largest = Math.max(largest, x[i]);
      for (let i = 0; i < n; i++) e[i] = <f64>x[i] - largest - Math.log(e[n]);
      logSoftmax(pointer(x), pointer(y), pointer(scratch), n);
      expect(maxDifference(y, e, n)).toBeLessThanOrEqual(1e-5);
      for (let i = n; i < ((n + 3) & -4); i++) expect(y[i]).toBe(0);
    }
  });
  it('keeps small differences of large numbers', () => {
    const x: StaticArray<f32> = [10000, 9999.5, 9999, 0], y = new StaticArray<f32>(4), scratch = new StaticArray<f32>(4);
    logSoftmax(pointer(x), pointer(y), pointer(scratch), 3);
    const logSum = Math.log(1 + Math.exp(-0.5) + Math.exp(-1));
    for (let i = 0; i < 3; i++) expect(Math.abs(<f64>y[i] + 0.5 * <f64>i + logSum)).toBeLessThanOrEqual(1e-6);
  });
});
