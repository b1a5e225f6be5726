/** `tympan calibrate`: chooses how a model decides, for as few misses as a rate of false alarms allows. */
import type { Command } from 'commander';
import { alarmRate, withArrangement, withRecordings, type EvaluationFlags } from './evaluation-flags.js';
import { nonEmpty } from './options.js';

export interface CalibrateFlags extends EvaluationFlags {
  targetFa: number; // an hour
  output?: string;
  inPlace?: boolean;
}

export function addCalibrate(program: Command): void {
  const command = program
    .command('calibrate')
    .description('Choose threshold, smoothing and refractory period for a rate of false alarms, on recordings.')
    .requiredOption('--target-fa <rate>', 'at most so many false alarms: 0.5/h, 1/10h or 12/day', alarmRate);
  withArrangement(withRecordings(command))
    .option('-o, --output <file>', 'write a copy of the model with these settings', nonEmpty)
    .option('--in-place', 'write them into the model itself')
    .option('--json', 'print what was chosen, and from what, as JSON')
    .addHelpText('after', HELP)
    .action(async (flags: CalibrateFlags, command: Command) => {
      const { runCalibrate } = await import('./calibrate-run.js'); // only who measures loads what measures
      await runCalibrate(flags, command);
    });
}

const HELP = `
Each keyword that the positives hold, or the one of --keyword, is calibrated for
itself: the fewest misses, give or take one in 200, among the settings that meet
the aim on these recordings, at every level of --snr. Paths are as in tympan
eval --help. Without --output or --in-place it only tells.

Take recordings that nothing else is measured on: what chose the settings can't
test them.

Examples:
  tympan calibrate -m hey.onnx --target-fa 0.5/h --positives clips/hey \\
    --negatives radio podcasts
  tympan calibrate -m hey.onnx --target-fa 1/10h --positives clips/hey \\
    --negatives radio --noise street --snr 10 --in-place

With --json: {"model", "precision", "arrangement", "aim", "keywords", "written",
"failed"}. The exit code is 1 if no setting meets the aim, 2 if a file can't be
heard; then nothing is written.`;
