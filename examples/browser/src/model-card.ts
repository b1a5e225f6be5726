import { measureCost } from './cost.js';
import { create, element } from './dom.js';
import { describeModel, type OpenModel } from './model.js';
import { wordsFor } from './words.js';

const list = element('#model', HTMLElement);

/** Describes a model, and then what it costs here. */
export async function showModel(model: OpenModel): Promise<void> {
  element('#words', HTMLElement).textContent = wordsFor(model.keywords);
  const { recipe } = model;
  element('#features-caption', HTMLElement).textContent =
    recipe.preset === 'microfrontend' || recipe.dct === 'none' ? 'Mel bands' : 'MFCC';
  const cost = create('dd', 'cost', 'measuring…');
  list.replaceChildren(
    ...entry('Cost', cost),
    ...describeModel(model).flatMap(([name, text]) => entry(name, create('dd', '', text))),
  );
  const { perFrame, share } = await measureCost(model);
  cost.textContent =
    `${perFrame < 10 ? perFrame.toFixed(1) : Math.round(perFrame)} µs a frame of ${Math.round(1000 * model.hop)} ms, ` +
    `${(100 * share).toFixed(2)} % of real time`;
}

function entry(name: string, description: HTMLElement): [HTMLElement, HTMLElement] {
  return [create('dt', '', name), description];
}
