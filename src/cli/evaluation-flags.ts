/** The flags of `tympan eval` and `tympan calibrate` that say what is heard, and how. */
import { type Command, InvalidArgumentError } from 'commander';
import { nonEmpty, withModel, type ModelFlags } from './options.js';
import { withStreaming, wholeNumber } from './streaming-flags.js';

export interface EvaluationFlags extends ModelFlags {
  positives?: string[];
  negatives?: string[];
  keyword?: string;
  joined?: boolean;
  noise?: string[];
  snr?: number[];
  threads?: number;
  json?: boolean;
}

/** dB: from noise that drowns the word to noise that nobody hears. */
const SNR_RANGE = [-20, 60] as const;
const MOST_CONDITIONS = 20;
const HOURS_OF: Readonly<Record<string, number>> = { '': 1, h: 1, hour: 1, hours: 1, d: 24, day: 24, days: 24 };

export function withRecordings(command: Command): Command {
  return withModel(command.allowExcessArguments()) // refused below, with a remedy
    .option(
      '--positives <path...>',
      'where the keyword is spoken: folders, audio files, or lists of files (.txt)',
      paths,
    )
    .option('--negatives <path...>', 'where it is not: folders, audio files, or lists of files (.txt)', paths)
    .option('--keyword <name>', 'what clips without labels say (default: the name of their folder)', nonEmpty);
}

export function withArrangement(command: Command): Command {
  return withStreaming(
    command
      .option(
        '--noise <path...>',
        'recordings of noise, to mix in at --snr or to lie between the clips of --joined',
        paths,
      )
      .option('--snr <list>', 'also with noise this many dB below the speech, as in 20,10,5,0', snrList)
      .option('--joined', 'hear each set as one stream without a reset, with pauses between its files'),
  ).option('--threads <n>', 'how many to work with (default: one a core)', wholeNumber(1, 256));
}

function paths(text: string, before: string[] = []): string[] {
  return [...before, nonEmpty(text)];
}

function snrList(text: string): number[] {
  const [least, most] = SNR_RANGE;
  const values = text.split(',').map((part) => (part.trim() === '' ? NaN : Number(part)));
  if (values.some((value) => !(value >= least && value <= most)) || values.length > MOST_CONDITIONS)
    throw new InvalidArgumentError(`Expected dB from ${least} to ${most}, separated by commas`);
  const twice = values.find((value, i) => values.indexOf(value) < i);
  if (twice !== undefined) throw new InvalidArgumentError(`Expected every level once, got ${twice} twice`);
  return values;
}

/** Alarms an hour, of `0.5`, `0.5/h`, `1/10h` or `12/day`. */
export function alarmRate(text: string): number {
  const [, count, span = '1', unit] =
    /^\s*(\d+(?:\.\d+)?|\.\d+)\s*(?:(?:\/|per)\s*(\d+(?:\.\d+)?)?\s*([a-z]+))?\s*$/i.exec(text) ?? [];
  const perHour = Number(count) / (Number(span) * (HOURS_OF[(unit ?? '').toLowerCase()] ?? NaN));
  if (!(perHour > 0 && perHour <= 3600))
    throw new InvalidArgumentError('Expected alarms an hour, above 0: 0.5, 0.5/h, 1/10h, 12/day');
  return perHour;
}

/** Refuses flags that say nothing together, before anything is heard. */
export function checkEvaluationFlags(flags: EvaluationFlags, command: Command): void {
  const { positives, negatives, noise, snr, joined } = flags;
  const [stray] = command.args;
  if (stray !== undefined)
    command.error(`got "${stray}" by itself, expected recordings behind --positives or --negatives, levels as 20,10`);
  if (!positives && !negatives) command.error('nothing to hear: expected --positives or --negatives, best both');
  if (snr && !noise) command.error('--snr: expected --noise too, recordings to mix in');
  if (snr && !positives) command.error('--snr: noise is mixed into --positives, and there are none');
  if (noise && !snr && !joined)
    command.error('--noise: expected --snr to mix it in, or --joined to hear it between the clips');
}
