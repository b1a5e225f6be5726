import { MetadataError } from '../errors.js';

/**
 * The recipe of an MFCC front end, as data: what `tympan.frontend` holds in a model's metadata. Lengths are in samples,
 * frequencies in Hz. Samples are in [−1, 1); frame t covers samples [hopLength·t, hopLength·t + windowLength).
 */
export interface Recipe {
  readonly version: 1;
  readonly preset: 'mfcc';
  readonly sampleRate: number;
  readonly windowLength: number;
  readonly hopLength: number;
  /** A power of two, 128 to 2048, not below windowLength: frames are padded with zeros to it. */
  readonly fftSize: number;
  /** Periodic: ½ − ½·cos(2πn/windowLength). */
  readonly window: 'hann';
  /** |X|², not normalized. */
  readonly spectrum: 'power';
  readonly numMels: number;
  /** 2595·log10(1 + f/700); triangles linear in Hz, of peak 1. */
  readonly melScale: 'htk';
  readonly melNorm: 'none';
  readonly lowFrequency: number;
  readonly highFrequency: number;
  /** ln max(energy, logFloor) */
  readonly log: 'ln';
  readonly logFloor: number;
  /** DCT-II with orthonormal rows. */
  readonly dct: 'ortho';
  /** 1 to numMels. */
  readonly numCoefficients: number;
  /** feature[c] = (cepstrum[c] − mean[c])·scale[c], [numCoefficients] each; 0 and 1 where absent. */
  readonly mean?: readonly number[];
  readonly scale?: readonly number[];
}

const DEFAULTS: Recipe = {
  version: 1,
  preset: 'mfcc',
  sampleRate: 16000,
  windowLength: 400,
  hopLength: 160,
  fftSize: 512,
  window: 'hann',
  spectrum: 'power',
  numMels: 40,
  melScale: 'htk',
  melNorm: 'none',
  lowFrequency: 20,
  highFrequency: 7600,
  log: 'ln',
  logFloor: 1e-6,
  dct: 'ortho',
  numCoefficients: 13,
};

/** The values that a field may have. Whoever adds a recipe adds it here. */
const CHOICES: Partial<Record<keyof Recipe, readonly unknown[]>> = {
  version: [1],
  preset: ['mfcc'],
  fftSize: [128, 256, 512, 1024, 2048],
  window: ['hann'],
  spectrum: ['power'],
  melScale: ['htk'],
  melNorm: ['none'],
  log: ['ln'],
  dct: ['ortho'],
};

/** The least and the greatest that a number may be, and whether it is whole. */
const RANGES: Partial<Record<keyof Recipe, readonly [least: number, greatest: number, kind: 'whole' | 'real']>> = {
  sampleRate: [1000, 192000, 'whole'],
  windowLength: [2, 2048, 'whole'],
  hopLength: [1, 2048, 'whole'],
  numMels: [1, 512, 'whole'],
  lowFrequency: [0, 96000, 'real'],
  highFrequency: [1, 96000, 'real'],
  logFloor: [1.2e-38, 1, 'real'],
  numCoefficients: [1, 512, 'whole'],
};

const PER_COEFFICIENT: readonly string[] = ['mean', 'scale'];
const FIELDS = [...Object.keys(DEFAULTS), ...PER_COEFFICIENT];

/**
 * A complete recipe from the front end of a model's metadata: absent fields take the preset's values.
 *
 * @throws MetadataError naming the field, what it holds and what it may hold
 */
export function parseRecipe(json: Partial<Recipe> | Readonly<Record<string, unknown>>): Recipe {
  const recipe: Record<string, unknown> = { ...DEFAULTS, ...json };
  for (const field of Object.keys(recipe) as (keyof Recipe)[]) {
    const value = recipe[field];
    if (CHOICES[field])
      check(
        field,
        value,
        CHOICES[field].includes(value),
        `one of ${CHOICES[field].map((choice) => JSON.stringify(choice)).join(', ')}`,
      );
    else if (RANGES[field]) checkRange(field, value, RANGES[field]);
    else if (!PER_COEFFICIENT.includes(field)) {
      throw new MetadataError(
        `front end: "${field}" is no field of the preset "mfcc"; fields are ${FIELDS.join(', ')}`,
      );
    }
  }
  checkTogether(recipe as unknown as Recipe);
  return recipe as unknown as Recipe;
}

function check(field: string, value: unknown, holds: boolean, expected: string): void {
  if (!holds) throw new MetadataError(`front end: ${field}: got ${JSON.stringify(value)}, expected ${expected}`);
}

function checkRange(
  field: string,
  value: unknown,
  [least, greatest, kind]: readonly [number, number, 'whole' | 'real'],
): void {
  const holds =
    typeof value === 'number' && value >= least && value <= greatest && (kind === 'real' || Number.isInteger(value));
  check(field, value, holds, `a ${kind} number from ${least} to ${greatest}`);
}

function checkTogether(recipe: Recipe): void {
  const { windowLength, fftSize, lowFrequency, highFrequency, sampleRate, numCoefficients, numMels } = recipe;
  check('windowLength', windowLength, windowLength <= fftSize, `at most fftSize, ${fftSize}`);
  check(
    'highFrequency',
    highFrequency,
    highFrequency > lowFrequency && highFrequency <= sampleRate / 2,
    `above lowFrequency, ${lowFrequency}, and at most half of sampleRate, ${sampleRate / 2}`,
  );
  check('numCoefficients', numCoefficients, numCoefficients <= numMels, `at most numMels, ${numMels}`);
  for (const field of PER_COEFFICIENT as ('mean' | 'scale')[]) {
    const list = recipe[field];
    const holds =
      list === undefined ||
      (Array.isArray(list) &&
        list.length === numCoefficients &&
        list.every((x) => typeof x === 'number' && Number.isFinite(Math.fround(x))));
    check(field, list, holds, `${numCoefficients} numbers, one a coefficient`);
  }
}
