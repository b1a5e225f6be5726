import { MetadataError } from '../errors.js';

/** Any JSON object. */
export type JsonObject = Readonly<Record<string, unknown>>;

/** What the outputs of a model mean. */
export interface Labels {
  /** The name of the posterior's tensor; the first output where absent. */
  readonly output?: string;
  /** One a feature of the posterior, in its order. */
  readonly names: readonly string[];
}

/**
 * The contract that a model file carries in `metadata_props`: under `tympan.frontend` the recipe of its features, under
 * `tympan.labels` what its outputs mean, under `tympan.detection` its decision defaults. Each is a JSON object with a
 * `version`. The recipe and the decision defaults are checked by who uses them.
 */
export interface Metadata {
  readonly frontend?: JsonObject;
  readonly labels?: Labels;
  readonly detection?: JsonObject;
}

/** Everything that a model's contract may be written under. */
export const METADATA_KEYS = { frontend: 'tympan.frontend', labels: 'tympan.labels', detection: 'tympan.detection' } as const;

/**
 * Reads the contract from a model's `metadata_props`; keys of others are left alone.
 *
 * @throws MetadataError for what is not a JSON object of version 1
 */
export function parseMetadata(properties: ReadonlyMap<string, string>): Metadata {
  const [frontend, labels, detection] = Object.values(METADATA_KEYS).map((key) => parseProperty(key, properties.get(key)));
  return { frontend, labels: labels && parseLabels(labels), detection };
}

function parseProperty(key: string, text: string | undefined): JsonObject | undefined {
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
  if (version !== 1) throw new MetadataError(`${key}: version: got ${JSON.stringify(version)}, expected 1; update tympan`);
  return json as JsonObject;
}

/** @throws MetadataError when `names` is not a list of distinct, non-empty strings */
export function parseLabels(json: JsonObject): Labels {
  const { names, output } = json;
  if (!Array.isArray(names) || names.length === 0 || !names.every((name) => typeof name === 'string' && name !== '')) {
    throw new MetadataError(`labels: names: got ${JSON.stringify(names)}, expected one name a feature of the posterior`);
  }
  if (new Set(names).size !== names.length) throw new MetadataError(`labels: names: got ${JSON.stringify(names)}, expected no name twice`);
  if (output !== undefined && typeof output !== 'string') {
    throw new MetadataError(`labels: output: got ${JSON.stringify(output)}, expected the name of an output tensor`);
  }
  return { names: names as string[], ...(output === undefined ? {} : { output }) };
}
