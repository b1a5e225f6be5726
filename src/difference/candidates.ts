import { MICROFRONTEND_FIELDS, SPECTRAL_FIELDS, type Field } from '../features/fields.js';
import { isMicrofrontend, type Recipe, type SpectralRecipe } from '../features/recipe.js';
import type { Change } from './change.js';

/** What only the size of theirs, or a line a feature, can tell. */
const NOT_SEARCHED = ['version', 'preset', 'deltas'];

/** Values that programs have as their defaults, or that people choose. */
const COMMON_VALUES: Readonly<Record<string, readonly number[]>> = {
  numMels: [13, 18, 20, 22, 23, 24, 25, 26, 30, 32, 36, 40, 48, 60, 64, 80, 96, 100, 128],
  lowFrequency: [0, 20, 30, 40, 50, 60, 64, 80, 100, 125, 133.3333, 200, 300],
  preEmphasis: [0, 0.9, 0.95, 0.97, 0.98],
  topDb: [0, 60, 80, 100, 120],
  lifter: [0, 12, 20, 22, 24, 26, 30, 40],
  deltaWindow: [1, 2, 3, 4, 9],
};
const FLOORS = [1e-12, 1e-10, 1e-9, 1e-8, 1e-7, 1e-6, 1e-5, 1e-4, 1e-3, 0.01, 1, 2 ** -52, 2 ** -23];
const HIGH_FREQUENCIES = [3400, 3700, 3800, 4000, 6000, 7000, 7500, 7600, 7800, 8000];
/** Milliseconds, and samples. */
const WINDOWS = [16, 20, 25, 30, 32, 40, 50, 64, 100];
const WINDOW_SAMPLES = [256, 400, 480, 512, 640, 1024, 2048];
const FFT_SIZES = [256, 400, 512, 1024, 2048];
const HOPS = [5, 8, 10, 12, 12.5, 15, 16, 20, 25, 30, 32, 40, 50];
const HOP_SAMPLES = [64, 80, 100, 128, 160, 200, 240, 256, 320, 400, 441, 480, 512, 640, 800, 1024];

/** Another hop gives another number of frames, of which short clips tell little. */
const SAME_FRAMES = 0.1;

/** Hops that are worth a try, in samples. */
export function commonHops(sampleRate: number): number[] {
  return [...new Set([...HOPS.map((ms) => Math.round((ms * sampleRate) / 1000)), ...HOP_SAMPLES])];
}

/** Every change of one field, or of few that belong together, that is worth a try; some do not fit the recipe. */
export function changesOf(recipe: Recipe): Change[] {
  const fields: Readonly<Record<string, Field>> = isMicrofrontend(recipe) ? MICROFRONTEND_FIELDS : SPECTRAL_FIELDS;
  const single = Object.entries(fields)
    .filter(([name]) => !NOT_SEARCHED.includes(name))
    .flatMap(([name, field]) => valuesOf(name, field).map((value) => ({ [name]: value })));
  const changes = isMicrofrontend(recipe) ? single : [...single, ...joint(recipe)];
  const now: Change = { ...recipe };
  return changes.filter((change) => Object.entries(change).some(([name, value]) => now[name] !== value));
}

function valuesOf(name: string, field: Field): readonly unknown[] {
  if ('choices' in field) return field.choices;
  if ('flag' in field) return [false, true];
  return COMMON_VALUES[name] ?? [];
}

function joint(recipe: SpectralRecipe): Change[] {
  const { sampleRate, numMels, dct, numCoefficients } = recipe;
  const { framing, padding, melScale, melShape, melNorm, floorKind } = SPECTRAL_FIELDS;
  const top = recipe.melShape === 'sonopy' ? sampleRate : sampleRate / 2;
  return [
    ...product({ framing: framing.choices, padding: padding.choices }),
    ...product({ melScale: melScale.choices, melShape: melShape.choices, melNorm: melNorm.choices }),
    ...product({ floorKind: floorKind.choices, logFloor: FLOORS }),
    ...product({ preEmphasis: [0.95, 0.97], preEmphasisOver: SPECTRAL_FIELDS.preEmphasisOver.choices }),
    ...product({ log: ['ln', 'log10', 'db'], spectrum: SPECTRAL_FIELDS.spectrum.choices }),
    ...[top, ...HIGH_FREQUENCIES].filter((high) => high <= top).map((highFrequency) => ({ highFrequency })),
    ...windowsOf(recipe),
    ...commonHops(sampleRate)
      .filter((hop) => Math.abs(hop / recipe.hopLength - 1) < SAME_FRAMES)
      .map((hopLength) => ({ hopLength })),
    ...(dct === 'none' ? [] : [{ numMels: numCoefficients }]).filter((change) => change.numMels !== numMels),
  ];
}

/** Windows with transforms that hold them, and transforms for the window that is. */
function windowsOf({ sampleRate, windowLength, fftSize }: SpectralRecipe): Change[] {
  const lengths = [...new Set([...WINDOWS.map((ms) => Math.round((ms * sampleRate) / 1000)), ...WINDOW_SAMPLES])];
  const power = (length: number) => 2 ** Math.ceil(Math.log2(length));
  const isCut = fftSize < windowLength;
  const sizes = [...new Set([...FFT_SIZES, windowLength, power(windowLength)])];
  return [
    ...sizes.filter((size) => size >= windowLength || isCut).map((size) => ({ fftSize: size })),
    ...lengths.flatMap((length) =>
      [...new Set([fftSize, power(length), length])]
        .filter((size) => size >= length || isCut)
        .map((size) => ({ windowLength: length, fftSize: size })),
    ),
  ];
}

/** Every combination. */
function product(values: Readonly<Record<string, readonly unknown[]>>): Change[] {
  return Object.entries(values).reduce<Change[]>(
    (changes, [name, choices]) => changes.flatMap((change) => choices.map((value) => ({ ...change, [name]: value }))),
    [{}],
  );
}
