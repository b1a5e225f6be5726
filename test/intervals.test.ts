import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import fc from 'fast-check';
import { hoursFor, proportionInterval, rateInterval, upperRate } from '#dist/evaluation/intervals.js';
import { property } from './support.js';

const readGolden = <T>(name: string): T[] => JSON.parse(readFileSync(`test/fixtures/evaluation/${name}`, 'utf8'));

function assertNear(actual: number, expected: number, where: string, bound = 1e-9): void {
  const error = actual === expected ? 0 : Math.abs(actual - expected) / expected;
  assert.ok(error <= bound, `${where}: got ${actual}, expected ${expected}`);
}

test('Clopper-Pearson intervals equal those of SciPy, up to 100,000 counted', () => {
  const golden = readGolden<{ count: number; trials: number; interval: number[] }>('proportions.json');
  assert.ok(golden.some(({ count }) => count === 100_000));
  for (const { count, trials, interval } of golden)
    proportionInterval(count, trials).forEach((bound, side) =>
      assertNear(bound, interval[side], `${count} of ${trials}`),
    );
});

test('Poisson intervals equal those of SciPy, up to 100,000 counted, one-sided for none', () => {
  const golden = readGolden<{ count: number; hours: number; interval: number[]; upper: number }>('rates.json');
  assert.ok(golden.some(({ count }) => count === 100_000) && golden.some(({ count }) => count === 0));
  for (const { count, hours, interval, upper } of golden) {
    rateInterval(count, hours).forEach((bound, side) => assertNear(bound, interval[side], `${count} in ${hours} h`));
    assertNear(upperRate(count, hours), upper, `${count} in ${hours} h, above`);
  }
});

test('three hours without an alarm for every hour between two', () => {
  assertNear(hoursFor(0.5), 5.991464547107982, 'half an alarm an hour');
  assertNear(hoursFor(1), -Math.log(0.05), 'one an hour');
});

test('the hours that a promise takes are those at which the upper bound comes to it', () => {
  for (const count of [0, 1, 3, 40]) {
    const hours = hoursFor(0.25, count);
    assertNear(upperRate(count, hours), 0.25, `${count} alarms`);
    assert.ok(upperRate(count, hours * 0.999) > 0.25);
  }
});

test('an interval holds what was observed, and that of the complement is its mirror image', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 3000 }), fc.double({ min: 0, max: 1, noNaN: true }), (trials, share) => {
      const count = Math.round(share * trials);
      const [low, high] = proportionInterval(count, trials);
      assert.ok(0 <= low && low <= count / trials && count / trials <= high && high <= 1 && low < high);
      const [otherLow, otherHigh] = proportionInterval(trials - count, trials);
      assert.ok(Math.abs(low - (1 - otherHigh)) < 1e-12 && Math.abs(high - (1 - otherLow)) < 1e-12);
    }),
    { ...property, numRuns: 300 },
  );
});

test('at the ends of an interval, what was counted is as unlikely as 95 % say', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 60 }), fc.integer({ min: 0, max: 60 }), (trials, any) => {
      const count = any % (trials + 1);
      const [low, high] = proportionInterval(count, trials);
      const range = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, i) => from + i);
      const chance = (p: number, counts: number[]): number =>
        counts.reduce((sum, k) => sum + choose(trials, k) * p ** k * (1 - p) ** (trials - k), 0);
      if (count > 0) assertNear(chance(low, range(count, trials)), 0.025, `at least ${count} of ${trials}`, 1e-11);
      if (count < trials) assertNear(chance(high, range(0, count)), 0.025, `at most ${count} of ${trials}`, 1e-11);
    }),
    { ...property, numRuns: 200 },
  );
});

function choose(n: number, k: number): number {
  return Array.from({ length: k }, (_, i) => (n - i) / (i + 1)).reduce((product, factor) => product * factor, 1);
}

test('in very many trials, a proportion is a rate', () => {
  for (const count of [1, 3, 50, 100_000]) {
    const rate = rateInterval(count, 1e15);
    proportionInterval(count, 1e15).forEach((bound, side) => assertNear(bound, rate[side], `${count} of 1e15`));
  }
});

test('without a trial, and in no time, nothing is known', () => {
  assert.deepEqual(proportionInterval(0, 0), [0, 1]);
  assert.deepEqual(rateInterval(0, 0), [0, Infinity]);
  assert.deepEqual(rateInterval(2, 0), [0, Infinity]);
  assert.equal(upperRate(2, 0), Infinity);
});

test('what is no count, no time and no rate is refused', () => {
  const refused = (call: () => unknown, name: string, message: RegExp): void => assert.throws(call, { name, message });
  refused(() => proportionInterval(3, 2), 'RangeError', /count: got 3, expected at most the number of trials, 2/);
  refused(() => proportionInterval(0.5, 2), 'RangeError', /count: got 0.5, expected a count/);
  refused(() => proportionInterval(0, -1), 'RangeError', /trials: got -1/);
  refused(() => proportionInterval(0, NaN), 'RangeError', /trials: got NaN/);
  refused(() => proportionInterval('1' as never, 2), 'TypeError', /count: got string, expected a number/);
  refused(() => rateInterval(-1, 2), 'RangeError', /count: got -1/);
  refused(() => rateInterval(1, -0.1), 'RangeError', /hours: got -0.1, expected a finite number of hours/);
  refused(() => rateInterval(1, Infinity), 'RangeError', /hours: got Infinity/);
  refused(() => rateInterval(1, NaN), 'RangeError', /hours: got NaN/);
  refused(() => rateInterval(1, null as never), 'TypeError', /hours: got null/);
  refused(() => upperRate(2 ** 53, 1), 'RangeError', /count: got 9007199254740992/);
  refused(() => hoursFor(0), 'RangeError', /rate: got 0, expected events an hour, above 0/);
  refused(() => hoursFor(NaN), 'RangeError', /rate: got NaN/);
  refused(() => hoursFor(undefined as never), 'TypeError', /rate: got undefined/);
});
