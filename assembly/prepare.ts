/**
 * What happens to a frame of samples before its window, in the order of Kaldi's feature-window.cc:
 *
 *   x ← x − mean of the frame       removeDc ≠ 0
 *   energy = energyScale·Σ x²
 *   y[n] = x[n] − c·x[n − 1]        x[−1] being x[0]
 *
 * In f64, two samples a turn, and rounded once: sums in f32 would take from a large mean what a quiet sound is made of.
 */

/** Largest |error| of a result, divided by the result: that of rounding it, besides 1e-15 of the largest sample. */
export const PREPARE_ERROR: f64 = 6e-8;

/** All ones in the lanes whose sample n + 0, n + 1 is below `length`. */
@inline function samplesBelow(n: i32, length: i32): v128 {
  return i32x4.lt_s(i32x4.add(i32x4(0, 0, 1, 1), i32x4.splat(n)), i32x4.splat(length));
}

@inline function sumLanesF64(a: v128): f64 {
  return f64x2.extract_lane(a, 0) + f64x2.extract_lane(a, 1);
}

function meanOf(samples: usize, length: i32): f64 {
  let sum = f64x2.splat(0);
  for (let n = 0; n < length; n += 2) {
    const x = f64x2.promote_low_f32x4(v128.load64_zero(samples + (n << 2)));
    sum = f64x2.add(sum, v128.and(x, samplesBelow(n, length)));
  }
  return sumLanesF64(sum) / <f64>length;
}

/**
 * @param samples x [length] f32, padded to a multiple of 4
 * @param parameters c, removeDc, energyScale, 0 f32   @param frame y [length] f32, padded with zeros to a multiple of 4
 * @param energy [4] f32: energy, 0, 0, 0
 */
export function prepare(samples: usize, parameters: usize, frame: usize, energy: usize, length: i32): void {
  const c = f64x2.promote_low_f32x4(v128.load32_splat(parameters));
  const mean = f64x2.splat(load<f32>(parameters, 4) != 0 ? meanOf(samples, length) : 0);
  let last = f64x2.sub(f64x2.promote_low_f32x4(v128.load32_splat(samples)), mean);
  let sum = f64x2.splat(0);
  for (let n = 0, padded = (length + 3) & -4; n < padded; n += 2) {
    const valid = samplesBelow(n, length);
    const x = v128.and(f64x2.sub(f64x2.promote_low_f32x4(v128.load64_zero(samples + (n << 2))), mean), valid);
    const y = v128.and(f64x2.sub(x, f64x2.mul(c, v128.shuffle<i64>(last, x, 1, 2))), valid);
    v128.store64_lane(frame + (n << 2), f32x4.demote_f64x2_zero(y), 0);
    sum = f64x2.add(sum, f64x2.mul(x, x));
    last = x;
  }
  const scale = <f64>load<f32>(parameters, 8);
  v128.store(energy, f32x4.replace_lane(f32x4.splat(0), 0, <f32>(scale * sumLanesF64(sum))));
}
