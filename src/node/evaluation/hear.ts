/** Hears streams on all cores. */
import { availableParallelism } from 'node:os';
import type { Heard, StreamPlan } from '../../evaluation/heard.js';
import type { Failed } from './listener.js';
import { checkListening, needsNoise, openModels, readNoise, type Listening } from './listening.js';
import { Pool, type Progress } from './pool.js';

export interface HearOptions {
  /** At most so many threads. Default: as many as the machine runs at once. */
  readonly threads?: number;
  readonly onProgress?: (progress: Progress) => void;
  /** Ends the threads, and rejects with its reason. */
  readonly signal?: AbortSignal;
}

export interface Hearing {
  /** In the order of the plans, without streams of which no recording could be heard. */
  readonly heard: Heard[];
  /** Files that can't be read, or that their labels do not fit: they are in no stream. */
  readonly failed: Failed[];
}

/**
 * What the models answer over all streams, under every condition. Each file is decoded once. What comes out does not
 * depend on the number of threads.
 *
 * @throws TympanError for a model or a noise recording that can't be used, or a thread that ended; RangeError for
 *   options that make no sense; the signal's reason
 */
export async function hear(
  plans: readonly StreamPlan[],
  listening: Listening,
  { threads = availableParallelism(), onProgress, signal }: HearOptions = {},
): Promise<Hearing> {
  checkListening(listening);
  if (!(Number.isInteger(threads) && threads >= 1))
    throw new RangeError(`threads: got ${threads}, expected a whole number from 1`);
  const { sources, demands } = await openModels(listening.models);
  const isNoisy = plans.some((plan) => needsNoise(plan, listening));
  const noise = isNoisy ? await readNoise(listening.noise, demands.sampleRate) : [];
  signal?.throwIfAborted();
  const setting = { arrangement: listening.arrangement, ...demands, noise };
  const pool = new Pool(plans, { models: sources, setting, snrs: listening.snrs }, onProgress);
  const outcomes = await pool.run(Math.min(threads, plans.length), signal);
  return {
    heard: outcomes.flatMap(({ heard }) => heard ?? []),
    failed: outcomes.flatMap(({ failed }) => failed),
  };
}
