import { FIELDS, unknownKey, type DetectionOptions } from './settings.js';

type Setting = DetectionOptions[(typeof FIELDS)[number]];

const isByKeyword = (given: unknown): given is Readonly<Record<string, number>> =>
  typeof given === 'object' && given !== null && !Array.isArray(given);

/**
 * What each of several models is to be told of settings for all of them: what is given by keyword goes to the models that have it.
 *
 * @param options whose values are checked where a model takes them
 * @param keywords of each model
 * @throws RangeError naming a keyword that no model has
 */
export function splitSettings(
  options: DetectionOptions,
  keywords: readonly (readonly string[])[],
): readonly DetectionOptions[] {
  const all = [...new Set(keywords.flat())];
  for (const field of FIELDS) {
    const given = options[field];
    const unknown = isByKeyword(given) ? unknownKey(given, all) : undefined;
    if (unknown !== undefined)
      throw new RangeError(`${field}: "${unknown}" is no keyword; keywords are ${all.join(', ')}`);
  }
  return keywords.map((own) => Object.fromEntries(FIELDS.map((field) => [field, only(options[field], own)])));
}

function only(given: Setting, names: readonly string[]): Setting {
  if (!isByKeyword(given)) return given;
  return Object.fromEntries(Object.entries(given).filter(([name]) => names.includes(name)));
}
