import { MetadataError } from '../errors.js';
import { typeName } from '../typed-arrays.js';
import { MICROFRONTEND_FIELDS, SPECTRAL_FIELDS, type Field } from './fields.js';
import { PRESETS } from './presets.js';
import {
  featuresPerFrame,
  isMicrofrontend,
  type PresetName,
  type Recipe,
  type RecipeOptions,
  type SpectralRecipe,
} from './recipe.js';

/**
 * The greatest magnitude of a factor in `scale`, and of its product with `outputScale`: f32 holds 3.4e38, and energies without
 * a logarithm may reach 1e20.
 */
const GREATEST_SCALE = 1e18;

/** Every preset, in the order in which they are documented. */
export const PRESET_NAMES = Object.keys(PRESETS) as readonly PresetName[];

/**
 * A complete recipe: absent fields take the values of its preset, "mfcc" where none is named. Nothing of `json` is kept.
 *
 * @throws MetadataError naming the field, what it holds and what it may hold; for what is no object, too
 */
export function parseRecipe(json: Partial<SpectralRecipe>): SpectralRecipe;
export function parseRecipe(json: RecipeOptions | Readonly<Record<string, unknown>>): Recipe;
export function parseRecipe(json: RecipeOptions | Readonly<Record<string, unknown>>): Recipe {
  if (typeName(json) !== 'Object')
    throw new MetadataError(`front end: got ${told(json)}, expected an object such as { "preset": "kaldi" }`);
  const { preset = 'mfcc' } = json;
  check(
    'preset',
    preset,
    typeof preset === 'string' && Object.hasOwn(PRESETS, preset),
    `one of ${quoted(PRESET_NAMES)}`,
  );
  const fields: Readonly<Record<string, Field>> = preset === 'microfrontend' ? MICROFRONTEND_FIELDS : SPECTRAL_FIELDS;
  const unknown = Object.keys(json).find((name) => !Object.hasOwn(fields, name));
  if (unknown !== undefined) {
    const names = Object.keys(fields).join(', ');
    throw new MetadataError(`front end: "${unknown}" is no field of the preset "${preset}"; fields are ${names}`);
  }
  const given = Object.fromEntries(Object.entries(json).filter(([, value]) => value !== undefined));
  const absent = Object.entries(fields).flatMap(([name, field]) =>
    'absent' in field && field.absent !== undefined ? [[name, field.absent]] : [],
  );
  const recipe: Record<string, unknown> = {
    ...Object.fromEntries(absent),
    ...PRESETS[preset as PresetName],
    ...given,
    preset,
  };
  if (recipe.dct === 'none') Object.assign(recipe, withoutDct(recipe), given);
  checkComplete(fields, recipe);
  for (const [name, field] of Object.entries(fields)) checkField(name, field, recipe[name]);
  const complete = recipe as unknown as Recipe;
  checkTogether(complete);
  const { mean, scale } = complete;
  return { ...complete, ...(mean && { mean: [...mean] }), ...(scale && { scale: [...scale] }) };
}

/** A preset's cepstra have no meaning without a DCT; what the caller says of them has, and is checked. */
function withoutDct({ numMels }: Record<string, unknown>): Record<string, unknown> {
  return { numCoefficients: numMels, lifter: 0, energy: 'none' };
}

/** Only a custom recipe can lack something. */
function checkComplete(fields: Readonly<Record<string, Field>>, recipe: Readonly<Record<string, unknown>>): void {
  const missing = Object.keys(fields).filter((name) => recipe[name] === undefined && !('perFeature' in fields[name]));
  if (missing.length > 0)
    throw new MetadataError(`front end: a recipe of preset "${String(recipe.preset)}" must say ${missing.join(', ')}`);
}

const quoted = (values: readonly unknown[]): string => values.map((value) => JSON.stringify(value)).join(', ');

function check(field: string, value: unknown, holds: boolean, expected: string): void {
  if (!holds) throw new MetadataError(`front end: ${field}: got ${told(value)}, expected ${expected}`);
}

/** A value in a message, whatever it is: of what JSON can't say, or only at length, its kind. */
function told(value: unknown): string {
  if (typeof value === 'string') return JSON.stringify(value);
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (typeof value === 'bigint') return `${value}n`;
  return typeof value === 'function' || typeof value === 'object' ? typeName(value) : String(value);
}

