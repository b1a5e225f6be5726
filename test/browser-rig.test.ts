import assert from 'node:assert/strict';
import test from 'node:test';
import { BROWSERS, missingBrowser, visit } from './browsers/browser.js';

const page = (script: string) => ({
  '/': '<!doctype html><html lang="en"><title>Rig</title><script src="/page.js"></script></html>',
  '/page.js': script,
});
const nothing = () => Promise.resolve();

/** What a test in a browser must fail for, and what shows it. */
const WRONG: readonly (readonly [what: string, script: string, shows: RegExp])[] = [
  ['eval', "try { eval('1') } catch {}", /policy violated/],
  ['a file that is missing', "fetch('/none.wav')", /not found: \/none\.wav/],
];

for (const browser of BROWSERS) {
  test(
    `a visit to ${browser} fails for what the policy forbids, and for missing files`,
    { skip: missingBrowser(browser) },
    async () => {
      for (const [what, script, shows] of WRONG)
        await assert.rejects(visit(browser, { files: page(script) }, nothing), shows, what);
      await visit(browser, { files: page("fetch('/none.wav')"), expected: /none\.wav/ }, async (open) => {
        assert.equal(await open.evaluate((a, b) => a + b, 2, 3), 5);
        await assert.rejects(
          open.evaluate(() => {
            throw new RangeError('of the page');
          }),
          /of the page/,
        );
        assert.deepEqual([...(await open.screenshot()).subarray(1, 4)], [...Buffer.from('PNG')]);
      });
    },
  );
}
