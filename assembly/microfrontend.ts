import { reverse } from './lanes';

/**
 * The fixed-point front end of TensorFlow Lite Micro (tensorflow/lite/experimental/microfrontend), every integer as there:
 * 12-bit window, shift to full scale, kissfft's 16-bit real FFT, |X|², a bank of triangles, square root, noise reduction, PCAN
 * (Wang et al., "Trainable frontend for robust and far-field keyword spotting", 2017), logarithm. kissfft rounds its products to
 * 15 bits, and divides before each butterfly so that nothing overflows: both are operations on lanes here.
 *
 * A complex number is (re, im) int16; n = size / 2 of them, size a power of two, 64 ≤ size. Tables, written by the host
 * (src/features/microfrontend.ts):
 *
 *   evenSmoothing, oddSmoothing, minSignalRemaining (14-bit fractions), smoothingBits, pcan (0 or 1), snrShift, log (0 or 1),
 *   correctionBits, logScaleShift, 3 unused: u32[12] | gains [33 lengths in bits, 4]: y, a₁, a₂, 0, int16
 *   | log2 [129] u16, padded to 264 bytes | window [length] int16 | twiddles [n] complex at angle −2πp/n
 *   | untangling [n/2] complex at angle −2π(k + 1)/size − π/2 | filters [n, 2] u16: weight of a bin in its channel, and in the
 *   one below | edges [channels + 1] u16: 4·bins before a channel's end. The first channel only gives weights to the second.
 */

@inline const GAINS: usize = 48;
@inline const LOG2: usize = GAINS + 264;
@inline const WINDOW: usize = LOG2 + 264;

/** (−re, im) */
@inline function mirrored(z: v128): v128 {
  return i16x8.mul(z, i32x4.splat(0x0001ffff));
}

/** (im, re) */
@inline function swapped(z: v128): v128 {
  return v128.or(i32x4.shl(z, 16), i32x4.shr_u(z, 16));
}

/** z·w, its parts rounded to 15 bits. */
@inline function times(z: v128, w: v128): v128 {
  const half = i32x4.splat(1 << 14);
  const re = i32x4.sub(half, i32x4.dot_i16x8_s(z, mirrored(w)));
  const im = i32x4.add(half, i32x4.dot_i16x8_s(z, swapped(w)));
  return v128.bitselect(i32x4.shr_u(re, 15), i32x4.shl(im, 1), i32x4.splat(0xffff));
}

/** z / divisor, its reciprocal rounded down to 15 bits. */
@inline function divide(z: v128, divisor: i16): v128 {
  return i16x8.q15mulr_sat_s(z, i16x8.splat(32767 / divisor));
}

/** Four samples in [−1, 1) as integers. */
@inline function integers(samples: v128): v128 {
  return i32x4.trunc_sat_f32x4_s(f32x4.nearest(f32x4.mul(samples, f32x4.splat(32768))));
}

/** The windowed samples, shifted to full scale and followed by zeros, to x [size] int16. Returns the shift. */
@inline function applyWindow(samples: usize, window: usize, x: usize, length: usize, size: usize): i32 {
  let bits = i16x8.splat(0), to = x;
  for (const end = x + (length << 1); to < end; to += 16, window += 16, samples += 32) {
    const s = i16x8.narrow_i32x4_s(integers(v128.load(samples)), integers(v128.load(samples, 16))), w = v128.load(window);
    const y = i16x8.narrow_i32x4_s(
      i32x4.shr_s(i32x4.extmul_low_i16x8_s(s, w), 12), i32x4.shr_s(i32x4.extmul_high_i16x8_s(s, w), 12));
    v128.store(to, y);
    bits = v128.or(bits, i16x8.abs(y));
  }
  const end = x + (size << 1);
  memory.fill(to, 0, end - to);
  // The original loses −32768, whose magnitude isn't an int16, from its maximum; the other bits of that magnitude are zeros.
  let any = i64x2.extract_lane(bits, 0) | i64x2.extract_lane(bits, 1);
  any |= any >> 32;
  const shift = clz((<i32>any | (<i32>any >>> 16)) & 0x7fff) - 17;
  for (; x < end; x += 16) v128.store(x, i16x8.shl(v128.load(x), shift));
  return shift;
}

