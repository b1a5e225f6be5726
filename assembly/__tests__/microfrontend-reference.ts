/** The original's steps, one number at a time. A complex number is (re, im) int16, as in the tables. */


/** kissfft's rounding to int16. */
function rounded(x: i32): i32 {
  return <i32><i16>((x + (1 << 14)) >> 15);
}

function re(z: u32): i32 {
  return <i32><i16>z;
}

function im(z: u32): i32 {
  return <i32>z >> 16;
}

export function complex(r: i32, i: i32): u32 {
  return (<u32>i << 16) | (<u32>r & 0xffff);
}

function times(a: u32, w: u32): u32 {
  return complex(rounded(re(a) * re(w) - im(a) * im(w)), rounded(re(a) * im(w) + im(a) * re(w)));
}

function divided(z: u32, by: i32): u32 {
  return complex(rounded(re(z) * (32767 / by)), rounded(im(z) * (32767 / by)));
}

function add(a: u32, b: u32): u32 {
  return complex(re(a) + re(b), im(a) + im(b));
}

function sub(a: u32, b: u32): u32 {
  return complex(re(a) - re(b), im(a) - im(b));
}

/** −i·z */
function turned(z: u32): u32 {
  return complex(im(z), -re(z));
}

function at(twiddles: usize, index: i32): u32 {
  return load<u32>(twiddles + (index << 2));
}

/** Decimation in time as kissfft recurses: radix 4 while 4 divides what is left, then 2. */
function transform(x: StaticArray<u32>, first: i32, step: i32, count: i32, twiddles: usize): StaticArray<u32> {
  const out = new StaticArray<u32>(count);
  if (count == 1) {
    out[0] = x[first];
    return out;
  }
  const radix = count % 4 == 0 ? 4 : 2, m = count / radix;
  for (let part = 0; part < radix; part++) {
    const inner = transform(x, first + part * step, step * radix, m, twiddles);
    for (let k = 0; k < m; k++) out[part * m + k] = divided(inner[k], radix);
  }
  for (let k = 0; k < m; k++) {
    const a = out[k], b = times(out[m + k], at(twiddles, k * step));
    if (radix == 2) {
      out[k] = add(a, b);
      out[m + k] = sub(a, b);
      continue;
    }
    const c = times(out[2 * m + k], at(twiddles, 2 * k * step)), d = times(out[3 * m + k], at(twiddles, 3 * k * step));
    out[k] = add(add(a, c), add(b, d));
    out[m + k] = add(sub(a, c), turned(sub(b, d)));
    out[2 * m + k] = sub(add(a, c), add(b, d));
    out[3 * m + k] = sub(sub(a, c), turned(sub(b, d)));
  }
  return out;
}

/** |X[k]|², 0 < k < n, of a real signal [2n]; twiddles [n], then those of untangling [n / 2]. */
export function spectrum(signal: StaticArray<u32>, n: i32, twiddles: usize): StaticArray<u64> {
  const z = transform(signal, 0, 1, n, twiddles), power = new StaticArray<u64>(n);
  for (let k = 1; k <= n / 2; k++) {
    const a = divided(z[k], 2), b = divided(complex(re(z[n - k]), -im(z[n - k])), 2);
    const sum = add(a, b), t = times(sub(a, b), at(twiddles, n + k - 1));
    const r = (re(sum) + re(t)) >> 1, i = (im(sum) + im(t)) >> 1;
    const s = (re(sum) - re(t)) >> 1, j = (im(t) - im(sum)) >> 1;
    power[k] = r * r + i * i;
    power[n - k] = s * s + j * j;
  }
  return power;
}

/** The nearest integer to √x, bit by bit. */
export function root(x: u64): u64 {
  let r: u64 = 0;
  for (let bit: u64 = 1 << 31; bit; bit >>= 1) if ((r + bit) * (r + bit) <= x) r += bit;
  if (x - r * r > r && r != 0xffff) r++;
  return r;
}

export function logarithm(x: u32, log2: usize, shift: u32): u32 {
  if (x <= 1) return 0;
  const whole = 31 - clz(x);
  const fraction = <i32>((<u64>x << 16) >> whole) - 0x10000, segment = fraction / 512;
  const c0 = <i32>load<u16>(log2 + (segment << 1)), c1 = <i32>load<u16>(log2 + (segment << 1) + 2);
  const log = <u64>((whole << 16) + fraction + c0 + (((c1 - c0) * (fraction - 512 * segment)) >> 16));
  return <u32>((<u32>((log * 45426 + 32768) >> 16) << shift) + 32768) >> 16;
}

/** Gain by the parabola of the noise's octave. */
export function gain(noise: u32, gains: usize): u32 {
  const bits = noise ? 32 - clz(noise) : 0, row = gains + (bits << 3);
  const f = bits < 2 ? 0 : <i32>(((<u64>noise << 10) >> (bits - 1)) & 1023);
  const y = <i32>load<i16>(row), a1 = <i32>load<i16>(row, 2), a2 = <i32>load<i16>(row, 4);
  return y + rounded((((a2 * f) >> 5) + (a1 << 5)) * f);
}
