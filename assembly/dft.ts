/**
 * The power spectrum of a windowed real signal of any size, where fft.ts takes powers of two only: torchaudio's 400 points are
 * 2⁴·5². A Stockham transform (self-sorting) of mixed radix, the radices being the size's prime factors: a stage of radix r
 * costs r products a point, so that a large prime is slow and no size is refused. In f64, a complex number a vector.
 *
 * With n points left to transform and s = size / n transforms side by side, a stage of radix r, m = n / r, is
 *
 *   y[q + s·(r·p + k)] = Σ_j x[q + s·(p + m·j)]·w^(s·k·(p + m·j))      w = e^(−2πi/size), 0 ≤ q < s, 0 ≤ p < m, 0 ≤ j, k < r
 *
 * which holds the butterfly and its twiddle in one root of unity. A transform of half the size over pairs would halve the time.
 *
 * Tables, written by the host (src/features/dft-tables.ts): roots of unity wᵗ [size, 2] f64: re, im | window [size] f64
 */

/** One output of a stage: r products whose inputs are `xStep` bytes apart and whose roots, from `root` on, `rootStep`. */
@inline function dot(x: usize, xStep: usize, roots: usize, root: usize, rootStep: usize, rootEnd: usize, r: usize): v128 {
  let a = f64x2.splat(0), b = f64x2.splat(0);
  for (let j: usize = 0; j < r; j++) {
    const value = v128.load(x), w = roots + root;
    a = f64x2.add(a, f64x2.mul(value, v128.load64_splat(w)));
    b = f64x2.add(b, f64x2.mul(value, v128.load64_splat(w, 8)));
    x += xStep;
    root += rootStep;
    if (root >= rootEnd) root -= rootEnd;
  }
  // a + i·b
  return f64x2.add(a, v128.shuffle<i64>(f64x2.neg(b), b, 1, 2));
}

/** The stage above; s and m·s in bytes of 16 a point. */
function stage(x: usize, y: usize, roots: usize, r: usize, s: usize, ms: usize): void {
  const size = ms * r;
  for (let p: usize = 0; p < ms; p += s) {
    for (let k: usize = 0; k < r; k++) {
      for (let q: usize = 0; q < s; q += 16, y += 16) {
        v128.store(y, dot(x + p + q, ms, roots, k * p, k * ms, size, r));
      }
    }
  }
}

/**
 * power[k] = |Σ window[t]·samples[t]·e^(−2πikt/size)|², k = 0 … ⌊size / 2⌋.
 *
 * @param samples [size] f32   @param work [2, size, 2] f64   @param power [⌊size / 2⌋ + 1] f32   @param size 2 or more
 */
export function dftPowerSpectrum(samples: usize, tables: usize, work: usize, power: usize, size: i32): void {
  const bytes: usize = size << 4;
  let x = work, y = work + bytes;
  for (let t = 0; t < size; t++) {
    const value = <f64>load<f32>(samples + (t << 2)) * load<f64>(tables + bytes + (t << 3));
    v128.store(work + (t << 4), f64x2.replace_lane(f64x2.splat(0), 0, value));
  }
  let s: usize = 16, r = 2;
  for (let n = size; n > 1; n /= r, s *= r) {
    while (n % r) r++;
    stage(x, y, tables, r, s, bytes / r);
    const swap = x;
    x = y;
    y = swap;
  }
  for (let k = 0, half = size >> 1; k <= half; k++) {
    const value = v128.load(x + (k << 4)), square = f64x2.mul(value, value);
    store<f32>(power + (k << 2), <f32>(f64x2.extract_lane(square, 0) + f64x2.extract_lane(square, 1)));
  }
}
