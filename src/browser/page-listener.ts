import type { DetectionOptions } from '../detection/settings.js';
import type { DetectorPlan } from '../hearing/plan.js';
import { Broadcast } from './broadcast.js';
import { call } from './callbacks.js';
import { openDetectorNode } from './create-detector-node.js';
import type { DetectorNode } from './detector-node.js';
import { Holds, type Hold } from './holds.js';
import type { Listener, ListenOptions } from './listener.js';
import { MicrophoneInput, type InputEvent } from './microphone-input.js';
import { MicrophoneError } from './microphone-error.js';
import { openMicrophone, stopTracks, UNKNOWN_SETTINGS, type MicrophoneSettings } from './open-microphone.js';
import { watchVisibility } from './page-visibility.js';
import { byKeyword, configured } from './plans.js';
import { Reconnection } from './reconnection.js';
import { RunningContext, type ContextState } from './running-context.js';
import type { Reason, State, Status } from './status.js';
import { ToldStatus } from './told-status.js';
import type { Wake } from './wake.js';
import { checkAudioWorklet } from './worklet-module.js';

/** What `listen` gives: opens, watches, and lets go. */
export class PageListener implements Listener {
  readonly ready: Promise<void>;
  readonly #told: ToldStatus;
  #plans: readonly DetectorPlan[];
  readonly #options: ListenOptions;
  readonly #wakes = new Broadcast<Wake>();
  readonly #over = new AbortController();
  readonly #holds = new Holds();
  #settled!: { resolve(): void; reject(error: unknown): void };
  #context: RunningContext | undefined;
  #detector: DetectorNode | undefined;
  #input: MicrophoneInput | undefined;
  #hasHeard = false;
  /** The audio thread heard only zeros when it last told; it tells nothing again after a pause. */
  #isSilent = false;
  #reconnection: Reconnection | undefined;
  #released: Promise<void> | undefined;

  /** @param options as `checkListenOptions` has checked them */
  constructor(plans: readonly DetectorPlan[], options: ListenOptions) {
    this.#plans = plans;
    this.#options = options;
    this.#told = new ToldStatus(options.onStatus);
    this.ready = new Promise((resolve, reject) => (this.#settled = { resolve, reject }));
    this.ready.catch(() => {});
    // Not before `listen` has returned: callbacks may name what it returns. The user's gesture lasts that long.
    queueMicrotask(() => void this.#start());
  }

  get status(): Status {
    return this.#told.last;
  }

  get settings(): MicrophoneSettings {
    return this.#input?.settings ?? UNKNOWN_SETTINGS;
  }

  [Symbol.asyncIterator](): AsyncIterableIterator<Wake> {
    return this.#wakes.subscribe(() => this.stop());
  }

  pause(): void {
    this.#hold('asked', true);
  }

  resume(): void {
    this.#hold('asked', false);
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
    if (!this.#input) return this.#reconnection ? 'reconnecting' : 'starting';
    if (this.#holds.isHeld) return 'paused';
    if (this.#context!.isRunning) return this.#silence ? 'silent' : 'listening';
    return this.#hasHeard ? 'paused' : 'starting';
  }

  get #isHearing(): boolean {
    return this.#state === 'listening' || this.#state === 'silent';
  }

  get #silence(): Reason | undefined {
    if (this.#input?.isMuted) return 'muted';
    return this.#isSilent ? 'digital-silence' : undefined;
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
      onSilence: (isSilent) => {
        this.#isSilent = isSilent;
        this.#tellSilence();
      },
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
    if (this.#released) return isOwn ? stopTracks(stream) : undefined; // since it was opened
    const input = new MicrophoneInput(context, this.#detector!.node, stream, isOwn, (event) => this.#inputIs(event));
    this.#input = input;
    if (input.isLost) return this.#inputIs('lost');
    this.#apply();
  }

  async #reopen(): Promise<void> {
    this.#input!.release();
    this.#input = undefined;
    this.#reconnection ??= new Reconnection();
    this.#tell('device-lost');
    try {
      this.#connect(await this.#reconnection.find(this.#options.device, this.#over.signal));
    } catch (error) {
      this.#fail(error);
    }
  }

  /** Brings what is wanted to the microphone, the audio thread and the context. */
  #apply(): void {
    const { isHeld, reason } = this.#holds;
    this.#input!.isEnabled = !isHeld;
    if (isHeld) {
      this.#detector!.pause();
      this.#context!.suspend();
      this.#tell(reason);
    } else {
      this.#detector!.resume();
      this.#context!.run();
    }
  }

  #hold(hold: Hold, isHeld: boolean): void {
    if (this.#released || !this.#holds.set(hold, isHeld)) return;
    if (this.#input) this.#apply();
    else this.#tell(this.#holds.reason);
  }

  #watchPage(): void {
    watchVisibility(this.#over.signal, (isHidden) => {
      if (this.#options.whenHidden === 'pause') this.#hold('page-hidden', isHidden);
      else this.#tell(isHidden ? 'page-hidden' : 'page-visible');
    });
  }

  #contextIs(state: ContextState): void {
    if (state === 'closed') return this.#fail(new MicrophoneError('error', 'the page has closed its audio context'));
    if (state === 'waiting') return this.#tell('needs-gesture');
    if (state === 'interrupted') return this.#tell('interrupted');
    if (!this.#isHearing) return;
    this.#hasHeard = true;
    this.#settled.resolve();
    this.#tell(this.#silence ?? this.#holds.reason);
    this.#tellProcessing();
  }

  #tellProcessing(): void {
    if (!this.#isHearing) return; // who was just told may have paused or stopped it
    const processed = this.#input!.takeProcessing();
    if (processed.length > 0) this.#tell('processed', `the browser has not switched off: ${processed.join(', ')}`);
  }

  #tellSilence(): void {
    if (this.#isHearing) this.#tell(this.#silence ?? 'sound');
  }

  #inputIs(event: InputEvent): void {
    if (event !== 'lost') this.#tellSilence();
    else if (this.#options.reconnect) void this.#reopen();
    else this.#fail(new MicrophoneError('device-lost', 'the microphone was unplugged, or the browser took it back'));
  }

  #tell(reason: Reason, message?: string): void {
    this.#told.tell(this.#state, reason, message);
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
    this.#context?.quiet();
    await this.#detector?.close();
    await this.#context?.close();
  }
}
