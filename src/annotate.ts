/** Writes a model's contract into its file. */
import { parseContract, type Contract, type ContractOptions } from './contract.js';
import { METADATA_KEYS } from './model/metadata.js';
import { readSource, type ModelSource } from './source.js';

/** The parts of a contract to write, each as a whole; null removes a part, and one that is left out stays as it is. */
export type Annotations = { readonly [Part in keyof ContractOptions]?: ContractOptions[Part] | null };

type Part = keyof typeof METADATA_KEYS;

const PARTS = Object.keys(METADATA_KEYS) as Part[];

/**
 * The bytes of a model with a contract in its `metadata_props`; all that is not the contract stays byte for byte as it was.
 * Whether the contract fits the network is seen when a detector of the result is made.
 *
 *     await writeFile('mine.onnx', await annotate('theirs.onnx', { frontend: { numCoefficients: 20 }, labels: { names: ['hey'] } }));
 *
 * @param source an ONNX file: its path (in Node) or URL, a Response, or its bytes
 * @throws InputError when it can't be read; ModelFormatError when it is no ONNX model; MetadataError for a contract that is
 *   wrong, with the parts that the file keeps; TypeError for an unknown part
 */
export async function annotate(source: ModelSource, annotations: Annotations): Promise<Uint8Array> {
  const given = PARTS.filter((part) => annotations[part] !== undefined);
  const unknown = Object.keys(annotations).find((name) => !(name in METADATA_KEYS));
  if (unknown !== undefined)
    throw new TypeError(`"${unknown}" is no part of a contract; parts are ${PARTS.join(', ')}`);
  const bytes = await readSource(source);
  // Only who writes a contract loads what writes it.
  const { readProperties, replaceProperties } = await import('./onnx/properties.js');
  const replaced = given.map((part) => METADATA_KEYS[part]);
  // What is replaced may be broken, or be there twice.
  const properties = readProperties(
    bytes,
    Object.values(METADATA_KEYS).filter((key) => !replaced.includes(key)),
  );
  for (const part of given) {
    if (annotations[part] !== null) properties.set(METADATA_KEYS[part], versioned(annotations[part]));
  }
  const contract = await parseContract(properties, {});
  return replaceProperties(bytes, new Map(given.map((part) => [METADATA_KEYS[part], textOf(contract[part])])));
}

/** As it would stand in a file, for the parser of files. */
function versioned(part: Annotations[Part]): string {
  const isObject = typeof part === 'object' && part !== null && !Array.isArray(part);
  return String(JSON.stringify(isObject ? { ...part, version: part.version === undefined ? 1 : part.version } : part));
}

/** Complete: what a later version takes for absent fields changes nothing. */
function textOf(part: Contract[Part]): string | null {
  return part ? JSON.stringify({ version: 1, ...part }) : null;
}
