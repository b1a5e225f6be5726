/** `tympan features`: what a model's front end makes of an audio file. */
import type { Command } from 'commander';
import { readAudio } from '../node/index.js';
import { loadModelOf, withModel, type ModelFlags } from './options.js';
import { paint, plural, span } from './terminal.js';

interface Flags extends ModelFlags {
  json?: boolean;
}

export function addFeatures(program: Command): void {
  const command = program
    .command('features')
    .description("Compute a model's features of an audio file, to compare them with a training pipeline's.")
    .argument('<audio>', 'an audio file (WAV, FLAC)');
  withModel(command)
    .option('--json', 'print {"file", "frames", "coefficients", "features": [[…] a frame]}')
    .action(features);
}

async function features(file: string, flags: Flags): Promise<void> {
  const model = await loadModelOf(flags);
  const sampleRate = Number(model.metadata.frontend?.sampleRate ?? 16000); // 16000 is the preset's
  const { samples, duration } = await readAudio(file, { sampleRate });
  const { frames, coefficients, data } = model.features(samples);
  const rows = Array.from({ length: frames }, (_, i) => data.subarray(i * coefficients, (i + 1) * coefficients));
  if (flags.json) {
    const line = { file, frames, coefficients, features: rows.map((row) => Array.from(row)) };
    process.stdout.write(`${JSON.stringify(line)}\n`);
    return;
  }
  process.stdout.write(`${file}  ${plural(frames, 'frame')} of ${plural(coefficients, 'coefficient')}, ${span(duration)} of audio\n`);
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
