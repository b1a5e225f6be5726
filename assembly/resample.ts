import { sumsOf } from './lanes';

/**
 * A polyphase filter, eight outputs a turn, one in a lane:
 *
 *   y[8t + i] = Σ_j x_t[j]·taps_t[j, i],  x_{t+1} = x_t + advance_t
 *
 * A group of `table`: advance in bytes u32 | 12 bytes unused | taps [columns, 8] f32; `columns` is even. Groups follow each other
 * from `group` on, and begin anew after `groups` of them. `x` is aligned to 4 bytes and must be readable, and finite, for
 * `columns` floats of the last turn. y [8 × turns].
 *
 * Outputs in lanes need no horizontal sums, and a load of x serves two vectors of taps; the zero taps that the lanes' offsets
 * cost are a sixth. Taps in lanes, a row an output, are bound by loads and take 1.3 times as long.
 */
export function resample(x: usize, table: usize, y: usize, turns: i32, columns: i32, group: i32, groups: i32): void {
  const size = (<usize>columns << 5) + 16;
  const end = table + <usize>groups * size;
  let taps = table + <usize>group * size;
  for (; turns > 0; turns--, y += 32) {
    let p = x;
    x += load<u32>(taps);
    const next = taps + size;
    let a = f32x4.splat(0), b = f32x4.splat(0), c = f32x4.splat(0), d = f32x4.splat(0);
    for (taps += 16; taps < next; taps += 64, p += 8) {
      const even = v128.load32_splat(p), odd = v128.load32_splat(p, 4);
      a = f32x4.add(a, f32x4.mul(even, v128.load(taps)));
      b = f32x4.add(b, f32x4.mul(even, v128.load(taps, 16)));
      c = f32x4.add(c, f32x4.mul(odd, v128.load(taps, 32)));
      d = f32x4.add(d, f32x4.mul(odd, v128.load(taps, 48)));
    }
    v128.store(y, f32x4.add(a, c));
    v128.store(y, f32x4.add(b, d), 16);
    if (taps == end) taps = table;
  }
}

/**
 * The same where there is one phase, a rate that is divided: y[m] = Σ_j x[m·step + j]·taps[j]. Four outputs share a load of
 * taps, which takes 0.8 times as long. `columns` is a multiple of 8, `step` in bytes; y [4 × turns].
 */
export function decimate(x: usize, taps: usize, y: usize, turns: i32, columns: i32, step: usize): void {
  const end = taps + (<usize>columns << 2);
  for (; turns > 0; turns--, y += 16) {
    let p = x, q = p + step, r = q + step, s = r + step;
    x = s + step;
    let a = f32x4.splat(0), b = f32x4.splat(0), c = f32x4.splat(0), d = f32x4.splat(0);
    for (let t = taps; t < end; t += 32, p += 32, q += 32, r += 32, s += 32) {
      const h = v128.load(t), g = v128.load(t, 16);
      a = f32x4.add(f32x4.add(a, f32x4.mul(v128.load(p), h)), f32x4.mul(v128.load(p, 16), g));
      b = f32x4.add(f32x4.add(b, f32x4.mul(v128.load(q), h)), f32x4.mul(v128.load(q, 16), g));
      c = f32x4.add(f32x4.add(c, f32x4.mul(v128.load(r), h)), f32x4.mul(v128.load(r, 16), g));
      d = f32x4.add(f32x4.add(d, f32x4.mul(v128.load(s), h)), f32x4.mul(v128.load(s, 16), g));
    }
    v128.store(y, sumsOf(a, b, c, d));
  }
}
