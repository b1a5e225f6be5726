/** A microphone as a succession of recordings: its states, its queue and what it tells of itself. */
import type { Microphone } from './microphone.js';
import type { MicrophoneError } from './microphone-error.js';
import type { MicrophoneStatus } from './microphone-status.js';
import { Recording } from './recording.js';
import { DONE, SampleQueue } from './sample-queue.js';
import { SilenceWatch } from './silence-watch.js';
import type { RecorderSource } from './start-recorder.js';

export interface Reconnection {
  readonly least: number; // ms
  readonly most: number; // ms
  readonly from: 'start' | 'first-sound';
}

interface RecorderMicrophoneSettings {
  readonly source: RecorderSource;
  readonly sampleRate: number; // Hz
  readonly timeout: number; // ms
  readonly reconnect: Reconnection | undefined;
  readonly signal: AbortSignal | undefined;
  readonly onStatus: ((status: MicrophoneStatus) => void) | undefined;
}

/** Sound that waits for a slow reader. */
const QUEUE_SECONDS = 4;
/** Sound after which a recorder counts as well again, and the next failure as the first. */
const STEADY_SECONDS = 5;

export class RecorderMicrophone implements Microphone {
  recorder: string | undefined;
  readonly sampleRate: number;
  readonly #settings: RecorderMicrophoneSettings;
  readonly #queue: SampleQueue;
  #state: 'new' | 'recording' | 'waiting' | 'paused' | 'ended' = 'new';
  #isIterated = false;
  #recording: Recording | undefined;
  /** When the last recorder is gone; the next is not started before, as the device may be held. */
  #gone: Promise<void> = Promise.resolve();
  #silence: SilenceWatch;
  #heard = 0; // samples of this recording
  #hasHeard = false; // of any recording
  #attempt = 0; // of reconnecting
  #retry: NodeJS.Timeout | undefined;
  #isOverrun = false;
  readonly #onAbort = () => this.#end('aborted', 'aborted by its signal', { error: this.#settings.signal!.reason });

  constructor(settings: RecorderMicrophoneSettings) {
    const { sampleRate, signal } = settings;
    this.#settings = settings;
    this.sampleRate = sampleRate;
    this.#queue = new SampleQueue(QUEUE_SECONDS * sampleRate);
    this.#silence = new SilenceWatch(sampleRate);
    if (signal?.aborted) this.#onAbort();
    else signal?.addEventListener('abort', this.#onAbort, { once: true });
  }

  get overruns(): number {
    return this.#queue.overruns;
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<Int16Array, undefined>> {
    this.#isIterated = true;
    if (this.#state === 'new') this.#start('asked to listen');
    const next = this.#queue.next();
    if (this.#queue.isEmpty) this.#isOverrun = false;
    return next;
  }

  async return(): Promise<IteratorResult<Int16Array, undefined>> {
    await this.stop();
    return DONE;
  }

  async stop(): Promise<void> {
    this.#queue.clear();
    this.#end('asked', 'stopped');
    await this.#gone;
  }

  async pause(): Promise<void> {
    if (this.#state !== 'ended' && this.#state !== 'paused') {
      this.#leave('paused');
      this.#tell({ state: 'paused', reason: 'asked', message: 'paused; the device is released' });
    }
    await this.#gone;
  }

  resume(): void {
    if (this.#state !== 'paused') return;
    this.#state = 'new';
    this.#attempt = 0;
    if (this.#isIterated) this.#start('resumed');
  }

  #start(message: string): void {
    this.#state = 'recording';
    this.#tell({ state: 'starting', reason: 'asked', message });
    void this.#gone.then(() => {
      if (this.#state === 'recording' && !this.#recording) this.#record();
    });
  }

  #record(): void {
    const { source, sampleRate, timeout } = this.#settings;
    this.#silence = new SilenceWatch(sampleRate);
    this.#heard = 0;
    try {
      const recording = new Recording(source, sampleRate, timeout, {
        onSamples: (samples) => this.#hear(samples),
        onEnd: (error) => this.#lose(error),
      });
      this.#recording = recording;
      this.recorder = recording.name;
      this.#gone = recording.gone;
    } catch (error) {
      this.#lose(error as MicrophoneError);
    }
  }

  #hear(samples: Int16Array): void {
    if (this.#heard === 0)
      this.#tell({ state: 'listening', reason: 'sound', message: `${this.recorder} is recording` });
    this.#heard += samples.length;
    this.#hasHeard = true;
    if (this.#heard >= STEADY_SECONDS * this.#settings.sampleRate) this.#attempt = 0;
    const { overruns } = this.#queue;
    this.#queue.push(samples);
    if (this.#queue.overruns > overruns && !this.#isOverrun) this.#overrun();
    const change = this.#silence.hear(samples);
    if (change === 'sound') this.#tell({ state: 'listening', reason: 'sound', message: 'sound has come back' });
    if (change === 'silence') this.#tellSilence();
  }

  #overrun(): void {
    this.#isOverrun = true;
    const { overruns } = this.#queue;
    const message = `samples are dropped: nobody took them for ${QUEUE_SECONDS} s`;
    this.#tell({ state: 'listening', reason: 'overrun', message, overruns });
  }

  #tellSilence(): void {
    const permission = process.platform === 'darwin' ? ', or its use not permitted in System Settings' : '';
    const message = `nothing but digital zeros for ${this.#silence.limit} s: is the microphone muted${permission}?`;
    this.#tell({ state: 'silent', reason: 'digital-silence', message });
  }

  /** A recording has ended by itself, or could not begin. */
  #lose(error: MicrophoneError | undefined): void {
    const { reconnect } = this.#settings;
    const name = this.recorder ?? 'the recorder';
    this.#recording = undefined;
    if (this.#state === 'ended') return;
    const mayReconnect = reconnect?.from === 'start' || (reconnect?.from === 'first-sound' && this.#hasHeard);
    if (mayReconnect && (error === undefined || error.isPassing)) this.#reconnect(error, name);
    else if (error) this.#end(error.reason, error.message, { error });
    else this.#end('recorder-ended', `${name} has ended`);
  }

  #reconnect(error: MicrophoneError | undefined, name: string): void {
    const { least, most } = this.#settings.reconnect!;
    const delay = Math.min(most, least * 2 ** this.#attempt++);
    this.#state = 'waiting';
    this.#retry = setTimeout(() => this.#start(`attempt ${this.#attempt} to record again`), delay);
    const message = error?.message ?? `${name} has ended`;
    const reason = error?.reason ?? 'recorder-ended';
    this.#tell({ state: 'reconnecting', reason, message, attempt: this.#attempt, delay });
  }

  /** Lets the recorder go, or the wait for the next. */
  #leave(state: 'paused' | 'ended'): void {
    this.#state = state;
    clearTimeout(this.#retry);
    void this.#recording?.stop();
    this.#recording = undefined;
  }

  /** What was recorded before the end is still delivered, unless somebody asked for it, then the failure. */
  #end(reason: MicrophoneStatus['reason'], message: string, failure?: { error: unknown }): void {
    if (this.#state === 'ended') return;
    this.#leave('ended');
    this.#settings.signal?.removeEventListener('abort', this.#onAbort);
    if (reason === 'aborted') this.#queue.clear();
    this.#queue.end(failure);
    this.#tell({ state: 'stopped', reason, message });
  }

  /** Nobody catches what is thrown in an event of the recorder's process: it becomes the iteration's error. */
  #tell(status: MicrophoneStatus): void {
    try {
      this.#settings.onStatus?.(status);
    } catch (error) {
      this.#end('error', 'onStatus threw an error', { error });
    }
  }
}
