import { PRESETS } from '../../dist/features/presets.js';
import { SPECTRAL_FIELDS } from '../../dist/features/fields.js';
import { parseRecipe } from '../../dist/features/parse-recipe.js';

/**
 * A preset as the recipe that it stands for. "custom" stands for none: only what fields are where they are absent.
 *
 * @returns {Record<string, unknown>}
 */
export function completePreset(preset) {
  if (preset !== 'custom') return parseRecipe({ preset });
  const absent = Object.entries(SPECTRAL_FIELDS).map(([name, field]) => [name, field.absent]);
  return { ...Object.fromEntries(absent), ...PRESETS.custom, preset };
}
