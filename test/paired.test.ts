import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { equalCounts, mcnemarExact } from '#dist/evaluation/paired.js';

const splits: { counts: [number, number]; p: number }[] = JSON.parse(
  readFileSync('test/fixtures/evaluation/splits.json', 'utf8'),
);

for (const [name, compare] of Object.entries({ mcnemarExact, equalCounts })) {
  test(`${name} equals the binomial test of SciPy, either way round`, () => {
    assert.ok(splits.length > 10);
    for (const { counts, p } of splits)
      for (const [first, second] of [counts, counts.toReversed()]) {
        const actual = compare(first, second);
        assert.ok(Math.abs(actual - p) <= 1e-9 * p, `${first} against ${second}: got ${actual}, expected ${p}`);
      }
  });

  test(`${name} refuses what is no count`, () => {
    assert.throws(() => compare(-1, 2), { name: 'RangeError', message: /[fF]irst: got -1, expected a count/ });
    assert.throws(() => compare(1, 2.5), { name: 'RangeError', message: /[sS]econd: got 2.5, expected a count/ });
    assert.throws(() => compare(1, '2' as never), { name: 'TypeError', message: /[sS]econd: got string/ });
  });
}

test('a difference of one can be chance, a dozen on one side only can not', () => {
  assert.equal(mcnemarExact(0, 0), 1);
  assert.equal(mcnemarExact(0, 1), 1);
  assert.equal(mcnemarExact(7, 7), 1);
  assert.ok(Math.abs(mcnemarExact(12, 0) - 2 ** -11) < 1e-15);
  assert.equal(equalCounts(0, 1100), 0, 'below the smallest number there is');
});
