import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { framesOf } from '#dist/detection/frames.js';
import { burstsOf, raiseFloor, type Burst } from '#dist/evaluation/bursts.js';
import { eventsOf, smoothedOf, type KeywordSettings } from '#dist/evaluation/events.js';
import { bestPlateau, leastRefractory, middleOf, widthOf } from '#dist/evaluation/plateau.js';
import { ownersOf, score } from '#dist/evaluation/score.js';
import type { Utterance } from '#dist/evaluation/sound.js';
import { floorOf, stepsOf, type Step } from '#dist/evaluation/steps.js';
import { logistic, logit, SWEEP_THRESHOLDS, sweep } from '#dist/evaluation/sweep.js';
import type { Trace } from '#dist/evaluation/trace.js';
import { FIRST_TIME, PERIOD, randomPosteriors } from './heard-streams.js';
import { property, SEED } from './support.js';

const utterance = (start: number): Utterance => ({ keyword: 'a', start, end: start + 1, wordEnd: start + 0.8 });

/** A stream of a few words, and settings. */
const stream = fc.record({
  seed: fc.integer({ min: 1, max: 1e6 }),
  words: fc.array(fc.integer({ min: 0, max: 40 }), { maxLength: 4 }),
  rest: fc.constantFrom(-6, -3, -1),
  saturates: fc.boolean(),
  smoothing: fc.constantFrom(0, 20, 100),
  refractory: fc.constantFrom(0, 10, 250, 1000),
});

interface Case {
  readonly trace: Trace;
  readonly utterances: readonly Utterance[];
  readonly settings: Omit<KeywordSettings, 'threshold'>;
  readonly means: Float64Array;
  readonly owners: Int32Array;
  readonly refractoryFrames: number;
}

function caseOf(spec: typeof stream extends fc.Arbitrary<infer T> ? T : never): Case {
  const utterances = [...spec.words].sort((a, b) => a - b).map((tenths) => utterance(tenths / 8));
  const trace: Trace = {
    firstTime: FIRST_TIME,
    period: PERIOD,
    posteriors: { a: randomPosteriors(600, utterances, spec.seed, spec) },
  };
  const means = smoothedOf(trace, 'a', spec.smoothing);
  return {
    trace,
    utterances,
    settings: { smoothing: spec.smoothing, refractory: spec.refractory },
    means,
    owners: ownersOf(trace, means.length, utterances),
    refractoryFrames: framesOf(spec.refractory, PERIOD),
  };
}

function countsAt({ trace, utterances, settings }: Case, threshold: number) {
  const { hits, alarms, repeats } = score(eventsOf(trace, 'a', { ...settings, threshold }), utterances);
  return { hits: hits.filter((hit) => hit).length, alarms: alarms.length, repeats };
}

test('sweeps go from 0.01 to 0.9999, evenly in logits', () => {
  assert.equal(SWEEP_THRESHOLDS.length, 120);
  assert.equal(SWEEP_THRESHOLDS[0], 0.01);
  assert.equal(SWEEP_THRESHOLDS[119], 0.9999);
  const steps = SWEEP_THRESHOLDS.slice(1).map((threshold, i) => logit(threshold) - logit(SWEEP_THRESHOLDS[i]));
  assert.ok(Math.max(...steps) - Math.min(...steps) < 0.02, `${Math.min(...steps)} to ${Math.max(...steps)}`);
  assert.ok(Math.abs(logit(logistic(3.5)) - 3.5) < 1e-12);
});

test('a point of a sweep is what the events at its threshold score', () => {
  let confused = 0;
  fc.assert(
    fc.property(stream, (spec) => {
      const one = caseOf(spec);
      const others = one.utterances.map(({ start }) => ({ start: start + 0.7, end: start + 2 }));
      const owners = ownersOf(one.trace, one.means.length, one.utterances, others);
      const bursts = burstsOf(one.means, owners, 0.01, one.refractoryFrames);
      const { hits, alarms, confusions } = sweep(bursts, one.refractoryFrames);
      for (const [i, threshold] of SWEEP_THRESHOLDS.entries()) {
        const events = eventsOf(one.trace, 'a', { ...one.settings, threshold });
        const expected = score(events, one.utterances, others);
        assert.deepEqual(
          [hits[i], alarms[i], confusions[i]],
          [expected.hits.filter((hit) => hit).length, expected.alarms.length, expected.confusions.length],
          `threshold ${threshold}`,
        );
        confused += confusions[i];
      }
    }),
    property,
  );
  assert.ok(confused > 100, `${confused} confusions`);
});

