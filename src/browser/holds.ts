import type { Reason } from './status.js';

/** - `asked`: by the page - `page-hidden`: as long as it is hidden */
export type Hold = 'asked' | 'page-hidden';

/** What keeps a listener from hearing. It hears once nothing does. */
export class Holds {
  readonly #held = new Set<Hold>();
  #released: Reason = 'asked';

  get isHeld(): boolean {
    return this.#held.size > 0;
  }

  /** What a pause is due to, of two that which lasts until it is asked for; or what has ended the last one. */
  get reason(): Reason {
    if (this.#held.has('asked')) return 'asked';
    return this.#held.has('page-hidden') ? 'page-hidden' : this.#released;
  }

  /** @returns whether that changes anything */
  set(hold: Hold, isHeld: boolean): boolean {
    if (this.#held.has(hold) === isHeld) return false;
    if (isHeld) this.#held.add(hold);
    else this.#held.delete(hold);
    if (!isHeld) this.#released = hold === 'asked' ? 'asked' : 'page-visible';
    return true;
  }
}
