/**
 * The headers that recorders put before their samples.
 *
 * Chunks: Microsoft, "Multimedia Programming Interface and Data Specifications 1.0", chapter 3. RF64: EBU Tech 3306.
 */

/** Of the RIFF chunk: its id, its size and `WAVE`. */
export const RIFF_BYTES = 12;
/** Of a chunk's id and size. */
export const CHUNK_BYTES = 8;
/** Of the format chunk of WAVE_FORMAT_PCM; an extensible one has its format's tag at SUBFORMAT. */
const FORMAT_BYTES = 16;
const PCM = 1;
const EXTENSIBLE = 0xfffe;
const SUBFORMAT = 24;

type StreamStart = 'wav' | 'raw' | 'unknown' | { readonly refused: string };

const MAGICS = ['RIFF', 'RF64', 'RIFX', '.snd'] as const;

/** What a stream is, as far as its first bytes tell: `unknown` needs more of them. */
export function streamStart(bytes: Buffer): StreamStart {
  const head = bytes.toString('latin1', 0, 4);
  const magic = MAGICS.find((known) => known.startsWith(head));
  if (magic === undefined) return 'raw';
  if (bytes.length < RIFF_BYTES) return 'unknown';
  // Two loud samples may look like a magic; the rest of a header they don't.
  if (magic === '.snd') return bytes.readUInt32BE(4) < 2 ** 16 ? { refused: 'an AU stream' } : 'raw';
  if (bytes.toString('latin1', 8, 12) !== 'WAVE') return 'raw';
  return magic === 'RIFX' ? { refused: 'a big-endian WAV stream' } : 'wav';
}

/**
 * Whether a WAV stream's samples are those wanted.
 *
 * @param chunk the format chunk's content
 * @param sampleRate Hz
 * @returns undefined, or what they are instead
 */
export function otherFormat(chunk: Buffer, sampleRate: number): string | undefined {
  if (chunk.length < FORMAT_BYTES) return 'a WAV stream with a format chunk cut short';
  const tag = chunk.readUInt16LE(0);
  const isPcm =
    tag === PCM || (tag === EXTENSIBLE && chunk.length >= SUBFORMAT + 2 && chunk.readUInt16LE(SUBFORMAT) === PCM);
  const [channels, rate, bits] = [chunk.readUInt16LE(2), chunk.readUInt32LE(4), chunk.readUInt16LE(14)];
  if (isPcm && channels === 1 && rate === sampleRate && bits === 16) return undefined;
  const encoding = isPcm ? 'PCM' : `format 0x${tag.toString(16).padStart(4, '0')}`;
  return `a WAV stream of ${rate} Hz, ${channels} channel${channels === 1 ? '' : 's'}, ${bits}-bit ${encoding}`;
}
