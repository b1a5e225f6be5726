/** `tympan eval`: how often a model misses its keywords, and how often it fires for something else. */
import { type Command, Option } from 'commander';
import { withArrangement, withRecordings, type EvaluationFlags } from './evaluation-flags.js';
import { nonEmpty, withDetection, type DetectionFlags } from './options.js';
import { wholeNumber } from './streaming-flags.js';

export interface EvalFlags extends EvaluationFlags, DetectionFlags {
  against?: string;
  againstPrecision?: 'int8' | 'f32';
  report?: string;
  audio: boolean;
  clips?: string;
  worst: number;
}

/** Misses and alarms each, of every model, keyword and condition, that the page and the clips show. */
const WORST = 10;

export function addEval(program: Command): void {
  const command = program
    .command('eval')
    .description('Measure misses, false alarms and latency of a model on recordings, as listen would hear them.');
  withArrangement(withDetection(withRecordings(command)))
    .option('--against <model>', 'a second model to compare with, on the same recordings', nonEmpty)
    .addOption(
      new Option('--against-precision <kind>', 'of the second model (default: that of the first)').choices([
        'int8',
        'f32',
      ]),
    )
    .option('--report <file>', 'write a page with curves, failures and players: HTML in one file', nonEmpty)
    .option('--no-audio', 'no players in the page, so that it holds no recordings')
    .option('--clips <folder>', 'write the worst misses and alarms as WAV files', nonEmpty)
    .option('--worst <n>', 'how many misses and alarms the page and the clips show', wholeNumber(0, 1000), WORST)
    .option('--json', 'print the evaluation as JSON')
    .addHelpText('after', HELP)
    .action(async (flags: EvalFlags, command: Command) => {
      const { runEval } = await import('./eval-run.js'); // only who measures loads what measures
      await runEval(flags, command);
    });
}

const HELP = `
A folder is searched for WAV and FLAC; a list (.txt) names one file a line. The
keyword is where the labels of a positive say (beside speech.wav: speech.txt
from Audacity, speech.csv or speech.json; or labels.csv in the folder). Without
labels it is a clip, of the keyword that its folder or its list is named after.

A word is heard if an event comes between its start and half a second after its
end. An event of another keyword there is a confusion, and all other events are
alarms. Of several keywords a table tells which was heard where which was said.
Noise at --snr lies below the active speech.

Examples:
  tympan eval -m hey.onnx --positives clips/hey --negatives radio podcasts
  tympan eval -m hey.onnx --positives clips/hey --negatives radio \\
    --noise street --snr 20,10,5,0 --report report.html
  tympan eval -m pets.onnx --positives clips/cat clips/dog --negatives radio
  tympan eval -m new.onnx --against old.onnx --positives clips/hey
  tympan eval -m hey.onnx --against-precision f32 --positives clips/hey

With --json: counts, intervals, sweep and files of every model, keyword and
condition, "confusion" tables, and "failed": [{"file", "error"}]. A file that
can't be heard is reported, the others still count, and the exit code is 2.`;
