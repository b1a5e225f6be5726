import type { DetectionOptions } from '../detection/settings.js';
import type { DetectorPlan } from '../hearing/plan.js';
import { within } from './abort.js';
import { Broadcast } from './broadcast.js';
import { call } from './callbacks.js';
import { openDetectorNode } from './create-detector-node.js';
import type { DetectorNode } from './detector-node.js';
import type { Listener, ListenOptions } from './listener.js';
import { awaitMicrophone, MicrophoneInput, type InputEvent } from './microphone-input.js';
import { MicrophoneError } from './microphone-error.js';
import { openMicrophone, processingOf, type MicrophoneSettings } from './open-microphone.js';
import { byKeyword, configured } from './plans.js';
import { RunningContext, type ContextState } from './running-context.js';
import { statusOf, type Reason, type State, type Status } from './status.js';
import type { Wake } from './wake.js';
import { checkAudioWorklet } from './worklet-module.js';

/** Milliseconds that a context may take to close. */
const CLOSING = 1000;
const UNKNOWN: MicrophoneSettings = Object.freeze({
  echoCancellation: undefined,
  noiseSuppression: undefined,
  autoGainControl: undefined,
});

/** What `listen` gives: opens, watches, and lets go. */
export class PageListener implements Listener {
  readonly ready: Promise<void>;
  #status = statusOf('starting', 'asked');
  #plans: readonly DetectorPlan[];
  readonly #options: ListenOptions;
  readonly #wakes = new Broadcast<Wake>();
  readonly #over = new AbortController();
  readonly #holds = new Set<Reason>();
  #settled!: { resolve(): void; reject(error: unknown): void };
  #context: RunningContext | undefined;
  #detector: DetectorNode | undefined;
  #input: MicrophoneInput | undefined;
  /** What the page is still to be told of, once sound is heard. */
  #untold: MicrophoneInput | undefined;
  #hasHeard = false;
  /** What listening, or a pause, is told to be due to. */
  #because: Reason = 'asked';
  #released: Promise<void> | undefined;

