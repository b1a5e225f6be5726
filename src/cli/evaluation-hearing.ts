/** From flags to what models answered: recordings are found, and heard on all cores. */
import { relative } from 'node:path';
import { plansOf, type Arrangement } from '../evaluation/arrangement.js';
import type { EvaluatedModel } from '../evaluation/evaluate.js';
import type { Heard, StreamPlan } from '../evaluation/heard.js';
import type { Sound } from '../evaluation/sound.js';
import { AudioError, InputError, type DetectionOptions } from '../index.js';
import { hear } from '../node/evaluation/hear.js';
import type { Failed } from '../node/evaluation/listener.js';
import type { Listening, ListeningModel } from '../node/evaluation/listening.js';
import { findRecordings, refuseShared } from '../node/evaluation/recordings.js';
import { render } from '../node/evaluation/render.js';
import type { EvaluationFlags } from './evaluation-flags.js';
import { complain } from './failure.js';
import { loadModelOf, requireContract, SHIPPED_MODEL } from './options.js';
import { Progress } from './progress.js';
import { span } from './terminal.js';

/** A model that listens, and how it decides. */
export interface Contender extends EvaluatedModel, ListeningModel {
  readonly sampleRate: number; // Hz
}

export interface Hearing {
  readonly arrangement: Arrangement;
  readonly heard: readonly Heard[];
  /** Files that could not be heard. */
  readonly failed: readonly Failed[];
  /** What was heard, once more, to cut clips from. */
  readonly render: (plan: StreamPlan, snr: number | null) => Promise<Sound>;
}

/**
 * @param chosen the file and precision, where they are not those of `--model` and `--precision`
 * @throws TympanError or RangeError about what the model is or lacks
 */
export function openContender(
  flags: EvaluationFlags & DetectionOptions,
  chosen: { model?: string; precision?: 'int8' | 'f32' } = {},
): Promise<Contender> {
  const { model: file = shippedModel(), precision = 'int8' } = { ...flags, ...chosen };
  const { threshold, smoothing, refractory } = flags;
  return loadModelOf({ ...flags, model: file, precision }, (model) => {
    requireContract(model, 'frontend', 'labels');
    const detector = model.detector({ threshold, smoothing, refractory });
    const { settings, sampleRate } = detector;
    detector.close();
    const { streaming } = model.metadata;
    return { model: file, file, precision, settings: settings.keywords, sampleRate, ...(streaming && { streaming }) };
  });
}

/** As short as it can be said: pages that are published name the model. */
function shippedModel(): string {
  const path = relative('', SHIPPED_MODEL);
  return path.startsWith('..') ? SHIPPED_MODEL : path;
}

/**
 * Hears the recordings that the flags name. Files that fail are told on stderr, and the exit code becomes 2.
 *
 * @param keywords that labels may name
 * @throws TympanError where nothing is found, or all of it fails
 */
export async function hearRecordings(
  flags: EvaluationFlags,
  models: readonly Contender[],
  keywords: readonly string[],
): Promise<Hearing> {
  const { positives = [], negatives = [], noise = [], keyword, snr: snrs = [], threads } = flags;
  const find = async (paths: readonly string[], kind: 'positives' | 'negatives') =>
    paths.length === 0 ? [] : findRecordings(paths, { kind, keyword, keywords });
  const spoken = await find(positives, 'positives');
  const others = await find(negatives, 'negatives');
  await refuseShared(spoken, others);
  const sets = [...spoken, ...others];
  const noiseSets = await find(noise, 'negatives').catch((error: unknown) => {
    if (error instanceof AudioError) error.message = error.message.replace(/^negatives: /, '--noise: ');
    throw error;
  });
  const noiseFiles = noiseSets.flatMap(({ recordings }) => recordings.map(({ file }) => file));
  const arrangement = flags.joined ? 'joined' : 'files';
  const listening: Listening = { models, arrangement, noise: noiseFiles, snrs };
  const plans = plansOf(sets, arrangement);
  const { heard, failed } = await hearAll(plans, listening, threads);
  for (const { error } of failed) complain(error);
  if (failed.length > 0) process.exitCode = 2;
  if (heard.length === 0) throw new InputError('none of the recordings could be heard; see the lines above');
  return { arrangement, heard, failed, render: (plan, snr) => render(plan, listening, snr) };
}

async function hearAll(
  plans: readonly StreamPlan[],
  listening: Listening,
  threads: number | undefined,
): Promise<{ heard: readonly Heard[]; failed: readonly Failed[] }> {
  const progress = new Progress(1, true, true);
  try {
    return await hear(plans, listening, {
      ...(threads !== undefined && { threads }),
      onProgress: ({ fraction, seconds }) => progress.at(fraction, `${span(seconds)} heard`),
    });
  } finally {
    progress.stop();
  }
}
