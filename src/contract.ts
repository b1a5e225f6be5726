import { parseDefaults, type DetectionDefaults } from './detection/settings.js';
import { MetadataError } from './errors.js';
import { parseRecipe, type Recipe } from './features/recipe.js';
import { METADATA_KEYS, parseLabels, parseProperty, type Labels } from './model/metadata.js';
import type { Network, TensorLayout, ValueId } from './model/network.js';

/** What a model says of itself: the recipe of its features, what its outputs mean, its decision defaults. */
export interface Contract {
  readonly frontend?: Recipe;
  readonly labels?: Labels;
  readonly detection?: DetectionDefaults;
}

/** What a caller may replace in a contract. */
export interface ContractOptions {
  readonly frontend?: Partial<Recipe>;
  readonly labels?: Labels;
  readonly detection?: DetectionDefaults;
}

/**
 * The contract in a file's `metadata_props`, with what the caller replaces.
 *
 * @throws MetadataError for a part that is wrong
 */
export function parseContract(properties: ReadonlyMap<string, string>, given: ContractOptions): Contract {
  const frontend = given.frontend ?? parseProperty(properties, 'frontend');
  const labels = given.labels ?? parseProperty(properties, 'labels');
  const detection = given.detection ?? parseProperty(properties, 'detection');
  const parsedLabels = labels && parseLabels(labels);
  return {
    ...(frontend && { frontend: parseRecipe(frontend) }),
    ...(parsedLabels && { labels: parsedLabels }),
    ...(detection && { detection: parseDefaults(detection, parsedLabels?.names) }),
  };
}

/** @throws MetadataError that says how to add what is missing */
export function required<Part extends keyof Contract>(contract: Contract, part: Part): NonNullable<Contract[Part]> {
  const value = contract[part];
  if (value) return value;
  throw new MetadataError(
    `this model does not say its ${part}: "${METADATA_KEYS[part]}" is not in its metadata_props; ` +
      `pass { ${part}: … } to loadModel, or write it into the file`,
  );
}

/**
 * Refuses a front end whose features are not what the network takes.
 *
 * @throws MetadataError
 */
export function checkFeatures(network: Network, { numCoefficients }: Recipe): void {
  const sizes = network.inputs.map((layout) => `${sizeOf(network, layout)} as "${layout.name}"`);
  if (network.inputs.length !== 1 || sizeOf(network, network.inputs[0]) !== numCoefficients) {
    throw new MetadataError(
      `front end: makes ${numCoefficients} coefficients a frame, the model takes ${sizes.join(' and ')}; ` +
        'numCoefficients must agree',
    );
  }
}

/**
 * The output that holds the posteriors.
 *
 * @throws MetadataError when there is none of that name, its features are not as many as the labels, or are no probabilities
 */
export function posteriorOf(network: Network, labels: Labels): string {
  const output =
    labels.output === undefined ? network.outputs[0] : network.outputs.find(({ name }) => name === labels.output);
  if (!output) {
    throw new MetadataError(
      `labels: output "${labels.output}" does not exist; outputs are ${network.outputs.map(({ name }) => name).join(', ')}`,
    );
  }
  const size = sizeOf(network, output);
  if (size !== labels.names.length) {
    throw new MetadataError(
      `labels: got ${labels.names.length} names, expected ${size}, one a feature of output "${output.name}"`,
    );
  }
  if (!output.values.every((value) => isProbability(network, value))) {
    throw new MetadataError(
      `labels: output "${output.name}" is no posterior: it does not come from a sigmoid or a softmax, and thresholds ` +
        'are probabilities; export the model with one at its end, or name another output',
    );
  }
  return output.name;
}

function sizeOf(network: Network, { values }: TensorLayout): number {
  return values.reduce((sum, id) => sum + network.values[id].size, 0);
}

/** Whether a value is made by a sigmoid or a softmax, or of parts of such. */
function isProbability(network: Network, value: ValueId): boolean {
  const layer = network.layers.find(({ output }) => output === value);
  if (layer?.kind === 'slice') return isProbability(network, layer.input);
  if (layer?.kind === 'concat') return layer.inputs.every((input) => isProbability(network, input));
  return (layer?.kind === 'activation' && layer.activation === 'sigmoid') || (layer?.kind === 'softmax' && !layer.log);
}
