import { logNormal } from './functions';
import { sumsOf } from './lanes';

/**
 * Energies of a sparse filterbank, or their logarithms, four filters a turn:
 *
 *   e[f] = max(floor, Σ_k power[k]·weight[f, k] + addend)
 *   out[f] = ln e[f], or e[f] where `log` is 0
 *
 * A group of four filters in `filters`: byte offsets of their first bins u32[4] | vectors u32 | floor f32 | addend f32 | 4 bytes
 * unused | weights [vectors, 4 filters, 4 bins] f32, zero beyond a filter's last bin. `power` must be readable, and finite, as
 * far as the vectors reach. A NaN energy comes out as the floor, which must be a positive normal float where `log` is not 0.
 */
export function logMel(power: usize, filters: usize, out: usize, groups: i32, log: i32): void {
  const end = out + (<usize>groups << 4);
  for (let energies = out; energies < end; energies += 16) {
    let p0 = power + load<u32>(filters), p1 = power + load<u32>(filters, 4);
    let p2 = power + load<u32>(filters, 8), p3 = power + load<u32>(filters, 12);
    const vectors: usize = load<u32>(filters, 16);
    const floor = v128.load32_splat(filters, 20), addend = v128.load32_splat(filters, 24);
    let a = f32x4.splat(0), b = f32x4.splat(0), c = f32x4.splat(0), d = f32x4.splat(0);
    let weights = filters + 32;
    filters = weights + (vectors << 6);
    for (; weights < filters; weights += 64) {
      a = f32x4.add(a, f32x4.mul(v128.load(p0), v128.load(weights)));
      b = f32x4.add(b, f32x4.mul(v128.load(p1), v128.load(weights, 16)));
      c = f32x4.add(c, f32x4.mul(v128.load(p2), v128.load(weights, 32)));
      d = f32x4.add(d, f32x4.mul(v128.load(p3), v128.load(weights, 48)));
      p0 += 16;
      p1 += 16;
      p2 += 16;
      p3 += 16;
    }
    v128.store(energies, f32x4.pmax(floor, f32x4.add(sumsOf(a, b, c, d), addend)));
  }
  if (!log) return;
  // In a loop of its own, so that engines hoist the constants of the polynomial: three instructions each, a fifth of the whole time.
  for (; out < end; out += 16) v128.store(out, logNormal(v128.load(out)));
}
