/**
 * The power spectrum of a windowed real signal of any size, where fft.ts takes powers of two only: torchaudio's 400 points are
 * 2⁴·5². In f64, a complex number a vector. The signal is taken as n complex numbers: the pairs of its samples where their
 * number is even, n = size / 2, else its samples, n = size. Their transform is Stockham's (self-sorting) of mixed radix, the
 * radices being factors of n: a stage of radix r costs r products a point, so that a large prime is slow and no size is refused.
 *
 * With s transforms of r·m points each left, side by side, a stage of radix r is
 *
 *   y[q + s·(r·p + k)] = Σ_j x[q + s·(p + m·j)]·v^(s·k·(p + m·j))        v = e^(−2πi/n), 0 ≤ q < s, 0 ≤ p < m, 0 ≤ j, k < r
 *
 * where one root of unity holds the butterfly and its twiddle.
 *
 * Tables, written by the host (src/features/dft-tables.ts): wᵗ [size, 2] f64: re, im of e^(−2πit/size) | window [size] f64
 */

/** Largest |error| of a bin, divided by the bin: that of rounding it to f32, since a bin is far above what f64 sums lose. */
export const DFT_POWER_ERROR: f64 = 6e-8;

/** Samples that make up a complex number. */
@inline function samplesAPoint(size: usize): usize {
  return 2 - (size & 1);
}

/** The windowed signal as complex numbers. */
function applyWindow(samples: usize, window: usize, z: usize, size: usize): void {
  const step = <usize>16 / samplesAPoint(size);
  for (let t: usize = 0; t < size; t++, z += step) {
    store<f64>(z, <f64>load<f32>(samples + (t << 2)) * load<f64>(window + (t << 3)));
    store<f64>(z, 0, 8); // the imaginary part, or where the other sample of the pair will be
  }
}

/** Σ of r products, of values `xStep` bytes apart and roots `rootStep` bytes apart, the first at `root`. */
@inline function dot(x: usize, xStep: usize, roots: usize, root: usize, rootStep: usize, rootEnd: usize, r: usize): v128 {
  let a = f64x2.splat(0), b = f64x2.splat(0);
  for (let j: usize = 0; j < r; j++) {
    const value = v128.load(x), w = roots + root;
    a = f64x2.add(a, f64x2.mul(value, v128.load64_splat(w)));
    b = f64x2.add(b, f64x2.mul(value, v128.load64_splat(w, 8)));
    x += xStep;
    root += rootStep;
    root -= root < rootEnd ? 0 : rootEnd;
  }
  return f64x2.add(a, v128.shuffle<i64>(f64x2.neg(b), b, 1, 2)); // a + i·b
}

/** The stage above, from x to y, with s in bytes. */
function stage(x: usize, y: usize, roots: usize, size: usize, r: usize, s: usize): void {
  const rootEnd = size << 4, scale = samplesAPoint(size), ms = rootEnd / scale / r; // v = w^scale
  for (let p: usize = 0; p < ms; p += s) {
    for (let k: usize = 0; k < r; k++) {
      const root = scale * k * p, rootStep = scale * k * ms;
      for (let q: usize = 0; q < s; q += 16, y += 16) {
        v128.store(y, dot(x + p + q, ms, roots, root, rootStep, rootEnd, r));
      }
    }
  }
}

/**
 * |X[k]|² from 2·X[k] = Z[k] + Z̄[n − k] − i·wᵏ·(Z[k] − Z̄[n − k]). It holds for an odd size too, where Z[k] = Z̄[n − k] = X[k].
 */
function untangle(z: usize, roots: usize, power: usize, size: usize): void {
  const n = size / samplesAPoint(size);
  for (let k: usize = 0, half = size >> 1; k <= half; k++, roots += 16, power += 4) {
    const a = v128.load(z + ((k < n ? k : 0) << 4));
    const b = f64x2.mul(v128.load(z + ((k ? n - k : 0) << 4)), f64x2(1, -1));
    const d = f64x2.sub(a, b), minusID = v128.shuffle<i64>(d, f64x2.neg(d), 1, 2);
    const turned = f64x2.add(f64x2.mul(minusID, v128.load64_splat(roots)), f64x2.mul(d, v128.load64_splat(roots, 8)));
    const twice = f64x2.add(f64x2.add(a, b), turned), square = f64x2.mul(twice, twice);
    store<f32>(power, <f32>(0.25 * (f64x2.extract_lane(square, 0) + f64x2.extract_lane(square, 1))));
  }
}

/**
 * power[k] = |Σ window[t]·samples[t]·w^(kt)|², k = 0 … ⌊size / 2⌋.
 *
 * @param samples [size] f32   @param work [2, size, 2] f64   @param power [⌊size / 2⌋ + 1] f32   @param size 2 or more
 */
export function dftPowerSpectrum(samples: usize, tables: usize, work: usize, power: usize, size: usize): void {
  let x = work, y = work + (size << 4);
  applyWindow(samples, tables + (size << 4), x, size);
  let left = size / samplesAPoint(size), s: usize = 16;
  for (let r: usize = 4; left > 1; left /= r, s *= r) {
    while (left % r) r = r == 4 ? 2 : r == 3 ? 5 : r + 1; // 4 before 2 takes 18 % off the time of 400 points
    stage(x, y, tables, size, r, s);
    const swap = x;
    x = y;
    y = swap;
  }
  untangle(x, tables, power, size);
}
