/** What an evaluation listens with: models, how recordings are arranged, and which noise. */
import { AudioError, InputError, TympanError, UnsupportedModelError } from '../../errors.js';
import type { Arrangement } from '../../evaluation/arrangement.js';
import type { StreamPlan } from '../../evaluation/heard.js';
import { NoiseSource } from '../../evaluation/noise.js';
import { annotate, loadModel, type LoadOptions, type Model, type StreamingOptions } from '../../index.js';
import { readAudio } from '../audio-file.js';
import { leadOf } from './lead.js';

export interface Listening {
  /** One, or those that are compared; all hear the same sound. */
  readonly models: readonly ListeningModel[];
  readonly arrangement: Arrangement;
  /** Audio files, in the order of their use: for the pauses of joined streams, and over positives. */
  readonly noise: readonly string[];
  /** dB by which noise lies below the active speech of positives, which are heard as they are too. */
  readonly snrs: readonly number[];
}

export interface ListeningModel {
  readonly file: string;
  readonly precision: 'int8' | 'f32';
  /** Replaces what the file says. */
  readonly streaming?: StreamingOptions;
}

/** A model as every thread loads it: its bytes, or its path where parts of it are in files beside it. */
export interface ModelSource {
  readonly source: Uint8Array | string;
  readonly options: LoadOptions;
}

/** What the models ask of the sound. */
export interface Demands {
  readonly sampleRate: number; // Hz
  /** Silence before a file that is heard alone: seconds. */
  readonly lead: number;
}

/** @throws RangeError for an evaluation without models, or with signal-to-noise ratios that can't be mixed */
export function checkListening({ models, noise, snrs }: Listening): void {
  if (models.length === 0) throw new RangeError('models: got none, expected one at least');
  const wrong = snrs.find((snr) => !Number.isFinite(snr) || Math.abs(snr) > 100);
  if (wrong !== undefined) throw new RangeError(`snrs: got ${wrong}, expected −100 to 100 dB`);
  if (snrs.length > 0 && noise.length === 0)
    throw new RangeError(`noise: got no recordings, expected some to mix in ${snrs.join(', ')} dB below the speech`);
}

/**
 * Reads the models once, and finds what they ask of the sound.
 *
 * @throws TympanError naming the file, for one that is no model of a detector; InputError for sample rates that differ
 */
export async function openModels(
  models: readonly ListeningModel[],
): Promise<{ sources: ModelSource[]; demands: Demands }> {
  const opened = await Promise.all(models.map(openModel));
  const demands = opened.map(({ demands }) => demands);
  const [{ sampleRate }] = demands;
  const other = demands.findIndex((one) => one.sampleRate !== sampleRate);
  if (other > 0) {
    throw new InputError(
      `${models[other].file}: hears ${demands[other].sampleRate} Hz, and ${models[0].file} hears ${sampleRate} Hz; ` +
        'models that are compared must hear the same sound, so evaluate each for itself',
    );
  }
  const lead = Math.max(...demands.map((one) => one.lead));
  return { sources: opened.map(({ source }) => source), demands: { sampleRate, lead } };
}

async function openModel({ file, precision, streaming }: ListeningModel) {
  const options: LoadOptions = { precision, ...(streaming && { streaming }) };
  try {
    let source: ModelSource['source'] = await annotate(file, {}); // its bytes as they are: a pipe is read only once
    const model = await loadModel(source, options).catch((error: unknown) => {
      if (!(error instanceof UnsupportedModelError)) throw error;
      source = file; // its weights may be in files beside it
      return loadModel(file, options);
    });
    return { source: { source, options }, demands: demandsOf(model) };
  } catch (error) {
    if (error instanceof TympanError && !error.message.includes(file)) error.message = `${file}: ${error.message}`;
    throw error;
  }
}

function demandsOf(model: Model): Demands {
  model.detector().close(); // says what the model lacks
  return { sampleRate: model.metadata.frontend!.sampleRate, lead: leadOf(model) };
}

/**
 * Noise recordings, decoded into memory that threads share: [samples] each.
 *
 * @throws AudioError for one that can't be read; InputError where there is no sound in any
 */
export async function readNoise(files: readonly string[], sampleRate: number): Promise<Float32Array[]> {
  const recordings: Float32Array[] = [];
  for (const file of files) {
    const { samples } = await readAudio(file, { sampleRate }).catch((error: unknown) => {
      if (error instanceof AudioError) error.message = `noise: ${error.message}`;
      throw error;
    });
    const shared = new Float32Array(new SharedArrayBuffer(samples.byteLength));
    shared.set(samples);
    recordings.push(shared);
  }
  if (recordings.length > 0) new NoiseSource(recordings).excerpt(sampleRate, 0);
  return recordings;
}

/** What there is to hear of a stream: positives as they are, then with noise mixed in; negatives as they are. */
export function conditionsOf(kind: 'positives' | 'negatives', snrs: readonly number[]): (number | null)[] {
  return kind === 'positives' ? [null, ...snrs] : [null];
}

export function needsNoise({ set }: StreamPlan, { arrangement, snrs }: Listening): boolean {
  return arrangement === 'joined' || conditionsOf(set.kind, snrs).length > 1;
}
