/** `tympan listen`: wake words from the microphone, until Ctrl-C. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { LONGEST_AROUND } from '../hearing/clips.js';
import { RECORDERS, type Recorder } from '../node/recorder.js';
import { nonEmpty, precisionOption, withDetection, type DetectionFlags, type ModelFlags } from './options.js';
import { withStreaming } from './streaming-flags.js';

export interface ListenFlags extends Omit<ModelFlags, 'model'>, DetectionFlags {
  model?: string[];
  device?: string;
  recorder?: Recorder;
  listDevices?: boolean;
  /** undefined: once sound has come. */
  reconnect?: boolean;
  save?: string;
  saveSeconds: number;
  exec?: string;
  json?: boolean;
}

export function addListen(program: Command): void {
  const command = program
    .command('listen')
    .description('Listen to the microphone and print wake words as they are heard. Ctrl-C ends it.')
    .option('-m, --model <file>', 'an ONNX model; more than once for more (default: the one that ships)', each)
    .addOption(precisionOption())
    .option('-d, --device <name>', 'the input, by the name that --list-devices shows', nonEmpty)
    .addOption(new Option('-r, --recorder <program>', 'what records (default: the first that fits)').choices(RECORDERS))
    .option('--list-devices', 'print the inputs that there are, and end')
    .option('--reconnect', 'wait for the microphone from the start (default: once it was heard)')
    .option('--no-reconnect', 'end when the microphone is lost');
  withStreaming(withDetection(command))
    .option('--save <dir>', 'keep the sound of each detection as a WAV file in this folder', nonEmpty)
    .option('--save-seconds <s>', `how much before a detection is kept, 0 to ${LONGEST_AROUND}`, seconds, 3)
    .option('--exec <command>', 'run this in a shell on each detection', nonEmpty)
    .option('--json', 'print one JSON object a line for each detection and each change of the microphone')
    .addHelpText('after', HELP)
    .action(async (flags: ListenFlags) => {
      if (flags.listDevices) return (await import('./listen-devices.js')).listDevices(flags);
      return (await import('./listen-run.js')).runListen(flags);
    });
}

function each(file: string, before: string[] = []): string[] {
  return [...before, nonEmpty(file)];
}

function seconds(text: string): number {
  const value = text.trim() === '' ? NaN : Number(text);
  if (!(value >= 0 && value <= LONGEST_AROUND))
    throw new InvalidArgumentError(`Expected seconds from 0 to ${LONGEST_AROUND}`);
  return value;
}

const HELP = `
Several models hear the same sound, and those whose front ends agree the same
features. A keyword of --threshold, --smoothing or --refractory may be any model's.

A microphone that can't be opened is an error, unless --reconnect waits for it; one
that is lost later is waited for: the sound in between is not heard.

--save names files after the time, the keyword and its posterior:
2026-03-01_08-15-30.250_happy_0.93.wav. Each ends 0.5 s after the detection.

--exec has TYMPAN_KEYWORD, TYMPAN_POSTERIOR, TYMPAN_TIME (seconds of sound heard)
and TYMPAN_MODEL (the file) in its environment and, with --save, TYMPAN_CLIP (a
file that is there, whole, 0.5 s later). What it prints goes to stderr. At most 8
run at once; those that run when listen ends go on.

With --json, a detection is {"keyword", "posterior", "time", "clock", "model",
"clip"}: time in seconds of sound heard, clock as ISO 8601, clip with --save. A
change of the microphone is {"status", "reason", "message", "clock"}: status is
starting, listening, silent, reconnecting (with "attempt", and "delay" in ms) or
stopped; with the reason overrun, "overruns" counts samples lost.

Examples:
  tympan listen --threshold 0.9 --save alarms
  tympan listen -m hey.onnx -m stop.onnx --threshold hey=0.8,stop=0.95
  tympan listen --exec 'notify-send "heard $TYMPAN_KEYWORD"'
  tympan listen --json | jq --unbuffered -r 'select(.keyword).keyword'`;
