import { within } from './abort.js';

/** Milliseconds that a context may take to start before the page is told that it does not. */
const PATIENCE = 1000;
/** Milliseconds that a context may take to close. */
const CLOSING = 1000;
/** What browsers take as a user's activation: https://html.spec.whatwg.org/multipage/interaction.html#activation-triggering-input-event */
const GESTURES = ['pointerdown', 'pointerup', 'touchend', 'keydown'];

/**
 * - `running`: it renders
 * - `waiting`: it was asked to, and does not
 * - `interrupted`: it was stopped from outside
 * - `closed`: by its page
 */
export type ContextState = 'running' | 'waiting' | 'interrupted' | 'closed';

/**
 * Keeps an audio context going. Browsers hold it until a gesture of the user, and systems take it away for a phone call.
 * `resume()` is never awaited: in Firefox without a sound server, and in WebKit without a gesture, it stays pending for ever.
 */
export class RunningContext {
  readonly context: AudioContext;
  readonly #isOwn: boolean;
  readonly #tell: (state: ContextState) => void;
  readonly #over = new AbortController();
  #gestures: AbortController | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  #isWanted = false;

  /** @param given a context of the page's, which is started once, and neither suspended nor closed */
  constructor(given: AudioContext | undefined, tell: (state: ContextState) => void) {
    this.#isOwn = given === undefined;
    // `balanced` takes less power than the default: https://webaudio.github.io/web-audio-api/#enumdef-audiocontextlatencycategory
    this.context = given ?? new AudioContext({ latencyHint: 'balanced' });
    this.#tell = tell;
    this.context.addEventListener('statechange', () => this.#changed(), { signal: this.#over.signal });
  }

  get isRunning(): boolean {
    return this.context.state === 'running';
  }

  run(): void {
    this.#isWanted = true;
    if (this.isRunning) this.#changed();
    if (!this.#isWanted) return; // whoever was told wants it no more
    if (!this.isRunning || this.#isOwn) this.#start(); // a suspension may still be on its way
    if (this.isRunning) this.#rest();
  }

  /** Stops rendering, so that a pause costs nothing. */
  suspend(): void {
    this.#isWanted = false;
    this.#rest();
    if (this.#isOwn && this.context.state !== 'closed') void this.context.suspend().catch(() => {});
  }

  /** Tells nothing more, and is started by no gesture. It renders on until `close`. */
  quiet(): void {
    this.#isWanted = false;
    this.#over.abort();
    this.#rest();
  }

  /** Lets go of it, and waits for that, though not for long. */
  async close(): Promise<void> {
    this.quiet();
    if (this.#isOwn && this.context.state !== 'closed') await within(CLOSING, this.context.close());
  }

  #start(): void {
    this.#resume();
    this.#timer ??= setTimeout(() => this.#tell('waiting'), PATIENCE);
    if (this.#gestures) return;
    this.#gestures = new AbortController();
    for (const gesture of GESTURES)
      document.addEventListener(gesture, () => this.#resume(), { capture: true, signal: this.#gestures.signal });
  }

  #resume(): void {
    void this.context.resume().catch(() => {}); // rejects while a call lasts; statechange tells how it went
  }

  #rest(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    this.#gestures?.abort();
    this.#gestures = undefined;
  }

  #changed(): void {
    if (!this.#isWanted) return;
    const { state } = this.context;
    if (state === 'running') {
      this.#rest();
      this.#tell('running');
    } else if (state === 'closed') this.#tell('closed');
    else {
      if (this.#isOwn) this.#start();
      // One of ours that is merely suspended is started again; where that fails, the timer tells.
      if (!this.#isOwn || state === 'interrupted') this.#tell('interrupted');
    }
  }
}
