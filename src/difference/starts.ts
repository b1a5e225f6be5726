import { parsed } from './change.js';
import { geometriesOf } from './geometries.js';
import type { Guess, Guesser } from './guess.js';
import { LINEAR_FIELDS } from './linear-fields.js';
import type { Placed } from './sketch.js';
import { sizesOf } from './sizes.js';
import { slopesIn } from './slopes-in.js';
import { ratesOf, spectralStyles, stackingsOf, type Style } from './styles.js';
import type { Recipe, SpectralRecipe } from '../features/recipe.js';
import { SPECTRAL_FIELDS } from '../features/fields.js';

/** Nearest geometries of a style that are looked at with every window and pre-emphasis. */
const OF_ONE_STYLE = 3;
/** Nearest shapes that are looked at with all scales. */
const SHAPES = 14;
/** A shape that leaves nothing, as a mean logarithm: no other is looked for. */
const EXACT = -4;
/** Frames that theirs may be late or early. */
const OFFSETS = [0, 1, -1, 2, -2, 3, -3];
/** Pre-emphasis is 0.97 or nearly so. */
const PRE_EMPHASES = [
  { preEmphasis: 0 },
  ...SPECTRAL_FIELDS.preEmphasisOver.choices.map((over) => ({ preEmphasis: 0.97, preEmphasisOver: over })),
];

interface Shape {
  readonly placed: Placed;
  readonly shape: number;
}

/** Recipes from which theirs may be near, the nearest first: what people call, with parameters that people choose. */
export function nearestStarts(guesser: Guesser, given: Recipe, report: (part: number) => void): Guess[] {
  const styles = spectralStyles(given);
  const plain = plainGuesses(guesser, styles, given).filter(({ agreesMostly }) => agreesMostly);
  if (plain.length > 0) return plain;
  const shapes = nearestShapes(guesser, styles, given, report);
  return nearestScales(guesser, shapes, styles, OFFSETS);
}

/** Presets as they are, and without their DCT. */
function plainGuesses(guesser: Guesser, styles: readonly SpectralRecipe[], given: Recipe): Guess[] {
  const { theirs, sound } = guesser.comparison;
  const slopes = slopesIn(theirs);
  const numCoefficients = theirs.size / (1 + slopes.deltas);
  const bands = { dct: 'none', lifter: 0, energy: 'none', numMels: numCoefficients } as const;
  return styles
    .flatMap((style) => ratesOf(style, sound, given.sampleRate))
    .flatMap(({ recipe, taken }) =>
      [recipe, { ...recipe, ...bands }].map((one) => ({
        recipe: { ...one, ...slopes, numCoefficients },
        taken,
        offset: 0,
      })),
    )
    .filter(({ recipe }) => Number.isInteger(recipe.numCoefficients / recipe.stack) && parsed(recipe) !== undefined)
    .map((placed) => guesser.guess(placed))
    .filter((guess) => guess !== undefined)
    .sort((a, b) => a.score - b.score);
}

/** Shapes with the scales of presets and of what was given, the nearest first. */
export function nearestScales(
  guesser: Guesser,
  shapes: readonly Placed[],
  styles: readonly SpectralRecipe[],
  offsets: readonly number[] = [0],
): Guess[] {
  const guesses = shapes.flatMap((shape) =>
    styles.flatMap((style) =>
      offsets.map((by) => guesser.guess({ ...scaledAs(shape, style), offset: shape.offset + by })),
    ),
  );
  const sorted = guesses.filter((guess) => guess !== undefined).sort((a, b) => a.score - b.score);
  const seen = new Set<string>();
  return sorted.filter(({ recipe, taken, offset }) => {
    const key = JSON.stringify([{ ...recipe, preset: '' }, taken, offset]);
    if (seen.has(key) || !parsed({ ...recipe })) return false;
    seen.add(key);
    return true;
  });
}

/** With samples of either scale, and with cepstrum 0 as it is: programs can be told so. */
export function scaleVariants(style: SpectralRecipe): SpectralRecipe[] {
  const energies = [...new Set([style.energy, 'none' as const])];
  return SPECTRAL_FIELDS.sampleScale.choices.flatMap((sampleScale) =>
    energies.map((energy) => ({ ...style, sampleScale, energy })),
  );
}

