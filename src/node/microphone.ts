/**
 * The microphone of a machine that runs Node, through a recording program: a stream of 16-bit mono samples.
 *
 * The device is held from the first `next()` until the iteration ends, by `break`, by `stop()`, by the signal or by an error.
 */
import { checkSampleRate } from '../audio/sample-rate.js';
import { checkNames } from '../detection/settings.js';
import type { MicrophoneStatus } from './microphone-status.js';
import { RecorderMicrophone, type Reconnection } from './recorder-microphone.js';
import { RECORDERS, type Recorder } from './recorder.js';

export interface MicrophoneOptions {
  /**
   * The program that records. Unless told, the first that is installed: on Linux parec where a PulseAudio server runs, or
   * PipeWire's, then arecord, sox and rec; elsewhere sox and rec.
   */
  recorder?: Recorder | undefined;
  /**
   * Instead of a recorder, any program and its parameters that writes mono 16-bit little-endian samples at `sampleRate` to
   * its standard output, raw or as WAV: ffmpeg, ssh to another machine, pw-record with --raw. No shell is involved.
   */
  command?: readonly string[] | undefined;
  /** What the recorder calls the device, an `id` of `devices()`: the system's default unless told. */
  device?: string | undefined;
  /** Hz: 16,000 unless told. */
  sampleRate?: number | undefined;
  /**
   * Starts the recorder anew when it dies, hangs, or finds its device busy or gone, after a pause that doubles from
   * `least` to `most` milliseconds: 500 to 30,000 for `true`. The sound in between is lost: the stream goes on without it.
   * What waiting does not mend, a recorder that is not installed or another format, still ends the iteration. So does, with
   * `from: 'first-sound'`, whatever happens before any sample has come: a device that can't be opened at once is more likely
   * a wrong name than a loose cable. `true` is `from: 'start'`.
   */
  reconnect?: boolean | { least?: number; most?: number; from?: 'start' | 'first-sound' } | undefined;
  /** Milliseconds without a sample, after which the recorder counts as hanging: 10,000 unless told; Infinity: never. */
  timeout?: number | undefined;
  /** Aborting releases the device, and the iteration throws the signal's reason. */
  signal?: AbortSignal | undefined;
  /** Hears what becomes of the microphone. What it throws ends the iteration. */
  onStatus?(status: MicrophoneStatus): void;
}

/**
 * One recording, to be iterated once: after its end, every further iteration ends at once, without an error. It has no
 * `throw()`. For a new recording call `microphone()` again.
 *
 * A reader may be slow: up to 4 s of sound wait for it, then the oldest are dropped and counted.
 */
export interface Microphone extends AsyncIterableIterator<Int16Array> {
  /** Ends the iteration and releases the device; resolves when the recorder is gone. Is never an error. */
  stop(): Promise<void>;
  /** Releases the device until `resume()`, while the iteration waits; resolves when the recorder is gone. */
  pause(): Promise<void>;
  /** Records again after `pause()`; the sound in between is not heard. */
  resume(): void;
  /** Samples that were dropped because nobody took them for 4 s. */
  readonly overruns: number;
  /** Hz. */
  readonly sampleRate: number;
  /** The program in use, once recording has begun. */
  readonly recorder: string | undefined;
}

const OPTIONS = ['recorder', 'command', 'device', 'sampleRate', 'reconnect', 'timeout', 'signal', 'onStatus'];
/** Milliseconds. */
const RECONNECT = { least: 500, most: 30000, from: 'start' } as const;
const TIMEOUT = 10000;
/** The longest that a timer of Node's waits: milliseconds. */
const MOST = 2 ** 31 - 1;

/**
 * @throws TypeError, RangeError for options that are wrong. What only shows when recording begins (no recorder, no such
 *   device, a recorder that dies) is a MicrophoneError, which is an AudioError, of the iteration.
 * @example for await (const wake of detector.listen(microphone({ reconnect: true }))) console.log(wake.keyword);
 */
export function microphone(options: MicrophoneOptions = {}): Microphone {
  checkNames('microphone', options, OPTIONS);
  const { recorder, command, device, sampleRate = 16000, timeout = TIMEOUT, signal, onStatus } = options;
  if (recorder !== undefined && !RECORDERS.includes(recorder))
    throw new RangeError(`recorder: got "${recorder}", expected ${RECORDERS.join(', ')}; or use command`);
  checkDevice(device);
  if (command !== undefined) checkCommand(command, recorder, device);
  checkSampleRate(sampleRate, 'sampleRate');
  if (timeout !== Infinity) checkMilliseconds(timeout, 'timeout');
  // By its shape: a page's, or a test environment's, AbortSignal is another class.
  if (signal !== undefined && typeof signal?.addEventListener !== 'function')
    throw new TypeError(`signal: got ${typeof signal}, expected an AbortSignal`);
  if (onStatus !== undefined && typeof onStatus !== 'function')
    throw new TypeError(`onStatus: got ${typeof onStatus}, expected a function`);
  const source = { recorder, device, command: command && [...command] };
  const reconnect = reconnectOf(options.reconnect);
  return new RecorderMicrophone({ source, sampleRate, timeout, reconnect, signal, onStatus });
}

function checkDevice(device: unknown): void {
  if (device === undefined) return;
  if (typeof device !== 'string') throw new TypeError(`device: got ${typeof device}, expected a string`);
  if (device === '')
    throw new RangeError('device: got "", expected the name of a device; leave it out for the default');
}

function checkCommand(command: unknown, recorder: unknown, device: unknown): void {
  if (!Array.isArray(command) || command.some((word) => typeof word !== 'string'))
    throw new TypeError('command: expected an array of strings, a program and its parameters');
  if (!command[0]) throw new RangeError('command: got no program, expected its name, then its parameters');
  if (recorder !== undefined) throw new RangeError('command: given with recorder; expected one of them');
  if (device !== undefined)
    throw new RangeError("command: given with device; name the device among the command's parameters");
}

function reconnectOf(reconnect: MicrophoneOptions['reconnect']): Reconnection | undefined {
  if (reconnect === undefined || reconnect === false) return undefined;
  if (reconnect === true) return RECONNECT;
  if (typeof reconnect !== 'object' || reconnect === null)
    throw new TypeError(`reconnect: got ${typeof reconnect}, expected true, false or { least, most, from }`);
  const { least = RECONNECT.least, from = RECONNECT.from } = reconnect;
  checkMilliseconds(least, 'reconnect.least');
  const { most = Math.max(least, RECONNECT.most) } = reconnect;
  checkMilliseconds(most, 'reconnect.most');
  if (most < least) throw new RangeError(`reconnect.most: got ${most}, expected at least reconnect.least, ${least}`);
  if (from !== 'start' && from !== 'first-sound')
    throw new RangeError(`reconnect.from: got ${JSON.stringify(from)}, expected "start" or "first-sound"`);
  return { least, most, from };
}

function checkMilliseconds(value: unknown, name: string): void {
  if (typeof value !== 'number') throw new TypeError(`${name}: got ${typeof value}, expected milliseconds`);
  if (!(value > 0 && value <= MOST)) throw new RangeError(`${name}: got ${value}, expected above 0 to ${MOST} ms`);
}
