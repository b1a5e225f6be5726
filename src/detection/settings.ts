import { MetadataError } from '../errors.js';

/** The decision defaults of a model: what `tympan.detection` holds. */
export interface DetectionDefaults {
  readonly version?: 1;
  /** Milliseconds over which posteriors are averaged; 0 takes each frame as it is. Default 100. */
  readonly smoothing?: number;
  /** Milliseconds after an event in which the same keyword can't fire again. Default 1000. */
  readonly refractory?: number;
  /** The labels that can fire, and the smoothed posterior, 0 to 1, at which each does. Default: all of them, at 0.5. */
  readonly keywords?: Readonly<Record<string, { readonly threshold?: number }>>;
}

/** Options that replace the model's decision defaults. */
export interface DetectionOptions {
  /** For every keyword, or by keyword: 0 to 1. */
  readonly threshold?: number | Readonly<Record<string, number>>;
  /** Milliseconds, 0 to 60000. */
  readonly smoothing?: number;
  /** Milliseconds, 0 to 60000. */
  readonly refractory?: number;
}

/** How posteriors become events. */
export interface DetectionSettings {
  readonly smoothing: number; // ms
  readonly refractory: number; // ms
  /** The threshold of every keyword. */
  readonly thresholds: Readonly<Record<string, number>>;
}

const DEFAULTS = { smoothing: 100, refractory: 1000, threshold: 0.5 };

const isDuration = (value: unknown): value is number => typeof value === 'number' && value >= 0 && value <= 60000;
const isThreshold = (value: unknown): value is number => typeof value === 'number' && value >= 0 && value <= 1;
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
  const { version: _, smoothing, refractory, keywords, ...others } = json as Readonly<Record<string, unknown>>;
  for (const field of Object.keys(others)) {
    throw new MetadataError(`detection: "${field}" is no field; fields are version, smoothing, refractory, keywords`);
  }
  for (const [field, value] of Object.entries({ smoothing, refractory })) {
    if (value !== undefined && !isDuration(value)) throw wrong(field, value, 'milliseconds, 0 to 60000');
  }
  if (keywords !== undefined) parseKeywords(keywords, labels);
  return json as DetectionDefaults;
}

function parseKeywords(keywords: unknown, labels: readonly string[] | undefined): void {
  if (!isObject(keywords) || Object.keys(keywords).length === 0)
    throw wrong('keywords', keywords, '{ name: { threshold } }, at least one');
  for (const [name, keyword] of Object.entries(keywords)) {
    if (labels && !labels.includes(name))
      throw new MetadataError(`detection: keyword "${name}" is no label; labels are ${labels.join(', ')}`);
    if (!isObject(keyword) || Object.keys(keyword).some((field) => field !== 'threshold'))
      throw wrong(`"${name}"`, keyword, '{ threshold }');
    const { threshold } = keyword;
    if (threshold !== undefined && !isThreshold(threshold)) throw wrong(`threshold of "${name}"`, threshold, '0 to 1');
  }
}

function wrong(field: string, value: unknown, expected: string): MetadataError {
  return new MetadataError(`detection: ${field}: got ${JSON.stringify(value)}, expected ${expected}`);
}

/**
 * Settings from a model's defaults and a caller's options.
 *
 * @param defaults as parseDefaults has checked them
 * @throws RangeError or TypeError for wrong options
 */
export function resolveSettings(
  labels: readonly string[],
  defaults: DetectionDefaults = {},
  options: DetectionOptions = {},
): DetectionSettings {
  const keywords = defaults.keywords ? Object.entries(defaults.keywords) : labels.map((label) => [label, {}] as const);
  const thresholds = new Map<string, number>();
  for (const [name, keyword] of keywords)
    thresholds.set(name, (keyword as { threshold?: number }).threshold ?? DEFAULTS.threshold);
  for (const [name, threshold] of givenThresholds(options.threshold, [...thresholds.keys()])) {
    if (!thresholds.has(name))
      throw new RangeError(`threshold: "${name}" is no keyword; keywords are ${[...thresholds.keys()].join(', ')}`);
    thresholds.set(name, checkOption(`threshold of "${name}"`, threshold, isThreshold, '0 to 1'));
  }
  const duration = (name: 'smoothing' | 'refractory'): number =>
    options[name] === undefined
      ? (defaults[name] ?? DEFAULTS[name])
      : checkOption(name, options[name], isDuration, 'milliseconds, 0 to 60000');
  return Object.freeze({
    smoothing: duration('smoothing'),
    refractory: duration('refractory'),
    thresholds: Object.freeze(Object.fromEntries(thresholds)),
  });
}

function givenThresholds(
  given: DetectionOptions['threshold'],
  keywords: readonly string[],
): (readonly [string, unknown])[] {
  if (given === undefined) return [];
  if (!isObject(given)) return keywords.map((name) => [name, given]);
  return Object.entries(given).filter(([, threshold]) => threshold !== undefined);
}

function checkOption(name: string, value: unknown, holds: (value: unknown) => boolean, expected: string): number {
  if (typeof value !== 'number')
    throw new TypeError(`${name}: got ${value === null ? 'null' : typeof value}, expected ${expected}`);
  if (!holds(value)) throw new RangeError(`${name}: got ${value}, expected ${expected}`);
  return value;
}
