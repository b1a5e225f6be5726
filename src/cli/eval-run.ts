/** What `tympan eval` does: hears recordings, prints what was found, and writes the page and the clips. */
import { basename } from 'node:path';
import type { Command } from 'commander';
import { evaluate } from '../evaluation/evaluate.js';
import { failuresOf } from '../evaluation/failures.js';
import type { Evaluation } from '../evaluation/result.js';
import { InputError } from '../index.js';
import { clipFolder, cutClips, writeClips } from '../node/evaluation/clips.js';
import { reportPage } from '../report/page.js';
import type { EvalFlags } from './eval.js';
import { checkEvaluationFlags } from './evaluation-flags.js';
import { hearRecordings, openContender, type Contender, type Hearing } from './evaluation-hearing.js';
import { describeEvaluation } from './evaluation-text.js';
import { publicCommand, withPublicNames } from './public-names.js';
import { checkReplaceable, replaceFile } from './replace-file.js';
import { paint, printable, toJson } from './terminal.js';

export async function runEval(flags: EvalFlags, command: Command): Promise<void> {
  checkEvaluationFlags(flags, command);
  if (!flags.audio && flags.report === undefined)
    command.error('--no-audio: expected --report too, the page that is to hold no recordings');
  const models = await contendersOf(flags, command);
  await checkTargets(flags);
  const keywords = Object.keys(models[0].settings);
  const hearing = await hearRecordings(flags, models, keywords);
  const evaluation = evaluate(hearing.heard, models, hearing.arrangement);
  // First what hours were spent on: the page or the clips may still fail.
  const text = flags.json
    ? toJson({ ...evaluation, failed: hearing.failed }, 2)
    : describeEvaluation(evaluation).join('\n');
  process.stdout.write(`${text}\n`);
  await writeFailures(flags, evaluation, hearing, models[0]);
}

async function contendersOf(flags: EvalFlags, command: Command): Promise<Contender[]> {
  const first = await openContender(flags);
  const { against = first.file, againstPrecision = first.precision } = flags;
  if (flags.against === undefined && flags.againstPrecision === undefined) return [first];
  if (against === first.file && againstPrecision === first.precision)
    command.error('--against: expected another model, or another precision with --against-precision');
  const second = await openContender(flags, { model: against, precision: againstPrecision });
  const [ours, theirs] = [first, second].map(({ settings }) => Object.keys(settings).sort().join(', '));
  if (ours !== theirs)
    throw new InputError(`${second.file}: hears ${theirs}, expected the keywords of ${first.file}: ${ours}`);
  return [first, second];
}

/** What can't be written is refused before hours are spent on listening. */
async function checkTargets({ report, clips }: EvalFlags): Promise<void> {
  if (report !== undefined) await checkReplaceable(report);
  if (clips !== undefined) await clipFolder(clips);
}

async function writeFailures(
  { report, clips, worst, audio }: EvalFlags,
  evaluation: Evaluation,
  { heard, render }: Hearing,
  { file }: Contender,
): Promise<void> {
  if (report === undefined && clips === undefined) return;
  const failures = failuresOf(evaluation, heard, worst);
  const cut = clips !== undefined || audio ? await cutClips(failures, render) : [];
  if (clips !== undefined) {
    await writeClips(clips, cut, evaluation);
    tell(`${cut.length} clips in ${clips}`);
  }
  if (report !== undefined) {
    const facts = [
      ['Command', publicCommand(['tympan', ...process.argv.slice(2)])] as const,
      ['Date', new Date().toISOString().slice(0, 10)] as const,
    ];
    const shown = withPublicNames(evaluation, audio ? cut : failures);
    const page = reportPage({ ...shown, title: basename(file), facts });
    await replaceFile(report, Buffer.from(page));
    tell(`report in ${report}`);
  }
}

function tell(text: string): void {
  process.stderr.write(`${paint('dim', printable(text), process.stderr)}\n`);
}
