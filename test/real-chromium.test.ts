import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { missingBrowser, visit, type Page } from './browsers/browser.js';
import { checkHeard, checkReleased, livePage, THRESHOLD } from './browsers/live-page.js';
import type { DrivenPage } from './browsers/puppeteer.js';
import type { Diary } from './pages/live.js';
import { readSamples } from './pcm.js';
import { HAPPY, wavOf } from './spoken.js';

const LEAD = 16000; // samples of silence, until the page hears
const PATIENCE = 30; // s
const CYCLES = 10;

const ALLOWED = '--use-fake-ui-for-media-stream';
const FAKE = '--use-fake-device-for-media-stream';
const AUTOPLAY = '--autoplay-policy=no-user-gesture-required';

const options = { skip: missingBrowser('chromium') };
const files = options.skip ? {} : await livePage();

async function inChromium(flags: readonly string[], work: (page: DrivenPage) => Promise<void>, expected?: RegExp) {
  await visit('chromium', { files, flags, expected }, (page: Page) => work(page as DrivenPage));
}

test('Chromium hears a recording as its microphone, under a strict policy and not isolated', options, async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'tympan-fake-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const recording = await readSamples(HAPPY);
  const path = join(folder, 'microphone.wav');
  const padded = [...new Float32Array(LEAD), ...Float32Array.from(recording, (x) => x / 32767)];
  writeFileSync(path, wavOf(Float32Array.from(padded)));
  await inChromium([ALLOWED, FAKE, `--use-file-for-fake-audio-capture=${path}%noloop`, AUTOPLAY], async (page) => {
    assert.equal(await page.evaluate(() => crossOriginIsolated), false);
    const around = { threshold: THRESHOLD, audio: { before: 1, after: 0.5 } };
    assert.equal(await page.evaluate((asked) => live.begin(asked), around), 'ready');
    // After the recording come digital zeros.
    const heard = await page.evaluate(
      (seconds) => live.until({ wakes: 2, reason: 'digital-silence' }, seconds),
      PATIENCE,
    );
    await checkHeard(heard, recording, 1.5);
    assert.deepEqual(heard.settings, { echoCancellation: false, noiseSuppression: false, autoGainControl: false });
    assert.deepEqual(
      heard.statuses.map(({ state, reason }) => [state, reason]),
      [
        ['listening', 'asked'],
        ['silent', 'digital-silence'],
      ],
    );
    checkReleased(await page.evaluate(() => live.stop()), 1);
  });
});

test('ten starts and stops leave Chromium no track and no context', options, async () => {
  await inChromium([ALLOWED, FAKE, AUTOPLAY], async (page) => {
    const outcomes = await page.evaluate((count) => live.cycles(count), CYCLES);
    assert.deepEqual(outcomes, new Array<string>(CYCLES).fill('ready'));
    checkReleased(await page.evaluate(() => live.stop()), CYCLES);
  });
});

/** Checks that listening fails for a reason, and leaves nothing behind. */
async function checkRefused(page: Page, reason: string, asked: object = {}): Promise<void> {
  assert.equal(await page.evaluate((given) => live.begin(given), asked), reason);
  const { statuses, tracks, contexts } = await page.evaluate(() => live.stop());
  assert.deepEqual(
    statuses.map((status) => [status.state, status.reason]),
    [['stopped', reason]],
  );
  assert.ok(statuses[0].message.length > 20, statuses[0].message);
  assert.ok(!tracks.includes('live') && contexts.every((state) => state === 'closed'));
}

test('a microphone that is refused is told', options, async () => {
  await inChromium(['--deny-permission-prompts', FAKE, AUTOPLAY], (page) => checkRefused(page, 'permission-denied'));
});

test('that there is no microphone, or not the one that was named, is told', options, async () => {
  await inChromium([ALLOWED, '--disable-audio-input', AUTOPLAY], (page) => checkRefused(page, 'no-device'));
  await inChromium([ALLOWED, FAKE, AUTOPLAY], (page) => checkRefused(page, 'no-device', { device: 'none' }));
});

