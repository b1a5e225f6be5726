import assert from 'node:assert/strict';
import { join } from 'node:path';
import test from 'node:test';
import { pathToFileURL } from 'node:url';

const { proportionInterval, rateInterval } = await import(
  pathToFileURL(join(process.cwd(), 'tools/intervals.mjs')).href
);

function assertNear(actual: readonly number[], expected: readonly number[]): void {
  actual.forEach((value, i) =>
    assert.ok(Math.abs(value - expected[i]) <= 1e-9 * Math.max(1, expected[i]), `${actual}`),
  );
}

test('Clopper-Pearson intervals equal scipy.stats.beta.ppf', () => {
  assertNear(proportionInterval(8, 180), [0.019380472829908412, 0.08569257842896981]);
  assertNear(proportionInterval(27, 180), [0.10123716874062756, 0.21068858055735645]);
  assertNear(proportionInterval(0, 10), [0, 0.3084971078187607]);
  assertNear(proportionInterval(10, 10), [1 - 0.3084971078187607, 1]);
});

test('Poisson intervals equal scipy.stats.chi2.ppf, one-sided for none', () => {
  assertNear(rateInterval(3, 1.304), [0.4744418120365041, 6.723368918514051]);
  assertNear(rateInterval(4, 1.2), [0.908221144688602, 8.534657229503079]);
  assertNear(rateInterval(0, 2), [0, 1.4978661367769948]);
});
