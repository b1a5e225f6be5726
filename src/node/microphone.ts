/**
 * The microphone of a machine that runs Node, through node-record-lpcm16: a stream of 16-bit mono samples.
 *
 * The device is held from the first `next()` until the iteration ends, by `break`, by `stop()` or by an error.
 */
import type { Recording } from 'node-record-lpcm16';
import { checkSampleRate } from '../audio/sample-rate.js';
import { AudioError } from '../errors.js';
import { RECORDERS, type Recorder } from './recorder.js';
import { findRecorder, forget, killOnExit, reasonIn, startRecorder } from './recording.js';

export interface MicrophoneOptions {
  /** The program that records: the first of arecord (on Linux), sox and rec that is installed, unless told. */
  recorder?: Recorder;
  /** What the recorder calls the device: an ALSA name for arecord (`plughw:1`), AUDIODEV for sox and rec. */
  device?: string;
  /** Hz: 16,000 unless told. */
  sampleRate?: number;
}

/**
 * One recording, to be iterated once: after its end, every further iteration ends at once, without an error. It has no
 * `throw()`. For a new recording call `microphone()` again.
 */
export interface Microphone extends AsyncIterableIterator<Int16Array> {
  /** Ends the iteration and releases the device; resolves when the recorder is gone. */
  stop(): Promise<void>;
  /** Samples that were dropped because nobody took them for QUEUE_SECONDS. */
  readonly overruns: number;
  /** The program in use, once recording has begun. */
  readonly recorder: Recorder | undefined;
}

/** Sound that waits for a slow reader; then the oldest is dropped, so that what is heard stays recent. */
const QUEUE_SECONDS = 4;
/** How long a recorder may take to go after SIGTERM, before SIGKILL. */
const STOP_MILLISECONDS = 1000;
/** Of a recorder's complaint, as much as is worth keeping: characters. */
const COMPLAINT = 4096;

/**
 * @throws TypeError, RangeError for options that are wrong. What only shows when recording begins (no recorder, no such
 *   device, a recorder that dies) is an AudioError of the iteration.
 * @example for await (const wake of detector.listen(microphone())) console.log(wake.keyword);
 */
export function microphone(options: MicrophoneOptions = {}): Microphone {
  const { recorder, device, sampleRate = 16000 } = options;
  if (recorder !== undefined && !RECORDERS.includes(recorder))
    throw new RangeError(`recorder: got "${recorder}", expected ${RECORDERS.join(', ')}`);
  if (device !== undefined && typeof device !== 'string')
    throw new TypeError(`device: got ${typeof device}, expected a string`);
  if (device === '')
    throw new RangeError('device: got "", expected the name of a device; leave it out for the default');
  checkSampleRate(sampleRate, 'sampleRate');
  return new RecorderMicrophone(recorder, device, sampleRate);
}

interface Waiting {
  resolve(result: IteratorResult<Int16Array, undefined>): void;
  reject(error: Error): void;
}

const DONE = { value: undefined, done: true } as const;

class RecorderMicrophone implements Microphone {
  overruns = 0;
  recorder: Recorder | undefined;
  readonly #wanted: Recorder | undefined;
  readonly #device: string | undefined;
  readonly #sampleRate: number;
  #recording: Recording | undefined;
  #gone: Promise<void> = Promise.resolve();
  #queue: Int16Array[] = [];
  #queued = 0; // samples
  #half: Buffer | undefined; // the first byte of a sample that a chunk was split in
  #complaint = '';
  #waiting: Waiting[] = [];
  #error: Error | undefined;
  #state: 'new' | 'recording' | 'ended' = 'new';

