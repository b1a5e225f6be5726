import { microphones } from 'tympan/browser';
import { create, element } from './dom.js';

/** The list of microphones. Browsers name them once one was allowed. */
export class DeviceChoice {
  readonly #select = element('#device', HTMLSelectElement);

  /** @param changed another one was chosen */
  constructor(changed: () => void) {
    this.#select.onchange = changed;
    navigator.mediaDevices?.addEventListener('devicechange', () => void this.refresh());
    void this.refresh();
  }

  /** What `device` of `listen` takes. */
  get chosen(): string | undefined {
    return this.#select.value || undefined;
  }

  async refresh(): Promise<void> {
    const chosen = this.#select.value;
    const found = await microphones().catch(() => []); // where there can be none, starting says why
    const named = found.filter(({ id, isDefault }) => id !== '' && !isDefault);
    const standard = found.find(({ isDefault }) => isDefault);
    this.#select.replaceChildren(
      option('', standard?.name || 'Default'),
      ...named.map(({ id, name }, i) => option(id, name || `Microphone ${i + 1}`)),
    );
    if (named.some(({ id }) => id === chosen)) this.#select.value = chosen;
  }
}

function option(value: string, text: string): HTMLOptionElement {
  const made = create('option', '', text);
  made.value = value;
  return made;
}
