import type { DetectionSettings } from '../detection/settings.js';
import { checkCausal } from '../features/causal.js';
import type { FrontEnd } from '../features/front-end.js';
import type { FrontEndPlan } from '../features/plan.js';
import type { Recipe } from '../features/recipe.js';
import { hostOperation, type NetworkPlan } from '../inference/network-plan.js';

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
  /** Whether kernels alone run the network, or operators in TypeScript too: on windows, and what no kernel does. */
  readonly needs: 'kernels' | 'operators';
  /** Plans of one recipe hear the same features. */
  readonly recipe: Recipe;
  /** @internal */
  readonly frontEnd: FrontEndPlan;
  /** @internal */
  readonly network: NetworkPlan;
  /** @internal */
  readonly answer: Answer;
}

/** @throws MetadataError for a recipe that only whole clips have */
export function planOf(frontEnd: FrontEnd, network: NetworkPlan): Omit<DetectorPlan, 'answer'> {
  checkCausal(frontEnd.recipe);
  const needs = hostOperation(network) === undefined ? 'kernels' : 'operators';
  return { needs, recipe: frontEnd.recipe, frontEnd: frontEnd.plan, network };
}
