import { reverse } from './lanes';

/**
 * The power spectrum of a windowed real signal. A real FFT of `size` points is a complex one of n = size / 2 over
 * (even, odd) samples (Stockham, radix 4, self-sorting; a last radix-2 stage where n is not a power of 4), and a pass that
 * untangles it. Real and imaginary parts are kept apart.
 *
 * size: a power of two, 64 ≤ size. Tables, all f32, written by the host (src/features/spectrum-tables.ts):
 *
 *   window [size], halved | first twiddles [6, n / 4]: re w, im w, re w², im w², re w³, im w³ at angle −2πp/n
 *   | for each further radix-4 stage over m points: [m / 4, 6], the same six at angle −2πp/m
 *   | untangling [2, n / 2]: re, im at angle −2πk/size
 */

/** Floats of one of the four work buffers: n + 4, because index n repeats index 0. */
@inline function bufferBytes(n: i32): usize {
  return (n + 4) << 2;
}

@inline function evens(a: v128, b: v128): v128 {
  return v128.shuffle<i32>(a, b, 0, 2, 4, 6);
}

@inline function odds(a: v128, b: v128): v128 {
  return v128.shuffle<i32>(a, b, 1, 3, 5, 7);
}

/** Rows a, b, c, d of four lanes to their columns, one after the other. */
@inline function storeTransposed(to: usize, a: v128, b: v128, c: v128, d: v128): void {
  const ab0 = v128.shuffle<i32>(a, b, 0, 4, 1, 5), cd0 = v128.shuffle<i32>(c, d, 0, 4, 1, 5);
  const ab1 = v128.shuffle<i32>(a, b, 2, 6, 3, 7), cd1 = v128.shuffle<i32>(c, d, 2, 6, 3, 7);
  v128.store(to, v128.shuffle<i64>(ab0, cd0, 0, 2));
  v128.store(to, v128.shuffle<i64>(ab0, cd0, 1, 3), 16);
  v128.store(to, v128.shuffle<i64>(ab1, cd1, 0, 2), 32);
  v128.store(to, v128.shuffle<i64>(ab1, cd1, 1, 3), 48);
}

@inline function timesRe(re: v128, im: v128, wRe: v128, wIm: v128): v128 {
  return f32x4.sub(f32x4.mul(re, wRe), f32x4.mul(im, wIm));
}

@inline function timesIm(re: v128, im: v128, wRe: v128, wIm: v128): v128 {
  return f32x4.add(f32x4.mul(re, wIm), f32x4.mul(im, wRe));
}

