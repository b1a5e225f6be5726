/** Audio files: WAV and FLAC, told apart by their content, mixed down to mono and brought to one sample rate. */
import { readFile, stat } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { checkSampleRate, isSampleRate, SAMPLE_RATES } from '../audio/sample-rate.js';
import { AudioError } from '../errors.js';
import type { DecodedAudio } from './decoded-audio.js';
import { decodeFlac } from './flac.js';
import { resampleClip } from './resample-clip.js';
import { decodeWav } from './wav.js';

export interface AudioFile {
  /** Mono: the mean of the channels. Full scale is 1. */
  samples: Float32Array;
  sampleRate: number; // Hz
  duration: number; // seconds
  /** What the file holds. */
  original: { format: 'wav' | 'flac'; encoding: string; bitsPerSample: number; sampleRate: number; channels: number };
}

export interface ReadAudioOptions {
  /** The rate wanted, in Hz: 16,000 unless told. */
  sampleRate?: number;
}

/** The beginnings of what people try first, so that a refusal can name it. */
const OTHER_FORMATS: readonly (readonly [offset: number, magic: string, name: string])[] = [
  [0, 'ID3', 'MP3'],
  [0, '\xff\xfb', 'MP3'],
  [0, '\xff\xf3', 'MP3'],
  [0, '\xff\xf2', 'MP3'],
  [0, '\xff\xf1', 'AAC'],
  [0, 'OggS', 'Ogg'],
  [4, 'ftyp', 'MP4 or M4A'],
  [0, '\x1a\x45\xdf\xa3', 'WebM or Matroska'],
  [0, 'FORM', 'AIFF'],
  [0, 'caff', 'CAF'],
  [0, '.snd', 'AU'],
  [0, 'RIFX', 'big-endian WAV'],
  [0, 'RF64', 'RF64'],
  [0, 'riff', 'Wave64'],
];

/**
 * Reads an audio file: WAV (8 to 32-bit integers, float, A-law, µ-law) or FLAC. 16-bit samples at the rate wanted come
 * out as exactly n / 32768; another rate is resampled as Resampler does.
 *
 * @throws AudioError when the file can't be read, isn't audio, is empty, truncated or in an encoding that isn't supported.
 * @throws TypeError, RangeError for a path that is none, or a sample rate outside of 1,000 to 192,000 Hz.
 * @example const { samples, duration } = await readAudio('speech.flac');
 */
export async function readAudio(path: string | URL, options: ReadAudioOptions = {}): Promise<AudioFile> {
  const { sampleRate = 16000 } = options;
  checkSampleRate(sampleRate, 'sampleRate');
  if (typeof path !== 'string' && !(path instanceof URL))
    throw new TypeError(`path: got ${typeof path}, expected a path or a file URL`);
  if (path === '') throw new RangeError('path: got "", expected a path or a file URL');
  const name = path instanceof URL ? fileURLToPath(path) : path;
  return decodeAudio(await readBytes(name), name, sampleRate);
}

/**
 * The same of a file's bytes.
 *
 * @throws AudioError naming the file
 */
export async function decodeAudio(bytes: Uint8Array, name: string, sampleRate: number): Promise<AudioFile> {
  const audio = await decode(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength), name);
  let samples = mixDown(audio.channels);
  if (samples.length === 0) throw new AudioError(`${name}: holds no samples`);
  if (!areFinite(samples)) throw new AudioError(`${name}: holds samples that are not finite numbers`);
  if (audio.sampleRate !== sampleRate) {
    if (!isSampleRate(audio.sampleRate))
      throw new AudioError(`${name}: can't resample ${audio.sampleRate} Hz; expected ${SAMPLE_RATES}`);
    samples = resample(samples, audio.sampleRate, sampleRate, name);
  }
  const { format, encoding, bitsPerSample } = audio;
  return {
    samples,
    sampleRate,
    duration: samples.length / sampleRate,
    original: { format, encoding, bitsPerSample, sampleRate: audio.sampleRate, channels: audio.channels.length },
  };
}

async function readBytes(name: string): Promise<Buffer> {
  try {
    const found = await stat(name);
    if (found.isDirectory()) throw new AudioError(`${name}: is a directory, not an audio file`);
    // A pipe ends, so `tympan detect <(sox …)` works; a device such as /dev/zero may never.
    if (!found.isFile() && !found.isFIFO()) throw new AudioError(`${name}: is a device, not an audio file`);
    const bytes = await readFile(name);
    if (bytes.length === 0) throw new AudioError(`${name}: the file is empty`);
    return bytes;
  } catch (error) {
    if (error instanceof AudioError) throw error;
    throw new AudioError(`${name}: ${readFailure(error as NodeJS.ErrnoException)}`, { cause: error });
  }
}

function readFailure(error: NodeJS.ErrnoException): string {
  if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return 'no such file';
  if (error.code === 'EACCES' || error.code === 'EPERM') return 'permission denied';
  if (error.code === 'ERR_FS_FILE_TOO_LARGE') return 'larger than 2 GiB; split it first';
  return `can't be read: ${error.message}`;
}

async function decode(bytes: Buffer, name: string): Promise<DecodedAudio> {
  const starts = (offset: number, magic: string) => bytes.toString('latin1', offset, offset + magic.length) === magic;
  if (starts(0, 'RIFF') && starts(8, 'WAVE')) return decodeWav(bytes, name);
  if (starts(0, 'fLaC')) return await decodeFlac(bytes, name);
  const other = OTHER_FORMATS.find(([offset, magic]) => starts(offset, magic));
  if (other)
    throw new AudioError(`${name}: ${other[2]} files are not supported; convert it to WAV or FLAC (sox or ffmpeg)`);
  throw new AudioError(`${name}: not an audio file (expected WAV or FLAC)`);
}

function resample(samples: Float32Array, from: number, to: number, name: string): Float32Array {
  try {
    return resampleClip(samples, from, to);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new AudioError(`${name}: ${error.message}`, { cause: error });
  }
}

function mixDown(channels: readonly Float32Array[]): Float32Array {
  const [first, ...others] = channels;
  if (!first) return new Float32Array(0);
  if (others.length === 0) return first;
  const mono = new Float32Array(first.length);
  for (let i = 0; i < mono.length; i++) {
    let sum = first[i];
    for (const channel of others) sum += channel[i];
    mono[i] = sum / channels.length;
  }
  return mono;
}

/** A sum of finite floats stays finite in double precision; one NaN or infinity stays what it is. */
function areFinite(samples: Float32Array): boolean {
  let sum = 0;
  for (let i = 0; i < samples.length; i++) sum += samples[i];
  return Number.isFinite(sum);
}
