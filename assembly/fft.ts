import { reverse } from './lanes';

/**
 * The power spectrum of a windowed real signal. A real FFT of `size` points is a complex one of n = size / 2 over
 * (even, odd) samples (Stockham, radix 4, self-sorting; a last radix-2 stage where n is not a power of 4), and a pass that
 * untangles it. Complex numbers lie in blocks of four real parts and four imaginary ones: addresses are half as many as with the parts
 * in two buffers, which takes 15 % longer.
 *
 * size: a power of two, 64 ≤ size. Tables, all f32, written by the host (src/features/spectrum-tables.ts):
 *
 *   for each turn of the first stage [n / 16, 14, 4]: the window, halved, of 8 samples of each quarter | twiddles re w, im w,
 *   re w², im w², re w³, im w³ at angle −2πp/n
 *   | for each further radix-4 stage over m points: [m / 4, 6], the same six at angle −2πp/m
 *   | untangling [n / 8, 2, 4]: re, im at angle −2πk/size
 */

@inline function evens(a: v128, b: v128): v128 {
  return v128.shuffle<i32>(a, b, 0, 2, 4, 6);
}

@inline function odds(a: v128, b: v128): v128 {
  return v128.shuffle<i32>(a, b, 1, 3, 5, 7);
}

/** Rows a, b, c, d of four lanes to their columns, a block apart. */
@inline function storeTransposed(to: usize, a: v128, b: v128, c: v128, d: v128): void {
  const ab0 = v128.shuffle<i32>(a, b, 0, 4, 1, 5), cd0 = v128.shuffle<i32>(c, d, 0, 4, 1, 5);
  const ab1 = v128.shuffle<i32>(a, b, 2, 6, 3, 7), cd1 = v128.shuffle<i32>(c, d, 2, 6, 3, 7);
  v128.store(to, v128.shuffle<i64>(ab0, cd0, 0, 2));
  v128.store(to, v128.shuffle<i64>(ab0, cd0, 1, 3), 32);
  v128.store(to, v128.shuffle<i64>(ab1, cd1, 0, 2), 64);
  v128.store(to, v128.shuffle<i64>(ab1, cd1, 1, 3), 96);
}

@inline function timesRe(re: v128, im: v128, wRe: v128, wIm: v128): v128 {
  return f32x4.sub(f32x4.mul(re, wRe), f32x4.mul(im, wIm));
}

@inline function timesIm(re: v128, im: v128, wRe: v128, wIm: v128): v128 {
  return f32x4.add(f32x4.mul(re, wIm), f32x4.mul(im, wRe));
}

/** Window, split into even and odd samples, and the first radix-4 stage, four butterflies a turn. */
function firstStage(samples: usize, tables: usize, y: usize, n: i32): void {
  const quarter: usize = n << 1; // samples of a quarter, in bytes
  for (const end = samples + quarter; samples < end; samples += 32, tables += 224, y += 128) {
    const b = samples + quarter, c = b + quarter, d = c + quarter;
    const a0 = f32x4.mul(v128.load(samples), v128.load(tables)), a1 = f32x4.mul(v128.load(samples, 16), v128.load(tables, 16));
    const b0 = f32x4.mul(v128.load(b), v128.load(tables, 32)), b1 = f32x4.mul(v128.load(b, 16), v128.load(tables, 48));
    const c0 = f32x4.mul(v128.load(c), v128.load(tables, 64)), c1 = f32x4.mul(v128.load(c, 16), v128.load(tables, 80));
    const d0 = f32x4.mul(v128.load(d), v128.load(tables, 96)), d1 = f32x4.mul(v128.load(d, 16), v128.load(tables, 112));
    const ar = evens(a0, a1), br = evens(b0, b1), cr = evens(c0, c1), dr = evens(d0, d1);
    const ai = odds(a0, a1), bi = odds(b0, b1), ci = odds(c0, c1), di = odds(d0, d1);
    const pr = f32x4.add(ar, cr), pi = f32x4.add(ai, ci), mr = f32x4.sub(ar, cr), mi = f32x4.sub(ai, ci);
    const qr = f32x4.add(br, dr), qi = f32x4.add(bi, di), sr = f32x4.sub(br, dr), si = f32x4.sub(bi, di);
    const y1r = f32x4.add(mr, si), y1i = f32x4.sub(mi, sr);
    const y2r = f32x4.sub(pr, qr), y2i = f32x4.sub(pi, qi);
    const y3r = f32x4.sub(mr, si), y3i = f32x4.add(mi, sr);
    const w1r = v128.load(tables, 128), w1i = v128.load(tables, 144);
    const w2r = v128.load(tables, 160), w2i = v128.load(tables, 176);
    const w3r = v128.load(tables, 192), w3i = v128.load(tables, 208);
    storeTransposed(y, f32x4.add(pr, qr),
      timesRe(y1r, y1i, w1r, w1i), timesRe(y2r, y2i, w2r, w2i), timesRe(y3r, y3i, w3r, w3i));
    storeTransposed(y + 16, f32x4.add(pi, qi),
      timesIm(y1r, y1i, w1r, w1i), timesIm(y2r, y2i, w2r, w2i), timesIm(y3r, y3i, w3r, w3i));
  }
}

/**
 * A further radix-4 stage, from x to y: n / 4 butterflies in runs of `stride` bytes that share their twiddles. `twiddled`
 * is false in the last stage, whose only twiddle is 1. Runs are of 1, 4, 16 … blocks: a loop for each of them would take 15 % more
 * of the whole transform's time, at 512 points, than loading the twiddles again does.
 */
