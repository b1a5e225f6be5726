/** `tympan detect`: the wake words in audio files. */
import { statSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Command } from 'commander';
import { LEAD, TAIL } from '../evaluation/arrangement.js';
import type { Detection, Detector } from '../index.js';
import { leadOf } from '../node/evaluation/lead.js';
import { readAudio } from '../node/index.js';
import { complain, messageOf } from './failure.js';
import { loadDetector, nonEmpty, withDetection, withModel, type DetectionFlags, type ModelFlags } from './options.js';
import { Progress } from './progress.js';
import { withStreaming } from './streaming-flags.js';
import { keepEnd, paint, plural, printable, round, span, toJson } from './terminal.js';

interface Flags extends ModelFlags, DetectionFlags {
  json?: boolean;
  pad: boolean;
}

interface Result {
  duration: number; // seconds
  detections: Detection[];
}

/** Seconds of audio between two looks at the progress bar. */
const STRETCH = 10;

export function addDetect(program: Command): void {
  const command = program
    .command('detect')
    .description('Find wake words in audio files (WAV, FLAC). Each file is a stream of its own.')
    .argument('<audio...>', 'audio files', nonEmptyEach);
  withStreaming(withDetection(withModel(command)))
    .option('--no-pad', `add no silence before (${LEAD} s, or a window) and after (${TAIL} s) a file`)
    .option('--json', 'print one JSON object a line for each file')
    .addHelpText(
      'after',
      `
With --json, a line is {"file", "duration", "detections": [{"keyword",
"posterior", "time"}]}, or {"file", "error"}. Times are seconds from the beginning
of the file. A file that can't be read is reported, the others are still searched,
and the exit code is 2.`,
    )
    .action(detect);
}

function nonEmptyEach(text: string, before: string[] = []): string[] {
  return [...before, nonEmpty(text)];
}

async function detect(files: string[], flags: Flags): Promise<void> {
  const { detector, model } = await loadDetector(flags);
  const lead = flags.pad ? leadOf(model) : 0;
  const sizes = files.map(sizeOf);
  const progress = new Progress(
    sizes.reduce((sum, size) => sum + size, 0),
    !flags.json,
  );
  const columns = new Columns(files, detector.keywords);
  const began = performance.now();
  let detections = 0;
  let searched = 0;
  let seconds = 0;
  let read = 0; // bytes of the files before
  try {
    for (const [index, file] of files.entries()) {
      try {
        const result = await search(file, detector, lead, (fraction) => progress.at(read + fraction * sizes[index]));
        detections += result.detections.length;
        seconds += result.duration;
        searched++;
        progress.clear();
        process.stdout.write(flags.json ? jsonLine(file, result) : columns.lines(file, result.detections));
      } catch (error) {
        complain(messageOf(error));
        if (flags.json) process.stdout.write(`${toJson({ file, error: messageOf(error) })}\n`);
        process.exitCode = 2;
      }
      read += sizes[index];
      progress.at(read);
    }
  } finally {
    progress.stop();
  }
  if (flags.json || searched === 0) return;
  const summary = `${plural(detections, 'detection')} in ${plural(searched, 'file')}, ${span(seconds)} of audio, ${span((performance.now() - began) / 1000)}`;
  process.stdout.write(`${paint('dim', summary)}\n`);
}

async function search(
  file: string,
  detector: Detector,
  lead: number,
  progress: (fraction: number) => void,
): Promise<Result> {
  const { sampleRate } = detector;
  const { samples, duration } = await readAudio(file, { sampleRate });
  const found: Detection[] = [];
  detector.reset();
  found.push(...detector.push(new Float32Array(Math.round(lead * sampleRate))));
  for (let at = 0; at < samples.length; at += STRETCH * sampleRate) {
    found.push(...detector.push(samples.subarray(at, at + STRETCH * sampleRate)));
    progress(Math.min(at / samples.length, 1));
    await nextTurn(); // the progress bar draws itself
  }
  if (lead > 0) found.push(...detector.flush(TAIL));
  const detections = found.map((detection) => ({
    ...detection,
    time: Math.min(Math.max(detection.time - lead, 0), duration),
  }));
  return { duration, detections };
}

function jsonLine(file: string, { duration, detections }: Result): string {
  const rounded = detections.map(({ keyword, posterior, time }) => ({
    keyword,
    posterior: round(posterior),
    time: round(time),
  }));
  return `${toJson({ file, duration: round(duration), detections: rounded })}\n`;
}

/** One line a detection, in columns that fit all files and keywords. */
class Columns {
  readonly #file: number;
  readonly #keyword: number;

  constructor(files: readonly string[], keywords: readonly string[]) {
    this.#keyword = Math.max(...keywords.map((keyword) => keyword.length));
    // Beside the file name: gaps, the keyword, a time up to 99999.99 s and a posterior.
    const room = process.stdout.isTTY ? Math.max(process.stdout.columns - this.#keyword - 24, 12) : Infinity;
    this.#file = Math.min(Math.max(...files.map((file) => file.length)), room);
  }

  lines(file: string, detections: readonly Detection[]): string {
    const name = keepEnd(printable(file), this.#file).padEnd(this.#file);
    if (detections.length === 0) return process.stdout.isTTY ? `${paint('dim', `${name}  –`)}\n` : '';
    return detections
      .map(({ keyword, posterior, time }) => {
        const what = paint('green', printable(keyword).padEnd(this.#keyword));
        return `${name}  ${what}  ${time.toFixed(2).padStart(8)} s  ${posterior.toFixed(3)}\n`;
      })
      .join('');
  }
}

/** Bytes: how long a file takes, before it is read. */
function sizeOf(file: string): number {
  try {
    return statSync(file).size;
  } catch {
    return 0; // reading it will say why
  }
}
