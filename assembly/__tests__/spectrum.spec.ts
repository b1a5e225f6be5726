import { powerSpectrum } from '../fft';
import { logMel } from '../mel';
import { pointer, Random } from './support';

/** cos of −2πp/m at `at`, and sin `apart` floats behind it. */
function twiddle(table: StaticArray<f32>, at: i32, apart: i32, p: i32, m: i32): void {
  const angle = (-2 * Math.PI * <f64>p) / <f64>m;
  table[at] = <f32>Math.cos(angle);
  table[at + apart] = <f32>Math.sin(angle);
}

/** The tables of fft.ts with the window in [size]. */
function tablesFor(window: StaticArray<f32>, size: i32): StaticArray<f32> {
  const n = size / 2, quarter = n / 4;
  const table = new StaticArray<f32>(4 * size);
  for (let p = 0; p < quarter; p++) {
    const turn = 14 * (p & -4), lane = p & 3;
    for (let i = 0; i < 4; i++) {
      table[turn + 8 * i + 2 * lane] = window[2 * (i * quarter + p)] / 2;
      table[turn + 8 * i + 2 * lane + 1] = window[2 * (i * quarter + p) + 1] / 2;
    }
    for (let k = 1; k <= 3; k++) twiddle(table, turn + 32 + 8 * (k - 1) + lane, 4, p * k, n);
  }
  let at = 14 * quarter;
  for (let m = quarter; m > 4; m /= 4) {
    for (let p = 0; p < m / 4; p++, at += 6) for (let k = 1; k <= 3; k++) twiddle(table, at + 2 * k - 2, 1, p * k, m);
  }
  for (let k = 0; k < n / 2; k++) twiddle(table, at + 2 * (k & -4) + (k & 3), 4, k, size);
  return table;
}

/** |X[k]|² by the definition, in float64. */
function powerReference(samples: StaticArray<f32>, window: StaticArray<f32>, size: i32, k: i32): f64 {
  let re: f64 = 0, im: f64 = 0;
  for (let t = 0; t < size; t++) {
    const angle = (2 * Math.PI * <f64>((k * t) % size)) / <f64>size;
    const x = <f64>samples[t] * <f64>window[t];
    re += x * Math.cos(angle);
    im -= x * Math.sin(angle);
  }
  return re * re + im * im;
}

describe('powerSpectrum', () => {
  it('agrees with the definition to 1e-6 of the largest bin at every size', () => {
    const random = new Random(31);
    for (let size = 64; size <= 2048; size *= 2) {
      const samples = random.floats(size, -1, 1), window = random.floats(size, 0, 1);
      const tables = tablesFor(window, size);
      const work = new StaticArray<f32>(2 * size), power = new StaticArray<f32>(size / 2 + 1);
      powerSpectrum(pointer(samples), pointer(tables), pointer(work), pointer(power), size);
      let largest: f64 = 0, error: f64 = 0;
      for (let k = 0; k <= size / 2; k++) {
        const reference = powerReference(samples, window, size, k);
        largest = Math.max(largest, reference);
        error = Math.max(error, Math.abs(<f64>power[k] - reference));
      }
      expect(error).toBeLessThanOrEqual(1e-6 * largest);
    }
  });

  it('puts a tone into its bin', () => {
    const size = 512;
    const samples = new StaticArray<f32>(size), window = new StaticArray<f32>(size);
    for (let t = 0; t < size; t++) {
      samples[t] = <f32>Math.cos((2 * Math.PI * 37 * <f64>t) / <f64>size);
      window[t] = 1;
    }
    const work = new StaticArray<f32>(1024), power = new StaticArray<f32>(257);
    powerSpectrum(pointer(samples), pointer(tablesFor(window, size)), pointer(work), pointer(power), size);
    expect(abs<f32>(power[37] - <f32>65536)).toBeLessThan(<f32>0.5);
    for (let k = 0; k <= 256; k++) if (k != 37) expect(power[k]).toBeLessThan(<f32>1e-3);
  });
});

describe('logMel', () => {
  it('sums each filter over its own bins, adds, keeps the floor and takes the logarithm or not', () => {
    const power = new Random(32).floats(64, 0, 4);
    const filters = new StaticArray<u32>(8 + 2 * 16);
    for (let f = 0; f < 4; f++) filters[f] = 4 * (3 + 7 * f);
    filters[4] = 2;
    filters[5] = reinterpret<u32>(<f32>1e-3);
    for (let vector = 0; vector < 2; vector++) {
      for (let i = 0; i < 16; i++) {
        const bin = 4 * vector + (i & 3) + 1;
        filters[8 + 16 * vector + i] = i < 12 ? reinterpret<u32>(<f32>bin / 8) : 0;
      }
    }
    const out = new StaticArray<f32>(4);
    logMel(pointer(power), pointer(filters), pointer(out), 1, 1);
    for (let f = 0; f < 3; f++) {
      let energy: f64 = 0;
      for (let i = 0; i < 8; i++) energy += (<f64>power[3 + 7 * f + i] * <f64>(i + 1)) / 8;
      expect(Math.abs(<f64>out[f] - Math.log(energy))).toBeLessThanOrEqual(2e-6);
    }
    const logs = StaticArray.fromArray<f32>([out[0], out[1], out[2]]);
    logMel(pointer(power), pointer(filters), pointer(out), 1, 0);
    for (let f = 0; f < 3; f++) expect(Math.abs(Math.log(out[f]) - <f64>logs[f])).toBeLessThanOrEqual(2e-6);
    expect(out[3]).toBe(<f32>1e-3);
    filters[6] = reinterpret<u32>(<f32>0.5); // the addend
    const sums = StaticArray.fromArray<f32>([out[0], out[1], out[2]]);
    logMel(pointer(power), pointer(filters), pointer(out), 1, 0);
    for (let f = 0; f < 3; f++) expect(out[f]).toBe(sums[f] + <f32>0.5);
    expect(out[3]).toBe(<f32>0.5);
    logMel(pointer(power), pointer(filters), pointer(out), 1, 1);
    expect(abs<f32>(out[3] - <f32>-0.6931472)).toBeLessThan(<f32>1e-6);
    filters[6] = 0;
    power[4] = NaN;
    logMel(pointer(power), pointer(filters), pointer(out), 1, 1);
    expect(abs<f32>(out[0] - <f32>-6.9077554)).toBeLessThan(<f32>1e-5);
    expect(abs<f32>(out[3] - <f32>-6.9077554)).toBeLessThan(<f32>1e-5);
  });
});
