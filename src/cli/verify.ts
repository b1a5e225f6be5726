/** `tympan verify`: whether a model computes here what it computes elsewhere, and what int8 and streaming change. */
import { type Command, InvalidArgumentError } from 'commander';
import { nonEmpty } from './options.js';
import { wholeNumber, withStreaming, type StreamingFlags } from './streaming-flags.js';

export interface VerifyFlags extends StreamingFlags {
  audio?: string[];
  frames?: number;
  seed: number;
  max: number;
  mean: number;
  json?: boolean;
}

/** What float32 leaves of long sums in another order. */
const MAX = 1e-3;
/** What int8 may cost a posterior. */
const MEAN = 0.005;

const MOST_FRAMES = 1_000_000;
const MOST_SEED = 2 ** 31;

const HELP = `
Each output is compared four times:
  run         f32 with onnxruntime-web: by the largest difference, below --max
  run int8    int8 with f32: by the mean difference, below --mean
  stream      f32 frame by frame with f32 on whole tensors: below --max
  stream int8 the same frames in int8 with those in f32: below --mean
Of an output that goes beyond ±1, limits are shares of its largest value. dB is
the expected signal over the difference: 60 dB are a thousandth of it. Without
onnxruntime-web beside tympan, or in the current folder, the first is left out.

The model hears --audio; without it a sound like speech if it has a front end,
or else numbers in ±1, with states of zero.

Exit code 1 when a difference is above its limit.

Examples:
  tympan verify hey.onnx
  tympan verify hey.onnx --audio clips/*.wav --mean 0.002
  tympan verify denoiser.onnx --frames 1000 --seed 7 --json`;

export function addVerify(program: Command): void {
  const command = program
    .command('verify')
    .description('Compare a model in f32 with int8, streams with whole runs, and all with onnxruntime-web.')
    .argument('<model>', 'an ONNX model', nonEmpty);
  withStreaming(command)
    .option('--audio <files...>', 'sound for the model to hear (WAV, FLAC), by its front end', nonEmptyEach)
    .option(
      '--frames <n>',
      'frames of what is made up (default: 200, or what the model needs)',
      wholeNumber(1, MOST_FRAMES),
    )
    .option('--seed <n>', 'of what is made up', wholeNumber(0, MOST_SEED), 1)
    .option('--max <d>', 'largest difference of f32', limit, MAX)
    .option('--mean <d>', 'mean difference of int8', limit, MEAN)
    .option('--json', 'print the differences as JSON')
    .addHelpText('after', HELP)
    .action(async (model: string, flags: VerifyFlags, command: Command) => {
      if (flags.audio && flags.frames !== undefined)
        command.error('expected either --audio <files...> or --frames <n>');
      const { runVerify } = await import('./verify-run.js'); // only who verifies loads what verifies
      await runVerify(model, flags);
    });
}

function nonEmptyEach(text: string, before: string[] = []): string[] {
  return [...before, nonEmpty(text)];
}

function limit(text: string): number {
  const value = text.trim() === '' ? NaN : Number(text);
  if (!(value >= 0 && value < Infinity)) throw new InvalidArgumentError('Expected a number from 0');
  return value;
}
