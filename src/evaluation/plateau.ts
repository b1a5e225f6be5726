import { logistic, logit } from './sweep.js';
import type { Step } from './steps.js';

/** A step of which more is known: the refractory period that it is for, in ms. */
export interface Choice extends Step {
  readonly refractory: number;
}

/** Neighbouring steps with the same hits and alarms. */
export interface Plateau {
  readonly low: number;
  readonly high: number;
  readonly hits: number;
  readonly alarms: number;
  readonly steps: readonly Choice[]; // falling
}

/** A plateau's width in logits: how far the threshold, or all posteriors, may move without another miss or alarm. */
export function widthOf({ low, high }: Pick<Plateau, 'low' | 'high'>): number {
  return logit(high) - logit(low);
}

/**
 * Of steps with at most so many alarms: most hits, then fewest alarms, then the widest plateau. Undefined where there
 * is none.
 */
export function bestPlateau(choices: readonly Choice[], allowed: number): Plateau | undefined {
  return plateausOf(choices)
    .filter(({ alarms }) => alarms <= allowed)
    .sort((a, b) => b.hits - a.hits || a.alarms - b.alarms || widthOf(b) - widthOf(a))[0];
}

function plateausOf(choices: readonly Choice[]): Plateau[] {
  const plateaus: (Plateau & { low: number; steps: Choice[] })[] = [];
  for (const step of choices) {
    const last = plateaus.at(-1);
    if (last && last.hits === step.hits && last.alarms === step.alarms) {
      last.steps.push(step);
      last.low = step.low;
    } else {
      plateaus.push({ low: step.low, high: step.high, hits: step.hits, alarms: step.alarms, steps: [step] });
    }
  }
  return plateaus;
}

/**
 * The threshold in the middle of a plateau, in logits, and its step: at an edge the next recording would tip it.
 * Rounded as far as it stays within the middle half.
 */
export function middleOf(plateau: Plateau, isExact: boolean): { readonly threshold: number; readonly step: Choice } {
  const [low, high] = [logit(plateau.low), logit(plateau.high)];
  const middle = (low + high) / 2;
  if (!isExact) {
    const distance = (step: Step): number => Math.abs(logit(step.high) - middle);
    const step = plateau.steps.reduce((best, next) => (distance(next) < distance(best) ? next : best));
    return { threshold: step.high, step };
  }
  const threshold = roundedNear(middle, (high - low) / 4);
  const inside = threshold > plateau.low && threshold <= plateau.high ? threshold : plateau.high;
  return { threshold: inside, step: plateau.steps.find(({ low: from, high: to }) => from < inside && inside <= to)! };
}

/** The threshold with the fewest decimals, two at least, within `tolerance` logits of `middle`. */
function roundedNear(middle: number, tolerance: number): number {
  const exact = logistic(middle);
  for (let decimals = 2; decimals <= 6; decimals++) {
    const rounded = Number(exact.toFixed(decimals));
    if (Math.abs(logit(rounded) - middle) <= tolerance) return rounded;
  }
  return exact;
}

/**
 * Joins the steps of several refractory periods: at each threshold the first period at which no utterance fires twice,
 * or else the first of those with fewest second events.
 *
 * @param lists over the same thresholds, by rising period
 */
export function leastRefractory(
  lists: readonly { readonly refractory: number; readonly steps: readonly Step[] }[],
): Choice[] {
  const edges = [...new Set(lists.flatMap(({ steps }) => steps.map(({ high }) => high)))].sort((a, b) => b - a);
  const lowest = lists[0].steps.at(-1)?.low ?? 0;
  const at = lists.map(() => 0);
  return edges.map((high, i) => {
    const low = edges[i + 1] ?? lowest;
    let best: Choice | undefined;
    for (const [k, { refractory, steps }] of lists.entries()) {
      while (steps[at[k]].low >= high) at[k]++;
      const step = steps[at[k]];
      if (!best || step.repeats < best.repeats) best = { ...step, low, high, refractory };
    }
    return best!;
  });
}
