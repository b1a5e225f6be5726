import { MetadataError } from '../errors.js';

/** How posteriors become events. */
export interface DetectionSettings {
  /** Milliseconds over which posteriors are averaged; 0 takes each frame as it is. */
  readonly smoothing: number;
  /** Milliseconds after an event in which the same keyword can't fire again. */
  readonly refractory: number;
  /** Keywords and the smoothed posterior, 0 to 1, at which each fires. */
  readonly thresholds: Readonly<Record<string, number>>;
}

const DEFAULTS = { smoothing: 100, refractory: 1000, threshold: 0.5 };

/** Options that replace the model's decision defaults. */
export interface DetectionOptions {
  /** For every keyword, or by keyword. 0 to 1. */
  readonly threshold?: number | Readonly<Record<string, number>>;
  readonly smoothing?: number;
  readonly refractory?: number;
}

/**
 * Settings from the decision defaults of a model's metadata and the options of a caller. Without either, every label is a
 * keyword.
 *
 * @param json `{ smoothing, refractory, keywords: { name: { threshold } } }`
 * @throws MetadataError for wrong metadata; RangeError or TypeError for wrong options
 */
export function parseSettings(
  labels: readonly string[], json: Readonly<Record<string, unknown>> = {}, options: DetectionOptions = {}): DetectionSettings {
  const thresholds = parseKeywords(labels, json.keywords);
  const fromModel = (field: 'smoothing' | 'refractory'): number => {
    const value = json[field] ?? DEFAULTS[field];
    if (!isDuration(value)) {
      throw new MetadataError(`detection: ${field}: got ${JSON.stringify(value)}, expected milliseconds, 0 to 60000`);
    }
    return value;
  };
  return {
    smoothing: option('smoothing', options.smoothing, isDuration, 'milliseconds, 0 to 60000') ?? fromModel('smoothing'),
    refractory: option('refractory', options.refractory, isDuration, 'milliseconds, 0 to 60000') ?? fromModel('refractory'),
    thresholds: withOptions(thresholds, options.threshold),
  };
}

const isDuration = (value: unknown): value is number => typeof value === 'number' && value >= 0 && value <= 60000;
const isThreshold = (value: unknown): value is number => typeof value === 'number' && value >= 0 && value <= 1;

function option(name: string, value: unknown, holds: (value: unknown) => boolean, expected: string): number | undefined {
  if (value === undefined) return undefined;
  if (typeof value !== 'number') throw new TypeError(`${name}: got ${typeof value}, expected ${expected}`);
  if (!holds(value)) throw new RangeError(`${name}: got ${value}, expected ${expected}`);
  return value;
}

function parseKeywords(labels: readonly string[], json: unknown): Record<string, number> {
  if (json === undefined) return Object.fromEntries(labels.map((label) => [label, DEFAULTS.threshold]));
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    throw new MetadataError(`detection: keywords: got ${JSON.stringify(json)}, expected { name: { threshold } }`);
  }
  const thresholds: Record<string, number> = {};
  for (const [keyword, settings] of Object.entries(json as Record<string, { threshold?: unknown }>)) {
    const threshold = settings?.threshold ?? DEFAULTS.threshold;
    if (!labels.includes(keyword)) throw new MetadataError(`detection: keyword "${keyword}" is no label; labels are ${labels.join(', ')}`);
    if (!isThreshold(threshold)) {
      throw new MetadataError(`detection: ${keyword}: threshold: got ${JSON.stringify(threshold)}, expected 0 to 1`);
    }
    thresholds[keyword] = threshold;
  }
  return thresholds;
}

function withOptions(thresholds: Record<string, number>, given: DetectionOptions['threshold']): Record<string, number> {
  if (given === undefined) return thresholds;
  const result = { ...thresholds };
  const byKeyword = typeof given === 'object' ? given : Object.fromEntries(Object.keys(thresholds).map((name) => [name, given]));
  for (const [keyword, threshold] of Object.entries(byKeyword)) {
    if (!(keyword in thresholds)) {
      throw new RangeError(`threshold: "${keyword}" is no keyword; keywords are ${Object.keys(thresholds).join(', ')}`);
    }
    result[keyword] = option(`threshold of "${keyword}"`, threshold, isThreshold, '0 to 1')!;
  }
  return result;
}
