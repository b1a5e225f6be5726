import type { SpectralRecipe } from '../features/recipe.js';

type FieldName = keyof SpectralRecipe;

const OF_BOTH = [
  'sampleScale',
  'normalize',
  'spectrumScale',
  'log',
  'floorKind',
  'logFloor',
  'topDb',
  'outputScale',
  'outputOffset',
  'mean',
  'scale',
] as const satisfies readonly FieldName[];

const OF_CEPSTRA: readonly FieldName[] = ['dct', 'lifter', 'energy'];

/** Fields that change loud features by a factor and an offset each, if not C0 altogether. */
export const LINEAR_FIELDS: Readonly<Record<'bands' | 'cepstra' | 'ofCepstra', readonly FieldName[]>> = {
  bands: OF_BOTH,
  cepstra: [...OF_BOTH, ...OF_CEPSTRA],
  ofCepstra: OF_CEPSTRA,
};
