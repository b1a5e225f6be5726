/** Failures to listen to. */
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { InputError } from '../../errors.js';
import type { Failure } from '../../evaluation/failures.js';
import type { Evaluation } from '../../evaluation/result.js';
import type { StreamPlan } from '../../evaluation/heard.js';
import type { Sound } from '../../evaluation/sound.js';
import { encodeWav } from '../encode-wav.js';

/** A failure and its sound, from `from` to `to`: a WAV file of 16-bit samples. */
export interface Clip extends Failure {
  readonly wav: Uint8Array;
}

/**
 * Cuts failures out of their streams. A stream is rendered once under each condition for all failures in it, and one
 * at a time.
 *
 * @param render the sound that was heard: a stream under a condition (dB, null for the recordings as they are)
 * @returns in the order of `failures`
 */
export async function cutClips(
  failures: readonly Failure[],
  render: (plan: StreamPlan, snr: number | null) => Promise<Sound>,
): Promise<Clip[]> {
  const streams = new Map<StreamPlan, Map<number | null, Failure[]>>();
  for (const failure of failures) {
    const conditions = streams.get(failure.plan) ?? new Map<number | null, Failure[]>();
    streams.set(failure.plan, conditions.set(failure.snr, [...(conditions.get(failure.snr) ?? []), failure]));
  }
  const clips = new Map<Failure, Clip>();
  for (const [plan, conditions] of streams)
    for (const [snr, inStream] of conditions) {
      const { samples, sampleRate } = await render(plan, snr);
      for (const failure of inStream) {
        const [first, end] = [failure.from, failure.to].map((time) => Math.round(time * sampleRate));
        clips.set(failure, { ...failure, wav: encodeWav(samples.subarray(first, end), sampleRate) });
      }
    }
  return failures.map((failure) => clips.get(failure) as Clip);
}

/**
 * A folder for clips: made where there is none. One with something in it is refused, as clips of an earlier
 * evaluation would be taken for this one's. To be called before hours are spent on listening.
 *
 * @throws InputError naming the folder
 */
export async function clipFolder(folder: string): Promise<void> {
  let names: string[];
  try {
    await mkdir(folder, { recursive: true });
    names = await readdir(folder);
  } catch (error) {
    throw new InputError(`${folder}: can't be made a folder for clips: ${(error as Error).message}`, { cause: error });
  }
  if (names.length > 0)
    throw new InputError(
      `${folder}: has ${names.length} entries already, expected an empty folder or none; ` +
        'empty it, or name another for the clips',
    );
}

/** What tells a clip apart, where the evaluation has several of it: "theirs.onnx-f32", "hey", "10dB". */
const folderOf = ({ model, keyword, snr }: Failure, { models, conditions }: Evaluation): string[] => [
  ...(models.length > 1 ? [fileName(`${model + 1}-${basename(models[model].model)}-${models[model].precision}`)] : []),
  ...(new Set(models.flatMap(({ keywords }) => keywords.map((other) => other.keyword))).size > 1
    ? [fileName(keyword)]
    : []),
  ...(conditions.length > 1 ? [snr === null ? 'as-recorded' : `${snr}dB`] : []),
];

/**
 * Writes clips as `miss-01-0.12-<file>.wav`, `alarm-01-0.97-<file>.wav` and likewise `confusion-…`: numbered from the worst, with their highest
 * posterior; in a folder for each model, keyword and condition where there are several. `index.tsv` says where each
 * comes from.
 *
 * @param folder empty, or not there yet
 * @param evaluation that the failures are of
 * @throws InputError where the folder isn't empty, or can't be written
 */
export async function writeClips(folder: string, clips: readonly Clip[], evaluation: Evaluation): Promise<void> {
  await clipFolder(folder);
  const rows = [
    ['clip', 'kind', 'model', 'precision', 'keyword', 'snr', 'posterior', 'file', 'time', 'from'].join('\t'),
  ];
  const numbers = new Map<string, number>();
  for (const clip of clips) {
    const { kind, model, keyword, snr, peak, file, time, fileStart, from } = clip;
    const place = folderOf(clip, evaluation);
    const kindHere = [...place, kind].join('/');
    const number = (numbers.get(kindHere) ?? 0) + 1;
    numbers.set(kindHere, number);
    const ranked = `${kind}-${String(number).padStart(2, '0')}-${peak.toFixed(2)}`;
    const name = [...place, `${ranked}-${fileName(basename(file, extname(file)))}.wav`].join('/');
    const { model: modelFile, precision } = evaluation.models[model];
    rows.push(
      [
        name,
        kind,
        modelFile,
        precision,
        keyword,
        snr ?? '',
        peak.toFixed(4),
        file,
        time.toFixed(3),
        (from - fileStart).toFixed(3),
      ]
        .map((cell) => String(cell).replace(/[\p{Cc}\p{Bidi_Control}\u2028\u2029]/gu, '\ufffd'))
        .join('\t'),
    );
    await write(join(folder, ...place), join(folder, name), clip.wav);
  }
  await write(folder, join(folder, 'index.tsv'), `${rows.join('\n')}\n`);
}

async function write(folder: string, path: string, content: Uint8Array | string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
    await writeFile(path, content, { flag: 'wx' });
  } catch (error) {
    throw new InputError(`${path}: can't be written: ${(error as Error).message}`, { cause: error });
  }
}

/**
 * Letters, digits and what no shell or file system minds, at most 60 of them; keywords and files may be called
 * anything.
 */
function fileName(text: string): string {
  const name = text.replace(/[^\p{L}\p{N}_.-]+/gu, '_').replace(/^[.-]+/, '_');
  return [...name].slice(0, 60).join('') || '_';
}
