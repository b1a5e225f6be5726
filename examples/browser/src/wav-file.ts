import type { Clip } from 'tympan/browser';

const HEADER = 44; // bytes

/** A clip as a WAV file: PCM of 16 bits, one channel. */
export function wavFile({ samples, sampleRate }: Clip): Blob {
  const view = new DataView(new ArrayBuffer(HEADER + 2 * samples.length));
  const text = (at: number, letters: string): void =>
    [...letters].forEach((letter, i) => view.setUint8(at + i, letter.charCodeAt(0)));
  text(0, 'RIFF');
  view.setUint32(4, view.byteLength - 8, true);
  text(8, 'WAVEfmt ');
  view.setUint32(16, 16, true); // bytes of the format
  view.setUint16(20, 1, true); // PCM
  view.setUint16(22, 1, true); // channels
  view.setUint32(24, sampleRate, true);
  view.setUint32(28, 2 * sampleRate, true); // bytes a second
  view.setUint16(32, 2, true); // bytes a frame
  view.setUint16(34, 16, true); // bits a sample
  text(36, 'data');
  view.setUint32(40, 2 * samples.length, true);
  samples.forEach((sample, i) => {
    const value = Math.round(32768 * sample);
    view.setInt16(HEADER + 2 * i, Math.min(32767, Math.max(-32768, value)), true);
  });
  return new Blob([view.buffer], { type: 'audio/wav' });
}
