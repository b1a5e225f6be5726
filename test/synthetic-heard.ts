import type { Heard, StreamPlan } from '#dist/evaluation/heard.js';
import type { Trace } from '#dist/evaluation/trace.js';
import { uniform } from './support.js';

export interface SyntheticOptions {
  readonly seed?: number;
  readonly keyword?: string;
  readonly positives: number; // clips of 1 s
  readonly negatives: number; // files of 60 s
  readonly models?: number;
  readonly snrs?: readonly number[]; // dB
  /** Highest posterior of clip `k` under a condition; default: surer the less noise there is. */
  readonly sureness?: (k: number, snr: number | null, model: number) => number;
  readonly nameOf?: (kind: string, k: number) => string;
}

export const PERIOD = 0.01; // s
const LEAD = 0.5; // s
const BUMP = 0.4; // s

/** Streams with a bump of the posterior where each word ends, and here and there in negatives: each file by itself. */
export function syntheticHeard(options: SyntheticOptions): Heard[] {
  const { seed = 1, keyword = 'hey', positives, negatives, models = 1, snrs = [], nameOf } = options;
  const next = uniform(seed);
  const chance = () => (next() + 1) / 2;
  const ease = Array.from({ length: positives }, chance);
  const sureness =
    options.sureness ??
    ((k, snr, model) => Math.min(0.99, ease[k] ** (0.12 + (snr === null ? 0 : 3 / (snr + 6)) + model / 20)));
  const file = nameOf ?? ((kind, k) => `recordings/${kind}/${kind}-${String(k).padStart(4, '0')}.wav`);

  const traces = (
    seconds: number,
    bumps: (model: number) => readonly (readonly [time: number, peak: number])[],
  ): Trace[] =>
    Array.from({ length: models }, (_, model) => {
      const posteriors = new Float32Array(Math.round((LEAD + seconds + 0.5) / PERIOD)).map(() => 0.01 * chance());
      for (const [time, peak] of bumps(model))
        posteriors.forEach((value, k) => {
          const away = Math.abs((k + 1) * PERIOD - time) / (BUMP / 2);
          if (away < 1) posteriors[k] = Math.max(value, peak * Math.min(1, 1.8 * (1 - away)));
        });
      return { posteriors: { [keyword]: posteriors }, firstTime: PERIOD, period: PERIOD };
    });

  const stream = (
    kind: 'positives' | 'negatives',
    index: number,
    name: string,
    seconds: number,
  ): Omit<Heard, 'answers'> => {
    const recording = { file: name, labels: kind === 'positives' ? { whole: keyword } : [] };
    const plan: StreamPlan = {
      set: { name: kind === 'positives' ? keyword : 'talk', kind },
      index,
      recordings: [recording],
    };
    const [start, end] = [LEAD, LEAD + seconds];
    const utterances = kind === 'positives' ? [{ keyword, start, end, wordEnd: end - 0.2 }] : [];
    return { plan, duration: seconds, excerpts: [{ file: name, start, duration: seconds }], utterances };
  };

  return [
    ...Array.from({ length: positives }, (_, k): Heard => {
      const late = 0.9 + 0.1 * next();
      return {
        ...stream('positives', k, file(keyword, k), 1),
        answers: [null, ...snrs].map((snr) => ({
          snr,
          traces: traces(1, (model) => [[LEAD + late, sureness(k, snr, model)]]),
        })),
      };
    }),
    ...Array.from({ length: negatives }, (_, k): Heard => {
      const peaks = Array.from({ length: 6 }, () => [LEAD + 60 * chance(), chance() ** 5] as const);
      return {
        ...stream('negatives', positives + k, file('talk', k), 60),
        answers: [{ snr: null, traces: traces(60, () => peaks) }],
      };
    }),
  ];
}
