import { createDetectorNode, type DetectorNodeOptions } from 'tympan/browser';
import type { OpenModel } from './model.js';

/** Hz that every browser's OfflineAudioContext takes: https://www.w3.org/TR/webaudio/#sample-rates */
const LEAST_RATE = 8000;
const GREATEST_RATE = 96000;

/** A recording that the browser has decoded. */
export interface Recording {
  readonly name: string;
  readonly sound: AudioBuffer;
}

/**
 * Decodes a file at the model's rate.
 *
 * @throws Error in words for people, where the browser can't
 */
export async function decode(name: string, bytes: ArrayBuffer, { recipe }: OpenModel): Promise<Recording> {
  const rate = Math.min(Math.max(recipe.sampleRate, LEAST_RATE), GREATEST_RATE);
  const decoder = new OfflineAudioContext(1, 1, rate);
  try {
    return { name, sound: await decoder.decodeAudioData(bytes) };
  } catch (error) {
    throw new Error(`${name}: this browser can't decode it as sound; try WAV, FLAC or MP3`, { cause: error });
  }
}

/** Hears a recording from beginning to end through the worklet, many times as fast as it lasts. */
export async function hear({ sound }: Recording, { model }: OpenModel, options: DetectorNodeOptions): Promise<void> {
  const context = new OfflineAudioContext(1, sound.length, sound.sampleRate);
  const detector = await createDetectorNode(context, model, options);
  const source = new AudioBufferSourceNode(context, { buffer: sound });
  source.connect(detector.node);
  source.start();
  await context.startRendering();
  if (!options.signal?.aborted) await detector.flush(); // events at the very end, and messages that are still on their way
  await detector.close();
}