  /** @param options as `checkListenOptions` has checked them */
  constructor(plans: readonly DetectorPlan[], options: ListenOptions) {
    this.#plans = plans;
    this.#options = options;
    this.ready = new Promise((resolve, reject) => (this.#settled = { resolve, reject }));
    this.ready.catch(() => {});
    // Not before `listen` has returned: callbacks may name what it returns. The user's gesture lasts that long.
    queueMicrotask(() => void this.#start());
  }

  get status(): Status {
    return this.#status;
  }

  get settings(): MicrophoneSettings {
    return this.#input?.settings ?? UNKNOWN;
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<Wake> {
    return this.#wakes.subscribe(() => this.stop());
  }

  pause(): void {
    this.#hold('asked', true, 'asked');
  }

  resume(): void {
    this.#hold('asked', false, 'asked');
  }

  configure(options: DetectionOptions, model?: number): void {
    this.#plans = configured(this.#plans, options, model);
    if (!this.#over.signal.aborted) this.#detector?.configure(options, model);
  }

  stop(): Promise<void> {
    if (!this.#released) {
      this.#settled.reject(new MicrophoneError('asked', 'the listener was stopped before it heard anything'));
      this.#wakes.end();
    }
    return this.#end('asked');
  }

  get #state(): State {
    if (this.#released) return 'stopped';
    if (!this.#input) return 'starting';
    if (this.#holds.size > 0) return 'paused';
    if (this.#context!.isRunning) return 'listening';
    return this.#hasHeard ? 'paused' : 'starting';
  }

  async #start(): Promise<void> {
    const { signal, stream, device } = this.#options;
    if (this.#released) return;
    if (signal?.aborted) return this.#abort(signal);
    signal?.addEventListener('abort', () => this.#abort(signal), { signal: this.#over.signal });
    try {
      checkAudioWorklet();
      this.#context = new RunningContext(this.#options.context, (state) => this.#contextIs(state));
      this.#watchPage();
      // Before the microphone: nobody is asked for one that could not be heard.
      await this.#openDetector(this.#context.context);
      this.#connect(stream ?? (await openMicrophone(device, this.#over.signal)));
    } catch (error) {
      this.#fail(error);
    }
  }

  async #openDetector(context: AudioContext): Promise<void> {
    const { workletUrl, audio, onPosteriors, onFeatures, onLevel } = this.#options;
    const plans = this.#plans;
    const detector = await openDetectorNode(context, plans, {
      ...{ workletUrl, audio, onPosteriors, onFeatures, onLevel, signal: this.#over.signal },
      onWake: (wake) => {
        this.#wakes.push(wake);
        call(this.#options.onWake, wake);
      },
      onSilence: (isSilent) => this.#tell(isSilent ? 'silent' : 'sound'),
      onError: (error) => this.#fail(error),
    });
    this.#detector = detector;
    // What was configured meanwhile.
    if (this.#plans !== plans)
      this.#plans.forEach(({ answer }, i) => detector.configure(byKeyword(answer.settings), i));
  }

  #connect(stream: MediaStream): void {
    const { context } = this.#context!;
    const isOwn = this.#options.stream === undefined;
    const input = new MicrophoneInput(context, this.#detector!.node, stream, isOwn, (event) => this.#inputIs(event));
    this.#input = input;
    if (input.isLost) return this.#inputIs('lost');
    this.#untold = input;
    this.#apply();
  }

  async #reopen(): Promise<void> {
    this.#input!.release();
    this.#input = undefined;
    this.#tell('device-lost', 'the microphone is gone; waiting for one');
    try {
      this.#connect(await awaitMicrophone(this.#options.device, this.#over.signal));
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Brings what is wanted to the microphone, the audio thread and the context. */
  #apply(): void {
    const isHeld = this.#holds.size > 0;
    this.#input!.isEnabled = !isHeld;
    if (isHeld) {
      this.#detector!.pause();
      this.#context!.suspend();
      this.#tell(this.#because);
    } else {
      this.#detector!.resume();
      this.#context!.run();
    }
  }

  #hold(hold: 'asked' | 'page-hidden', isHeld: boolean, because: Reason): void {
    if (this.#released || this.#holds.has(hold) === isHeld) return;
    if (isHeld) this.#holds.add(hold);
    else this.#holds.delete(hold);
    this.#because = because;
    if (this.#input) this.#apply();
    else this.#tell(because);
  }

  #watchPage(): void {
    const pauses = this.#options.whenHidden === 'pause';
    const look = () => {
      const reason = document.hidden ? 'page-hidden' : 'page-visible';
      if (pauses) this.#hold('page-hidden', document.hidden, reason);
      else this.#tell(reason);
    };
    document.addEventListener('visibilitychange', look, { signal: this.#over.signal });
    if (document.hidden) look();
  }

  #contextIs(state: ContextState): void {
    if (state === 'closed') return this.#fail(new MicrophoneError('error', 'the page has closed its audio context'));
    if (state === 'waiting') return this.#tell('needs-gesture');
    if (state === 'interrupted') return this.#tell('interrupted');
    if (this.#state !== 'listening') return;
    this.#hasHeard = true;
    this.#settled.resolve();
    this.#tell(this.#because);
    const input = this.#untold;
    this.#untold = undefined;
    const processed = input ? processingOf(input.settings) : [];
    if (processed.length > 0) this.#tell('processed', `the browser has not switched off: ${processed.join(', ')}`);
    if (input?.isMuted) this.#inputIs('muted');
  }

  #inputIs(event: InputEvent): void {
    if (event === 'muted') this.#tell('silent', 'the browser or the system has muted the microphone');
    else if (event === 'unmuted') this.#tell('sound');
    else if (this.#options.reconnect) void this.#reopen();
    else this.#fail(new MicrophoneError('device-lost', 'the microphone was unplugged, or the browser took it back'));
  }

  #tell(reason: Reason, message?: string): void {
    const state = this.#state;
    if (state === this.#status.state && reason === this.#status.reason) return;
    this.#status = statusOf(state, reason, message);
    call(this.#options.onStatus, this.#status);
  }

  #fail(cause: unknown): void {
    if (this.#released) return;
    const error =
      cause instanceof MicrophoneError ? cause : new MicrophoneError('error', (cause as Error).message, { cause });
    this.#settled.reject(error);
    this.#wakes.fail(error);
    void this.#end(error.reason, error.message);
  }

  #abort({ reason }: AbortSignal): void {
    if (this.#released) return;
    this.#settled.reject(reason);
    this.#wakes.fail(reason);
    void this.#end('aborted');
  }

  /** The microphone is released before anything else, and before the page is told. */
  #end(reason: Reason, message?: string): Promise<void> {
    if (this.#released) return this.#released;
    this.#over.abort();
    this.#input?.release();
    this.#released = this.#release();
    this.#tell(reason, message);
    return this.#released;
  }

  async #release(): Promise<void> {
    await this.#detector?.close();
    if (this.#context) await within(CLOSING, this.#context.close());
  }
}
