import type { Heard } from '#dist/evaluation/heard.js';
import type { Utterance } from '#dist/evaluation/sound.js';
import type { Trace } from '#dist/evaluation/trace.js';
import { uniform } from './support.js';

export const FIRST_TIME = 0.025; // s
export const PERIOD = 0.01; // s

/** A random walk of one keyword's logit, with a hump of a random height over each utterance: [answers]. */
export function randomPosteriors(
  answers: number,
  utterances: readonly Utterance[],
  seed: number,
  options: { readonly rest?: number; readonly period?: number; readonly saturates?: boolean } = {},
): Float32Array {
  const { rest = -3, period = PERIOD, saturates = false } = options;
  const next = uniform(seed);
  const logits = new Float64Array(answers);
  let logit = rest;
  for (let k = 0; k < answers; k++) {
    logit += (rest - logit) * 0.1 + 1.5 * next();
    logits[k] = logit;
  }
  for (const { wordEnd } of utterances) {
    const height = 3 + 6 * next();
    const centre = (wordEnd - FIRST_TIME) / period + 20 * next();
    for (let k = 0; k < answers; k++)
      logits[k] = Math.max(logits[k], height - 0.4 * Math.abs(k - centre) * (period / PERIOD) + next());
  }
  return Float32Array.from(logits, (x) => (saturates && x > 3 ? 1 : 1 / (1 + Math.exp(-x))));
}

export interface StreamSpec {
  readonly seed: number;
  readonly kind: 'positives' | 'negatives';
  readonly set?: string;
  /** Starts of utterances of a second each, in seconds. */
  readonly words: readonly (readonly [keyword: string, start: number])[];
  readonly duration: number;
  readonly keywords: readonly string[];
  readonly models?: number;
  /** dB at which noise is mixed in, besides the stream as it is. */
  readonly snrs?: readonly number[];
  readonly rest?: number;
  readonly period?: number;
  readonly saturates?: boolean;
}

/** A stream of one file that begins half a second into it, heard with random posteriors. */
export function randomHeard(spec: StreamSpec): Heard {
  const { seed, kind, set = kind, words, duration, keywords, models = 1, snrs = [], period = PERIOD } = spec;
  const utterances = words.map(([keyword, start]) => ({ keyword, start, end: start + 1, wordEnd: start + 0.8 }));
  const answers = Math.floor((duration + 1 - FIRST_TIME) / period);
  const traceOf = (own: number): Trace => ({
    firstTime: FIRST_TIME,
    period,
    posteriors: Object.fromEntries(
      keywords.map((keyword, k) => {
        const spoken = utterances.filter((utterance) => utterance.keyword === keyword);
        return [keyword, randomPosteriors(answers, spoken, seed * 1000 + own * 10 + k, spec)];
      }),
    ),
  });
  const conditions = kind === 'positives' ? [null, ...snrs] : [null];
  return {
    plan: { set: { name: set, kind }, index: seed, recordings: [] },
    duration,
    excerpts: [{ file: `${set}-${seed}.wav`, start: 0.5, duration }],
    utterances,
    answers: conditions.map((snr, i) => ({
      snr,
      traces: Array.from({ length: models }, (_, model) => traceOf(i * models + model)),
    })),
  };
}
