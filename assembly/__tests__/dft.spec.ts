import { DFT_POWER_ERROR, dftPowerSpectrum } from '../dft';
import { pointer, Random } from './support';

/** The tables of dft.ts. */
function tablesFor(window: StaticArray<f64>, size: i32): StaticArray<f64> {
  const tables = new StaticArray<f64>(3 * size);
  for (let t = 0; t < size; t++) {
    const angle = (-2 * Math.PI * <f64>t) / <f64>size;
    tables[2 * t] = Math.cos(angle);
    tables[2 * t + 1] = Math.sin(angle);
    tables[2 * size + t] = window[t];
  }
  return tables;
}

/** The largest |error| of a bin against the definition in float64, over the bin. */
function worstOf(random: Random, size: i32): f64 {
  const samples = random.floats(size, -1, 1);
  const window = new StaticArray<f64>(size);
  for (let t = 0; t < size; t++) window[t] = <f64>random.float(0, 1) / 3;
  const tables = tablesFor(window, size), work = new StaticArray<f64>(4 * size), power = new StaticArray<f32>(size / 2 + 1);
  dftPowerSpectrum(pointer(samples), pointer(tables), pointer(work), pointer(power), size);
  let worst: f64 = 0;
  for (let k = 0; k <= size / 2; k++) {
    let re: f64 = 0, im: f64 = 0;
    for (let t = 0; t < size; t++) {
      const x = <f64>samples[t] * window[t], root = 2 * ((k * t) % size);
      re += x * tables[root];
      im += x * tables[root + 1];
    }
    const reference = re * re + im * im;
    worst = Math.max(worst, Math.abs(<f64>power[k] - reference) / reference);
  }
  return worst;
}

describe('dftPowerSpectrum', () => {
  it('agrees with the definition at sizes of every kind of factor', () => {
    const random = new Random(51);
    for (let size = 2; size <= 50; size++) expect(worstOf(random, size)).toBeLessThanOrEqual(DFT_POWER_ERROR);
    expect(worstOf(random, 400)).toBeLessThanOrEqual(DFT_POWER_ERROR);
    expect(worstOf(random, 343)).toBeLessThanOrEqual(DFT_POWER_ERROR);
    expect(worstOf(random, 502)).toBeLessThanOrEqual(DFT_POWER_ERROR);
    expect(worstOf(random, 512)).toBeLessThanOrEqual(DFT_POWER_ERROR);
  });

  it('leaves nothing of a constant in the other bins', () => {
    for (let size = 399; size <= 401; size++) {
      const samples = new StaticArray<f32>(size), window = new StaticArray<f64>(size);
      for (let t = 0; t < size; t++) window[t] = samples[t] = 1;
      const work = new StaticArray<f64>(4 * size), power = new StaticArray<f32>(size / 2 + 1);
      dftPowerSpectrum(pointer(samples), pointer(tablesFor(window, size)), pointer(work), pointer(power), size);
      expect(power[0]).toBe(<f32>(size * size));
      for (let k = 1; k <= size / 2; k++) expect(power[k]).toBeLessThan(<f32>1e-20);
    }
  });
});
