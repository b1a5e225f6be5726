/** `tympan detect`: the wake words in audio files. */
import { statSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { SingleBar } from 'cli-progress';
import type { Command } from 'commander';
import type { Detection, Detector, Model } from '../index.js';
import { readAudio } from '../node/index.js';
import { complain, messageOf } from './failure.js';
import { loadDetector, nonEmpty, withDetection, withModel, type DetectionFlags, type ModelFlags } from './options.js';
import { withStreaming } from './streaming-flags.js';
import { hasUnicode, keepEnd, paint, plural, printable, round, span, toJson } from './terminal.js';

interface Flags extends ModelFlags, DetectionFlags {
  json?: boolean;
  pad: boolean;
}

interface Result {
  duration: number; // seconds
  detections: Detection[];
}

/**
 * Silence around a file, in seconds, so that a clip that is cut right at the word behaves as in a stream: before it, the
 * network's state settles; after it, smoothing catches up.
 */
const LEAD = 0.5;
const TAIL = 0.5;
/** Seconds of audio between two looks at the progress bar. */
const STRETCH = 10;
/** Work shorter than this shows no progress bar: milliseconds. */
const PATIENCE = 500;

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
  const progress = new Progress(files, !flags.json);
  const columns = new Columns(files, detector.keywords);
  const began = performance.now();
  let detections = 0;
  let searched = 0;
  let seconds = 0;
  try {
    for (const [index, file] of files.entries()) {
      try {
        const result = await search(file, detector, lead, (fraction) => progress.at(index, fraction));
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
      progress.done(index);
    }
  } finally {
    progress.stop();
  }
  if (flags.json || searched === 0) return;
  const summary = `${plural(detections, 'detection')} in ${plural(searched, 'file')}, ${span(seconds)} of audio, ${span((performance.now() - began) / 1000)}`;
  process.stdout.write(`${paint('dim', summary)}\n`);
}

/** A model on windows answers once its first window is full, which is to be before the first sample of a short clip. */
function leadOf({ streaming, metadata }: Model): number {
  const { windowLength, hopLength, sampleRate } = metadata.frontend!;
  const window = streaming.mode === 'windowed' ? (streaming.windowFrames - 1) * hopLength + windowLength : 0;
  return Math.max(LEAD, window / sampleRate);
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

/** A progress bar on a terminal's stderr, in bytes of the files, once the work turns out to be long. */
class Progress {
  readonly #sizes: readonly number[]; // bytes
  readonly #bar: SingleBar | undefined;
  readonly #began = performance.now();
  #finished = 0;
  #started = false;

  constructor(files: readonly string[], wanted: boolean) {
    this.#sizes = files.map(sizeOf);
    if (!wanted || !process.stderr.isTTY) return;
    this.#bar = new SingleBar({
      format: '{bar} {percentage} %  {eta_formatted} left',
      barCompleteChar: hasUnicode() ? '━' : '=',
      barIncompleteChar: hasUnicode() ? '┄' : '-',
      barsize: 30,
      stream: process.stderr,
      clearOnComplete: true,
      forceRedraw: true, // results are printed over it
      gracefulExit: false, // its handler would swallow Ctrl-C
      linewrap: null,
    });
  }

  at(index: number, fraction: number): void {
    if (!this.#bar) return;
    const total = this.#sizes.reduce((sum, size) => sum + size, 0);
    const value = this.#finished + fraction * (this.#sizes[index] ?? 0);
    if (this.#started) this.#bar.update(value);
    else if (performance.now() - this.#began > PATIENCE) {
      this.#started = true;
      this.#bar.start(total, value);
    }
  }

  done(index: number): void {
    this.#finished += this.#sizes[index];
    this.at(index + 1, 0);
  }

  /** Makes room for a line of results. */
  clear(): void {
    if (this.#started) process.stderr.write('\r\x1b[K');
  }

  stop(): void {
    if (!this.#started) return;
    process.stderr.write('\r\x1b7'); // the cursor goes back to where it was saved, and lines were printed since the start
    this.#bar?.stop();
  }
}

function sizeOf(file: string): number {
  try {
    return statSync(file).size;
  } catch {
    return 0; // reading it will say why
  }
}
