import { binary, Binary } from '../binary';
import { pointer, Random } from './support';

function scalar(f: i32, a: f32, b: f32): f32 {
  if (f == Binary.add) return a + b;
  if (f == Binary.sub) return a - b;
  if (f == Binary.mul) return a * b;
  if (f == Binary.div) return a / b;
  return f == Binary.min ? min(a, b) : max(a, b);
}

describe('binary', () => {
  it('is exact at every size, and leaves its padding zero', () => {
    const random = new Random(51);
    for (let f = 0; f <= Binary.max; f++) {
      for (let n = 1; n <= 40; n++) {
        const a = random.floats(44, -3, 3), b = random.floats(44, -3, 3), y = random.floats(44, 5, 6);
        for (let i = n; i < 44; i++) a[i] = b[i] = 0;
        const behind = y[(n + 3) & -4];
        binary(pointer(a), pointer(b), pointer(y), n, f);
        let wrong = 0;
        for (let i = 0; i < n; i++) if (y[i] != scalar(f, a[i], b[i])) wrong++;
        expect(wrong).toBe(0);
        for (let i = n; i < ((n + 3) & -4); i++) expect(y[i]).toBe(0);
        expect(y[(n + 3) & -4]).toBe(behind);
      }
    }
  });
  it('works in place, and keeps NaN of either operand', () => {
    for (let f = 0; f <= Binary.max; f++) {
      const a: StaticArray<f32> = [NaN, 1, 3, -2], b: StaticArray<f32> = [1, NaN, 2, 4];
      binary(pointer(a), pointer(b), pointer(a), 4, f);
      expect(isNaN(a[0]) && isNaN(a[1])).toBeTruthy();
      expect(a[2]).toBe(scalar(f, 3, 2));
      const c: StaticArray<f32> = [-2, 5, 0, 0];
      binary(pointer(c), pointer(b), pointer(b), 1, f);
      expect(b[0]).toBe(scalar(f, -2, 1));
    }
  });
});
