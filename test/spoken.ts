import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';

/** What the package has of spoken words: `happy` twice, and none. */
export const HAPPY = 'models/samples/happy.wav';
export const QUIET = 'models/samples/quiet.wav';

const RATE = 16000; // Hz, of both
const HEADER = 44; // bytes

export interface Ended {
  status: number | null;
  stdout: string;
  stderr: string;
}

/** Runs the command line that is built. */
export function tympan(...args: string[]): Ended {
  return spawnSync(process.execPath, ['dist/cli/index.js', ...args], { encoding: 'utf8', timeout: 60000 });
}

/** Seconds at which the model that ships hears its word in a file, at a low threshold. */
export function eventsIn(file: string): number[] {
  const { detections } = JSON.parse(tympan('detect', file, '--threshold', '0.5', '--json').stdout);
  return detections.map(({ time }: { time: number }) => time);
}

/** A second of each word in the sample, and a little of what follows: [16000 samples] each. */
export function wordClips(): Float32Array[] {
  const bytes = readFileSync(HAPPY).subarray(HEADER);
  const samples = new Int16Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
  return eventsIn(HAPPY).map((time) => {
    const end = Math.min(Math.round((time + 0.2) * RATE), samples.length);
    return Float32Array.from(samples.subarray(end - RATE, end), (x) => x / 32768);
  });
}

/** A mono WAV file of 16-bit samples at 16 kHz. */
export function wavOf(samples: Float32Array): Uint8Array {
  const bytes = Buffer.alloc(HEADER + 2 * samples.length);
  readFileSync(HAPPY).copy(bytes, 0, 0, HEADER);
  bytes.writeUInt32LE(bytes.length - 8, 4);
  bytes.writeUInt32LE(2 * samples.length, HEADER - 4);
  samples.forEach((x, i) => bytes.writeInt16LE(Math.round(x * 32767), HEADER + 2 * i));
  return bytes;
}
