/** The Electron example's page and preload script in Chromium: its engine, its policy, and a stand-in for the rest. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { build } from 'esbuild';
import { missingBrowser, visit } from './browsers/browser.js';
import { buildElectronExample } from './electron/example.js';
import { readSamples } from './pcm.js';
import { HAPPY, wavOf } from './spoken.js';

const LEAD = 16000; // samples of silence, until the page hears
const options = { skip: missingBrowser('chromium') };

/** Electron's part of a preload script: what the page sends is kept, and the test sends commands. */
const STAND_IN = `
const listeners = [];
globalThis.electron = { sent: [], command: (value) => listeners.forEach((listener) => listener({}, value)) };
export const contextBridge = { exposeInMainWorld: (name, value) => (globalThis[name] = Object.freeze(value)) };
export const ipcRenderer = {
  send: (channel, value) => electron.sent.push([channel, structuredClone(value)]),
  on: (channel, listener) => channel === 'tympan:command' && listeners.push(listener),
};`;

/** What the page may see of the main process, and this test of the stand-in. */
declare const electron: { readonly sent: [string, unknown][]; command(value: unknown): void };
declare const tympan: Record<string, (value: unknown) => void>;

interface Sent {
  readonly wakes: readonly { keyword: string; posterior: number; time: number }[];
  readonly statuses: readonly { state: string; reason: string; message: string }[];
}

test('the page hears a recording, and its events reach the main process as it takes them', options, async (t) => {
  const { folder } = await buildElectronExample('electron-page');
  const media = mkdtempSync(join(tmpdir(), 'tympan-electron-'));
  t.after(() => rmSync(media, { recursive: true }));
  const recording = join(media, 'microphone.wav');
  const samples = Float32Array.from(await readSamples(HAPPY), (x) => x / 32767);
  const sound = new Float32Array(LEAD + samples.length);
  sound.set(samples, LEAD);
  writeFileSync(recording, wavOf(sound));
  const electronModule = join(media, 'electron.mjs');
  writeFileSync(electronModule, STAND_IN);
  const source = 'examples/electron/src/';
  const bundled = async (entry: string, format: 'iife' | 'esm'): Promise<string> =>
    (
      await build({
        ...{ entryPoints: [source + entry], bundle: true, format, write: false, alias: { electron: electronModule } },
      })
    ).outputFiles[0].text;
  const html = readFileSync(join(folder, 'page/index.html'), 'utf8');
  const files = {
    '/': html.replace('<script', '<script src="preload.js"></script><script'),
    '/preload.js': await bundled('preload.ts', 'iife'),
  };
  assert.notEqual(files['/'], html);
  const write = async (entry: string): Promise<string> => {
    const path = join(media, entry.replace('.ts', '.mjs'));
    writeFileSync(path, await bundled(entry, 'esm'));
    return path;
  };
  const { POLICY } = (await import(await write('app-files.ts'))) as { POLICY: string };
  const { parseWake, parseStatus } = (await import(await write('bridge.ts'))) as Record<
    'parseWake' | 'parseStatus',
    (value: unknown) => unknown
  >;
  const flags = [
    ...['--use-fake-ui-for-media-stream', '--use-fake-device-for-media-stream'],
    ...[`--use-file-for-fake-audio-capture=${recording}%noloop`, '--autoplay-policy=no-user-gesture-required'],
  ];
  await visit('chromium', { folder: join(folder, 'page'), files, policy: POLICY, flags }, async (page) => {
    const sent = async (): Promise<Sent> => {
      const all = await page.evaluate(() => electron.sent);
      const of = (channel: string): never =>
        all.filter(([name]) => name === channel).map(([, value]) => value) as never;
      return { wakes: of('tympan:wake'), statuses: of('tympan:status') };
    };
    const until = async (holds: (sent: Sent) => boolean): Promise<Sent> => {
      for (let i = 0; ; i++) {
        const now = await sent();
        if (holds(now)) return now;
        if (i === 300) throw new Error(`it never was so: ${JSON.stringify(now)}`);
        await sleep(100);
      }
    };
    assert.deepEqual(await page.evaluate(() => Object.keys(tympan)), ['wake', 'status', 'onCommand']);
    const { wakes } = await until((now) => now.wakes.length > 0);
    for (const wake of wakes) {
      assert.deepEqual(parseWake(wake), wake);
      assert.equal(wake.keyword, 'happy');
    }
    assert.match(await page.evaluate(() => document.querySelector('#wakes')!.textContent!), /happy, \d+ %, at/);
    await page.evaluate(() => electron.command('pause'));
    await until(({ statuses }) => statuses.at(-1)!.state === 'paused');
    await page.evaluate(() => electron.command('resume'));
    const { statuses } = await until((now) => /^(listening|silent)$/.test(now.statuses.at(-1)!.state)); // the recording is over
    for (const status of statuses) assert.deepEqual(parseStatus(status), status);
    // What is no event stays in the page.
    await page.evaluate(() => {
      electron.sent.length = 0;
      for (const wrong of [null, { keyword: 'x' }, { keyword: 'x', posterior: 7, time: 0 }]) tympan.wake(wrong);
      tympan.status({ state: 'dancing' });
      electron.command('quit');
    });
    assert.deepEqual((await sent()).wakes, []);
    assert.ok((await sent()).statuses.every(({ state }) => state !== 'dancing'));
  });
});
