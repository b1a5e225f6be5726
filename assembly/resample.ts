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
 * The same where there is one phase, a rate that is divided: y[m] = Σ_j x[m·step + j]·taps[j], eight outputs a turn. Those that
 * are four apart are whole vectors of x apart, and 6 loads serve 8 products where both need x. Four outputs that share loads of
 * taps only take 1.24 times as long; eight of them, or two vectors of taps at a time, longer still: registers spill.
 * `columns` is a multiple of 4, at least 4·step; `step` in bytes; y [8 × turns].
 */
export function decimate(x: usize, taps: usize, y: usize, turns: i32, columns: i32, step: usize): void {
  const four = step << 2, end = taps + (<usize>columns << 2);
  for (; turns > 0; turns--, y += 32) {
    let p = x, q = p + step, r = q + step, s = r + step;
    x += four << 1;
    let a = f32x4.splat(0), b = a, c = a, d = a, e = a, f = a, g = a, h = a;
    let t = taps, u = taps; // of outputs 0 to 3, of 4 to 7
    for (; t < taps + four; t += 16, p += 16, q += 16, r += 16, s += 16) {
      const w = v128.load(t);
      a = f32x4.add(a, f32x4.mul(v128.load(p), w));
      b = f32x4.add(b, f32x4.mul(v128.load(q), w));
      c = f32x4.add(c, f32x4.mul(v128.load(r), w));
      d = f32x4.add(d, f32x4.mul(v128.load(s), w));
    }
    for (; t < end; t += 16, u += 16, p += 16, q += 16, r += 16, s += 16) {
      const w = v128.load(t), v = v128.load(u);
      const xp = v128.load(p), xq = v128.load(q), xr = v128.load(r), xs = v128.load(s);
      a = f32x4.add(a, f32x4.mul(xp, w));
      b = f32x4.add(b, f32x4.mul(xq, w));
      c = f32x4.add(c, f32x4.mul(xr, w));
      d = f32x4.add(d, f32x4.mul(xs, w));
      e = f32x4.add(e, f32x4.mul(xp, v));
      f = f32x4.add(f, f32x4.mul(xq, v));
      g = f32x4.add(g, f32x4.mul(xr, v));
      h = f32x4.add(h, f32x4.mul(xs, v));
    }
    for (; u < end; u += 16, p += 16, q += 16, r += 16, s += 16) {
      const v = v128.load(u);
      e = f32x4.add(e, f32x4.mul(v128.load(p), v));
      f = f32x4.add(f, f32x4.mul(v128.load(q), v));
      g = f32x4.add(g, f32x4.mul(v128.load(r), v));
      h = f32x4.add(h, f32x4.mul(v128.load(s), v));
    }
    v128.store(y, sumsOf(a, b, c, d));
    v128.store(y, sumsOf(e, f, g, h), 16);
  }
}
