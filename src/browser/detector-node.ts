import type { DetectionOptions } from '../detection/settings.js';
import type { Around } from '../hearing/clips.js';
import type { DetectorPlan } from '../hearing/plan.js';
import type { Message, Request } from '../worklet/protocol.js';
import { within } from './abort.js';
import { call } from './callbacks.js';
import { MicrophoneError } from './microphone-error.js';
import { PendingClips } from './pending-clips.js';
import { byKeyword, configured } from './plans.js';
import type { HearingCallbacks, Wake } from './wake.js';

/** `threshold`, `smoothing` and `refractory` are of all models; by keyword, of those that have it. */
export interface DetectorNodeOptions<Heard extends Wake = Wake> extends DetectionOptions, HearingCallbacks<Heard> {
  /** Of `tympan/worklet`, or `tympan/worklet/full`, where the bundler does not find it by itself. */
  readonly workletUrl?: string | URL;
  /** Seconds of sound around each event that `wake.audio` brings. */
  readonly audio?: Around;
  /** Ends the making of the node, and closes it later. */
  readonly signal?: AbortSignal;
  /** Five seconds of digital zeros have come, or sound after them. */
  onSilence?(isSilent: boolean): void;
  /** The audio thread has failed: nothing is heard any more. */
  onError?(error: MicrophoneError): void;
}

/** Milliseconds that the audio thread is given to send what it still has. */
const LAST_WORDS = 200;
const FLUSH = 1000;
/** Milliseconds between the event that a constructor has failed and its message, which says why. */
const REASON = 100;

/** One or several models on the audio thread: connect any node to `node`. It has no output, and hears without being connected on. */
export class DetectorNode {
  /** Takes sound of any rate, and mixes its channels to one. */
  readonly node: AudioWorkletNode;
  /** Fulfilled once the audio thread hears. */
  readonly #ready: Promise<void>;
  readonly #options: DetectorNodeOptions;
  readonly #clips = new PendingClips();
  readonly #over = new AbortController();
  #plans: readonly DetectorPlan[];
  #answers: { readonly type: Message['type']; settle(): void }[] = [];
  #isReady = false;
  #error: MicrophoneError | undefined;
  #closing: Promise<void> | undefined;

  /** @internal Use `createDetectorNode`. */
  constructor(node: AudioWorkletNode, plans: readonly DetectorPlan[], options: DetectorNodeOptions) {
    this.node = node;
    this.#options = options;
    this.#plans = plans;
    node.port.onmessage = ({ data }: MessageEvent<Message>) => this.#take(data);
    node.addEventListener('processorerror', () => this.#crashed(), { signal: this.#over.signal });
    this.#ready = this.#answer('ready').then(() => {
      if (this.#error) throw this.#error;
      this.#isReady = true;
    });
    this.#ready.catch(() => {});
    options.signal?.addEventListener('abort', () => void this.close(), { signal: this.#over.signal });
  }

  /** @internal */
  get ready(): Promise<void> {
    return this.#ready;
  }

  /**
   * Decides by other settings from the next frame on. What is left out stays as it is.
   *
   * @param options by keyword, they hold for the models that have it
   * @param model which of the models; all of them unless told
   * @throws TypeError or RangeError for wrong options, of which none then takes effect
   */
  configure(options: DetectionOptions, model?: number): void {
    const before = this.#plans;
    this.#plans = configured(before, options, model);
    this.#plans.forEach((plan, i) => {
      if (plan !== before[i]) this.#post({ type: 'configure', model: i, settings: byKeyword(plan.answer.settings) });
    });
  }

  /** Hears nothing until `resume`. */
  pause(): void {
    this.#post({ type: 'pause' });
  }

  /** Hears on. */
  resume(): void {
    this.#post({ type: 'resume' });
  }

  /** Begins a new stream: what was heard is forgotten, and time starts at 0. */
  reset(): void {
    this.#post({ type: 'reset' });
  }

  /**
   * Hears half a second of silence, so that a word at the very end can still fire; resolves once its events were told. After
   * `startRendering` of an OfflineAudioContext, this also waits for the events that are still on their way.
   *
   * @throws MicrophoneError as a rejection, where the audio thread does not answer within a second
   */
  async flush(): Promise<void> {
    const answer = this.#answer('flushed');
    this.#post({ type: 'flush' });
    if (!(await within(FLUSH, answer)) || this.#error)
      throw (
        this.#error ?? new MicrophoneError('error', 'flush: the audio thread does not answer; its context is closed')
      );
  }

  /** Lets go of the audio thread's memory. Sound around events that is still to come ends here. */
  close(): Promise<void> {
    return (this.#closing ??= this.#close());
  }

  async #close(): Promise<void> {
    this.#over.abort();
    if (!this.#error) {
      const answer = this.#answer('closed');
      this.#send({ type: 'close' });
      await within(LAST_WORDS, answer);
    }
    this.node.port.onmessage = null;
    this.node.port.close();
    this.#clips.abandon();
  }

  #take(message: Message): void {
    for (const answer of this.#answers.filter(({ type }) => type === message.type)) answer.settle();
    if (message.type === 'clip') {
      const { samples, sampleRate, start } = message;
      return this.#clips.give(message.id, { samples, sampleRate, start });
    }
    if (!this.#closing) this.#told(message);
  }

  #told(message: Message): void {
    const options = this.#options;
    if (message.type === 'wake') {
      const { keyword, posterior, time, model, contextTime, id } = message;
      const wake = { keyword, posterior, time, model, contextTime };
      const { sampleRate } = this.#plans[model].recipe;
      call(options.onWake, options.audio ? { ...wake, audio: this.#clips.expect(id, sampleRate, time) } : wake);
    } else if (message.type === 'posteriors') call(options.onPosteriors, message.values, message.time, message.model);
    else if (message.type === 'features') call(options.onFeatures, message.values, message.time, message.model);
    else if (message.type === 'level') {
      call(options.onLevel, { rms: message.rms, peak: message.peak, time: message.time });
    } else if (message.type === 'silence' || message.type === 'sound')
      call(options.onSilence, message.type === 'silence');
    else if (message.type === 'error') this.#fail(`${message.name}: ${message.message}${remedyFor(message.name)}`);
  }

  #crashed(): void {
    setTimeout(() => this.#fail('its processor has thrown an error'), REASON);
  }

  #fail(found: string): void {
    if (this.#error || this.#closing) return;
    this.#error = new MicrophoneError('error', `worklet: ${found}`);
    for (const answer of this.#answers) answer.settle();
    this.#clips.abandon();
    if (this.#isReady) call(this.#options.onError, this.#error); // else `ready` tells
  }

  /** Fulfilled by the next message of a type, or where none will come. */
  #answer(type: Message['type']): Promise<void> {
    return new Promise((resolve) => {
      const answer = {
        type,
        settle: () => {
          this.#answers = this.#answers.filter((one) => one !== answer);
          resolve();
        },
      };
      this.#answers.push(answer);
    });
  }

  #post(message: Request): void {
    if (this.#error) throw this.#error;
    if (this.#closing) throw new MicrophoneError('asked', 'this detector is closed; make another one');
    this.#send(message);
  }

  #send(message: Request): void {
    this.node.port.postMessage(message);
  }
}

function remedyFor(name: string): string {
  return name === 'CompileError' ? "; a Content-Security-Policy needs script-src … 'wasm-unsafe-eval'" : '';
}
