/** What the flags of `tympan annotate` make of the contract that a file has. */
import { readFile, stat } from 'node:fs/promises';
import { InputError, MetadataError, type Annotations, type Model } from '../index.js';
import { DETECTION_FLAGS, type DetectionFlags } from './options.js';
import { STREAMING_FLAGS, type StreamingFlags } from './streaming-flags.js';

export type Contract = Model['metadata'];
export type Part = keyof Contract;

export interface Changes extends DetectionFlags, StreamingFlags {
  frontend?: string;
  labels?: string[];
  outputName?: string;
  keywords?: string[];
  remove?: Part[];
}

export const PARTS: readonly Part[] = ['frontend', 'labels', 'detection', 'streaming'];
export const CHANGES: readonly (keyof Changes)[] = [
  'frontend',
  'labels',
  'outputName',
  'keywords',
  ...DETECTION_FLAGS,
  ...STREAMING_FLAGS,
  'remove',
];

/** A recipe has a mean and a scale for at most 512 coefficients. */
const MOST_JSON_BYTES = 2 ** 20;

export async function readRecipe(given: string): Promise<NonNullable<Annotations['frontend']>> {
  const inline = given.trimStart().startsWith('{');
  const where = inline ? '--frontend' : `--frontend ${given}`;
  const text = inline ? given : await readText(given, where);
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new MetadataError(`${where}: not JSON: ${(error as Error).message}`);
  }
  if (typeof json !== 'object' || json === null || Array.isArray(json))
    throw new MetadataError(`${where}: got ${JSON.stringify(json).slice(0, 40)}, expected a JSON object`);
  return json;
}

async function readText(path: string, where: string): Promise<string> {
  const found = await stat(path).catch(() => undefined);
  if (!found) throw new InputError(`${where}: no such file, expected JSON ({"preset": "kaldi"}) or a file of JSON`);
  if (!found.isFile() || found.size > MOST_JSON_BYTES)
    throw new InputError(`${where}: expected a file of JSON, at most ${MOST_JSON_BYTES} bytes`);
  return readFile(path, 'utf8');
}

export function mergeLabels({ labels, detection }: Contract, flags: Changes): Annotations['labels'] {
  if (flags.labels === undefined && flags.outputName === undefined) return undefined;
  const names = flags.labels ?? labels?.names;
  if (!names) throw new MetadataError('--output-name: the model has no labels; give --labels too');
  const gone = Object.keys((!flags.keywords && detection?.keywords) || {}).find((name) => !names.includes(name));
  if (gone !== undefined)
    throw new MetadataError(`--labels: the file's keyword "${gone}" is not among them; say with --keywords which fire`);
  const output = flags.outputName ?? labels?.output;
  return { names, ...(output !== undefined && { output }) };
}

/** Of all keywords at once: the file has one place for it, where thresholds are written keyword by keyword. */
const isShared = (field: keyof DetectionFlags, value: DetectionFlags[keyof DetectionFlags]): value is number =>
  typeof value === 'number' && field !== 'threshold';

export function mergeDetection(
  { detection }: Contract,
  flags: Changes,
  labels?: readonly string[],
): Annotations['detection'] {
  const { smoothing, refractory } = flags;
  if (!flags.keywords && DETECTION_FLAGS.every((field) => flags[field] === undefined)) return undefined;
  const keywords = mergeKeywords(detection?.keywords, flags, labels);
  return {
    ...detection,
    ...(typeof smoothing === 'number' && { smoothing }),
    ...(typeof refractory === 'number' && { refractory }),
    ...(keywords && { keywords }),
  };
}

type Keywords = NonNullable<NonNullable<Contract['detection']>['keywords']>;

/** Which labels fire, and how: what is not given stays. Undefined where neither file nor flags name keywords. */
function mergeKeywords(old: Keywords = {}, flags: Changes, labels: readonly string[] = []): Keywords | undefined {
  const before = new Map(Object.entries(old));
  const named = DETECTION_FLAGS.find((field) => flags[field] !== undefined && !isShared(field, flags[field]));
  if (!flags.keywords && !named && before.size === 0) return undefined;
  const names = flags.keywords ?? (before.size > 0 ? [...before.keys()] : labels);
  // Of several labels some are usually noise or silence, which must not fire.
  if (!flags.keywords && before.size === 0 && labels.length !== 1) {
    throw new MetadataError(
      labels.length === 0
        ? `--${named}: the model has no labels; give --labels too`
        : `--${named}: of the labels ${labels.join(', ')}, say with --keywords which fire`,
    );
  }
  for (const field of DETECTION_FLAGS) {
    const given = flags[field];
    const unknown = typeof given === 'object' ? Object.keys(given).find((name) => !names.includes(name)) : undefined;
    if (unknown !== undefined)
      throw new MetadataError(`--${field}: "${unknown}" is no keyword; keywords are ${names.join(', ')}`);
  }
  return Object.fromEntries(names.map((name) => [name, mergeKeyword(before.get(name), flags, name)]));
}

function mergeKeyword(old: Keywords[string] | undefined, flags: Changes, name: string): Keywords[string] {
  const fields: { -readonly [Field in keyof Keywords[string]]: Keywords[string][Field] } = { ...old };
  for (const field of DETECTION_FLAGS) {
    const given = flags[field];
    if (isShared(field, given)) delete fields[field];
    else if (typeof given === 'number') fields[field] = given;
    else if (given && Object.hasOwn(given, name)) fields[field] = given[name];
  }
  return fields;
}
