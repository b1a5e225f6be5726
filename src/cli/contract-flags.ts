/** What the flags of `tympan annotate` make of the contract that a file has. */
import { readFile, stat } from 'node:fs/promises';
import { InputError, MetadataError, type Annotations, type Model } from '../index.js';
import type { DetectionFlags } from './options.js';
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
  'threshold',
  'smoothing',
  'refractory',
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
  if (!found) throw new InputError(`${where}: no such file, expected JSON or a file of JSON`);
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

export function mergeDetection(
  { detection }: Contract,
  flags: Changes,
  labels?: readonly string[],
): Annotations['detection'] {
  const { keywords, threshold, smoothing, refractory } = flags;
  if ([keywords, threshold, smoothing, refractory].every((flag) => flag === undefined)) return undefined;
  return {
    ...detection,
    ...(smoothing !== undefined && { smoothing }),
    ...(refractory !== undefined && { refractory }),
    ...((keywords ?? threshold) !== undefined && { keywords: mergeKeywords(detection?.keywords, flags, labels) }),
  };
}

type Keywords = NonNullable<NonNullable<Contract['detection']>['keywords']>;

/** Which labels fire, and from where: a threshold that is not given stays. */
function mergeKeywords(old: Keywords = {}, { keywords, threshold }: Changes, labels: readonly string[] = []): Keywords {
  const before = new Map(Object.entries(old));
  const names = keywords ?? (before.size > 0 ? [...before.keys()] : labels);
  // Of several labels some are usually noise or silence, which must not fire.
  if (!keywords && before.size === 0 && labels.length !== 1) {
    throw new MetadataError(
      labels.length === 0
        ? '--threshold: the model has no labels; give --labels too'
        : `--threshold: of the labels ${labels.join(', ')}, say with --keywords which fire`,
    );
  }
  const given = new Map(
    typeof threshold === 'object' ? Object.entries(threshold) : names.map((name) => [name, threshold]),
  );
  const unknown = [...given.keys()].find((name) => !names.includes(name));
  if (unknown !== undefined)
    throw new MetadataError(`--threshold: "${unknown}" is no keyword; keywords are ${names.join(', ')}`);
  return Object.fromEntries(
    names.map((name) => {
      const value = given.get(name);
      return [name, value === undefined ? (before.get(name) ?? {}) : { threshold: value }];
    }),
  );
}
