import type { DetectionDefaults } from './detection/settings.js';
import { MetadataError } from './errors.js';
import { featureSize, type Recipe, type RecipeOptions } from './features/recipe.js';
import { METADATA_KEYS, parseLabels, parseProperty, type JsonObject, type Labels } from './model/metadata.js';
import type { Network, Operation, ValueId } from './model/network.js';
import type { Slot } from './streaming/slots.js';
import { parseStreaming, type StreamingOptions } from './streaming/settings.js';

/** What a model says of itself: the recipe of its features, what its outputs mean, its decision defaults, how it streams. */
export interface Contract {
  readonly frontend?: Recipe;
  readonly labels?: Labels;
  readonly detection?: DetectionDefaults;
  readonly streaming?: StreamingOptions;
}

/** What a caller may replace in a contract. */
export interface ContractOptions {
  readonly frontend?: RecipeOptions;
  readonly labels?: Labels;
  readonly detection?: DetectionDefaults;
  readonly streaming?: StreamingOptions;
}

/**
 * The contract in a file's `metadata_props`, with what the caller replaces.
 *
 * @throws MetadataError for a part that is wrong
 */
export async function parseContract(
  properties: ReadonlyMap<string, string>,
  given: ContractOptions,
): Promise<Contract> {
  const frontend = given.frontend ?? parseProperty(properties, 'frontend');
  const labels = given.labels ?? parseProperty(properties, 'labels');
  const detection = given.detection ?? parseProperty(properties, 'detection');
  const streaming = given.streaming ?? parseProperty(properties, 'streaming');
  const parsedLabels = labels && parseLabels(labels);
  return {
    ...(frontend && { frontend: await parseLater(frontend) }),
    ...(parsedLabels && { labels: parsedLabels }),
    ...(detection && { detection: await parseDetection(detection, parsedLabels?.names) }),
    ...(streaming && { streaming: parseStreaming(streaming) }),
  };
}

/** Only a model that hears loads what knows front ends. */
async function parseLater(frontend: RecipeOptions | JsonObject): Promise<Recipe> {
  const { parseRecipe } = await import('./features/parse-recipe.js');
  return parseRecipe(frontend);
}

/** Nor does another decide anything. */
async function parseDetection(
  detection: DetectionDefaults | JsonObject,
  names?: readonly string[],
): Promise<DetectionDefaults> {
  const { parseDefaults } = await import('./detection/settings.js');
  return parseDefaults(detection, names);
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
 * Refuses a front end whose features are not what a stream of the network takes.
 *
 * @throws MetadataError
 */
export function checkFeatures(inputs: readonly Slot[], recipe: Recipe): void {
  const size = featureSize(recipe);
  if (inputs.length === 1 && inputs[0].size === size) return;
  const sizes = inputs.map(({ name, size }) => `${size} as "${name}"`).join(' and ');
  throw new MetadataError(
    `front end: makes ${size} features a frame, the model takes ${sizes || 'no frames'}; ` +
      'numCoefficients (numMels without a DCT, times deltas and stack) must agree',
  );
}

/**
 * The output that holds the posteriors.
 *
 * @throws MetadataError when there is none of that name, its features are not as many as the labels, or are no probabilities
 */
export function posteriorOf(network: Network, outputs: readonly Slot[], labels: Labels): string {
  const name = labels.output ?? outputs[0].name;
  const output = outputs.find((slot) => slot.name === name);
  if (!output) {
    throw new MetadataError(
      `labels: output "${name}" does not exist; outputs are ${outputs.map((slot) => slot.name).join(', ')}`,
    );
  }
  const { size } = output;
  if (size !== labels.names.length) {
    throw new MetadataError(
      `labels: got ${labels.names.length} names, expected ${size}, one a feature of output "${name}"`,
    );
  }
  const port = network.outputs.find((one) => one.name === name)!;
  if (!isProbability(network, port.value)) {
    throw new MetadataError(
      `labels: output "${name}" is no posterior: it does not come from a sigmoid or a softmax, and thresholds ` +
        'are probabilities; export the model with one at its end, or name another output',
    );
  }
  return name;
}

/** What a detector of the model would refuse, in its words. */
export function contractWarnings(
  { frontend, labels }: Contract,
  network: Network,
  { inputs, outputs }: { inputs: readonly Slot[]; outputs: readonly Slot[] },
): string[] {
  const refusal = (check: () => unknown): string[] => {
    try {
      check();
      return [];
    } catch (error) {
      if (error instanceof MetadataError) return [error.message];
      throw error;
    }
  };
  return [
    ...(frontend ? refusal(() => checkFeatures(inputs, frontend)) : []),
    ...(labels ? refusal(() => posteriorOf(network, outputs, labels)) : []),
  ];
}

/** Operations that only move what they are given, or average it. */
const KEEPS_PROBABILITY = new Set(
  'clip concat expand flatten gather globalPool identity pool reduce reshape slice split squeeze tile transpose unsqueeze'.split(
    ' ',
  ),
);

/**
 * Whether a tensor is made by a sigmoid or a softmax, or of parts of such.
 *
 * @param known answers so far: parts that share parts are not looked at again
 */
function isProbability(network: Network, value: ValueId, known = new Map<ValueId, boolean>()): boolean {
  const answer = known.get(value) ?? findProbability(network, value, known);
  known.set(value, answer);
  return answer;
}

/** The operation whose output a tensor is. */
function makerOf({ operations }: Network, value: ValueId | null): Operation | undefined {
  return operations.find(({ outputs }) => outputs.includes(value));
}

function findProbability(network: Network, value: ValueId, known: Map<ValueId, boolean>): boolean {
  const operation = makerOf(network, value);
  if (!operation) return false;
  if (operation.kind === 'softmax') return !operation.log;
  if (operation.kind === 'unary' && operation.function === 'exp') {
    const maker = makerOf(network, operation.inputs[0]);
    return maker?.kind === 'softmax' && maker.log;
  }
  if (operation.kind === 'unary') return ['sigmoid', 'hardSigmoid'].includes(operation.function);
  if (operation.kind === 'reduce' && !['mean', 'max', 'min'].includes(operation.function)) return false;
  const parts = operation.kind === 'concat' ? operation.inputs : operation.inputs.slice(0, 1);
  return (
    KEEPS_PROBABILITY.has(operation.kind) && parts.every((part) => part !== null && isProbability(network, part, known))
  );
}