/** The first stage where n isn't a power of 4, in place. */
@inline function radix2(x: usize, n: usize): void {
  const half = n << 1;
  for (const end = x + half; x < end; x += 16) {
    const a = divide(v128.load(x), 2), b = divide(v128.load(x + half), 2);
    v128.store(x, i16x8.add(a, b));
    v128.store(x + half, i16x8.sub(a, b));
  }
}

/**
 * A radix-4 stage. Runs of `stride` bytes, one of each quarter of x side by side, go to quarters of y, divided and multiplied
 * with twiddles that a run shares; then the butterflies in place. Runs of the last stage are single numbers: a vector's other
 * three are overwritten by the next.
 */
@inline function radix4(x: usize, y: usize, twiddles: usize, n: usize, stride: usize): void {
  let to = y;
  for (let quarter: usize = 0; quarter < 4; quarter++) {
    for (let run: usize = 0; run < n; run += stride) {
      const w = v128.load32_splat(twiddles + quarter * run);
      for (let from = x + 4 * run + quarter * stride, end = to + stride; to < end; from += 16, to += min(stride, 16)) {
        v128.store(to, times(divide(v128.load(from), 4), w));
      }
    }
  }
  for (const end = y + n; y < end; y += 16) {
    const b = y + n, c = b + n, d = c + n;
    const p = i16x8.add(v128.load(y), v128.load(c)), m = i16x8.sub(v128.load(y), v128.load(c));
    const q = i16x8.add(v128.load(b), v128.load(d)), s = mirrored(swapped(i16x8.sub(v128.load(b), v128.load(d))));
    v128.store(y, i16x8.add(p, q));
    v128.store(b, i16x8.sub(m, s));
    v128.store(c, i16x8.sub(p, q));
    v128.store(d, i16x8.add(m, s));
  }
}

/** |(a + b) / 2|², the halves rounded down: the sum may need 17 bits. */
@inline function powerOfMean(a: v128, b: v128): v128 {
  const mean = i16x8.add(v128.and(a, b), i16x8.shr_s(v128.xor(a, b), 1));
  return i32x4.dot_i16x8_s(mean, mean);
}

/** |X[k]|² of the signal and its mirror from Z = FFT of the pairs, for 0 < k < n; power [n] u32. No filter uses bins 0 and n. */
@inline function untangle(z: usize, twiddles: usize, power: usize, n: usize): void {
  const middle = z + (n << 1);
  for (let mirror = z + (n << 2) - 16, mirrorPower = power + (n << 2) - 16; z < middle; z += 16, power += 16, twiddles += 16) {
    const a = divide(v128.load(z, 4), 2), b = divide(i16x8.neg(mirrored(reverse(v128.load(mirror)))), 2);
    const sum = i16x8.add(a, b), turned = times(i16x8.sub(a, b), v128.load(twiddles));
    v128.store(power, powerOfMean(sum, turned), 4);
    v128.store(mirrorPower, reverse(powerOfMean(i16x8.neg(mirrored(sum)), mirrored(turned))));
    mirror -= 16;
    mirrorPower -= 16;
  }
}

/** √x rounded, exact below 2⁵⁰; the original keeps the root of a number below 2³² to 16 bits. */
@inline function squareRoot(x: i64): u32 {
  const root = <u32>f64.nearest(sqrt(<f64>x));
  return x >> 32 ? root : min<u32>(root, 0xffff);
}

/** Spectral subtraction: a smoothed estimate of the noise, scaled up by smoothingBits, is taken from the signal. */
@inline function withoutNoise(signal: u32, estimate: usize, smoothing: u64, tables: usize): u32 {
  const bits = load<u32>(tables, 12), scaled = signal << bits;
  const noise = <u32>((<u64>scaled * smoothing + <u64>load<u32>(estimate) * ((1 << 14) - smoothing)) >> 14);
  store<u32>(estimate, noise);
  return max<u32>((scaled - min(noise, scaled)) >> bits, <u32>((<u64>signal * <u64>load<u32>(tables, 8)) >> 14));
}

