import { listen, type HearingCallbacks, type Listener, type Status } from 'tympan/browser';
import { DeviceChoice } from './device-choice.js';
import { element } from './dom.js';
import { LevelMeter } from './level-meter.js';
import type { OpenModel } from './model.js';
import { processingWords } from './processing-words.js';
import { wordsOf, type StatusWords } from './status-words.js';
import { messageOf, wordsFor } from './words.js';

/** Seconds of sound that are kept around a word. */
export const AROUND = { before: 1.5, after: 1 };

/** What the microphone's controls need of the rest of the page. */
export interface Surroundings {
  /** Called before the microphone is opened. */
  begin(): { readonly model: OpenModel; readonly threshold: Readonly<Record<string, number>> };
  readonly callbacks: HearingCallbacks;
}

/** The microphone, with its buttons, its level and what there is to say about it. */
export class Listening {
  readonly #start = element('#start', HTMLButtonElement);
  readonly #pause = element('#pause', HTMLButtonElement);
  readonly #status = element('#status', HTMLElement);
  readonly #processing = element('#processing', HTMLElement);
  readonly #meter = new LevelMeter();
  readonly #devices = new DeviceChoice(() => void this.restart());
  readonly #surroundings: Surroundings;
  #listener: Listener | undefined;

  constructor(surroundings: Surroundings) {
    this.#surroundings = surroundings;
    this.#start.onclick = () => void (this.#listener ? this.stop() : this.#tryStart());
    this.#pause.onclick = () => {
      if (this.#listener?.status.state === 'paused') this.#listener.resume();
      else this.#listener?.pause();
    };
  }

  get isOn(): boolean {
    return this.#listener !== undefined;
  }

  /** @throws TympanError where `listen` refuses the model */
  start(): void {
    const { model, threshold } = this.#surroundings.begin();
    const { callbacks } = this.#surroundings;
    const words = wordsFor(model.keywords);
    const device = this.#devices.chosen;
    const listener = listen(model.model, {
      ...callbacks,
      ...(device !== undefined && { device }),
      threshold,
      audio: AROUND,
      reconnect: true,
      onLevel: (level) => {
        this.#meter.show(level);
        callbacks.onLevel?.(level);
      },
      onStatus: (status) => this.#show(listener, status, words),
    });
    this.#listener = listener;
    this.#show(listener, listener.status, words);
    // Names of microphones are known once one was allowed.
    listener.ready.then(() => this.#devices.refresh()).catch(() => {});
  }

  #tryStart(): void {
    try {
      this.start();
    } catch (error) {
      this.say({ tone: 'failed', headline: 'Listening has failed', hint: messageOf(error) });
    }
  }

  async stop(): Promise<void> {
    await this.#listener?.stop();
  }

  /** Goes on with another microphone or model, where it is on. */
  async restart(): Promise<void> {
    if (!this.#listener) return;
    await this.stop();
    this.start();
  }

  configure(threshold: Readonly<Record<string, number>>): void {
    this.#listener?.configure({ threshold });
  }

  /** There is a model, or there is none. */
  set isPossible(isPossible: boolean) {
    this.#start.disabled = !isPossible;
  }

  say({ tone, headline, hint }: StatusWords): void {
    this.#status.dataset.tone = tone;
    const [first, second] = this.#status.children;
    first.textContent = headline;
    second.textContent = hint;
  }

  #show(listener: Listener, status: Status, words: string): void {
    const { state } = status;
    if (state === 'stopped') {
      if (this.#listener === listener) this.#listener = undefined;
      this.#meter.clear();
    }
    const isOn = state !== 'stopped';
    this.#start.textContent = isOn ? 'Stop' : 'Start listening';
    this.#start.classList.toggle('primary', !isOn);
    this.#pause.disabled = !['listening', 'silent', 'paused'].includes(state);
    this.#pause.textContent = state === 'paused' ? 'Resume' : 'Pause';
    if (state === 'paused') this.#meter.clear();
    this.#processing.textContent = isOn ? processingWords(listener.settings) : '';
    this.#processing.hidden = this.#processing.textContent === '';
    this.say(wordsOf(status, words));
  }
}
