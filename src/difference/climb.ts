import { changesOf } from './candidates.js';
import { changed, type Change } from './change.js';
import type { Guess, Guesser } from './guess.js';
import type { Placed } from './sketch.js';

/** What the score must fall by to count, and for a change to be kept. */
const LEAST_GAIN = 0.01;
/** Of the best change's gain, what another must have to be tried with it. */
const SHARE = 0.5;
/** Steps, each of one change or of several at once. */
const MOST_STEPS = 12;
/** Guesses of one guesser after which nothing is begun: some seconds. */
const MOST = 5000;
/** Frames that theirs may be earlier or later than where they are supposed. */
const OFFSETS = [-2, -1, 1, 2];

/** A change of fields, or of the offset. */
interface Step {
  readonly change: Change;
  readonly guess: Guess;
}

/** Changes a recipe field by field to where no change comes nearer. Changes that help are also tried together. */
export function climb(guesser: Guesser, start: Guess): Guess {
  let best = start;
  for (let steps = 0; steps < MOST_STEPS && guesser.count < MOST && !best.agrees; steps++) {
    const next = step(guesser, best);
    if (!next || next.score > best.score - LEAST_GAIN) break;
    best = next;
  }
  return best;
}

/** The nearest that a single change leads to, or what the helpful ones lead to together. */
function step(guesser: Guesser, from: Guess): Guess | undefined {
  const changes = [...changesOf(from.recipe), ...OFFSETS.map((by) => ({ offset: from.offset + by }))];
  const steps: Step[] = [];
  for (const change of changes) {
    const guess = guessOf(guesser, from, change);
    if (guess && guess.score < from.score - LEAST_GAIN) steps.push({ change, guess });
  }
  steps.sort((a, b) => a.guess.score - b.guess.score);
  const single = steps.find(({ guess }) => isRecipe(guess));
  if (!single) return undefined;
  const joined = together(guesser, from, single, steps);
  return joined.score < single.guess.score ? joined : single.guess;
}

function together(guesser: Guesser, from: Guess, single: Step, steps: readonly Step[]): Guess {
  let best = single.guess;
  const settled = new Set(Object.keys(single.change));
  const least = SHARE * (from.score - best.score);
  for (const { change, guess } of steps) {
    if (from.score - guess.score < least) break;
    if (Object.keys(change).some((name) => settled.has(name))) continue;
    const joined = guessOf(guesser, best, change);
    if (!joined || joined.score > best.score - LEAST_GAIN || !isRecipe(joined)) continue;
    best = joined;
    for (const name of Object.keys(change)) settled.add(name);
  }
  return best;
}

/** Undefined for most of what makes no recipe; the rest is asked of what comes near, since asking takes as long as guessing. */
function guessOf(guesser: Guesser, { recipe, taken, offset }: Guess, change: Change): Guess | undefined {
  const { offset: place = offset, ...fields } = change;
  const { mean, scale, ...rest } = recipe;
  const isResized = 'numMels' in fields || 'dct' in fields;
  const placed = { recipe: { ...(isResized ? rest : recipe), ...fields }, taken, offset: place } as Placed;
  const { dct, numMels, numCoefficients, energy, lowFrequency, highFrequency } = placed.recipe;
  const isSound = dct === 'none' ? numMels === numCoefficients && energy === 'none' : numMels >= numCoefficients;
  return isSound && lowFrequency < highFrequency ? guesser.guess(placed) : undefined;
}

const isRecipe = ({ recipe }: Guess): boolean => changed(recipe, {}) !== undefined;
