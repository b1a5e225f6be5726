/** The JSON schema (draft 2020-12) of `tympan.frontend`, from the fields of recipes. */
import { MICROFRONTEND_FIELDS, SPECTRAL_FIELDS } from '../../dist/features/fields.js';
import { PRESET_NAMES } from '../../dist/features/parse-recipe.js';
import { completePreset } from './presets.mjs';

/** What rounds to infinity as f32 is no feature's mean. */
const LEAST_INFINITE = 2 ** 128 - 2 ** 103;

/** Features of a frame at most: 512 cepstra and two orders of deltas. */
const MOST_FEATURES = 3 * SPECTRAL_FIELDS.numCoefficients.greatest;

/** @param {import('../../dist/features/fields.js').Field} field */
function typeOf(field) {
  if ('choices' in field) return field.choices.length === 1 ? { const: field.choices[0] } : { enum: field.choices };
  if ('flag' in field) return { type: 'boolean' };
  if ('perFeature' in field) {
    const items = { type: 'number', exclusiveMinimum: -LEAST_INFINITE, exclusiveMaximum: LEAST_INFINITE };
    return { type: 'array', items, minItems: 1, maxItems: MOST_FEATURES };
  }
  const { least, greatest, whole } = field;
  return { type: whole ? 'integer' : 'number', minimum: least, maximum: greatest };
}

/** Each field with the default that it has in every preset, if there is such a one. */
function propertiesOf(fields, comments, presets) {
  return Object.fromEntries(
    Object.entries({ preset: fields.preset, ...fields }).map(([name, field]) => [
      name,
      { description: comments.get(name), ...typeOf(field), ...defaultOf(name, field, presets) },
    ]),
  );
}

function defaultOf(name, field, presets) {
  if (name === 'preset') return { default: field.absent };
  const values = new Set(presets.map((preset) => completePreset(preset)[name]));
  const [value] = values;
  return values.size === 1 && value !== undefined ? { default: value } : {};
}

/** What a recipe must give for itself where no preset does. */
function customNeeds() {
  const needed = Object.entries(SPECTRAL_FIELDS)
    .filter(([name, field]) => !('perFeature' in field) && field.absent === undefined && name !== 'numCoefficients')
    .map(([name]) => name);
  return {
    if: { properties: { preset: { const: 'custom' } }, required: ['preset'] },
    then: {
      required: needed,
      // Without a DCT there are as many as filters.
      if: { properties: { dct: { const: 'none' } } },
      else: { required: ['numCoefficients'] },
    },
  };
}

/** The defaults in which presets differ: annotations, for editors. */
function presetDefaults(preset, properties) {
  const recipe = completePreset(preset);
  const differing = Object.keys(properties).filter(
    (name) => recipe[name] !== undefined && properties[name].default === undefined,
  );
  return {
    if: { properties: { preset: { const: preset } } },
    then: { properties: Object.fromEntries(differing.map((name) => [name, { default: recipe[name] }])) },
  };
}

/** @param {ReturnType<import('./comments.mjs').readComments>} comments */
export function schemaOf(comments) {
  const spectral = PRESET_NAMES.filter((name) => name !== 'microfrontend');
  const properties = propertiesOf(SPECTRAL_FIELDS, comments.spectral, spectral);
  const fixed = propertiesOf(MICROFRONTEND_FIELDS, comments.microfrontend, ['microfrontend']);
  return {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    $id: 'urn:tympan:front-end:1',
    title: 'tympan.frontend',
    description:
      'The front end of a model: how samples become the features that it was trained on. Fields that are left out take ' +
      'the values of the preset. What one field asks of another is checked when a recipe is read: docs/front-ends.md.',
    type: 'object',
    if: { properties: { preset: { const: 'microfrontend' } }, required: ['preset'] },
    then: { $ref: '#/$defs/microfrontend' },
    else: { $ref: '#/$defs/spectral' },
    $defs: {
      spectral: {
        type: 'object',
        properties,
        additionalProperties: false,
        allOf: [customNeeds(), ...spectral.map((preset) => presetDefaults(preset, properties))],
      },
      microfrontend: { type: 'object', properties: fixed, additionalProperties: false },
    },
  };
}
