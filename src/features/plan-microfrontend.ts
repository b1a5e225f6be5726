import { vectorBytes } from '../kernels/kernel.js';
import { FrontEndBuilder } from './front-end-builder.js';
import { framingOf } from './framing.js';
import { microfrontendTables } from './microfrontend.js';
import type { FrontEndPlan } from './plan.js';
import type { MicrofrontendRecipe } from './recipe.js';

/**
 * One kernel, whose state is the estimate of the noise, and the recipe's scale.
 *
 * @throws MetadataError as microfrontendTables does
 */
export function planMicrofrontend(recipe: MicrofrontendRecipe): FrontEndPlan {
  const plan = new FrontEndBuilder(recipe);
  const { numMels } = recipe;
  const { history, room } = framingOf(recipe);
  const { bytes, length, size, scratchBytes, stateBytes } = microfrontendTables(recipe);
  const samples = plan.state.reserve(4 * (history + Math.max(length, room))); // [history + length] f32
  const tables = plan.constants.place(bytes); // see assembly/microfrontend.ts
  const estimates = plan.state.reserve(stateBytes); // [numMels] u32
  const scratch = plan.scratch.reserve(scratchBytes);
  const energies = plan.scratch.reserve(vectorBytes(numMels)); // [numMels] f32, padded
  const frame = samples + 4 * history;
  plan.analysis.call('microfrontend', frame, tables, estimates, scratch, energies, length, size, numMels);
  const features = plan.scale(energies, numMels, 1);
  return plan.finish({ samples, energies, features, numFeatures: numMels });
}