test('a worklet that is not where it should be is told', options, async () => {
  await inChromium(
    [ALLOWED, FAKE, AUTOPLAY],
    (page) => checkRefused(page, 'worklet-unavailable', { workletUrl: '/elsewhere.js' }),
    /elsewhere\.js/,
  );
});

test('one of several microphones is opened by its id', options, async () => {
  await inChromium([ALLOWED, FAKE, AUTOPLAY], async (page) => {
    assert.equal(await page.evaluate(() => live.begin()), 'ready'); // names are hidden before
    const devices = await page.evaluate(() => live.microphones());
    assert.ok(devices.length >= 2 && devices.every(({ id, name }) => id !== '' && name !== ''));
    assert.equal(devices.filter(({ isDefault }) => isDefault).length, 1);
    await page.evaluate(() => live.stop());
    assert.equal(await page.evaluate((device) => live.begin({ device }), devices.at(-1)!.id), 'ready');
    checkReleased(await page.evaluate(() => live.stop()), 2);
  });
});

test('a microphone that the browser takes back is told, and released', options, async () => {
  await inChromium([ALLOWED, FAKE, AUTOPLAY], async (page) => {
    assert.equal(await page.evaluate(() => live.begin()), 'ready');
    const session = await page.driver.createCDPSession();
    await session.send('Browser.setPermission', { permission: { name: 'microphone' }, setting: 'denied' });
    const lost = await page.evaluate((seconds) => live.until({ reason: 'device-lost' }, seconds), PATIENCE);
    assert.deepEqual([lost.statuses.at(-1)!.state, lost.statuses.at(-1)!.reason], ['stopped', 'device-lost']);
    checkReleased(await page.evaluate(() => live.stop()), 1);
  });
});

test('a page that is hidden is told, and pauses where it is asked to', options, async () => {
  for (const whenHidden of ['listen', 'pause'] as const) {
    await inChromium([ALLOWED, FAKE, AUTOPLAY], async (page) => {
      assert.equal(await page.evaluate((asked) => live.begin(asked), { whenHidden }), 'ready');
      const other = await page.driver.browser().newPage();
      await other.bringToFront();
      const hidden = await page.evaluate((seconds) => live.until({ reason: 'page-hidden' }, seconds), PATIENCE);
      assert.equal(hidden.statuses.at(-1)!.state, whenHidden === 'pause' ? 'paused' : 'listening');
      await page.driver.bringToFront();
      const seen = await page.evaluate((seconds) => live.until({ reason: 'page-visible' }, seconds), PATIENCE);
      assert.equal(seen.statuses.at(-1)!.state, 'listening');
      checkReleased(await page.evaluate(() => live.stop()), 1);
    });
  }
});

test('a browser that waits for a gesture is told, and listens after a click', options, async () => {
  await inChromium([], async (page) => {
    // With a microphone open Chromium asks for no gesture, and `page.evaluate` counts as one.
    const session = await page.driver.createCDPSession();
    const evaluate = (expression: string) =>
      session.send('Runtime.evaluate', { expression, awaitPromise: true, returnByValue: true });
    await evaluate('void live.begin({ ownStream: true })');
    const { result } = await evaluate(`live.until({ reason: 'needs-gesture' }, ${PATIENCE})`);
    const waiting = result.value as Diary;
    assert.deepEqual(
      waiting.statuses.map(({ state, reason }) => [state, reason]),
      [['starting', 'needs-gesture']],
    );
    await page.driver.mouse.click(10, 10);
    const heard = await page.evaluate((seconds) => live.until({ reason: 'asked' }, seconds), PATIENCE);
    assert.equal(heard.statuses.at(-1)!.state, 'listening');
    const { contexts, ownTrack } = await page.evaluate(() => live.stop());
    assert.deepEqual(
      { contexts, ownTrack },
      { contexts: ['closed'], ownTrack: 'live' },
      'a stream of the page is its own',
    );
  });
});
