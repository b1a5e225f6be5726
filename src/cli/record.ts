/** `tympan record`: clips of a word, to train on. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { RECORDERS, type Recorder } from '../node/recorder.js';
import { nonEmpty } from './options.js';

export interface RecordFlags {
  count: number;
  output: string;
  device?: string;
  recorder?: Recorder;
  json?: boolean;
}

/** More are another day's work. */
const MOST = 1000;

export function addRecord(program: Command): void {
  program
    .command('record')
    .description('Record single clips of a word, to train a model on. Ctrl-C ends it; what was recorded stays.')
    .argument('<word>', 'what will be said, and what the files are called', nonEmpty)
    .requiredOption('-o, --output <dir>', 'the folder, of one person in one place: recordings/WORD/NAME', nonEmpty)
    .option('-n, --count <n>', 'how many clips', count, 20)
    .option('-d, --device <name>', 'the input, by the name that listen --list-devices shows', nonEmpty)
    .addOption(new Option('-r, --recorder <program>', 'what records (default: the first that fits)').choices(RECORDERS))
    .option('--json', 'print one JSON object a line for each clip, kept or not')
    .addHelpText('after', HELP)
    .action(async (word: string, flags: RecordFlags) => (await import('./record-run.js')).runRecord(word, flags));
}

function count(text: string): number {
  const value = Number(text);
  if (!(Number.isInteger(value) && value >= 1 && value <= MOST))
    throw new InvalidArgumentError(`Expected a whole number from 1 to ${MOST}`);
  return value;
}

const HELP = `
Say the word, wait until the clip is counted, say it again: from near and far, as
you will. A clip is 2 s of 16 kHz mono 16-bit WAV with the word in the middle; one
that clips, is too quiet or does not end is not kept.

With --json, a clip is {"clip", "start", "duration", "level"}: the file, where in it
the word starts and how long it is, in seconds, dB below full scale; one that is not
kept is {"refused"}: clipped, quiet or long.

Example:
  tympan record computer --count 20 -o recordings/computer/kitchen`;
