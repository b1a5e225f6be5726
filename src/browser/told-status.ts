import { call } from './callbacks.js';
import { statusOf, type Reason, type State, type Status } from './status.js';

/** The status that a page was told last. Nothing is told twice in turn, and nothing after `stopped`. */
export class ToldStatus {
  readonly #onStatus: ((status: Status) => void) | undefined;
  #last = statusOf('starting', 'asked');

  constructor(onStatus: ((status: Status) => void) | undefined) {
    this.#onStatus = onStatus;
  }

  get last(): Status {
    return this.#last;
  }

  /** @param message for reasons that have no sentence of their own */
  tell(state: State, reason: Reason, message?: string): void {
    const { last } = this;
    if (last.state === 'stopped' || (last.state === state && last.reason === reason)) return;
    this.#last = statusOf(state, reason, message);
    call(this.#onStatus, this.#last);
  }
}
