import { InputError } from '../errors.js';
import type { Heard } from './heard.js';
import type { Utterance } from './sound.js';
import type { Trace } from './trace.js';

/** dB; null stands for the recordings as they are. */
export type Condition = number | null;

const nameOf = ({ plan, excerpts }: Heard): string => `"${plan.set.name}", ${excerpts[0]?.file ?? 'no file'}`;

/**
 * Conditions under which streams were heard, in order.
 *
 * @throws InputError where nothing was heard
 */
export function conditionsOf(heard: readonly Heard[]): readonly Condition[] {
  if (heard.length === 0) throw new InputError('evaluation: got no stream, expected one at least; give recordings');
  return [...new Set(heard.flatMap(({ answers }) => answers.map(({ snr }) => snr)))];
}

/**
 * What a model answered under a condition. Negatives are heard as they are whatever the condition.
 *
 * @throws InputError where the stream was not heard under it, or not by that model
 */
export function traceOf(stream: Heard, condition: Condition, model: number): Trace {
  const under = (wanted: Condition) => stream.answers.find(({ snr }) => snr === wanted);
  const answers = under(condition) ?? (stream.plan.set.kind === 'negatives' ? under(null) : undefined);
  const trace = answers?.traces[model];
  if (trace) return trace;
  const what = condition === null ? 'as it is' : `at ${condition} dB`;
  throw new InputError(`evaluation: stream ${nameOf(stream)}: got no trace ${what} of model ${model}; hear it first`);
}

/** Utterances of one keyword, by their start. */
export function utterancesOf({ utterances }: Heard, keyword: string): readonly Utterance[] {
  return utterances.filter((utterance) => utterance.keyword === keyword).sort((a, b) => a.start - b.start);
}

/** Utterances of all other keywords, by their start. */
export function othersOf({ utterances }: Heard, keyword: string): readonly Utterance[] {
  return utterances.filter((utterance) => utterance.keyword !== keyword).sort((a, b) => a.start - b.start);
}

/** Seconds of a stream that count and lie outside of the utterances, which are given by their start. */
export function secondsOutside(duration: number, utterances: readonly Utterance[]): number {
  let inside = 0;
  let covered = -Infinity;
  for (const { start, end } of utterances) {
    inside += Math.max(0, end - Math.max(start, covered));
    covered = Math.max(covered, end);
  }
  // A clip that is nothing but its word leaves none, not 1e-17.
  return Math.max(0, Math.round((duration - inside) * 1e6) / 1e6);
}
