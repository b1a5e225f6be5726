/**
 * WAV files. The chunks are walked here, because the decoders at hand trip over odd-sized or repeated metadata chunks
 * and take a truncated file for a whole one; the samples are decoded by @audio/decode-wav.
 */
import { decoder } from '@audio/decode-wav';
import { AudioError } from '../errors.js';
import type { DecodedAudio } from './decoded-audio.js';
import { restoreIntegers } from './full-scale.js';

/** Format tags of Microsoft's mmreg.h that are decoded, and the bits a sample may have in each. */
const ENCODINGS = new Map<number, { encoding: string; bits: readonly number[] }>([
  [0x1, { encoding: 'pcm', bits: [8, 16, 24, 32] }],
  [0x3, { encoding: 'float', bits: [32, 64] }],
  [0x6, { encoding: 'a-law', bits: [8] }],
  [0x7, { encoding: 'mu-law', bits: [8] }],
]);

/** And the names of some that are not, for the refusal. */
const OTHER_TAGS = new Map([
  [0x2, 'Microsoft ADPCM'],
  [0x11, 'IMA ADPCM'],
  [0x31, 'GSM 6.10'],
  [0x55, 'MP3'],
]);

const EXTENSIBLE = 0xfffe;
/** What follows the tag in the GUID of a sub-format that has one: KSDATAFORMAT_SUBTYPE_WAVEFORMATEX of ksmedia.h. */
const TAGGED = '000000001000800000aa00389b71';

/**
 * A program that writes to a pipe can't know the length: arecord announces 2 GiB, sox a little less, ffmpeg 4 GiB; and one
 * that is killed leaves 0. Such a length means "to the end of the file"; another that the file doesn't hold means that it
 * was cut.
 */
const UNKNOWN_LENGTH = 0x7fff0000;

interface Format {
  tag: number;
  channels: number;
  sampleRate: number; // Hz
  bits: number;
  frameBytes: number; // of one sample of every channel
}

/** @throws AudioError naming the file */
export function decodeWav(bytes: Buffer, name: string): DecodedAudio {
  const { format, data } = findChunks(bytes, name);
  const { channels, sampleRate, bits, frameBytes } = format;
  const known = ENCODINGS.get(format.tag);
  if (!known) {
    const what = OTHER_TAGS.get(format.tag) ?? `tag 0x${format.tag.toString(16)}`;
    throw new AudioError(
      `${name}: the WAV encoding ${what} is not supported; convert it to 16-bit PCM (sox or ffmpeg)`,
    );
  }
  if (!known.bits.includes(bits))
    throw new AudioError(
      `${name}: ${bits}-bit ${known.encoding} is not supported; expected ${known.bits.join(', ')} bits`,
    );
  if (channels === 0 || sampleRate === 0)
    throw new AudioError(`${name}: a broken WAV header: ${channels} channels at ${sampleRate} Hz`);
  if (frameBytes !== (channels * bits) / 8)
    throw new AudioError(
      `${name}: ${bits}-bit samples of ${channels} channels in blocks of ${frameBytes} bytes are not supported; ` +
        `expected ${(channels * bits) / 8} bytes; convert it to 16-bit PCM (sox or ffmpeg)`,
    );

  const stream = decoder();
  try {
    stream.decode(plainHeader(format));
    // Not as a Buffer, whose slice() makes no copy: the decoder aligns samples by slicing.
    const decoded = stream.decode(new Uint8Array(data.buffer, data.byteOffset, data.length)).channelData;
    // The decoder divides integers by 2^(bits − 1) below zero and by 2^(bits − 1) − 1 above.
    if (known.encoding === 'pcm') for (const channel of decoded) restoreIntegers(channel, bits, 'asymmetric');
    return { format: 'wav', encoding: known.encoding, bitsPerSample: bits, sampleRate, channels: decoded };
  } finally {
    stream.free();
  }
}

function findChunks(bytes: Buffer, name: string): { format: Format; data: Buffer } {
  let format: Format | undefined;
  for (let offset = 12; offset + 8 <= bytes.length;) {
    const id = bytes.toString('latin1', offset, offset + 4);
    const size = bytes.readUInt32LE(offset + 4);
    let body = bytes.subarray(offset + 8, offset + 8 + size);
    if (id === 'fmt ') format = readFormat(body, name);
    if (id === 'data') {
      if (!format) throw new AudioError(`${name}: a WAV file without a format chunk before its samples`);
      if (body.length < size && size < UNKNOWN_LENGTH)
        throw new AudioError(`${name}: truncated: ${body.length} of ${size} bytes of samples are there`);
      if (size === 0 && !isFinalized(bytes)) body = bytes.subarray(offset + 8);
      return { format, data: body };
    }
    offset += 8 + size + (size & 1); // chunks start at even offsets
  }
  throw new AudioError(`${name}: truncated: a WAV file that ends before its samples`);
}

/** Whether the header tells the length of the file, but for padding: a recorder that is killed leaves its first guess. */
function isFinalized(bytes: Buffer): boolean {
  const rest = bytes.length - 8 - bytes.readUInt32LE(4);
  return rest === 0 || rest === 1;
}

function readFormat(body: Buffer, name: string): Format {
  if (body.length < 16) throw new AudioError(`${name}: truncated: the WAV format chunk has ${body.length} of 16 bytes`);
  let tag = body.readUInt16LE(0);
  if (tag === EXTENSIBLE) {
    if (body.length < 40)
      throw new AudioError(`${name}: truncated: the extensible WAV format chunk has ${body.length} of 40 bytes`);
    const guid = body.toString('hex', 24, 40);
    if (!guid.endsWith(TAGGED))
      throw new AudioError(
        `${name}: the WAV sub-format ${guid} is not supported; convert it to 16-bit PCM (sox or ffmpeg)`,
      );
    tag = body.readUInt16LE(24);
  }
  return {
    tag,
    channels: body.readUInt16LE(2),
    sampleRate: body.readUInt32LE(4),
    bits: body.readUInt16LE(14),
    frameBytes: body.readUInt16LE(12),
  };
}

/** The 44 bytes that the decoder expects before the samples; a length of 2³² − 1 is "as many as come". */
function plainHeader({ tag, channels, sampleRate, bits, frameBytes }: Format): Buffer {
  const header = Buffer.alloc(44);
  header.write('RIFF\xff\xff\xff\xffWAVEfmt ', 'latin1');
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(tag, 20);
  header.writeUInt16LE(channels, 22);
  header.writeUInt32LE(sampleRate, 24);
  header.writeUInt32LE((sampleRate * frameBytes) >>> 0, 28);
  header.writeUInt16LE(frameBytes, 32);
  header.writeUInt16LE(bits, 34);
  header.write('data\xff\xff\xff\xff', 36, 'latin1');
  return header;
}