/** Window, split into even and odd samples, and the first radix-4 stage, four butterflies a turn. */
function firstStage(samples: usize, window: usize, twiddles: usize, re: usize, im: usize, n: i32): void {
  const quarter: usize = n; // n / 4 floats, in bytes
  const step = quarter << 1; // samples of a quarter, in bytes
  for (let p: usize = 0; p < quarter; p += 16) {
    const s = samples + (p << 1), w = window + (p << 1);
    const a0 = f32x4.mul(v128.load(s), v128.load(w)), a1 = f32x4.mul(v128.load(s, 16), v128.load(w, 16));
    const b0 = f32x4.mul(v128.load(s + step), v128.load(w + step)),
      b1 = f32x4.mul(v128.load(s + step, 16), v128.load(w + step, 16));
    const c0 = f32x4.mul(v128.load(s + 2 * step), v128.load(w + 2 * step)),
      c1 = f32x4.mul(v128.load(s + 2 * step, 16), v128.load(w + 2 * step, 16));
    const d0 = f32x4.mul(v128.load(s + 3 * step), v128.load(w + 3 * step)),
      d1 = f32x4.mul(v128.load(s + 3 * step, 16), v128.load(w + 3 * step, 16));
    const ar = evens(a0, a1), br = evens(b0, b1), cr = evens(c0, c1), dr = evens(d0, d1);
    const ai = odds(a0, a1), bi = odds(b0, b1), ci = odds(c0, c1), di = odds(d0, d1);
    const pr = f32x4.add(ar, cr), pi = f32x4.add(ai, ci), mr = f32x4.sub(ar, cr), mi = f32x4.sub(ai, ci);
    const qr = f32x4.add(br, dr), qi = f32x4.add(bi, di), sr = f32x4.sub(br, dr), si = f32x4.sub(bi, di);
    const y1r = f32x4.add(mr, si), y1i = f32x4.sub(mi, sr);
    const y2r = f32x4.sub(pr, qr), y2i = f32x4.sub(pi, qi);
    const y3r = f32x4.sub(mr, si), y3i = f32x4.add(mi, sr);
    const t = twiddles + p;
    const w1r = v128.load(t), w1i = v128.load(t + quarter);
    const w2r = v128.load(t + 2 * quarter), w2i = v128.load(t + 3 * quarter);
    const w3r = v128.load(t + 4 * quarter), w3i = v128.load(t + 5 * quarter);
    storeTransposed(re + (p << 2), f32x4.add(pr, qr),
      timesRe(y1r, y1i, w1r, w1i), timesRe(y2r, y2i, w2r, w2i), timesRe(y3r, y3i, w3r, w3i));
    storeTransposed(im + (p << 2), f32x4.add(pi, qi),
      timesIm(y1r, y1i, w1r, w1i), timesIm(y2r, y2i, w2r, w2i), timesIm(y3r, y3i, w3r, w3i));
  }
}

/**
 * A further radix-4 stage, from x to y: n / 4 butterflies in runs of `stride` bytes that share their twiddles. `twiddled`
 * is false in the last stage, whose only twiddle is 1.
 */
@inline function radix4(
  xr: usize, xi: usize, yr: usize, yi: usize, twiddles: usize, n: i32, stride: usize, twiddled: bool): void {
  const quarter: usize = n;
  for (let run: usize = 0; run < quarter; run += stride, twiddles += 24) {
    const w1r = v128.load32_splat(twiddles), w1i = v128.load32_splat(twiddles, 4);
    const w2r = v128.load32_splat(twiddles, 8), w2i = v128.load32_splat(twiddles, 12);
    const w3r = v128.load32_splat(twiddles, 16), w3i = v128.load32_splat(twiddles, 20);
    for (let i = run; i < run + stride; i += 16) {
      const ar = v128.load(xr + i), br = v128.load(xr + quarter + i);
      const cr = v128.load(xr + 2 * quarter + i), dr = v128.load(xr + 3 * quarter + i);
      const ai = v128.load(xi + i), bi = v128.load(xi + quarter + i);
      const ci = v128.load(xi + 2 * quarter + i), di = v128.load(xi + 3 * quarter + i);
      const pr = f32x4.add(ar, cr), pi = f32x4.add(ai, ci), mr = f32x4.sub(ar, cr), mi = f32x4.sub(ai, ci);
      const qr = f32x4.add(br, dr), qi = f32x4.add(bi, di), sr = f32x4.sub(br, dr), si = f32x4.sub(bi, di);
      const y1r = f32x4.add(mr, si), y1i = f32x4.sub(mi, sr);
      const y2r = f32x4.sub(pr, qr), y2i = f32x4.sub(pi, qi);
      const y3r = f32x4.sub(mr, si), y3i = f32x4.add(mi, sr);
      const toRe = yr + 3 * run + i, toIm = yi + 3 * run + i;
      v128.store(toRe, f32x4.add(pr, qr));
      v128.store(toIm, f32x4.add(pi, qi));
      v128.store(toRe + stride, twiddled ? timesRe(y1r, y1i, w1r, w1i) : y1r);
      v128.store(toIm + stride, twiddled ? timesIm(y1r, y1i, w1r, w1i) : y1i);
      v128.store(toRe + 2 * stride, twiddled ? timesRe(y2r, y2i, w2r, w2i) : y2r);
      v128.store(toIm + 2 * stride, twiddled ? timesIm(y2r, y2i, w2r, w2i) : y2i);
      v128.store(toRe + 3 * stride, twiddled ? timesRe(y3r, y3i, w3r, w3i) : y3r);
      v128.store(toIm + 3 * stride, twiddled ? timesIm(y3r, y3i, w3r, w3i) : y3i);
    }
  }
}

