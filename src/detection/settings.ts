import { MetadataError } from '../errors.js';

/** How the posteriors of one keyword become events. */
export interface KeywordSettings {
  /** The smoothed posterior, 0 to 1, at which it fires. */
  readonly threshold: number;
  /** Milliseconds, 0 to 60000, over which posteriors are averaged; 0 takes each frame as it is. */
  readonly smoothing: number;
  /** Milliseconds, 0 to 60000, after an event in which the same keyword can't fire again. */
  readonly refractory: number;
}

/** The decision defaults of a model: what `tympan.detection` holds. */
export interface DetectionDefaults {
  readonly version?: 1;
  /** Milliseconds, of the keywords that do not say their own. Default 100. */
  readonly smoothing?: number;
  /** Milliseconds, of the keywords that do not say their own. Default 1000. */
  readonly refractory?: number;
  /** The labels that can fire, and how each does. Default: all of them, at a threshold of 0.5. */
  readonly keywords?: Readonly<Record<string, Partial<KeywordSettings>>>;
}

/** Settings that replace those of the model: one for every keyword, or by keyword. What is left out stays as it is. */
export interface DetectionOptions {
  /** 0 to 1. */
  readonly threshold?: number | Readonly<Record<string, number>>;
  /** Milliseconds, 0 to 60000. */
  readonly smoothing?: number | Readonly<Record<string, number>>;
  /** Milliseconds, 0 to 60000. */
  readonly refractory?: number | Readonly<Record<string, number>>;
}

/** How posteriors become events. */
export interface DetectionSettings {
  /** Of every label that can fire. */
  readonly keywords: Readonly<Record<string, KeywordSettings>>;
}

type Field = keyof KeywordSettings;

const DEFAULTS: KeywordSettings = { threshold: 0.5, smoothing: 100, refractory: 1000 };
export const FIELDS = Object.keys(DEFAULTS) as readonly Field[];

const FIELDS_OF_MODEL = ['version', 'smoothing', 'refractory', 'keywords'];

/** What is in an object and should not be. */
export const unknownKey = (object: object, known: readonly string[]): string | undefined =>
  Object.keys(object).find((key) => !known.includes(key));
/** @throws TypeError for a name that is no option of `where` */
export function checkNames(where: string, options: object, names: readonly string[]): void {
  const unknown = unknownKey(options, names);
  if (unknown !== undefined)
    throw new TypeError(`"${unknown}" is no option of ${where}; options are ${names.join(', ')}`);
}

const rangeOf = (field: Field): string => (field === 'threshold' ? '0 to 1' : 'milliseconds, 0 to 60000');
const holds = (field: Field, value: unknown): boolean =>
  typeof value === 'number' && value >= 0 && value <= (field === 'threshold' ? 1 : 60000);
const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/**
 * Checks the decision defaults of a model.
 *
 * @param labels of the model; undefined where they are not known
 * @throws MetadataError naming the field, what it holds and what it may hold
 */
export function parseDefaults(
  json: DetectionDefaults | Readonly<Record<string, unknown>>,
  labels?: readonly string[],
): DetectionDefaults {
  const unknown = unknownKey(json, FIELDS_OF_MODEL);
  if (unknown !== undefined)
    throw new MetadataError(`detection: "${unknown}" is no field; fields are ${FIELDS_OF_MODEL.join(', ')}`);
  parseFields(json, '');
  if (json.keywords !== undefined) parseKeywords(json.keywords, labels);
  return json as DetectionDefaults;
}

function parseKeywords(keywords: unknown, labels: readonly string[] | undefined): void {
  if (!isObject(keywords) || Object.keys(keywords).length === 0)
    throw wrong('keywords', keywords, '{ name: { threshold } }, at least one');
  for (const [name, keyword] of Object.entries(keywords)) {
    if (labels && !labels.includes(name))
      throw new MetadataError(`detection: keyword "${name}" is no label; labels are ${labels.join(', ')}`);
    if (!isObject(keyword) || unknownKey(keyword, FIELDS) !== undefined)
      throw wrong(`"${name}"`, keyword, `{ ${FIELDS.join(', ')} }`);
    parseFields(keyword, ` of "${name}"`);
  }
}

function parseFields(values: Readonly<Partial<Record<Field, unknown>>>, of: string): void {
  for (const field of FIELDS) {
    const value = values[field];
    if (value !== undefined && !holds(field, value)) throw wrong(field + of, value, rangeOf(field));
  }
}

function wrong(field: string, value: unknown, expected: string): MetadataError {
  return new MetadataError(`detection: ${field}: got ${JSON.stringify(value)}, expected ${expected}`);
}

/**
 * Settings of a model: a keyword's own, else those of the model, else the defaults.
 *
 * @param model as parseDefaults has checked it
 */
export function modelSettings(labels: readonly string[], model: DetectionDefaults = {}): DetectionSettings {
  const own: NonNullable<DetectionDefaults['keywords']> =
    model.keywords ?? Object.fromEntries(labels.map((label) => [label, {}]));
  const shared: Partial<KeywordSettings> = model;
  return forEach(own, (_, keyword, field) => keyword[field] ?? shared[field] ?? DEFAULTS[field]);
}

/**
 * Settings with those that a caller replaces.
 *
 * @throws RangeError or TypeError for wrong options
 */
export function withOptions({ keywords }: DetectionSettings, options: DetectionOptions): DetectionSettings {
  const names = Object.keys(keywords);
  for (const field of FIELDS) {
    const given = options[field];
    const unknown = isObject(given) ? unknownKey(given, names) : undefined;
    if (unknown !== undefined)
      throw new RangeError(`${field}: "${unknown}" is no keyword; keywords are ${names.join(', ')}`);
  }
  return forEach(keywords, (name, keyword, field) => {
    const given: unknown = options[field];
    const value = !isObject(given) ? given : Object.hasOwn(given, name) ? given[name] : undefined;
    return value === undefined ? keyword[field] : checkOption(`${field} of "${name}"`, value, field);
  });
}

/** Names are looked up as own fields only: a keyword may be called "constructor". */
function forEach<Old>(
  keywords: Readonly<Record<string, Old>>,
  value: (name: string, old: Old, field: Field) => number,
): DetectionSettings {
  const settings = Object.entries(keywords).map(([name, old]) => [
    name,
    Object.freeze(Object.fromEntries(FIELDS.map((field) => [field, value(name, old, field)]))),
  ]);
  return Object.freeze({ keywords: Object.freeze(Object.fromEntries(settings)) });
}

function checkOption(name: string, value: unknown, field: Field): number {
  const expected = rangeOf(field);
  if (typeof value !== 'number')
    throw new TypeError(`${name}: got ${value === null ? 'null' : typeof value}, expected ${expected}`);
  if (!holds(field, value)) throw new RangeError(`${name}: got ${value}, expected ${expected}`);
  return value;
}
