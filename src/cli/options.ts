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
export const SHIPPED_MODEL = fileURLToPath(new URL('../../models/happy.onnx', import.meta.url));

export interface ModelFlags extends StreamingFlags {
  model?: string;
  precision?: 'int8' | 'f32';
}

/** One value for all keywords, or by keyword. */
type ByKeyword = number | Readonly<Record<string, number>>;

export interface DetectionFlags {
  threshold?: ByKeyword;
  smoothing?: ByKeyword;
  refractory?: ByKeyword;
}

export const DETECTION_FLAGS = ['threshold', 'smoothing', 'refractory'] as const;

export function withModel(command: Command): Command {
  return command
    .option('-m, --model <file>', 'the ONNX model (default: the one that ships with tympan)', nonEmpty)
    .addOption(precisionOption());
}

export function precisionOption(): Option {
  return new Option('--precision <kind>', 'how weights are kept (default: int8)').choices(['int8', 'f32']);
}

export function withDetection(command: Command): Command {
  const milliseconds = byKeyword(60000, 'milliseconds from 0 to 60000');
  return command
    .option(
      '-t, --threshold <p>',
      'least posterior, 0 to 1: one for all, or hey=0.9,stop=0.6',
      byKeyword(1, 'a number from 0 to 1'),
    )
    .option('--smoothing <ms>', 'average posteriors over this long: one for all, or hey=50,stop=100', milliseconds)
    .option('--refractory <ms>', 'after a detection, silence for this long: one for all, or by keyword', milliseconds);
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
  return loadModelOf(flags, (model) => {
    requireContract(model, 'frontend', 'labels');
    return { detector: model.detector({ threshold, smoothing, refractory, onFrame }), model };
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

/** Reads a number from 0 to `most`, or some by keyword. */
function byKeyword(most: number, expected: string): (text: string) => ByKeyword {
  const one = (text: string): number => {
    const value = number(text);
    if (!(value >= 0 && value <= most)) throw new InvalidArgumentError(`Expected ${expected}`);
    return value;
  };
  return (text) => {
    if (!text.includes('=')) return one(text);
    const values = Object.create(null) as Record<string, number>; // a keyword may be called __proto__
    for (const part of text.split(',')) {
      const at = part.lastIndexOf('=');
      if (at <= 0) throw new InvalidArgumentError('Expected keyword=value, separated by commas');
      const keyword = part.slice(0, at).trim();
      if (keyword in values) throw new InvalidArgumentError(`Expected every keyword once, got ${keyword} twice`);
      values[keyword] = one(part.slice(at + 1));
    }
    return values;
  };
}

/** NaN for what isn't wholly a number, '' included. */
function number(text: string): number {
  return text.trim() === '' ? NaN : Number(text);
}
