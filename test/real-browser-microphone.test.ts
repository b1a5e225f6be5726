import assert from 'node:assert/strict';
import test from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { BROWSERS, missingBrowser, visit, type BrowserName } from './browsers/browser.js';
import { checkHeard, checkReleased, livePage, THRESHOLD } from './browsers/live-page.js';
import { readSamples } from './pcm.js';
import { missingSoundServer, startSoundServer, type SoundServer } from './sound-server.js';
import { HAPPY } from './spoken.js';
import { inTurns } from './turns.js';

const PATIENCE = 30; // s
const CYCLES = 10;

/** WebKitGTK tells of echo cancellation only. */
const SWITCHED_OFF: Readonly<Record<BrowserName, readonly string[]>> = {
  chromium: ['echoCancellation', 'noiseSuppression', 'autoGainControl'],
  firefox: ['echoCancellation', 'noiseSuppression', 'autoGainControl'],
  webkitgtk: ['echoCancellation'],
};

/** What browsers make of a source that the sound server has no more: Firefox ends the track, the others give digital zeros. */
const WHEN_UNPLUGGED: Readonly<Record<BrowserName, string>> = {
  chromium: 'digital-silence',
  firefox: 'device-lost',
  webkitgtk: 'digital-silence',
};

/** Microphone and audio without a question to the user. */
const FLAGS = ['--use-fake-ui-for-media-stream', '--autoplay-policy=no-user-gesture-required'];
const PREFERENCES = {
  'media.navigator.permission.disabled': true,
  'media.autoplay.default': 0,
  'media.autoplay.blocking_policy': 0,
};

const recorders = (server: SoundServer): number =>
  server.pactl('list', 'short', 'source-outputs').split('\n').filter(Boolean).length;

async function recordersToBe(server: SoundServer, count: number): Promise<void> {
  const end = Date.now() + PATIENCE * 1000;
  while (recorders(server) !== count && Date.now() < end) await sleep(100);
  assert.equal(recorders(server), count, 'programs that record');
}

function unplug(server: SoundServer): void {
  const module = server
    .pactl('list', 'short', 'modules')
    .split('\n')
    .find((line) => line.includes('module-remap-source'));
  server.pactl('unload-module', module!.split('\t')[0]);
}

for (const browser of BROWSERS) {
  test(
    `${browser} hears the word from the sound server's microphone, and releases it`,
    { skip: missingBrowser(browser) || missingSoundServer() },
    async (t) => {
      const server = await startSoundServer();
      t.after(() => server.stop());
      const idle = recorders(server); // the remapped source's own
      const recording = await readSamples(HAPPY);
      const options = { files: await livePage(), flags: FLAGS, preferences: PREFERENCES, env: server.environment };
      await visit(browser, options, async (page) => {
        let starts = 0;
        await t.test('detections, loudness, and the sound around them', (t) =>
          inTurns(t, async () => {
            const around = { threshold: THRESHOLD, audio: { before: 1, after: 0.5 } };
            assert.equal(await page.evaluate((asked) => live.begin(asked), around), 'ready');
            starts++;
            await recordersToBe(server, idle + 1);
            await server.play(recording);
            await sleep(1000); // what is still on its way
            const diary = await page.evaluate(() => live.stop());
            checkReleased(diary, starts);
            await recordersToBe(server, idle);
            for (const name of SWITCHED_OFF[browser])
              assert.equal(diary.settings[name as keyof typeof diary.settings], false, name);
            await checkHeard(diary, recording, 1.5);
          }),
        );
        await t.test('ten starts and stops', async () => {
          const outcomes = await page.evaluate((count) => live.cycles(count), CYCLES);
          assert.deepEqual(outcomes, new Array<string>(CYCLES).fill('ready'));
          checkReleased(await page.evaluate(() => live.stop()), starts + CYCLES);
          await recordersToBe(server, idle);
        });
        await t.test('a microphone that vanishes', async () => {
          assert.equal(await page.evaluate(() => live.begin()), 'ready');
          unplug(server);
          const reason = WHEN_UNPLUGGED[browser];
          const { statuses } = await page.evaluate((wanted, s) => live.until({ reason: wanted }, s), reason, PATIENCE);
          assert.equal(statuses.at(-1)!.reason, reason, JSON.stringify(statuses));
          checkReleased(await page.evaluate(() => live.stop()), starts + CYCLES + 1);
        });
      });
    },
  );
}
