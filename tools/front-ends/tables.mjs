/** The tables of docs/front-ends.md, in Markdown. */
import { MICROFRONTEND_FIELDS, SPECTRAL_FIELDS } from '../../dist/features/fields.js';
import { PRESET_NAMES } from '../../dist/features/parse-recipe.js';
import { completePreset } from './presets.mjs';

/** @param {string[]} head @param {unknown[][]} rows */
export function table(head, rows) {
  const line = (cells) => `| ${cells.map((cell) => String(cell).replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}

/** Two digits; – for NaN, where there is nothing to tell. */
export const figure = (error) =>
  Number.isNaN(error) ? '–' : error === 0 ? '0' : error.toExponential(1).replace('-', '−');

const code = (text) => `\`${text}\``;
const json = (value) => code(JSON.stringify(value));
const milliseconds = (samples, { sampleRate }) => Number(((1000 * samples) / sampleRate).toFixed(1));
const named = PRESET_NAMES.filter((name) => name !== 'custom');

/** Fields that presetTable shows. */
const SHOWN = ['preset', 'sampleRate', 'windowLength', 'hopLength', 'fftSize', 'numMels', 'numCoefficients', 'log'];

/** What a preset makes of a frame, in words. */
function featuresOf(recipe) {
  if (recipe.preset === 'microfrontend') return `${recipe.numMels} filters`;
  const { dct, numCoefficients, numMels, log } = recipe;
  return dct === 'none' ? `${numMels} filters, ${log}` : `${numCoefficients} cepstra, ${log}`;
}

/**
 * @param {ReturnType<import('./comments.mjs').readComments>} comments
 * @param {Map<string, number>} errors the largest of each preset
 */
export function presetTable(comments, errors) {
  return table(
    ['preset', 'original', 'Hz', 'window, hop (ms)', 'points', 'mel filters', 'features of a frame', 'largest error'],
    named.map((name) => {
      const recipe = completePreset(name);
      const { sampleRate, windowLength, hopLength, fftSize, numMels } = recipe;
      const times = [windowLength, hopLength].map((samples) => milliseconds(samples, recipe)).join(', ');
      const original = comments.presets.get(name).replace(/\.$/, '');
      const error = figure(errors.get(name) ?? NaN);
      return [code(name), original, sampleRate, times, fftSize ?? '–', numMels, featuresOf(recipe), error];
    }),
  );
}

/** What every preset says besides what presetTable shows; all else is as in the column "absent" of fieldTable. */
export function valueTable() {
  return table(
    ['preset', 'fields'],
    named
      .filter((name) => name !== 'microfrontend')
      .map((name) => {
        const recipe = completePreset(name);
        const said = Object.entries(SPECTRAL_FIELDS)
          .filter(([field, { absent }]) => !SHOWN.includes(field) && recipe[field] !== absent)
          .map(([field]) => [field, recipe[field]]);
        return [code(name), said.map(([field, value]) => `${field} ${json(value)}`).join(', ')];
      }),
  );
}

/** @param {import('../../dist/features/fields.js').Field} field */
function valuesOf(field) {
  if ('choices' in field) return field.choices.map(json).join(', ');
  if ('flag' in field) return `${json(true)}, ${json(false)}`;
  if ('perFeature' in field) return 'numbers, one a feature of a frame';
  const { least, greatest, whole } = field;
  return `${whole ? 'whole, ' : ''}${least} to ${greatest}`.replace(/^-/, '−');
}

function absentOf(field) {
  if ('perFeature' in field) return '–';
  return field.absent === undefined ? 'by the preset' : json(field.absent);
}

export function fieldTable(comments) {
  return table(
    ['field', 'values', 'absent', 'meaning'],
    Object.entries({ preset: SPECTRAL_FIELDS.preset, ...SPECTRAL_FIELDS }).map(([name, field]) => [
      code(name),
      valuesOf(field),
      absentOf(field),
      comments.spectral.get(name),
    ]),
  );
}

/** The fields that only the microfrontend has, or reads otherwise, and what it sets of the others besides presetTable. */
export function microfrontendTable(comments) {
  const recipe = completePreset('microfrontend');
  return table(
    ['field', 'values', 'preset', 'meaning'],
    Object.entries(MICROFRONTEND_FIELDS)
      .filter(([name, field]) => {
        const isCommon = SPECTRAL_FIELDS[name] === field;
        return isCommon ? !SHOWN.includes(name) && recipe[name] !== field.absent : name !== 'preset';
      })
      .map(([name, field]) => [code(name), valuesOf(field), json(recipe[name]), comments.microfrontend.get(name)]),
  );
}