function checkField(name: string, field: Field, value: unknown): void {
  if ('choices' in field) check(name, value, field.choices.includes(value as never), `one of ${quoted(field.choices)}`);
  else if ('flag' in field) check(name, value, typeof value === 'boolean', 'true or false');
  else if ('least' in field) {
    const { least, greatest, whole } = field;
    const holds =
      typeof value === 'number' && value >= least && value <= greatest && (!whole || Number.isInteger(value));
    check(name, value, holds, `a ${whole ? 'whole' : 'real'} number from ${least} to ${greatest}`);
  }
}

function checkTogether(recipe: Recipe): void {
  const { lowFrequency, highFrequency, sampleRate } = recipe;
  const top = 'melShape' in recipe && recipe.melShape === 'sonopy' ? sampleRate : sampleRate / 2;
  check(
    'highFrequency',
    highFrequency,
    highFrequency > lowFrequency && highFrequency <= top,
    `above lowFrequency, ${lowFrequency}, and at most ${top === sampleRate ? '' : 'half of '}sampleRate, ${top}`,
  );
  if (!isMicrofrontend(recipe)) checkSpectral(recipe);
  const features = featuresPerFrame(recipe);
  checkList('mean', recipe.mean, features);
  checkList('scale', recipe.scale, features);
  checkScales(recipe);
}

function checkList(field: string, list: unknown, length: number): void {
  if (list === undefined) return;
  const isList = Array.isArray(list) && list.length === length;
  check(field, list, isList, `${length} numbers, one a feature of a frame`);
  // Of a list with holes, `forEach` would leave them out.
  for (const [i, x] of Array.from(list as unknown[]).entries()) {
    const holds = typeof x === 'number' && Number.isFinite(Math.fround(x));
    check(`${field}[${i}]`, x, holds, 'a number that 32-bit floats hold');
  }
}

/** What features are multiplied with, and what is then added to them, are tables in single precision. */
function checkScales({ outputScale, outputOffset, mean, scale }: Recipe): void {
  scale?.forEach((factor, i) => {
    const expected = `at most ${GREATEST_SCALE.toExponential()} in magnitude, times outputScale, ${outputScale}, too`;
    check(`scale[${i}]`, factor, Math.abs(factor) * Math.max(1, Math.abs(outputScale)) <= GREATEST_SCALE, expected);
    const bias = factor * (outputOffset - (mean?.[i] ?? 0));
    check(
      `mean[${i}]`,
      mean?.[i],
      Number.isFinite(Math.fround(bias)),
      `a product with scale, ${factor}, that f32 holds`,
    );
  });
}

function checkSpectral(recipe: SpectralRecipe): void {
  const { windowLength, fftSize, framing, hopLength, padding, numCoefficients, numMels } = recipe;
  const { log, topDb, dct, lifter, energy } = recipe;
  const mayBeCut = framing === 'whole' || framing === 'padded';
  const inside = mayBeCut || framing === 'uncentred';
  check('windowLength', windowLength, mayBeCut || windowLength <= fftSize, `at most fftSize, ${fftSize}`);
  check('padding', padding, !inside || padding === 'zeros', `"zeros" with framing "${framing}"`);
  // An end is mirrored from samples that a frame, and a few before it, have kept: between frames that are apart there are none.
  const mayBeApart = padding === 'zeros' || hopLength <= windowLength;
  check(
    'hopLength',
    hopLength,
    mayBeApart,
    `at most windowLength, ${windowLength}, with padding "${padding}"; or padding "zeros"`,
  );
  check('topDb', topDb, log !== 'none' || topDb === 0, '0 with log "none"');
  check('energy', energy, log !== 'none' || energy === 'none', '"none" with log "none"');
  check('numCoefficients', numCoefficients, numCoefficients <= numMels, `at most numMels, ${numMels}`);
  if (dct !== 'none') return;
  check('numCoefficients', numCoefficients, numCoefficients === numMels, `numMels, ${numMels}, with dct "none"`);
  check('lifter', lifter, lifter === 0, '0 with dct "none"');
  check('energy', energy, energy === 'none', '"none" with dct "none"');
}
