/** What `tympan calibrate` does: hears recordings, chooses settings, tells them, and writes them into a model. */
import { stat } from 'node:fs/promises';
import type { Command } from 'commander';
import { calibrate } from '../evaluation/calibrate.js';
import type { Calibrated, Calibration } from '../evaluation/calibration.js';
import { annotate, InputError, loadModel } from '../index.js';
import type { CalibrateFlags } from './calibrate.js';
import { describeCalibration } from './calibration-text.js';
import { checkEvaluationFlags } from './evaluation-flags.js';
import { hearRecordings, openContender, type Contender, type Hearing } from './evaluation-hearing.js';
import { about } from './options.js';
import { checkReplaceable, replaceFile } from './replace-file.js';
import { toJson } from './terminal.js';

export async function runCalibrate(flags: CalibrateFlags, command: Command): Promise<void> {
  checkEvaluationFlags(flags, command);
  if (!flags.positives) command.error('--positives: expected recordings of the keyword, and got none');
  if (flags.output !== undefined && flags.inPlace) command.error('expected either --output <file> or --in-place');
  const model = await openContender(flags);
  const target = flags.inPlace ? model.file : flags.output;
  if (flags.inPlace && !(await stat(model.file).catch(() => undefined))?.isFile())
    throw new InputError(`${model.file}: no file to write into; --output says where to write`);
  if (target !== undefined) await checkReplaceable(target);
  const hearing = await hearRecordings(flags, [model], Object.keys(model.settings));
  const keywords = wantedOf(flags, model, hearing);
  const aim = { alarmsPerHour: flags.targetFa };
  const found = keywords.map((keyword) => calibrate(hearing.heard, keyword, aim));
  const written = await write(found, model, target, hearing);
  const { file, precision } = model;
  const { arrangement, failed } = hearing;
  const result = { model: file, precision, arrangement, aim, keywords: found, written: written ?? null, failed };
  process.stdout.write(
    flags.json
      ? `${toJson(result, 2)}\n`
      : `${describeCalibration(found, { model, aim, written, target, hearing }).join('\n')}\n`,
  );
  if (found.some(({ met }) => !met)) process.exitCode ??= 1;
}

/** The keyword that was asked for, or all that are spoken; where none is, `calibrate` says so of any. */
function wantedOf({ keyword }: CalibrateFlags, { settings }: Contender, { heard }: Hearing): string[] {
  if (keyword !== undefined) return [keyword];
  const spoken = new Set(heard.flatMap(({ utterances }) => utterances.map((utterance) => utterance.keyword)));
  return Object.keys(settings).filter((name) => spoken.size === 0 || spoken.has(name));
}

/**
 * Writes what was chosen into the model's contract, keeping all else of it.
 *
 * @param target undefined: nothing is to be written
 * @returns the file that was written
 */
async function write(
  found: readonly Calibration[],
  { file, settings }: Contender,
  target: string | undefined,
  { failed }: Hearing,
): Promise<string | undefined> {
  const chosen = found.filter((one): one is Calibrated => one.met);
  if (target === undefined || chosen.length < found.length || failed.length > 0) return undefined;
  const bytes = await about(file, async () => {
    const { detection } = (await loadModel(file)).metadata;
    // Where the file names no keywords, all labels fire: they must go on to.
    const before = detection?.keywords ?? Object.fromEntries(Object.keys(settings).map((name) => [name, {}]));
    const after = Object.fromEntries(chosen.map(({ keyword, settings }) => [keyword, settings]));
    return annotate(file, { detection: { ...detection, keywords: { ...before, ...after } } });
  });
  await replaceFile(target, bytes);
  return target;
}