@inline function radix4(x: usize, y: usize, twiddles: usize, n: i32, stride: usize, twiddled: bool): void {
  const quarter: usize = n << 1;
  for (let left = quarter; left; x += 32) {
    const b = x + quarter, c = b + quarter, d = c + quarter;
    const ar = v128.load(x), br = v128.load(b), cr = v128.load(c), dr = v128.load(d);
    const ai = v128.load(x, 16), bi = v128.load(b, 16), ci = v128.load(c, 16), di = v128.load(d, 16);
    const pr = f32x4.add(ar, cr), pi = f32x4.add(ai, ci), mr = f32x4.sub(ar, cr), mi = f32x4.sub(ai, ci);
    const qr = f32x4.add(br, dr), qi = f32x4.add(bi, di), sr = f32x4.sub(br, dr), si = f32x4.sub(bi, di);
    const y1r = f32x4.add(mr, si), y1i = f32x4.sub(mi, sr);
    const y2r = f32x4.sub(pr, qr), y2i = f32x4.sub(pi, qi);
    const y3r = f32x4.sub(mr, si), y3i = f32x4.add(mi, sr);
    v128.store(y, f32x4.add(pr, qr));
    v128.store(y, f32x4.add(pi, qi), 16);
    storeTimes(y + stride, y1r, y1i, twiddles, twiddled);
    storeTimes(y + 2 * stride, y2r, y2i, twiddles + 8, twiddled);
    storeTimes(y + 3 * stride, y3r, y3i, twiddles + 16, twiddled);
    y += 32;
    left -= 32;
    if (twiddled && !(left & (stride - 1))) {
      y += 3 * stride;
      twiddles += 24;
    }
  }
}

/** A complex block times a twiddle, both of its parts f32. */
@inline function storeTimes(y: usize, re: v128, im: v128, twiddle: usize, twiddled: bool): void {
  if (twiddled) {
    const wr = v128.load32_splat(twiddle), wi = v128.load32_splat(twiddle, 4);
    v128.store(y, timesRe(re, im, wr, wi));
    v128.store(y, timesIm(re, im, wr, wi), 16);
  } else {
    v128.store(y, re);
    v128.store(y, im, 16);
  }
}

/** The last stage where n is twice a power of 4: sums and differences of the halves. */
function radix2(x: usize, y: usize, n: i32): void {
  const half: usize = n << 2;
  for (const end = x + half; x < end; x += 16, y += 16) {
    const a = v128.load(x), b = v128.load(x + half);
    v128.store(y, f32x4.add(a, b));
    v128.store(y + half, f32x4.sub(a, b));
  }
}

/** Z[k + 4], Z[k + 3], Z[k + 2], Z[k + 1] of two blocks that begin at k and at k + 4. */
@inline function mirrored(block: v128, next: v128): v128 {
  const four = v128.shuffle<i32>(block, next, 4, 1, 2, 3);
  return v128.shuffle<i32>(four, four, 0, 3, 2, 1);
}

/**
 * |X[k]|² = |E + Wᵏ·O|² and its mirror, from Z = FFT of the pairs: 2E = Z[k] + Z̄[n−k], 2iO = Z[k] − Z̄[n−k]. The window was
 * halved, which takes both factors of 2 away.
 */
function untangle(z: usize, twiddles: usize, power: usize, n: i32): void {
  let mirror = z + (n << 3), powerMirror = power + (n << 2) - 12;
  let nextRe = v128.load(z), nextIm = v128.load(z, 16); // Z[n] = Z[0]
  while (z < mirror) {
    mirror -= 32;
    const zr = v128.load(z), zi = v128.load(z, 16);
    const blockRe = v128.load(mirror), blockIm = v128.load(mirror, 16);
    const mr = mirrored(blockRe, nextRe), mi = mirrored(blockIm, nextIm);
    nextRe = blockRe;
    nextIm = blockIm;
    const wr = v128.load(twiddles), wi = v128.load(twiddles, 16);
    const er = f32x4.add(zr, mr), ei = f32x4.sub(zi, mi), or = f32x4.add(zi, mi), oi = f32x4.sub(mr, zr);
    const tr = timesRe(or, oi, wr, wi), ti = timesIm(or, oi, wr, wi);
    const xr = f32x4.add(er, tr), xi = f32x4.add(ei, ti), yr = f32x4.sub(er, tr), yi = f32x4.sub(ei, ti);
    v128.store(power, f32x4.add(f32x4.mul(xr, xr), f32x4.mul(xi, xi)));
    v128.store(powerMirror, reverse(f32x4.add(f32x4.mul(yr, yr), f32x4.mul(yi, yi))));
    z += 32;
    twiddles += 32;
    power += 16;
    powerMirror -= 16;
  }
  const r = load<f32>(z), i = load<f32>(z, 16);
  store<f32>(power, 4 * (r * r + i * i));
}

/**
 * power[k] = |Σ window[t]·samples[t]·e^(−2πikt/size)|², k = 0 … size / 2.
 *
 * @param samples [size] f32   @param work two buffers of 2n floats   @param power [n + 1] f32
 */
export function powerSpectrum(samples: usize, tables: usize, work: usize, power: usize, size: i32): void {
  const n = size >> 1;
  let x = work, y = work + (n << 3);
  firstStage(samples, tables, x, n);
  let twiddles = tables + <usize>(14 * n);
  let stride: usize = 32;
  for (let m = n >> 2; m > 1; m >>= 2, stride <<= 2) {
    if (m > 4) {
      radix4(x, y, twiddles, n, stride, true);
      twiddles += <usize>(6 * m);
    } else if (m == 4) {
      radix4(x, y, twiddles, n, stride, false);
    } else {
      radix2(x, y, n);
    }
    const done = y;
    y = x;
    x = done;
  }
  untangle(x, twiddles, power, n);
}