/** The shape of one with the scales of another, which change features by a factor and an offset each. */
function scaledAs(shape: Placed, style: SpectralRecipe): Placed {
  const { recipe } = shape;
  const fields = recipe.dct === 'none' ? LINEAR_FIELDS.bands : LINEAR_FIELDS.cepstra;
  const isOther = (style.dct === 'none') !== (recipe.dct === 'none');
  const scales = fields.filter((field) => !isOther || !LINEAR_FIELDS.ofCepstra.includes(field));
  const values = Object.fromEntries(scales.map((field) => [field, style[field]]));
  return { ...shape, recipe: { ...recipe, ...values, preset: style.preset } };
}

/** Those that are nearest after a line a feature. */
function nearestShapes(
  guesser: Guesser,
  styles: readonly SpectralRecipe[],
  given: Recipe,
  report: (part: number) => void,
): Placed[] {
  const { sound } = guesser.comparison;
  const shapes: Shape[] = [];
  const seen = new Set<string>();
  // Few resample upwards, and only librosa takes sound for what it is not.
  const rated = styles
    .flatMap((recipe) => ratesOf(recipe, sound, given.sampleRate))
    .filter(({ recipe, taken }) =>
      taken === 'as it is' ? recipe.preset === 'librosa' : recipe.sampleRate <= sound.sampleRate,
    );
  for (const [i, style] of rated.entries()) {
    report(i / rated.length);
    const key = shapeKey(style);
    if (seen.has(key)) continue;
    seen.add(key);
    const own = byShape(guesser, geometriesOfStyle(guesser, style, given)).slice(0, OF_ONE_STYLE);
    shapes.push(
      ...own,
      ...byShape(
        guesser,
        own.flatMap(({ placed }) => windowsOf(placed)),
      ).slice(0, OF_ONE_STYLE),
    );
    if (shapes.some(({ shape }) => shape < EXACT)) break;
  }
  return inOrder(shapes)
    .slice(0, SHAPES)
    .map(({ placed }) => placed);
}

const inOrder = (shapes: Shape[]): Shape[] =>
  shapes.filter(({ shape }) => shape < Infinity).sort((a, b) => a.shape - b.shape);

const byShape = (guesser: Guesser, placed: readonly Placed[]): Shape[] =>
  inOrder(placed.map((one) => ({ placed: one, shape: guesser.shape(one) })));

function geometriesOfStyle(
  { comparison: { theirs, sound } }: Guesser,
  { recipe, taken }: Style,
  given: Recipe,
): Placed[] {
  const windows = given.sampleRate === recipe.sampleRate ? [given.windowLength] : [];
  const samples = sound.samplesFor({ recipe, taken })?.length ?? 0;
  const slopes = slopesIn(theirs);
  return stackingsOf(given, theirs.size).flatMap((stacking) => {
    const frames = (theirs.frames - 1) * stacking.stackStride + stacking.stack;
    const sized = sizesOf({ ...recipe, ...stacking }, given, theirs.size / stacking.stack, slopes);
    return geometriesOf({ ...recipe, ...stacking }, windows, samples, frames).flatMap((geometry) =>
      sized.map((one) => ({ recipe: { ...one, ...geometry }, taken, offset: 0 })),
    );
  });
}

/** What comes before the transform. */
function windowsOf(placed: Placed): Placed[] {
  return SPECTRAL_FIELDS.window.choices.flatMap((window) =>
    PRE_EMPHASES.flatMap((emphasis) =>
      [false, true].map((removeDc) => ({ ...placed, recipe: { ...placed.recipe, window, ...emphasis, removeDc } })),
    ),
  );
}

/** What a line a feature does not make up for. */
function shapeKey({ recipe, taken }: Style): string {
  const neutral = Object.fromEntries(LINEAR_FIELDS.cepstra.map((field) => [field, 0]));
  return JSON.stringify([taken, { ...recipe, ...neutral, preset: '' }]);
}
