/** Options that several commands share. */
import { fileURLToPath } from 'node:url';
import { type Command, InvalidArgumentError, Option } from 'commander';
import {
  annotate,
  InputError,
  loadModel,
  MetadataError,
  TympanError,
  type Detector,
  type DetectorOptions,
  type Model,
} from '../index.js';
import { mergeStreaming, STREAMING_FLAGS, type StreamingFlags } from './streaming-flags.js';

/** The model that ships with the package. */
const SHIPPED_MODEL = fileURLToPath(new URL('../../models/happy.onnx', import.meta.url));

export interface ModelFlags extends StreamingFlags {
  model?: string;
  precision?: 'int8' | 'f32';
}

export interface DetectionFlags {
  threshold?: number | Record<string, number>;
  smoothing?: number;
  refractory?: number;
}

export function withModel(command: Command): Command {
  return command
    .option('-m, --model <file>', 'the ONNX model (default: the one that ships with tympan)', nonEmpty)
    .addOption(precisionOption());
}

export function precisionOption(): Option {
  return new Option('--precision <kind>', 'how weights are kept (default: int8)').choices(['int8', 'f32']);
}

export function withDetection(command: Command): Command {
  return command
    .option('-t, --threshold <p>', 'least posterior, 0 to 1: one for all, or hey=0.9,stop=0.6', threshold)
    .option('--smoothing <ms>', 'average posteriors over this long', milliseconds)
    .option('--refractory <ms>', 'after a detection, silence for this long', milliseconds);
}

/** What `use` makes of the model that the flags name. */
export function loadModelOf<T>(flags: ModelFlags, use: (model: Model) => T): Promise<T> {
  const { model = SHIPPED_MODEL } = flags;
  return about(model, async () => use(await open(model, flags)));
}

/** Flags of streaming replace fields of what the file says, which has to be read first. */
async function open(file: string, flags: ModelFlags): Promise<Model> {
  const options = flags.precision ? { precision: flags.precision } : {};
  if (STREAMING_FLAGS.every((name) => flags[name] === undefined)) return loadModel(file, options);
  const bytes = await annotate(file, {}); // as they are: a pipe is read only once
  const { metadata } = await loadModel(bytes);
  return loadModel(bytes, { ...options, streaming: mergeStreaming(metadata.streaming, flags) });
}

/** What `work` makes of a file; an error about it says which file it is. */
export async function about<T>(file: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const named = error instanceof InputError && error.message.includes(file);
    if (error instanceof TympanError && !named) error.message = `${file}: ${error.message}`;
    throw error;
  }
}

/** The library's remedy, to pass what is missing to `loadModel`, is none on the command line. */
export function requireContract({ metadata }: Model, ...keys: readonly ('frontend' | 'labels')[]): void {
  const missing = keys.filter((key) => !metadata[key]).map((key) => `no "tympan.${key}"`);
  if (missing.length === 0) return;
  throw new MetadataError(
    `${missing.join(' and ')} in its metadata_props; tympan annotate writes them: see tympan annotate --help`,
  );
}

/** The detector that the flags describe, and its model, whose own metadata decides what they leave open. */
export function loadDetector(
  flags: ModelFlags & DetectionFlags,
  onFrame?: DetectorOptions['onFrame'],
): Promise<{ detector: Detector; model: Model }> {
  const { threshold, smoothing, refractory } = flags;
  const options: DetectorOptions = {
    ...(threshold !== undefined && { threshold }),
    ...(smoothing !== undefined && { smoothing }),
    ...(refractory !== undefined && { refractory }),
    ...(onFrame && { onFrame }),
  };
  return loadModelOf(flags, (model) => {
    requireContract(model, 'frontend', 'labels');
    return { detector: model.detector(options), model };
  });
}

/** For arguments that name something. */
export function nonEmpty(text: string): string {
  if (text === '') throw new InvalidArgumentError('Expected a name');
  return text;
}

export function nameList(text: string): string[] {
  return text.split(',').map((name) => nonEmpty(name.trim()));
}

function milliseconds(text: string): number {
  const value = number(text);
  if (!(value >= 0 && value <= 60000)) throw new InvalidArgumentError('Expected milliseconds from 0 to 60000');
  return value;
}

function threshold(text: string): number | Record<string, number> {
  if (!text.includes('=')) return probability(text);
  const thresholds = Object.create(null) as Record<string, number>; // a keyword may be called __proto__
  for (const part of text.split(',')) {
    const at = part.lastIndexOf('=');
    if (at <= 0) throw new InvalidArgumentError('Expected keyword=threshold, separated by commas');
    const keyword = part.slice(0, at).trim();
    if (keyword in thresholds) throw new InvalidArgumentError(`Expected every keyword once, got ${keyword} twice`);
    thresholds[keyword] = probability(part.slice(at + 1));
  }
  return thresholds;
}

function probability(text: string): number {
  const value = number(text);
  if (!(value >= 0 && value <= 1)) throw new InvalidArgumentError('Expected a number from 0 to 1');
  return value;
}

/** NaN for what isn't wholly a number, '' included. */
function number(text: string): number {
  return text.trim() === '' ? NaN : Number(text);
}
