/** `tympan features`: what a model's front end makes of an audio file. */
import type { Command } from 'commander';
import { readAudio } from '../node/index.js';
import { loadModelOf, nonEmpty, requireContract, withModel, type ModelFlags } from './options.js';
import { paint, plural, printable, span, toJson } from './terminal.js';

interface Flags extends ModelFlags {
  json?: boolean;
}

export function addFeatures(program: Command): void {
  const command = program
    .command('features')
    .description("Compute a model's features of an audio file, to compare them with a training pipeline's.")
    .argument('<audio>', 'an audio file (WAV, FLAC)', nonEmpty);
  withModel(command)
    .option('--json', 'print {"file", "frames", "coefficients", "features": [[…] a frame]}')
    .action(features);
}

async function features(file: string, flags: Flags): Promise<void> {
  const model = await loadModelOf(flags, (loaded) => {
    requireContract(loaded, 'frontend');
    return loaded;
  });
  const { sampleRate } = model.metadata.frontend!;
  const { samples, duration } = await readAudio(file, { sampleRate });
  const { frames, coefficients, data } = model.features(samples);
  const rows = Array.from({ length: frames }, (_, i) => data.subarray(i * coefficients, (i + 1) * coefficients));
  if (flags.json) {
    const line = { file, frames, coefficients, features: rows.map((row) => Array.from(row)) };
    process.stdout.write(`${toJson(line)}\n`);
    return;
  }
  process.stdout.write(
    `${printable(file)}  ${plural(frames, 'frame')} of ${plural(coefficients, 'coefficient')}, ${span(duration)} of audio\n`,
  );
  if (frames === 0) return;
  const range = (values: number[]) => `${format(Math.min(...values))} … ${format(Math.max(...values))}`;
  for (let c = 0; c < coefficients; c++) {
    const values = rows.map((row) => row[c]);
    const mean = values.reduce((sum, x) => sum + x, 0) / frames;
    process.stdout.write(`${paint('dim', String(c).padStart(4))}  mean ${format(mean)}   range ${range(values)}\n`);
  }
}

function format(value: number): string {
  return value.toFixed(3).padStart(9);
}