/** y + a₁·f + a₂·f², from the row for the noise's length in bits; f, 10 bits, is what follows its first one. */
@inline function gainFor(noise: u32, tables: usize): u64 {
  const zeros = clz(noise), row = tables + ((32 - zeros) << 3), f = ((noise << zeros) >>> 21) & 0x3ff;
  const slope = ((<i32>load<i16>(row, GAINS + 4) * f) >> 5) + (<i32>load<i16>(row, GAINS + 2) << 5);
  return <u32><i16>(((slope * f + (1 << 14)) >> 15) + load<i16>(row, GAINS));
}

/** Per-channel amplitude normalisation: the ratio of signal and noise, compressed; 12 bits behind the point to 6. */
@inline function normalized(signal: u32, noise: u32, tables: usize): u32 {
  const snr = <u32>((<u64>signal * gainFor(noise, tables)) >> <u64>load<u32>(tables, 20));
  return snr < 2 << 12 ? (snr * snr) >> 20 : (snr >> 6) - 64;
}

/** ln x scaled up by logScaleShift; ln by log₂, whose fraction f is corrected from a table, linearly between its entries. */
@inline function logarithm(x: u32, tables: usize): u32 {
  const zeros = clz(x | 1), f = <i32>((x << zeros << 1) >>> 16), entry = tables + ((f >>> 9) << 1); // ln 0 is taken as 0
  const c = <i32>load<u16>(entry, LOG2), slope = <i32>load<u16>(entry, LOG2 + 2) - c;
  const log2 = <u32>(((31 - zeros) << 16) + f + c + ((slope * (f & 0x1ff)) >> 16));
  const ln = <u32>((<u64>log2 * 45426 + (1 << 15)) >> 16); // ln 2 = 45426 / 2¹⁶
  return ((ln << load<u32>(tables, 32)) + (1 << 15)) >> 16;
}

/** From power [n] to features; estimates [channels] u32. Edges beyond n are taken as n. */
function filterbank(power: usize, filters: usize, tables: usize, estimates: usize, features: usize, n: usize, channels: i32,
  shift: i32): void {
  let sum: i64 = 0, next: i64 = 0, bin: usize = 0;
  const edges = filters + (n << 2);
  for (let channel = 0; channel <= channels; channel++, sum = next, next = 0) {
    const end = min(n << 2, <usize>load<u16>(edges + (channel << 1)));
    for (; bin < end; bin += 4) {
      const x = <i64>load<u32>(power + bin), weights = filters + bin;
      sum += x * <i64>load<u16>(weights);
      next += x * <i64>load<u16>(weights, 2);
    }
    if (channel == 0) continue;
    const smoothing = load<u32>(tables + (((channel - 1) & 1) << 2));
    let y = withoutNoise(squareRoot(sum) >> shift, estimates, smoothing, tables);
    if (load<u32>(tables, 16)) y = normalized(y, load<u32>(estimates), tables);
    if (load<u32>(tables, 24)) y = logarithm(y << load<u32>(tables, 28), tables);
    store<f32>(features, <f32>min<u32>(y, 0xffff));
    estimates += 4;
    features += 4;
  }
}

/**
 * One frame of samples to features, whole numbers up to 65535; the noise estimates of the state move on. The state of a new
 * stream is zero.
 *
 * @param samples [length] f32 in [−1, 1), rounded and clamped to 16 bits; those behind a window that isn't a multiple of 8
 *   don't count   @param state [channels] u32   @param scratch [2, n + 4] complex   @param features [channels] f32
 * @param length a multiple of 8, at most size
 */
export function microfrontend(samples: usize, tables: usize, state: usize, scratch: usize, features: usize,
  length: i32, size: i32, channels: i32): void {
  const n = <usize>size >> 1, window = tables + WINDOW, twiddles = window + (length << 1);
  let x = scratch, y = scratch + (n << 2) + 16;
  const shift = applyWindow(samples, window, x, length, size);
  const odd = ctz(n) & 1;
  if (odd) radix2(x, n);
  for (let stride = n >> odd; stride > 1; stride >>= 2) {
    radix4(x, y, twiddles, n, stride);
    const t = x;
    x = y;
    y = t;
  }
  const untangling = twiddles + (n << 2);
  untangle(x, untangling, y, n);
  filterbank(y, untangling + (n << 1), tables, state, features, n, channels, shift);
}
