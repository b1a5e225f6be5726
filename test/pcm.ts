import { readAudio } from '#dist/node/index.js';

/** Little-endian 16-bit bytes, with zeros on both sides. */
export function samplesToPcm(samples: Int16Array, zeros = 0): Buffer {
  const bytes = Buffer.alloc(2 * (samples.length + 2 * zeros));
  samples.forEach((sample, i) => bytes.writeInt16LE(sample, 2 * (zeros + i)));
  return bytes;
}

/** A recording's 16-bit samples, at 16 kHz. */
export async function readSamples(path: string): Promise<Int16Array> {
  const { samples } = await readAudio(path);
  return Int16Array.from(samples, (sample) => Math.round(sample * 32768));
}
