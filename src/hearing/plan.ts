import type { DetectionSettings } from '../detection/settings.js';
import { UnsupportedModelError } from '../errors.js';
import { checkCausal } from '../features/causal.js';
import type { FrontEnd } from '../features/front-end.js';
import type { FrontEndPlan } from '../features/plan.js';
import type { Recipe } from '../features/recipe.js';
import type { Plan } from '../inference/plan.js';

/** What the posteriors of a model say, and how they become events. */
export interface Answer {
  /** The output that holds the posteriors. */
  readonly output: string;
  /** What its features are called. */
  readonly labels: readonly string[];
  readonly settings: DetectionSettings;
}

/**
 * A model's whole way from samples to events, as plain data: it can be cloned, posted and stored, and runs where there is no
 * decoder of ONNX, such as on the audio thread of a page. Whoever runs it checks it first.
 */
export interface DetectorPlan {
  /** Plans of one recipe hear the same features. */
  readonly recipe: Recipe;
  readonly frontEnd: FrontEndPlan;
  readonly network: Plan;
  readonly answer: Answer;
}

/**
 * @param network of a model that runs frame by frame
 * @throws UnsupportedModelError for one that runs on windows, or not in kernels alone; MetadataError for a recipe that only whole
 *   clips have
 */
export function planOf(frontEnd: FrontEnd, network: Plan | undefined): Omit<DetectorPlan, 'answer'> {
  checkCausal(frontEnd.recipe);
  if (!network)
    throw new UnsupportedModelError(
      'this model runs on windows, and only networks that run frame by frame have a plan; load it with ' +
        '{ streaming: { mode: "stateful" } } where it can, and measure that, or use model.detector() on a thread of its own',
    );
  const section = [...network.reset, ...network.step].find(({ kind }) => kind === 'host');
  if (section?.kind === 'host')
    throw new UnsupportedModelError(
      `${section.layer.operation.kind} "${section.layer.name}" does not run in the kernels, and a plan has nothing else; ` +
        'export the network without it, or use model.detector() on a thread of its own',
    );
  return { recipe: frontEnd.recipe, frontEnd: frontEnd.plan, network };
}
