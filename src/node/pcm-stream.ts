/**
 * The bytes of a recorder as samples: raw 16-bit little-endian mono, cut anywhere, or the same as WAV, whose headers are
 * left out.
 */
import { MicrophoneError } from './microphone-error.js';
import { CHUNK_BYTES, otherFormat, RIFF_BYTES, streamStart } from './stream-header.js';

/**
 * A data chunk of 0 bytes, or from here on, is endless: its size is not known when it begins, and recorders write 0,
 * 2³¹ − 1, 2³² − 1 or a little less. A true size is kept to: chunks, or another WAV file, may follow.
 */
const ENDLESS = 0x7f000000; // bytes
/** A chunk beside the data that is larger is a mistake: to skip it would mean to be deaf for half a minute. */
const MOST_CHUNK = 2 ** 20; // bytes

export class PcmStream {
  readonly #sampleRate: number;
  readonly #recorder: string;
  #rest: Buffer = Buffer.alloc(0);
  #place: 'start' | 'chunk' | 'sound' = 'start';
  #sound = 0; // bytes of samples still to come
  #skip = 0; // bytes of another chunk still to come
  #hasFormat = false;

  /**
   * @param sampleRate Hz that a header must tell
   * @param recorder its name, for errors
   */
  constructor(sampleRate: number, recorder: string) {
    this.#sampleRate = sampleRate;
    this.#recorder = recorder;
  }

  /**
   * @returns the samples that are whole now; there may be none
   * @throws MicrophoneError for a header of another format
   */
  read(bytes: Buffer): Int16Array {
    this.#rest = this.#rest.length > 0 ? Buffer.concat([this.#rest, bytes]) : bytes;
    const sound: Buffer[] = [];
    while (this.#rest.length > 0 && this.#step(sound));
    this.#rest = Buffer.from(this.#rest); // a copy: pooled buffers are reused
    return toSamples(sound);
  }

  /** Handles what stands at the beginning; false when more bytes are needed for it. */
  #step(sound: Buffer[]): boolean {
    if (this.#skip > 0) {
      this.#skip -= this.#take(Math.min(this.#skip, this.#rest.length)).length;
      return true;
    }
    if (this.#place === 'start') return this.#begin();
    if (this.#place === 'chunk') return this.#enterChunk();
    const whole = Math.min(this.#sound, this.#rest.length) & ~1;
    if (whole === 0) return false;
    sound.push(this.#take(whole));
    this.#sound -= whole;
    if (this.#sound === 0) this.#place = 'chunk';
    return true;
  }

  #begin(): boolean {
    const start = streamStart(this.#rest);
    if (start === 'unknown') return false;
    if (typeof start === 'object') throw this.#refuse(start.refused);
    if (start === 'wav') {
      this.#take(RIFF_BYTES);
      this.#place = 'chunk';
    } else {
      this.#place = 'sound';
      this.#sound = Infinity;
    }
    return true;
  }

  #enterChunk(): boolean {
    if (this.#rest.length < CHUNK_BYTES) return false;
    const id = this.#rest.toString('latin1', 0, 4);
    if (id === 'RIFF' || id === 'RF64') {
      this.#skip = RIFF_BYTES; // the next file of several
      this.#hasFormat = false;
      return true;
    }
    const size = this.#rest.readUInt32LE(4);
    if (id === 'data') {
      if (!this.#hasFormat) throw this.#refuse('a WAV stream without a format chunk');
      this.#take(CHUNK_BYTES);
      this.#place = 'sound';
      this.#sound = size === 0 || size >= ENDLESS ? Infinity : size + (size & 1);
      return true;
    }
    if (size > MOST_CHUNK || !/^[ -~]{4}$/.test(id)) throw this.#refuse('a broken WAV stream');
    if (id === 'fmt ') return this.#readFormat(size);
    this.#skip = CHUNK_BYTES + size + (size & 1);
    return true;
  }

  #readFormat(size: number): boolean {
    if (this.#rest.length < CHUNK_BYTES + size) return false;
    const other = otherFormat(this.#rest.subarray(CHUNK_BYTES, CHUNK_BYTES + size), this.#sampleRate);
    if (other !== undefined) throw this.#refuse(other);
    this.#hasFormat = true;
    this.#skip = CHUNK_BYTES + size + (size & 1);
    return true;
  }

  #take(count: number): Buffer {
    const taken = this.#rest.subarray(0, count);
    this.#rest = this.#rest.subarray(count);
    return taken;
  }

  #refuse(got: string): MicrophoneError {
    const expected = `raw samples or WAV, ${this.#sampleRate} Hz, mono, 16-bit little-endian PCM`;
    return new MicrophoneError('wrong-format', `${this.#recorder} delivers ${got}; expected ${expected}`);
  }
}

function toSamples(sound: readonly Buffer[]): Int16Array {
  const bytes = sound.length === 1 ? sound[0] : Buffer.concat(sound);
  const samples = new Int16Array(bytes.length / 2); // a copy: the bytes may start at an odd address
  for (let i = 0; i < samples.length; i++) samples[i] = bytes.readInt16LE(2 * i);
  return samples;
}
