import { create, element } from './dom.js';
import { COLOURS } from './palette.js';
import type { Keyword } from './model.js';

/** A threshold slider a keyword. */
export class Settings {
  readonly #place = element('#settings', HTMLElement);
  readonly #changed: (isSettled: boolean) => void;
  #thresholds: Readonly<Record<string, number>> = {};

  /** @param changed called while a slider moves, and once more when it is let go of */
  constructor(changed: (isSettled: boolean) => void) {
    this.#changed = changed;
  }

  /** By keyword, 0 to 1. */
  get thresholds(): Readonly<Record<string, number>> {
    return this.#thresholds;
  }

  /** Sliders of other keywords, as their model has them. */
  show(keywords: readonly Keyword[]): void {
    this.#thresholds = Object.fromEntries(keywords.map(({ name, threshold }) => [name, threshold]));
    this.#place.replaceChildren(...keywords.map((keyword, i) => this.#slider(keyword, i, keywords.length > 1)));
  }

  #slider({ name, threshold }: Keyword, place: number, isOneOfMany: boolean): HTMLElement {
    const input = create('input');
    Object.assign(input, { type: 'range', min: '0', max: '1', step: '0.01', id: `threshold-${place}` });
    input.valueAsNumber = threshold;
    const label = create('label', '', name);
    label.htmlFor = input.id;
    if (isOneOfMany) label.dataset.colour = String(place % COLOURS); // as its plot
    const value = create('output', '', threshold.toFixed(2));
    value.htmlFor.add(input.id);
    input.oninput = () => {
      this.#thresholds = { ...this.#thresholds, [name]: input.valueAsNumber };
      value.textContent = input.valueAsNumber.toFixed(2);
      this.#changed(false);
    };
    input.onchange = () => this.#changed(true);
    const slider = create('div', 'slider');
    slider.append(label, value, input);
    return slider;
  }
}
