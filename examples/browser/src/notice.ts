import { create, element } from './dom.js';

/** What went wrong with a file, until the next one. */
export class Notice {
  readonly #place = element('#notice', HTMLElement);

  show(message: string): void {
    const close = create('button', '', 'Dismiss');
    close.type = 'button';
    close.onclick = () => this.clear();
    this.#place.replaceChildren(create('p', '', message), close);
  }

  clear(): void {
    this.#place.replaceChildren();
  }
}
