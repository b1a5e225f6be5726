/** `tympan features`: what a front end makes of an audio file, and how that differs from what another program made of it. */
import { type Command, InvalidArgumentError } from 'commander';
import { loadFrontEnd, type Recipe } from '../index.js';
import { readAudio, type AudioFile } from '../node/index.js';
import { encodeNpy } from '../node/npy.js';
import { listPresets, recipeOf, withRecipe, type RecipeFlags } from './features-recipe.js';
import { wrap } from './figures.js';
import { nonEmpty, withModel } from './options.js';
import { replaceFile } from './replace-file.js';
import { paint, plural, printable, span, terminalWidth, toJson } from './terminal.js';

export interface FeaturesFlags extends RecipeFlags {
  output?: string;
  compare?: string;
  tolerance?: number;
  list?: boolean;
  json?: boolean;
}

const HELP = `
The front end is the model's, or that of --preset, with the fields of --frontend
and --set. Sound at another sample rate is resampled.

With --compare, says where features that another program made of the same sound
differ, and looks for the recipe that makes them: the window, the mel scale, the
logarithm … that they were made with. Exit code 1 when they differ.

Examples:
  tympan features hey.wav --preset librosa -o features.npy
  tympan features hey.wav --preset kaldi --set numMels=40 --set window=hamming
  tympan features hey.wav --model hey.onnx --compare theirs.npy`;

export function addFeatures(program: Command): void {
  const command = program
    .command('features')
    .description('Compute features of an audio file, and compare them with those of another program.')
    .argument('[audio]', 'an audio file (WAV, FLAC)', nonEmpty);
  withRecipe(withModel(command))
    .option('-o, --output <file>', 'write them for NumPy (.npy): float32, [frames, features]', nonEmpty)
    .option('--compare <file>', 'an .npy file of the same sound: where it differs, and why', nonEmpty)
    .option('--tolerance <ln>', 'natural logarithms that count as no difference (default: 0.001)', positive)
    .option('--list', 'the presets')
    .option('--json', 'print {"file", "frames", "coefficients", "features": [[…] a frame]}, or the comparison')
    .addHelpText('after', HELP)
    .action(features);
}

function positive(text: string): number {
  const value = text.trim() === '' ? NaN : Number(text);
  if (!(value > 0 && value < Infinity)) throw new InvalidArgumentError('Expected a number above 0');
  return value;
}

async function features(file: string | undefined, flags: FeaturesFlags, command: Command): Promise<void> {
  if (flags.list) {
    process.stdout.write(`${(await listPresets()).join('\n')}\n`);
    return;
  }
  if (file === undefined) command.error("missing required argument 'audio'");
  if (flags.compare !== undefined && flags.output !== undefined)
    command.error('expected either --compare <file>, or --output <file> to write');
  const recipe = await recipeOf(flags, command);
  if (flags.compare !== undefined) {
    const { compareFeatures } = await import('./features-compare.js'); // only who compares loads what searches
    return compareFeatures(file, recipe, { ...flags, compare: flags.compare });
  }
  await computeFeatures(file, recipe, flags);
}

async function computeFeatures(file: string, recipe: Recipe, flags: FeaturesFlags): Promise<void> {
  const audio = await readAudio(file, { sampleRate: recipe.sampleRate });
  const frontEnd = await loadFrontEnd(recipe);
  const { frames, coefficients, data } = frontEnd.features(audio.samples);
  if (flags.output !== undefined) await replaceFile(flags.output, encodeNpy([frames, coefficients], data));
  const rows = Array.from({ length: frames }, (_, i) => data.subarray(i * coefficients, (i + 1) * coefficients));
  if (flags.json) {
    const line = { file, frames, coefficients, features: rows.map((row) => Array.from(row)) };
    process.stdout.write(`${toJson(line)}\n`);
    return;
  }
  const what = `${plural(frames, 'frame')} of ${plural(coefficients, 'coefficient')}`;
  const written = flags.output === undefined ? '' : ` → ${printable(flags.output)}`;
  process.stdout.write(`${printable(file)}  ${what}, ${span(audio.duration)} of audio${written}\n`);
  const notes = [...resampling(audio), ...frontEnd.warnings];
  const width = terminalWidth();
  for (const line of notes.flatMap((note) => wrap(printable(note), width)))
    process.stdout.write(`${paint('dim', line)}\n`);
  if (flags.output === undefined) summarize(rows, coefficients);
}

/** What is said where a file's rate is not the front end's. */
export function resampling({ sampleRate, original }: AudioFile): string[] {
  if (original.sampleRate === sampleRate) return [];
  const rate = (hertz: number) => `${hertz.toLocaleString('en-US')} Hz`;
  return [`resampled from ${rate(original.sampleRate)} to ${rate(sampleRate)}`];
}

function summarize(rows: readonly Float32Array[], coefficients: number): void {
  if (rows.length === 0) return;
  const range = (values: number[]) => `${format(Math.min(...values))} … ${format(Math.max(...values))}`;
  for (let c = 0; c < coefficients; c++) {
    const values = rows.map((row) => row[c]);
    const mean = values.reduce((sum, x) => sum + x, 0) / rows.length;
    process.stdout.write(`${paint('dim', String(c).padStart(4))}  mean ${format(mean)}   range ${range(values)}\n`);
  }
}

function format(value: number): string {
  return value.toFixed(3).padStart(9);
}