test('neither hits nor alarms need to fall as the threshold rises', () => {
  const owners = Int32Array.from([-1, -1, 0, 0, 0]);
  const { hits, alarms } = sweep(burstsOf(Float64Array.from([0.6, 0.6, 0.4, 0.7, 0]), owners, 0.3, 0), 0, [0.3, 0.5]);
  assert.deepEqual([...hits], [0, 1], 'above 0.3 before the utterance and through it');
  const dip = sweep(burstsOf(Float64Array.from([0.6, 0.4, 0.6]), owners.slice().fill(-1), 0.3, 0), 0, [0.3, 0.5]);
  assert.deepEqual([...dip.alarms], [1, 2]);
  assert.deepEqual([...alarms], [1, 1]);
});

test('a burst ends where the refractory period no longer reaches', () => {
  for (let gap = 1; gap <= 8; gap++) {
    const means = new Float64Array(gap + 1);
    means[0] = means[gap] = 0.9;
    const bursts = burstsOf(means, new Int32Array(gap + 1).fill(-1), 0.5, 5);
    assert.equal(bursts.length, gap < 5 ? 1 : 2);
    assert.deepEqual([...sweep(bursts, 5, [0.5]).alarms], [gap < 5 ? 1 : 2], `${gap} answers apart`);
  }
});

test('steps hold at every threshold, however near to a mean, and cover the range without gaps', () => {
  let steps = 0;
  fc.assert(
    fc.property(stream, fc.constantFrom(0.02, 0.05, 0.3), (spec, low) => {
      const one = caseOf(spec);
      const bursts = burstsOf(one.means, one.owners, 0.01, one.refractoryFrames);
      const cut = raiseFloor(bursts, low, one.refractoryFrames);
      const exact = stepsOf({ shared: cut, conditions: [] }, one.refractoryFrames, low, 0.999);
      assert.ok(exact.isExact);
      assert.equal(exact.steps[0].high, 0.999);
      assert.equal(exact.steps.at(-1)!.low, low);
      for (const [i, step] of exact.steps.entries()) {
        if (i > 0) assert.equal(step.high, exact.steps[i - 1].low);
        const { hits, alarms, repeats } = step;
        for (const threshold of [step.high, (step.low + step.high) / 2])
          if (threshold > step.low)
            assert.deepEqual(countsAt(one, threshold), { hits, alarms, repeats }, `${threshold}`);
      }
      // A mean between the edges of a step must not matter.
      for (const mean of one.means.filter((mean) => mean > low && mean <= 0.999)) {
        const { hits, alarms, repeats } = exact.steps.find((step) => step.low < mean && mean <= step.high)!;
        assert.deepEqual(countsAt(one, mean), { hits, alarms, repeats });
      }
      steps += exact.steps.length;
    }),
    { ...property, numRuns: 12 },
  );
  assert.ok(steps > 100, `${steps} steps`);
});

test('of groups, the shared one counts in all, and the alarms are those of the worst other one', () => {
  const burst = (...means: number[]): Burst => ({
    means: Float64Array.from(means),
    owners: new Int32Array(means.length).fill(-1),
    peak: Math.max(...means),
  });
  const groups = { shared: [burst(0.5)], conditions: [[burst(0.4), burst(0.4)], [burst(0.8)]] };
  const { steps } = stepsOf(groups, 0, 0.05, 0.999);
  assert.deepEqual(
    steps.map(({ low, high, alarms }) => [low, high, alarms]),
    [
      [0.8, 0.999, 0],
      [0.5, 0.8, 1],
      [0.4, 0.5, 2],
      [0.05, 0.4, 3],
    ],
  );
  assert.deepEqual(
    [0, 1, 2, 3].map((allowed) => floorOf(groups, allowed)),
    [0.8, 0.5, 0.4, 0],
  );
});

test('at a floor and below there are more alarms than allowed', () => {
  let floors = 0;
  fc.assert(
    fc.property(stream, fc.integer({ min: 0, max: 2 }), (spec, allowed) => {
      const one = caseOf(spec);
      const floor = floorOf({ shared: burstsOf(one.means, one.owners, 0.05, 100), conditions: [] }, allowed);
      if (floor > 0) floors++;
      for (const threshold of [0.05, 0.1, 0.2, 0.4, 0.6, 0.8, floor])
        if (threshold <= floor && threshold > 0) assert.ok(countsAt(one, threshold).alarms > allowed);
    }),
    { ...property, numRuns: 100 },
  );
  assert.ok(floors > 20, `${floors} floors`);
});