/** The last stage where n is twice a power of 4: sums and differences of the halves. */
function radix2(x: usize, y: usize, n: i32): void {
  const half: usize = n << 1;
  for (let i: usize = 0; i < half; i += 16) {
    const a = v128.load(x + i), b = v128.load(x + half + i);
    v128.store(y + i, f32x4.add(a, b));
    v128.store(y + half + i, f32x4.sub(a, b));
  }
}

/**
 * |X[k]|² = |E + Wᵏ·O|² and its mirror, from Z = FFT of the pairs: 2E = Z[k] + Z̄[n−k], 2iO = Z[k] − Z̄[n−k]. The window was
 * halved, which takes both factors of 2 away.
 */
function untangle(re: usize, im: usize, twiddles: usize, power: usize, n: i32): void {
  store<f32>(re + (n << 2), load<f32>(re));
  store<f32>(im + (n << 2), load<f32>(im));
  const half: usize = n << 1;
  for (let k: usize = 0; k < half; k += 16) {
    const mirror = <usize>(n << 2) - 12 - k;
    const zr = v128.load(re + k), zi = v128.load(im + k);
    const mr = reverse(v128.load(re + mirror)), mi = reverse(v128.load(im + mirror));
    const wr = v128.load(twiddles + k), wi = v128.load(twiddles + half + k);
    const er = f32x4.add(zr, mr), ei = f32x4.sub(zi, mi), or = f32x4.add(zi, mi), oi = f32x4.sub(mr, zr);
    const tr = timesRe(or, oi, wr, wi), ti = timesIm(or, oi, wr, wi);
    const xr = f32x4.add(er, tr), xi = f32x4.add(ei, ti), yr = f32x4.sub(er, tr), yi = f32x4.sub(ei, ti);
    v128.store(power + k, f32x4.add(f32x4.mul(xr, xr), f32x4.mul(xi, xi)));
    v128.store(power + mirror, reverse(f32x4.add(f32x4.mul(yr, yr), f32x4.mul(yi, yi))));
  }
  const r = load<f32>(re + half), i = load<f32>(im + half);
  store<f32>(power + half, 4 * (r * r + i * i));
}

/**
 * power[k] = |Σ window[t]·samples[t]·e^(−2πikt/size)|², k = 0 … size / 2.
 *
 * @param samples [size] f32   @param work four buffers of n + 4 floats   @param power [n + 1] f32
 */
export function powerSpectrum(samples: usize, tables: usize, work: usize, power: usize, size: i32): void {
  const n = size >> 1;
  const buffer = bufferBytes(n);
  let xr = work, xi = work + buffer, yr = work + 2 * buffer, yi = work + 3 * buffer;
  let twiddles = tables + (size << 2);
  firstStage(samples, tables, twiddles, xr, xi, n);
  twiddles += <usize>(6 * n);
  let stride: usize = 16;
  for (let m = n >> 2; m > 1; m >>= 2, stride <<= 2) {
    if (m > 4) {
      radix4(xr, xi, yr, yi, twiddles, n, stride, true);
      twiddles += <usize>(6 * m);
    } else if (m == 4) {
      radix4(xr, xi, yr, yi, twiddles, n, stride, false);
    } else {
      radix2(xr, yr, n);
      radix2(xi, yi, n);
    }
    const tr = xr, ti = xi;
    xr = yr;
    xi = yi;
    yr = tr;
    yi = ti;
  }
  untangle(xr, xi, twiddles, power, n);
}
