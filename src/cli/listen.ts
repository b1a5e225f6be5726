/** `tympan listen`: wake words from the microphone, until Ctrl-C. */
import { type Command, Option } from 'commander';
import { microphone } from '../node/index.js';
import { RECORDERS, type Recorder } from '../node/recorder.js';
import { complain } from './failure.js';
import { Meter } from './meter.js';
import { loadDetector, nonEmpty, withDetection, withModel, type DetectionFlags, type ModelFlags } from './options.js';
import { withStreaming } from './streaming-flags.js';
import { paint, printable, round, toJson } from './terminal.js';

interface Flags extends ModelFlags, DetectionFlags {
  device?: string;
  recorder?: Recorder;
  json?: boolean;
}

/** A live microphone is never exactly silent; after this many seconds of zeros something is off. */
const SILENCE = 5;
const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

export function addListen(program: Command): void {
  const command = program
    .command('listen')
    .description('Listen to the microphone and print wake words as they are heard. Ctrl-C ends it.')
    .option(
      '-d, --device <name>',
      'the input: an ALSA name for arecord (arecord -L lists them), AUDIODEV for sox, rec',
      nonEmpty,
    )
    .addOption(
      new Option('-r, --recorder <program>', 'what records (default: the first that is installed)').choices(RECORDERS),
    );
  withStreaming(withDetection(withModel(command)))
    .option('--json', 'print one JSON object a line for each detection')
    .addHelpText(
      'after',
      `
With --json, a line is {"keyword", "posterior", "time", "clock"}: time in seconds
of sound heard, clock as ISO 8601.`,
    )
    .action(listen);
}

async function listen(flags: Flags): Promise<void> {
  const meter = process.stdout.isTTY && process.stderr.isTTY && !flags.json ? new Meter() : undefined;
  const { detector } = await loadDetector(flags, meter && ((posteriors) => meter.frame(posteriors)));
  const { sampleRate, keywords } = detector;
  meter?.open(detector);
  const source = microphone({ recorder: flags.recorder, device: flags.device, sampleRate });
  const stop = () => void source.stop();
  for (const signal of SIGNALS) process.once(signal, stop); // a second Ctrl-C ends the process at once
  const width = Math.max(...keywords.map((keyword) => keyword.length));
  let silent = 0; // samples of zeros since the beginning; −1 when sound has come
  try {
    for await (const samples of source) {
      for (const { keyword, posterior, time } of detector.push(samples)) {
        meter?.clear();
        const clock = new Date();
        process.stdout.write(
          flags.json
            ? `${toJson({ keyword, posterior: round(posterior), time: round(time), clock: clock.toISOString() })}\n`
            : `${clock.toTimeString().slice(0, 8)}  ${paint('green', printable(keyword).padEnd(width))}  ${posterior.toFixed(3)}\n`,
        );
        meter?.detected();
      }
      if (silent >= 0) silent = samples.some((sample) => sample !== 0) ? -1 : silent + samples.length;
      if (silent > SILENCE * sampleRate) {
        complain('only digital silence so far: is the microphone muted, or its use not permitted?');
        silent = -1;
      }
      meter?.chunk(samples, source.overruns);
    }
  } finally {
    meter?.close();
    for (const signal of SIGNALS) process.off(signal, stop);
  }
}
