/** A whole clip at another sample rate, by libsamplerate. A microphone's stream is resampled elsewhere, in kernels. */

/**
 * Samples a call. The library's own way with long clips cuts them at the wrong places when they are views of a larger
 * buffer, and drops the filter's tail at the end.
 */
const CHUNK = 16384;

/** `samples` at `from` Hz → round(length × to / from) samples at `to` Hz. */
export async function resampleClip(samples: Float32Array, from: number, to: number): Promise<Float32Array> {
  const { create, ConverterType } = (await import('@alexanderolsen/libsamplerate-js')).default; // 2 MB, only if needed
  const resampler = await create(1, from, to, { converterType: ConverterType.SRC_SINC_BEST_QUALITY });
  try {
    const result = new Float32Array(Math.round((samples.length * to) / from));
    let filled = 0;
    // Past the end come zeros, until the filter has given what it still holds.
    for (let offset = 0; filled < result.length; offset += CHUNK) {
      const chunk = offset < samples.length ? samples.subarray(offset, offset + CHUNK) : new Float32Array(CHUNK);
      const resampled = resampler.full(chunk);
      result.set(resampled.subarray(0, result.length - filled), filled);
      filled += Math.min(resampled.length, result.length - filled);
    }
    return result;
  } finally {
    resampler.destroy();
  }
}
