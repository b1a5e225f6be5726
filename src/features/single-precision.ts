/** The constants of log1p, as floats; their bits are in the comments of fdlibm. */
const LN2_HIGH = Math.fround(6.9313812256e-1);
const LN2_LOW = Math.fround(9.0580006145e-6);
/** Lp1 to Lp7: ln((1 + s) / (1 − s)) = 2s + s·Σ Lpᵢ·s²ⁱ */
const LP = [
  6.6666668653e-1, 4.0000000596e-1, 2.8571429849e-1, 2.2222198546e-1, 1.818357259e-1, 1.5313838422e-1, 1.479819864e-1,
].map(Math.fround);
/** About √2, and less 1: 0x3504f7 in the mantissa, and 0x3ed413d7. */
const SQRT2 = 1 + 0x3504f7 / 2 ** 23;
const SQRT2_LESS_1 = 0xd413d7 / 2 ** 25;

/**
 * ln(1 + x) in single precision, rounding for rounding as fdlibm's log1pf (Sun Microsystems, 1993), which newlib and glibc 2.36
 * have. Its last bit counts: with the nearest floats, 2 of 236 weights of the microfrontend's filters would be 1 off.
 * x: a float, 0 ≤ x < 2²⁴.
 */
export function log1pSingle(x: number): number {
  const r = Math.fround;
  let k = 0;
  let c = 0; // what 1 + x lost when it was rounded, divided by it
  let f = x;
  if (x >= SQRT2_LESS_1) {
    let u = r(1 + x);
    c = r((u >= 2 ? r(1 - r(u - x)) : r(x - r(u - 1))) / u);
    for (; u >= SQRT2; k++) u /= 2;
    f = u - 1;
  }
  const halfSquare = r(r(0.5 * f) * f);
  const s = r(f / r(2 + f));
  const z = r(s * s);
  const R = LP.reduceRight((sum, coefficient) => r(z * r(coefficient + sum)), 0);
  const product = r(s * r(halfSquare + R));
  if (k === 0) return r(f - r(halfSquare - product));
  return r(r(k * LN2_HIGH) - r(r(halfSquare - r(product + r(r(k * LN2_LOW) + c))) - f));
}
