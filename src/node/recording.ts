/** One run of a recording program, from its start until its process is gone. */
import { MicrophoneError } from './microphone-error.js';
import { PcmStream } from './pcm-stream.js';
import { Complaint, failureOf, remedyFor } from './recorder-complaint.js';
import { releaseAtExit } from './release.js';
import { startRecorder, type RecorderSource, type StartedRecorder } from './start-recorder.js';
import { Watchdog } from './watchdog.js';

interface RecordingListener {
  onSamples(samples: Int16Array): void;
  /** Once, by itself; not after `stop`. Without an error the recorder has ended of its own accord. */
  onEnd(error?: MicrophoneError): void;
}

/** Milliseconds that a recorder may take to go after SIGTERM, before SIGKILL. */
const STOP = 1000;

export class Recording {
  /** The program's name. */
  readonly name: string;
  /** Resolves when the recorder's process has ended: the device is free. */
  readonly gone: Promise<void>;
  readonly #child: StartedRecorder['child'];
  readonly #where: string;
  readonly #listener: RecordingListener;
  readonly #stream: PcmStream;
  readonly #complaint = new Complaint();
  readonly #watchdog: Watchdog;
  #hasEnded = false;
  #hadSound = false;

  /**
   * Listens in the same turn as the start: a late `data` listener loses audio, a late `error` listener ends the process.
   *
   * @param sampleRate Hz
   * @param timeout milliseconds without a sample, after which the recorder counts as hanging
   * @throws MicrophoneError when there is no recorder
   */
  constructor(source: RecorderSource, sampleRate: number, timeout: number, listener: RecordingListener) {
    const { name, child } = startRecorder(source, sampleRate);
    this.name = name;
    this.#child = child;
    this.#where = source.device === undefined ? name : `${name} on device "${source.device}"`;
    this.#listener = listener;
    this.#stream = new PcmStream(sampleRate, name);
    this.#watchdog = new Watchdog(timeout, () => this.#hang(timeout));
    this.gone = this.#follow();
    child.stderr.setEncoding('utf8').on('data', (text: string) => this.#complaint.add(text));
    child.stdout.on('data', (bytes: Buffer) => this.#take(bytes));
    // node-record-lpcm16 emits a string here for any exit but 0; `close` below says more.
    for (const stream of [child.stdin, child.stdout, child.stderr]) stream?.on('error', () => {});
    child.once('close', (code, signal) => this.#close(code, signal));
  }

  /** Asks the recorder to go, and makes it when it does not. Resolves when it is gone; is never an error. */
  stop(): Promise<void> {
    if (!this.#hasEnded) this.#end();
    return this.gone;
  }

  #follow(): Promise<void> {
    const child = this.#child;
    const dismiss = child.pid === undefined ? () => Promise.resolve() : releaseAtExit(child);
    return new Promise((resolve) => {
      child.once('exit', () => void dismiss().then(resolve));
      child.on('error', (error: NodeJS.ErrnoException) => {
        if (child.pid !== undefined) return; // a signal that could not be sent
        this.#fail(cantRun(this.name, error));
        resolve();
      });
    });
  }

  #take(bytes: Buffer): void {
    if (this.#hasEnded) return;
    this.#watchdog.feed();
    try {
      const samples = this.#stream.read(bytes);
      if (samples.length === 0) return;
      this.#hadSound = true;
      this.#listener.onSamples(samples);
    } catch (error) {
      if (!(error instanceof MicrophoneError)) throw error;
      this.#fail(error);
    }
  }

  #close(code: number | null, signal: NodeJS.Signals | null): void {
    if (code === 0 && !this.#complaint.isFailureOfSox()) return this.#fail(undefined);
    const reason = this.#complaint.reason(this.name);
    const how = signal ? `was killed by ${signal}` : `exited with code ${code}`;
    const said = reason && `: ${reason}`;
    const message = `${this.#where} ${how}${said}${remedyFor(this.name, reason)}`;
    this.#fail(new MicrophoneError(failureOf(reason, this.#hadSound), message));
  }

  #hang(timeout: number): void {
    const message = `${this.#where} delivers nothing: no sample for ${timeout / 1000} s; is the device suspended or unplugged?`;
    this.#fail(new MicrophoneError('recorder-hangs', message));
  }

  #fail(error: MicrophoneError | undefined): void {
    if (this.#hasEnded) return;
    this.#end();
    this.#listener.onEnd(error);
  }

  #end(): void {
    this.#hasEnded = true;
    this.#watchdog.stop();
    const child = this.#child;
    // Or a grandchild that holds a pipe keeps this process alive.
    for (const stream of [child.stdin, child.stdout, child.stderr]) stream?.destroy();
    if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
    child.kill();
    const timer = setTimeout(() => child.kill('SIGKILL'), STOP);
    child.once('exit', () => clearTimeout(timer));
  }
}

function cantRun(name: string, error: NodeJS.ErrnoException): MicrophoneError {
  const isMissing = error.code === 'ENOENT' || error.code === 'EACCES' || error.code === 'ENOEXEC';
  const why = error.code === 'ENOENT' ? `${error.message}; is it installed, and on PATH?` : error.message;
  return new MicrophoneError(isMissing ? 'no-recorder' : 'no-resources', `${name} can't be run: ${why}`, {
    cause: error,
  });
}
