/**
 * Bytes of the header: the RIFF chunk's, the format chunk and the data chunk's, as Microsoft's "Multimedia
 * Programming Interface" has them.
 */
const HEADER = 44;
const PCM = 1;

/**
 * A WAV file of 16-bit samples. A sample of ±1 becomes ±32768, cut to what 16 bits hold, so that what came from a
 * 16-bit file comes back the same.
 *
 * @param samples mono, [−1, 1], such as those of a clip
 * @param sampleRate Hz
 */
export function encodeWav(samples: Float32Array, sampleRate: number): Uint8Array {
  const dataBytes = 2 * samples.length;
  const bytes = Buffer.alloc(HEADER + dataBytes);
  bytes.write('RIFF', 0, 'latin1');
  bytes.writeUInt32LE(HEADER - 8 + dataBytes, 4);
  bytes.write('WAVEfmt ', 8, 'latin1');
  bytes.writeUInt32LE(16, 16); // of the format chunk
  bytes.writeUInt16LE(PCM, 20);
  bytes.writeUInt16LE(1, 22); // channels
  bytes.writeUInt32LE(sampleRate, 24);
  bytes.writeUInt32LE(2 * sampleRate, 28); // bytes a second
  bytes.writeUInt16LE(2, 32); // bytes a sample of all channels
  bytes.writeUInt16LE(16, 34); // bits
  bytes.write('data', 36, 'latin1');
  bytes.writeUInt32LE(dataBytes, 40);
  for (let i = 0; i < samples.length; i++) {
    const sample = Math.round(samples[i] * 32768);
    bytes.writeInt16LE(Math.min(32767, Math.max(-32768, sample)), HEADER + 2 * i);
  }
  return bytes;
}