  constructor(wanted: Recorder | undefined, device: string | undefined, sampleRate: number) {
    this.#wanted = wanted;
    this.#device = device;
    this.#sampleRate = sampleRate;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<Int16Array, undefined>> {
    if (this.#state === 'new') this.#start();
    const chunk = this.#queue.shift();
    if (chunk) {
      this.#queued -= chunk.length;
      return Promise.resolve({ value: chunk, done: false });
    }
    if (this.#error) {
      const error = this.#error;
      this.#error = undefined; // an iteration fails once, then it is over
      return Promise.reject(error);
    }
    if (this.#state === 'ended') return Promise.resolve(DONE);
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }

  async return(): Promise<IteratorResult<Int16Array, undefined>> {
    await this.stop();
    return DONE;
  }

  async stop(): Promise<void> {
    this.#queue = [];
    this.#queued = 0;
    this.#error = undefined;
    this.#end();
    await this.#gone;
  }

  #start(): void {
    this.#state = 'recording';
    try {
      this.recorder = findRecorder(this.#wanted);
      this.#listen(startRecorder(this.recorder, this.#device, this.#sampleRate));
    } catch (error) {
      this.#end(error as Error);
    }
  }

  /** In the same turn as the start: a late `data` listener loses audio, a late `error` listener ends the process. */
  #listen(recording: Recording): void {
    const { process: child } = recording;
    this.#recording = recording;
    killOnExit(child);
    this.#gone = new Promise((resolve) => {
      const leave = () => {
        forget(child);
        resolve();
      };
      child.once('exit', leave);
      child.on('error', (error) => {
        this.#end(new AudioError(`${this.recorder} can't be run: ${error.message}`, { cause: error }));
        if (child.pid === undefined) leave(); // never started
      });
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      if (this.#complaint.length < COMPLAINT) this.#complaint += text;
    });
    const stream = recording.stream();
    stream.on('data', (bytes: Buffer) => this.#take(bytes));
    stream.on('error', () => {}); // node-record-lpcm16 emits a string here for any exit but 0; `close` below says more
    child.once('close', (code, signal) => this.#died(code, signal));
  }

  #died(code: number | null, signal: NodeJS.Signals | null): void {
    if (code === 0) return this.#end();
    const reason = reasonIn(this.#complaint, this.recorder!);
    const how = signal ? `was killed by ${signal}` : `exited with code ${code}`;
    const device = this.#device === undefined ? '' : ` on device "${this.#device}"`;
    const remedy = this.recorder === 'arecord' ? '; arecord -L lists the devices' : '';
    this.#end(new AudioError(`${this.recorder}${device} ${how}${reason && `: ${reason}`}${remedy}`));
  }

  #take(bytes: Buffer): void {
    if (this.#state === 'ended') return;
    const whole = this.#half ? Buffer.concat([this.#half, bytes]) : bytes;
    const even = whole.length & ~1;
    this.#half = even < whole.length ? whole.subarray(even) : undefined;
    if (even === 0) return;
    const samples = new Int16Array(even / 2); // a copy: pooled buffers are reused, and may start at an odd address
    for (let i = 0; i < samples.length; i++) samples[i] = whole.readInt16LE(2 * i);
    const waiting = this.#waiting.shift();
    if (waiting) return waiting.resolve({ value: samples, done: false });
    this.#queue.push(samples);
    this.#queued += samples.length;
    while (this.#queued > QUEUE_SECONDS * this.#sampleRate && this.#queue.length > 1) {
      const dropped = this.#queue.shift()!.length;
      this.#queued -= dropped;
      this.overruns += dropped;
    }
  }

  /** What was recorded before the end is still delivered, then the error. */
  #end(error?: Error): void {
    if (this.#state === 'ended') return;
    this.#state = 'ended';
    this.#release();
    const [first, ...others] = this.#waiting;
    this.#waiting = [];
    if (first && error) first.reject(error);
    else if (first) first.resolve(DONE);
    else this.#error = error;
    for (const waiting of others) waiting.resolve(DONE);
  }

  #release(): void {
    const recording = this.#recording;
    if (!recording) return;
    const { process: child } = recording;
    recording.stream().destroy(); // or a grandchild that holds the pipe keeps this process alive
    child.stderr.destroy();
    if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
    recording.stop();
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP_MILLISECONDS);
    child.once('exit', () => clearTimeout(timer));
  }
}
