/** `tympan annotate`: writes a model's contract into its file. */
import { stat } from 'node:fs/promises';
import { type Command, InvalidArgumentError } from 'commander';
import {
  annotate,
  featureSize,
  InputError,
  loadModel,
  MetadataError,
  type Annotations,
  type Detector,
  type Model,
} from '../index.js';
import { CHANGES, PARTS, mergeDetection, mergeLabels, readRecipe, type Changes, type Part } from './contract-flags.js';
import { about, nameList, nonEmpty, withDetection } from './options.js';
import { replaceFile } from './replace-file.js';
import { mergeStreaming, withStreaming } from './streaming-flags.js';
import { paint, printable, toJson } from './terminal.js';

interface Flags extends Changes {
  output?: string;
  inPlace?: boolean;
  json?: boolean;
}

export function addAnnotate(program: Command): void {
  const command = program
    .command('annotate')
    .description('Write front end, labels, thresholds and how it streams into a model that came without them.')
    .argument('<model>', 'an ONNX model', nonEmpty)
    .option('--frontend <json>', 'the recipe of its features: JSON, or a file of JSON', nonEmpty)
    .option('--labels <names>', 'what the features of its posterior are called, as in noise,hey', nameList)
    .option('--output-name <name>', 'the output that is the posterior (default: the first)', nonEmpty)
    .option('--keywords <names>', 'the labels that fire (default: all)', nameList);
  withStreaming(withDetection(command))
    .option('--remove <parts>', 'first remove these: frontend,labels,detection,streaming', partList)
    .option('-o, --output <file>', 'the file to write', nonEmpty)
    .option('--in-place', 'write into the model itself')
    .option('--json', 'print {"file"} and the parts of the contract, as the file now has them')
    .addHelpText(
      'after',
      `
What is not given stays as it is in the file; fields of a recipe that are left out
take the preset's values. Nothing is written unless the whole fits the network. All
else in the file stays byte for byte.

Example:
  tympan annotate theirs.onnx --frontend '{"numMels": 40, "numCoefficients": 20}' \\
    --labels noise,hey --keywords hey --threshold 0.8 --output hey.onnx`,
    )
    .action(write);
}

function partList(text: string): Part[] {
  const parts = nameList(text) as Part[];
  const other = parts.find((part) => !PARTS.includes(part));
  if (other !== undefined) throw new InvalidArgumentError(`Expected some of ${PARTS.join(',')}`);
  return parts;
}

async function write(file: string, flags: Flags, command: Command): Promise<void> {
  const { output, inPlace, json } = flags;
  if (CHANGES.every((name) => flags[name] === undefined))
    command.error('nothing to write: expected --frontend, --labels, --threshold or another part of the contract');
  if ((output === undefined) === !inPlace)
    command.error('expected either --output <file>, or --in-place to write into the model itself');
  const target = output ?? file;
  if (inPlace && !(await stat(file).catch(() => undefined))?.isFile())
    throw new InputError(`${file}: no file to write into; --output says where to write`);
  const frontend = flags.frontend === undefined ? undefined : await readRecipe(flags.frontend);
  const [bytes, model, summary] = await about(file, () => revise(file, flags, frontend));
  await replaceFile(target, bytes);
  const { metadata } = model;
  if (json) process.stdout.write(`${toJson({ file: target, ...metadata }, 2)}\n`);
  else {
    const parts = PARTS.filter((part) => metadata[part]).map((part) => `tympan.${part}`);
    process.stdout.write(`${printable(target)}  ${parts.join(', ') || 'without a contract'}\n`);
    process.stdout.write(`${paint('dim', printable(summary))}\n`);
  }
}

/** The new bytes, their model, and what a detector of it does or lacks. */
async function revise(
  file: string,
  flags: Changes,
  frontend?: Annotations['frontend'],
): Promise<[Uint8Array, Model, string]> {
  const removed = [...(flags.remove ?? []), ...(frontend ? ['frontend'] : [])];
  const [before, old] = await annotate(file, Object.fromEntries(removed.map((part) => [part, null])))
    .then(async (bytes) => [bytes, (await loadModel(bytes)).metadata] as const)
    .catch((error: unknown) => {
      if (error instanceof MetadataError) error.message += '; --remove takes what is wrong out of the file';
      throw error;
    });
  const labels = mergeLabels(old, flags);
  const detection = mergeDetection(old, flags, (labels ?? old.labels)?.names);
  const streaming = mergeStreaming(old.streaming, flags);
  const bytes = await annotate(before, { frontend, labels, detection, streaming });
  const model = await loadModel(bytes);
  return [bytes, model, checkFit(model)];
}

/**
 * In a sentence, what a detector of the model does, or what it lacks.
 *
 * @throws MetadataError or InputError when the contract does not fit the network
 */
function checkFit(model: Model): string {
  const { frontend, labels, streaming } = model.metadata;
  const how = streaming ? `; streams ${model.summary().streaming}` : '';
  if (frontend && labels) {
    return `fires for ${decisions(model.detector().settings)}${how}`;
  }
  checkParts(model);
  const missing = (['frontend', 'labels'] as const).filter((part) => !model.metadata[part]);
  return `detect and listen still need ${missing.map((part) => `tympan.${part}`).join(' and ')}${how}`;
}

/** What is the same for all keywords is said once. */
function decisions({ keywords }: Detector['settings']): string {
  const each = Object.entries(keywords).map(([name, { threshold, smoothing, refractory }]) => ({
    from: `${name} from ${threshold}`,
    over: `smoothed over ${smoothing} ms, then not for ${refractory} ms`,
  }));
  return each.every(({ over }) => over === each[0].over)
    ? `${each.map(({ from }) => from).join(', ')}, ${each[0].over}`
    : each.map(({ from, over }) => `${from}, ${over}`).join('; for ');
}

/** A front end without labels, or labels without a front end: a detector would check both at once. */
function checkParts(model: Model): void {
  const { frontend, labels } = model.metadata;
  const { inputSlots, outputSlots } = model.stream();
  if (frontend && (inputSlots.length !== 1 || inputSlots[0].size !== featureSize(frontend))) {
    const sizes = inputSlots.map(({ name, size }) => `${size} as "${name}"`).join(' and ');
    throw new MetadataError(
      `front end: makes ${featureSize(frontend)} features a frame, the model takes ${sizes}; they must agree`,
    );
  }
  if (!labels) return;
  const { output = outputSlots[0].name, names } = labels;
  const slot = outputSlots.find(({ name }) => name === output);
  if (!slot)
    throw new MetadataError(
      `labels: output "${output}" does not exist; outputs are ${outputSlots.map(({ name }) => name).join(', ')}`,
    );
  if (slot.size !== names.length)
    throw new MetadataError(
      `labels: got ${names.length} names, expected ${slot.size}, one a feature of output "${output}"`,
    );
}
