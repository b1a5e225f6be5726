/** The Electron example's main process, in Node: everything that it asks of Electron, and what it believes a page. */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { pathToFileURL } from 'node:url';
import { buildElectronExample } from './electron/example.js';
import { calls, fake, handlers, install, trays, utilities, windows, type MenuEntry } from './electron/fake-electron.js';
import { beside, fake as fakeProgram, gone, hideRecorders, started } from './fake-recorder.js';
import { readSamples, samplesToPcm } from './pcm.js';
import { HAPPY } from './spoken.js';

const { folder, packages } = await buildElectronExample('electron-main');
install(packages);
await import(pathToFileURL(join(folder, 'main.js')).href);
await until(() => windows.length > 0);
const [window] = windows;
const [tray] = trays;

const entry = (label: string): MenuEntry | undefined => tray.menu.find((one) => one.label === label);

async function until(holds: () => boolean): Promise<void> {
  for (let i = 0; !holds(); i++) {
    if (i === 2000) throw new Error(`it never was so: ${String(holds)}`);
    await sleep(10);
  }
}

/** What the main process writes while something is done. */
async function written(work: (lines: readonly string[]) => unknown): Promise<string[]> {
  const lines: string[] = [];
  const { log } = console;
  console.log = (line: string) => void lines.push(line);
  try {
    await work(lines);
  } finally {
    console.log = log;
  }
  return lines;
}

function fromPage(channel: string, value: unknown, more: object = {}): void {
  const { webContents } = window;
  fake.ipcMain.emit(channel, { sender: webContents, senderFrame: webContents.mainFrame, ...more }, value);
}

test('the scheme is secure and standard, and told before the app is ready', () => {
  assert.deepEqual(handlers.schemes, [
    { scheme: 'app', privileges: { standard: true, secure: true, supportFetchAPI: true } },
  ]);
  assert.deepEqual(calls.slice(0, 2), ['registerSchemesAsPrivileged', 'whenReady']);
});

test('the window is sandboxed, isolated and without Node, and goes nowhere else', () => {
  assert.equal(window.url, 'app://tympan/');
  const { contextIsolation, sandbox, nodeIntegration, preload, webSecurity } = window.options.webPreferences;
  assert.deepEqual([contextIsolation, sandbox, nodeIntegration, webSecurity], [true, true, false, undefined]);
  assert.equal(preload, join(folder, 'preload.cjs'));
  assert.deepEqual(window.webContents.openHandler!(), { action: 'deny' });
  let isPrevented = false;
  window.webContents.emit('will-navigate', { preventDefault: () => (isPrevented = true) });
  assert.ok(isPrevented);
});

test('the page has its own files under a strict policy, and no others', async () => {
  for (const [path, type] of [
    ['/', 'text/html; charset=utf-8'],
    ['/renderer.js', 'text/javascript; charset=utf-8'],
    ['/worklet.js?1', 'text/javascript; charset=utf-8'],
    ['/happy.onnx', 'application/octet-stream'],
  ]) {
    const response = await handlers.protocol!({ url: `app://tympan${path}` });
    assert.equal(response.status, 200, path);
    assert.equal(response.headers.get('content-type'), type);
    const policy = response.headers.get('content-security-policy')!;
    assert.match(policy, /default-src 'none'; script-src 'self' 'wasm-unsafe-eval'/);
    assert.doesNotMatch(policy, /unsafe-inline|'unsafe-eval'|https?:|data:|blob:|\*/);
    assert.ok((await response.arrayBuffer()).byteLength > 100);
  }
  for (const url of [
    ...['app://tympan/main.js', 'app://tympan/../main.js', 'app://tympan/%2e%2e/main.js', 'app://tympan/constructor'],
    ...['app://other/index.html', 'app://tympan.evil/', 'file:///etc/passwd', 'https://tympan/'],
  ])
    assert.equal((await handlers.protocol!({ url })).status, 404, url);
});

test('the microphone is granted to the page, and nothing else to anybody', () => {
  const ask = (permission: string, details: object): boolean => {
    let answer: boolean | undefined;
    handlers.request!(window.webContents, permission, (isGranted) => (answer = isGranted), details);
    return answer!;
  };
  const requestingUrl = 'app://tympan/';
  assert.equal(ask('media', { mediaTypes: ['audio'], requestingUrl }), true);
  assert.equal(ask('media', { mediaTypes: ['audio', 'video'], requestingUrl }), false);
  assert.equal(ask('media', { mediaTypes: [], requestingUrl }), false);
  assert.equal(ask('media', { mediaTypes: ['audio'], requestingUrl: 'https://example.com/' }), false);
  assert.equal(ask('media', { mediaTypes: ['audio'], requestingUrl: 'app://tympan.evil/' }), false);
  assert.equal(ask('media', {}), false);
  assert.equal(ask('geolocation', { mediaTypes: ['audio'], requestingUrl }), false);
  const check = (permission: string, origin: string, mediaType: string): boolean =>
    handlers.check!(null, permission, origin, { mediaType });
  assert.equal(check('media', 'app://tympan/', 'audio'), true);
  assert.equal(check('media', 'app://tympan/', 'video'), false);
  assert.equal(check('media', 'https://example.com/', 'audio'), false);
  assert.equal(check('midi', 'app://tympan/', 'audio'), false);
});

