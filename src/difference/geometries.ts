import { frameCount, framingOf } from '../features/framing.js';
import type { SpectralRecipe } from '../features/recipe.js';
import { commonHops } from './candidates.js';

/** Windows that people choose: milliseconds, and samples, which are librosa's n_fft. */
const WINDOWS = [20, 25, 30, 32, 40, 64];
const WINDOW_SAMPLES = [512, 1024, 2048];
const FFT_SIZES = [512, 1024, 2048];
/** Frames that a count may be off by where none is right: frames that were left out. */
const NEAR = 4;

/** Where the samples of frames lie. */
type Geometry = Pick<SpectralRecipe, 'windowLength' | 'fftSize' | 'hopLength' | 'framing' | 'padding'>;

/**
 * The recipe with the windows, transforms, hops and framings that would give as many frames as theirs, its own values among
 * them.
 *
 * @param windows more lengths, in samples   @param samples of the clip   @param frames of theirs, before stacking
 */
export function geometriesOf(
  recipe: SpectralRecipe,
  windows: readonly number[],
  samples: number,
  frames: number,
): Geometry[] {
  const { sampleRate, windowLength, fftSize } = recipe;
  const lengths = [...WINDOWS.map((ms) => Math.round((ms * sampleRate) / 1000)), ...WINDOW_SAMPLES, ...windows];
  const sized = [...new Set([windowLength, ...lengths])].flatMap((length) =>
    transformsOf(length, recipe).map((size) => ({ ...recipe, windowLength: length, fftSize: size })),
  );
  if (fftSize < windowLength) sized.push(recipe);
  const placed = sized.flatMap((one) => hopsOf(one, samples, frames).map((hopLength) => ({ ...one, hopLength })));
  const exact = placed.flatMap((one) => framingsOf(one, samples, frames));
  return (exact.length > 0 ? exact : placed).map(({ windowLength: length, fftSize: size, ...one }) => {
    const { hopLength, framing, padding } = one;
    return { windowLength: length, fftSize: size, hopLength, framing, padding };
  });
}

function transformsOf(windowLength: number, { fftSize }: SpectralRecipe): number[] {
  const power = 2 ** Math.ceil(Math.log2(windowLength));
  const sizes = new Set([power, windowLength, ...FFT_SIZES, fftSize]);
  return [...sizes].filter((size) => size >= windowLength && size <= 4096);
}

/** Hops that people choose, of which one framing or another makes about as many frames. */
function hopsOf(recipe: SpectralRecipe, samples: number, frames: number): number[] {
  const hops = new Set([recipe.hopLength, ...commonHops(recipe.sampleRate)]);
  const least = Math.max(0, samples - Math.max(recipe.windowLength, recipe.fftSize));
  return [...hops].filter((hop) => least / hop - NEAR <= frames && samples / hop + 1 + NEAR >= frames);
}

/** Framings that make as many frames: the recipe's own where it does. */
function framingsOf(recipe: SpectralRecipe, samples: number, frames: number): SpectralRecipe[] {
  const { windowLength, fftSize, hopLength } = recipe;
  const kinds: Pick<SpectralRecipe, 'framing' | 'padding'>[] = [
    { framing: recipe.framing, padding: recipe.padding },
    { framing: 'whole', padding: 'zeros' },
    { framing: 'padded', padding: 'zeros' },
    { framing: 'uncentred', padding: 'zeros' },
    { framing: 'centred', padding: recipe.framing === 'centred' ? recipe.padding : 'zeros' },
    { framing: 'rounded', padding: 'symmetric' },
  ];
  const fitting = kinds
    .filter(({ framing }) => isPossible(framing, windowLength, fftSize, hopLength))
    .map((kind) => ({ ...recipe, ...kind }))
    .filter((one) => frameCount(framingOf(one), samples) === frames);
  return fitting[0]?.framing === recipe.framing ? fitting.slice(0, 1) : fitting;
}

const isPossible = (framing: SpectralRecipe['framing'], length: number, fftSize: number, hop: number): boolean =>
  framing === 'whole' || framing === 'padded' || (length <= fftSize && (framing === 'uncentred' || hop <= length));
