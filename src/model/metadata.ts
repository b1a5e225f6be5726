import { MetadataError } from '../errors.js';

/** Any JSON object. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** What the outputs of a model mean. */
export interface Labels {
  readonly version?: 1;
  /** The name of the posterior's tensor; the first output where absent. */
  readonly output?: string;
  /** One a feature of the posterior, in its order. */
  readonly names: readonly string[];
}

/** The parts of a model's contract and where `metadata_props` holds them, as JSON objects with a `version`. */
export const METADATA_KEYS = {
  frontend: 'tympan.frontend',
  labels: 'tympan.labels',
  detection: 'tympan.detection',
  streaming: 'tympan.streaming',
} as const;

/**
 * Reads one part of the contract; undefined where the file does not have it.
 *
 * @throws MetadataError for what is not a JSON object of version 1
 */
export function parseProperty(
  properties: ReadonlyMap<string, string>,
  part: keyof typeof METADATA_KEYS,
): JsonObject | undefined {
  const key = METADATA_KEYS[part];
  const text = properties.get(key);
  if (text === undefined) return undefined;
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (error) {
    throw new MetadataError(`${key}: not JSON: ${(error as Error).message}`);
  }
  if (typeof json !== 'object' || json === null || Array.isArray(json)) {
    throw new MetadataError(`${key}: got ${text.slice(0, 40)}, expected a JSON object`);
  }
  const { version } = json as JsonObject;
  if (version !== 1)
    throw new MetadataError(`${key}: version: got ${JSON.stringify(version)}, expected 1; update tympan`);
  return json as JsonObject;
}

/** @throws MetadataError for an unknown field, or when `names` is not a list of distinct, non-empty strings */
export function parseLabels(json: Labels | JsonObject): Labels {
  const { version: _, names, output, ...others } = json as JsonObject;
  for (const field of Object.keys(others))
    throw new MetadataError(`labels: "${field}" is no field; fields are version, names, output`);
  if (!Array.isArray(names) || names.length === 0 || !names.every((name) => typeof name === 'string' && name !== '')) {
    throw new MetadataError(
      `labels: names: got ${JSON.stringify(names)}, expected one name a feature of the posterior`,
    );
  }
  if (new Set(names).size !== names.length)
    throw new MetadataError(`labels: names: got ${JSON.stringify(names)}, expected no name twice`);
  if (output !== undefined && typeof output !== 'string') {
    throw new MetadataError(`labels: output: got ${JSON.stringify(output)}, expected the name of an output tensor`);
  }
  return { names: names as string[], ...(output === undefined ? {} : { output }) };
}
