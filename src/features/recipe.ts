import type { Choice, Flag, MICROFRONTEND_FIELDS, PerFeature, SPECTRAL_FIELDS } from './fields.js';

type ValueOf<F> =
  F extends Choice<infer Value> ? Value : F extends Flag ? boolean : F extends PerFeature ? readonly number[] : number;

type Complete<Fields> = {
  readonly [Name in Exclude<keyof Fields, 'mean' | 'scale'>]: ValueOf<Fields[Name]>;
} & { readonly [Name in Extract<keyof Fields, 'mean' | 'scale'>]?: ValueOf<Fields[Name]> };

/** Windows, a Fourier transform, a filterbank, a logarithm and a cosine transform, in floating point. */
export type SpectralRecipe = Complete<typeof SPECTRAL_FIELDS>;

/** The stateful, fixed-point front end of TensorFlow Lite for Microcontrollers. */
export type MicrofrontendRecipe = Complete<typeof MICROFRONTEND_FIELDS>;

/**
 * A front end as data: what `tympan.frontend` holds in a model's metadata. Lengths are in samples, frequencies in Hz. Its fields
 * are described in docs/front-ends.md.
 */
export type Recipe = SpectralRecipe | MicrofrontendRecipe;

/** The name of a front end of the field. */
export type PresetName = Recipe['preset'];

/** A preset and what differs from it. */
export type RecipeOptions = Partial<SpectralRecipe> | Partial<MicrofrontendRecipe>;

export function isMicrofrontend(recipe: Recipe): recipe is MicrofrontendRecipe {
  return recipe.preset === 'microfrontend';
}

/** Features of a frame with its deltas, before stacking. */
export function featuresPerFrame(recipe: Recipe): number {
  return isMicrofrontend(recipe) ? recipe.numMels : recipe.numCoefficients * (1 + recipe.deltas);
}

/** Features of what comes out at a time. */
export function featureSize(recipe: Recipe): number {
  return featuresPerFrame(recipe) * recipe.stack;
}

/** Samples that one vector of features waits for; with framing "uncentred", those too that its window leaves out. */
export function featureSpan(recipe: Recipe): number {
  const { windowLength, hopLength, stack } = recipe;
  if (isMicrofrontend(recipe)) return (stack - 1) * hopLength + windowLength;
  const { deltas, deltaWindow, framing, fftSize } = recipe;
  return (stack - 1 + 2 * deltas * deltaWindow) * hopLength + (framing === 'uncentred' ? fftSize : windowLength);
}