const WAKE = { keyword: 'happy', posterior: 0.93, time: 1.25 };

test('an event of the page arrives; what is none, or of another page, does not', async () => {
  assert.deepEqual(await written(() => fromPage('tympan:wake', WAKE)), ['happy 0.93 at 1.25 s']);
  const lines = await written(() => {
    for (const wrong of [
      ...[null, undefined, 7, 'happy', [], {}, { ...WAKE, posterior: 2 }, { ...WAKE, posterior: NaN }],
      ...[
        { ...WAKE, time: Infinity },
        { ...WAKE, time: -1 },
        { ...WAKE, keyword: {} },
      ],
      { ...WAKE, keyword: 'x'.repeat(1001) },
    ])
      fromPage('tympan:wake', wrong);
    fromPage('tympan:wake', WAKE, { sender: {} });
    fromPage('tympan:wake', WAKE, { senderFrame: null });
    fromPage('tympan:wake', WAKE, { senderFrame: { url: 'app://tympan/' } }); // a frame inside the page
    window.webContents.mainFrame.url = 'https://example.com/';
    fromPage('tympan:wake', WAKE);
    window.webContents.mainFrame.url = 'app://tympan/';
  });
  assert.deepEqual(lines, []);
});

test('the tray always says whether it listens, and pauses and resumes it', () => {
  const icons = new Set<string>();
  for (const [state, reason, label, command] of [
    ['listening', 'asked', 'Pause', 'pause'],
    ['paused', 'asked', 'Resume', 'resume'],
    ['silent', 'digital-silence', 'Pause', 'pause'],
    ['reconnecting', 'device-lost', 'Pause', 'pause'],
  ] as const) {
    fromPage('tympan:status', { state, reason, message: `it is ${state}` });
    assert.equal(tray.tooltip, `Tympan: it is ${state}`);
    icons.add(Buffer.from((tray.image as { bytes: Uint8Array }).bytes).toString('hex'));
    window.webContents.sent.length = 0;
    entry(label)!.click!();
    assert.deepEqual(window.webContents.sent, [['tympan:command', command]]);
  }
  assert.equal(icons.size, 3, 'listening, paused and trouble look different');
  fromPage('tympan:status', { state: 'stopped', reason: 'no-device', message: 'there is no microphone' });
  assert.deepEqual([entry('Pause'), entry('Resume')], [undefined, undefined]);
  fromPage('tympan:status', { state: 'dancing', reason: '', message: 'x' });
  assert.equal(tray.tooltip, 'Tympan: there is no microphone');
  window.webContents.emit('render-process-gone', {}, { reason: 'crashed' });
  assert.match(tray.tooltip, /the page is gone: crashed/);
});

test('closing the window hides it; Quit ends it', () => {
  const close = (): boolean => {
    let isPrevented = false;
    window.emit('close', { preventDefault: () => (isPrevented = true) });
    return isPrevented;
  };
  assert.equal(close(), true);
  assert.ok(window.isHidden);
  entry('Quit')!.click!();
  assert.equal(calls.at(-1), 'quit');
  assert.equal(close(), false);
});

test('on macOS the system is asked first; where it refuses, nothing listens, and the tray says what to do', async (t) => {
  const platform = Object.getOwnPropertyDescriptor(process, 'platform')!;
  t.after(() => Object.defineProperty(process, 'platform', platform));
  Object.defineProperty(process, 'platform', { ...platform, value: 'darwin' });
  t.mock.method(fake.systemPreferences, 'askForMediaAccess', async () => false);
  const before = [windows.length, trays.length];
  await import(`${pathToFileURL(join(folder, 'main.js')).href}?refused`);
  await until(() => /System Settings/.test(trays.at(-1)!.tooltip));
  assert.deepEqual([windows.length, trays.length], [before[0], before[1] + 1]);
});

hideRecorders();

test('the other variant: a utility process hears by Node, pauses, and lets go of the recorder when the app quits', async () => {
  writeFileSync(beside('sound'), samplesToPcm(await readSamples(HAPPY)));
  // As fast as it goes, and then nothing, as from a microphone that is open.
  fakeProgram('arecord', `process.stdout.write(fs.readFileSync('FOLDER/sound')); setInterval(() => {}, 1000);`);
  process.argv.push('--node-microphone');
  await written(async (lines) => {
    await import(`${pathToFileURL(join(folder, 'main.js')).href}?node`);
    await until(() => lines.length >= 2);
    for (const line of lines) assert.match(line, /^happy 0\.\d\d at \d\.\d\d s$/);
  });
  assert.equal(windows.length, 1, 'no second window');
  const own = trays.at(-1)!;
  const { tooltip } = own;
  const click = (label: string): void => own.menu.find((one) => one.label === label)!.click!();
  const first = await started();
  click('Pause');
  await gone(first.pid);
  await until(() => own.tooltip !== tooltip && own.menu.some(({ label }) => label === 'Resume'));
  click('Resume');
  const second = await started(1);
  await until(() => own.menu.some(({ label }) => label === 'Pause'));
  const [utility] = utilities;
  click('Quit');
  await gone(second.pid);
  await gone(utility.pid);
});