test('where a posterior never rests, thresholds are few and their counts still right', () => {
  // 200 s above the lowest threshold: 20,000² decisions are too many.
  const posteriors = { a: randomPosteriors(20000, [], SEED, { rest: 0 }).map((p) => 0.06 + 0.9 * p) };
  const trace = { firstTime: FIRST_TIME, period: PERIOD, posteriors };
  const bursts = burstsOf(smoothedOf(trace, 'a', 0), new Int32Array(20000).fill(-1), 0.05, 25);
  assert.equal(bursts.length, 1);
  const { steps, isExact } = stepsOf({ shared: bursts, conditions: [] }, 25, 0.05, 0.999);
  assert.ok(!isExact);
  assert.ok(steps.length > 50 && steps.length <= 201, `${steps.length} steps`);
  for (const { high, alarms } of steps)
    assert.equal(eventsOf(trace, 'a', { threshold: high, smoothing: 0, refractory: 250 }).length, alarms, `${high}`);
});

const step = (low: number, high: number, hits: number, alarms: number, repeats = 0): Step => ({
  low,
  high,
  hits,
  alarms,
  repeats,
});

test('of steps within the allowance the best is the one with most hits, then fewest alarms, then the widest', () => {
  const choices = [
    step(0.98, 0.999, 3, 0),
    step(0.9, 0.98, 8, 1),
    step(0.8, 0.9, 9, 1),
    step(0.5, 0.8, 9, 2),
    step(0.3, 0.5, 9, 1),
    step(0.2, 0.3, 9, 1),
    step(0.05, 0.2, 10, 7),
  ].map((one) => ({ ...one, refractory: 500 }));
  assert.equal(bestPlateau(choices, -1), undefined);
  assert.equal(bestPlateau(choices, 7)!.hits, 10);
  const best = bestPlateau(choices, 6)!;
  assert.deepEqual([best.low, best.high, best.hits, best.alarms], [0.2, 0.5, 9, 1], 'neighbours are one plateau');
  assert.ok(Math.abs(widthOf(best) - (logit(0.5) - logit(0.2))) < 1e-12);
  assert.deepEqual(bestPlateau(choices, 0)!.hits, 3);
});

test('the threshold is the middle of a plateau in logits, rounded where that keeps clear of its edges', () => {
  const threshold = (low: number, high: number, isExact = true): number =>
    middleOf(bestPlateau([{ ...step(low, high, 1, 0), refractory: 0 }], 0)!, isExact).threshold;
  assert.equal(threshold(0.2, 0.8), 0.5);
  assert.equal(threshold(0.05, 0.999), 0.88); // (logit 0.05 + logit 0.999) / 2 = 1.98
  assert.equal(threshold(0.99, 0.999), 0.997);
  assert.equal(threshold(0.612341, 0.612345), 0.612343);
  const [low, high] = [0.6123411, 0.6123412];
  const narrow = threshold(low, high);
  assert.ok(narrow > low && narrow <= high);
  const next = 0.5 + 2 ** -53;
  assert.equal(threshold(0.5, next), next, 'no number lies between');
  assert.equal(threshold(0.2, 0.8, false), 0.8, 'only the upper edge is known');
});

test('the refractory period is the first without second events in an utterance, or with fewest', () => {
  const lists = [
    { refractory: 250, steps: [step(0.5, 0.9, 1, 0, 0), step(0.1, 0.5, 2, 3, 2)] },
    { refractory: 500, steps: [step(0.6, 0.9, 1, 0, 0), step(0.3, 0.6, 2, 2, 0), step(0.1, 0.3, 2, 2, 1)] },
    { refractory: 1000, steps: [step(0.1, 0.9, 1, 1, 1)] },
  ];
  assert.deepEqual(
    leastRefractory(lists).map(({ low, high, refractory, alarms }) => [low, high, refractory, alarms]),
    [
      [0.6, 0.9, 250, 0],
      [0.5, 0.6, 250, 0],
      [0.3, 0.5, 500, 2],
      [0.1, 0.3, 500, 2],
    ],
  );
});
