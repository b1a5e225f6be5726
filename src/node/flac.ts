/**
 * FLAC files, by @audio/decode-flac (libFLAC in WebAssembly, 2,000 times real time). @wasm-audio-decoders/flac, which it
 * packages, loses the last frame of a file that ends in digital silence.
 */
import { AudioError } from '../errors.js';
import type { DecodedAudio } from './decoded-audio.js';
import { restoreIntegers } from './full-scale.js';

type Decoder = Awaited<ReturnType<typeof import('@audio/decode-flac').decoder>>;

/** Kept from one file to the next: to make one takes eight times as long as to decode a clip of a second. */
let idle: Decoder | undefined;

/** STREAMINFO is the first metadata block: 4 bytes of magic, 4 of block header, 34 of content (RFC 9639, section 8.2). */
const STREAMINFO_END = 42;

/** @throws AudioError naming the file */
export async function decodeFlac(bytes: Buffer, name: string): Promise<DecodedAudio> {
  if (bytes.length < STREAMINFO_END) throw new AudioError(`${name}: truncated: a FLAC file that ends in its header`);
  if ((bytes[4] & 0x7f) !== 0) throw new AudioError(`${name}: a FLAC file without its STREAMINFO block`);
  const bits = (((bytes[20] & 1) << 4) | (bytes[21] >> 4)) + 1;
  const total = (bytes[21] & 15) * 2 ** 32 + bytes.readUInt32BE(22); // samples a channel, 0 when the encoder didn't know

  const { channelData, sampleRate } = await decodeAll(bytes, total).catch((error: unknown) => {
    throw new AudioError(`${name}: not a FLAC file that can be decoded: ${String(error)}`, { cause: error });
  });
  const decoded = channelData[0]?.length ?? 0;
  if (decoded < total)
    throw new AudioError(`${name}: truncated or damaged: ${decoded} of ${total} samples could be decoded`);
  for (const channel of channelData) restoreIntegers(channel, bits, 'symmetric');
  return { format: 'flac', encoding: 'pcm', bitsPerSample: bits, sampleRate, channels: channelData };
}

async function decodeAll(
  bytes: Buffer,
  total: number,
): Promise<{ channelData: readonly Float32Array[]; sampleRate: number }> {
  const { default: decodeOnce, decoder: open } = await import('@audio/decode-flac'); // 150 KB, only if needed
  const decoder = idle ?? (await open());
  idle = undefined;
  let isWhole = false;
  try {
    const audio = decoder.decode(bytes);
    isWhole = audio.channelData[0]?.length === total;
    if (isWhole) return audio;
  } finally {
    // After a whole file the decoder has begun anew by itself; else it waits for more of it.
    if (isWhole && !idle) idle = decoder;
    else decoder.free();
  }
  return decodeOnce(bytes); // of unknown length, or cut: its end is looked for
}
