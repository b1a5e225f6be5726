/** Options that several commands share. */
import { fileURLToPath } from 'node:url';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { loadModel, TympanError, type DetectorOptions, type Model } from '../index.js';

/** The model that ships with the package. */
const SHIPPED_MODEL = fileURLToPath(new URL('../../models/happy.onnx', import.meta.url));

export interface ModelFlags {
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
    .option('-m, --model <file>', 'the ONNX model (default: the one that ships with tympan)')
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

/** The model that the flags name; an error about it says which file it is. */
export async function loadModelOf({ model = SHIPPED_MODEL, precision }: ModelFlags): Promise<Model> {
  try {
    return await loadModel(model, precision ? { precision } : {});
  } catch (error) {
    if (error instanceof TympanError && !error.message.includes(model)) error.message = `${model}: ${error.message}`;
    throw error;
  }
}

/** Only what was given: the model's own metadata decides the rest. */
export function detectorOptions({ threshold, smoothing, refractory }: DetectionFlags): DetectorOptions {
  return {
    ...(threshold !== undefined && { threshold }),
    ...(smoothing !== undefined && { smoothing }),
    ...(refractory !== undefined && { refractory }),
  };
}

function milliseconds(text: string): number {
  const value = number(text);
  if (!(value >= 0 && value <= 60000)) throw new InvalidArgumentError('Expected milliseconds from 0 to 60000');
  return value;
}

function threshold(text: string): number | Record<string, number> {
  if (!text.includes('=')) return probability(text);
  const thresholds: Record<string, number> = {};
  for (const part of text.split(',')) {
    const at = part.lastIndexOf('=');
    if (at <= 0) throw new InvalidArgumentError('Expected keyword=threshold, separated by commas');
    thresholds[part.slice(0, at).trim()] = probability(part.slice(at + 1));
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
