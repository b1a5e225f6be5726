import assert from 'node:assert/strict';
import test from 'node:test';
import {
  createDetectorNode,
  listen,
  MicrophoneError,
  type ListenOptions,
  type Status,
  type Wake,
} from 'tympan/browser';
import { Broadcast } from '#dist/browser/broadcast.js';
import { AudioError, loadModel } from 'tympan';
import { readAudio } from 'tympan/node';
import { Page } from './page-platform.js';

const model = await loadModel('models/happy.onnx');
const { samples: speech } = await readAudio('models/samples/happy.wav');
const expected = (() => {
  const detector = model.detector();
  const heard = detector.push(speech.subarray(0, speech.length - (speech.length % 128)));
  detector.close();
  return heard;
})();

/** A listener whose statuses are kept. */
function start(options: ListenOptions = {}) {
  const statuses: string[] = [];
  const listener = listen(model, {
    ...options,
    onStatus: (status: Status) => {
      statuses.push(`${status.state} ${status.reason}`);
      options.onStatus?.(status);
    },
  });
  return { listener, statuses };
}

async function collect(listener: AsyncIterable<Wake>): Promise<Wake[]> {
  const wakes: Wake[] = [];
  for await (const wake of listener) wakes.push(wake);
  return wakes;
}

test('a listener hears what a detector of the same model hears', async (t) => {
  const page = new Page(t);
  const calls: Wake[] = [];
  const { listener, statuses } = start({ onWake: (wake) => calls.push(wake) });
  assert.deepEqual([listener.status.state, listener.status.reason], ['starting', 'asked']);
  assert.equal(listener.settings.echoCancellation, undefined);
  const loop = collect(listener);
  await listener.ready;
  await page.play(speech);
  await listener.stop();
  const wakes = await loop;
  assert.ok(expected.length > 0);
  assert.deepEqual(
    wakes,
    expected.map((event) => ({ ...event, model: 0, contextTime: event.time })),
  );
  assert.deepEqual(calls, wakes);
  assert.deepEqual(statuses, ['listening asked', 'stopped asked']);
  assert.deepEqual(listener.settings, { echoCancellation: false, noiseSuppression: false, autoGainControl: false });
  page.assertNothingIsLeft();
});

test('the microphone is opened as recognition needs it', async (t) => {
  const page = new Page(t);
  const { listener } = start({ device: 'abc' });
  await listener.ready;
  assert.deepEqual(page.asked, [
    {
      audio: {
        channelCount: 1,
        echoCancellation: false,
        noiseSuppression: false,
        autoGainControl: false,
        deviceId: { exact: 'abc' },
      },
      video: false,
    },
  ]);
  await listener.stop();
});

test('what the browser did not switch off is told', async (t) => {
  const page = new Page(t);
  page.granted = { echoCancellation: true, noiseSuppression: false };
  const { listener, statuses } = start();
  await listener.ready;
  await page.settle();
  assert.deepEqual(statuses, ['listening asked', 'listening processed']);
  assert.match(listener.status.message, /not switched off: echoCancellation$/);
  assert.deepEqual(listener.settings, {
    echoCancellation: true,
    noiseSuppression: false,
    autoGainControl: undefined,
  });
  await listener.stop();
});

const REFUSALS = {
  NotAllowedError: 'permission-denied',
  SecurityError: 'permission-denied',
  NotFoundError: 'no-device',
  OverconstrainedError: 'no-device',
  NotReadableError: 'device-busy',
  AbortError: 'device-busy',
  InvalidStateError: 'error',
};

for (const [name, reason] of Object.entries(REFUSALS)) {
  test(`${name} of the browser is ${reason}, of ready, of loops and of the status`, async (t) => {
    const page = new Page(t);
    page.refusal = name;
    const { listener, statuses } = start();
    const isIt = (error: unknown) =>
      error instanceof MicrophoneError && error.reason === reason && error.message.includes(name);
    await assert.rejects(collect(listener), isIt);
    await assert.rejects(listener.ready, isIt);
    await assert.rejects(collect(listener), isIt, 'also of a loop that begins later');
    await listener.stop();
    assert.deepEqual(statuses, [`stopped ${reason}`]);
    page.assertNothingIsLeft();
  });
}

/** What is missing, and how a listener then ends. */
async function endsWith(reason: string, options?: ListenOptions, models = model): Promise<MicrophoneError> {
  const listener = listen(models, options);
  const error: unknown = await listener.ready.then(
    () => undefined,
    (thrown: unknown) => thrown,
  );
  assert.ok(error instanceof MicrophoneError && error instanceof AudioError, String(error));
  assert.equal(error.reason, reason, error.message);
  await listener.stop();
  return error;
}

test('a page that is not secure, or has no microphone or no AudioWorklet, is told so', async (t) => {
  new Page(t, { isSecureContext: false, navigator: {} });
  assert.match((await endsWith('insecure-context')).message, /https:\/\/page\.example.*HTTPS/);
  new Page(t, { navigator: {} });
  await endsWith('no-device');
  new Page(t, { AudioWorkletNode: undefined });
  assert.match((await endsWith('no-audio-worklet')).message, /Safari 16\.4/);
  new Page(t, { AudioWorkletNode: undefined, isSecureContext: false });
  await endsWith('insecure-context');
});

test('where the worklet is not served, nobody is asked for the microphone, and it can be tried again', async (t) => {
  const page = new Page(t);
  page.worklet = 'missing';
  const message = (await endsWith('worklet-unavailable', { workletUrl: 'assets/w.js' })).message;
  assert.match(message, /^worklet https:\/\/page\.example\/app\/assets\/w\.js: 404; .*workletUrl/);
  page.worklet = 'another';
  assert.match(
    (await endsWith('worklet-unavailable')).message,
    /has not registered tympan-detector or tympan-detector-full/,
  );
  assert.match((await endsWith('worklet-unavailable', { workletUrl: 'http://[' })).message, /is no URL/);
  assert.deepEqual(page.asked, []);
  page.worklet = 'there';
  const { listener } = start();
  await listener.ready;
  assert.match(page.modules.at(-1)!, /\/worklet\.js$/);
  await listener.stop();
  page.assertNothingIsLeft();
});

test('a context that is closed is told as that, before and while the worklet is loaded', async (t) => {
  const page = new Page(t);
  const closed = new AudioContext();
  await closed.close();
  assert.match((await endsWith('error', { context: closed })).message, /^context: is closed, .*new AudioContext/);
  assert.deepEqual(page.modules, []);
  const context = new AudioContext();
  const making = createDetectorNode(context, model);
  await context.close();
  await assert.rejects(making, { name: 'MicrophoneError', reason: 'error', message: /^context: is closed/ });
  assert.equal(page.modules.length, 1);
});

test('a context that does not take the microphone ends the listener, which releases it', async (t) => {
  const page = new Page(t);
  page.refusesStreams = true;
  const message = (await endsWith('error')).message;
  assert.match(message, /16000 Hz that is suspended .*NotSupportedError: of another rate; .*`context`/);
  page.assertNothingIsLeft();
  page.refusesStreams = false;
  const { listener } = start({ reconnect: true });
  await listener.ready;
  page.refusesStreams = true;
  page.tracks[1].unplug();
  await assert.rejects(collect(listener), { reason: 'error' });
  await listener.stop();
  assert.equal(page.tracks.length, 3);
  page.assertNothingIsLeft();
});

test('a model that needs all operators takes the full worklet, which runs any', async (t) => {
  const page = new Page(t);
  const windowed = await loadModel('models/happy.onnx', {
    streaming: { mode: 'windowed', windowFrames: 64, hopFrames: 8 },
  });
  assert.equal(windowed.plan().needs, 'operators');
  const wakes: Wake[] = [];
  const listener = listen([model, windowed], { onWake: (wake) => wakes.push(wake) });
  await listener.ready;
  await page.play(speech);
  await listener.stop();
  assert.match(page.modules[0], /\/worklet-full\.js$/);
  const heard = windowed.detector().push(speech);
  assert.ok(heard.length > 0);
  assert.deepEqual(
    wakes.filter((wake) => wake.model === 1).map(({ time }) => time),
    heard.map(({ time }) => time),
  );
  const message = (await endsWith('worklet-unavailable', { workletUrl: 'worklet.js' }, windowed)).message;
  assert.match(message, /worklet\.js: has not registered tympan-detector-full: .*tympan\/worklet\/full/);
  const { listener: plain } = start({ workletUrl: 'full.js' });
  await plain.ready;
  await plain.stop();
});

test('what fails on the audio thread ends the listener', async (t) => {
  const page = new Page(t);
  page.crash = 'CompileError';
  assert.match((await endsWith('error')).message, /CompileError: no; .*'wasm-unsafe-eval'/);
  page.crash = undefined;
  const { listener, statuses } = start();
  await listener.ready;
  page.nodes.at(-1)!.fire('processorerror');
  await assert.rejects(collect(listener), { name: 'MicrophoneError', reason: 'error' });
  await listener.stop();
  assert.equal(statuses.at(-1), 'stopped error');
  page.assertNothingIsLeft();
});

test('a context that waits for a gesture is told, and started by one', async (t) => {
  const page = new Page(t);
  page.starts = false;
  const { listener, statuses } = start();
  await page.settle();
  assert.deepEqual(statuses, []);
  while (statuses.length === 0) await page.settle();
  assert.deepEqual(statuses, ['starting needs-gesture']);
  const listeners = page.document.listeners;
  page.starts = true;
  page.document.fire('pointerup');
  await listener.ready;
  assert.deepEqual(statuses, ['starting needs-gesture', 'listening asked']);
  assert.ok(page.document.listeners < listeners, 'it no longer looks out for gestures');
  await listener.stop();
  page.assertNothingIsLeft();
});

test('an interruption by the system is told, and ends', async (t) => {
  const page = new Page(t);
  const { listener, statuses } = start();
  await listener.ready;
  page.starts = false;
  page.context.become('interrupted');
  await page.settle();
  page.starts = true;
  page.context.become('suspended');
  await page.settle();
  assert.deepEqual(statuses, ['listening asked', 'paused interrupted', 'listening asked']);
  await listener.stop();
  page.assertNothingIsLeft();
});

test('a muted microphone and digital silence are told once, until sound comes', async (t) => {
  const page = new Page(t);
  const { listener, statuses } = start();
  await listener.ready;
  await page.play(new Float32Array(16000 * 7));
  assert.deepEqual(statuses, ['listening asked', 'silent digital-silence']);
  await page.play(speech.subarray(0, 16000));
  page.tracks[0].mute(true);
  await page.play(new Float32Array(16000 * 7));
  page.tracks[0].mute(false);
  assert.deepEqual(statuses.slice(2), ['listening sound', 'silent muted', 'silent digital-silence']);
  await page.play(speech.subarray(0, 16000));
  assert.deepEqual(statuses.slice(5), ['listening sound']);
  await listener.stop();
});

test('silence is told again after a pause, during which nothing is told of it', async (t) => {
  const page = new Page(t);
  const { listener, statuses } = start();
  await listener.ready;
  await page.play(new Float32Array(16000 * 7));
  for (const isMuted of [false, true]) {
    statuses.length = 0;
    listener.pause();
    await page.settle();
    page.tracks[0].mute(isMuted);
    listener.resume();
    await page.settle();
    assert.deepEqual(statuses, ['paused asked', isMuted ? 'silent muted' : 'silent digital-silence']);
  }
  page.starts = false;
  page.context.become('interrupted');
  await page.settle();
  page.starts = true;
  page.context.become('suspended');
  await page.settle();
  assert.deepEqual(statuses.slice(2), ['paused interrupted', 'silent muted']);
  page.tracks[0].mute(false);
  await page.play(speech.subarray(0, 16000));
  assert.equal(statuses.at(-1), 'listening sound');
  await listener.stop();
});

test('so is one that is muted when it is opened', async (t) => {
  const page = new Page(t);
  page.isMuted = true;
  page.granted = { autoGainControl: true };
  const { listener, statuses } = start();
  await listener.ready;
  assert.deepEqual(statuses, ['silent muted', 'silent processed']);
  await listener.stop();
});

test('a loop that is slow keeps the last 100 events, and its error', async () => {
  const events = new Broadcast<number>();
  const loop = events.subscribe(() => Promise.resolve());
  for (let i = 0; i < 250; i++) events.push(i);
  events.fail(new Error('lost'));
  const heard: number[] = [];
  const all = (async () => {
    for await (const event of loop) heard.push(event);
  })();
  await assert.rejects(all, /lost/);
  assert.deepEqual(
    heard,
    Array.from({ length: 100 }, (_, i) => 150 + i),
  );
  assert.equal((await loop.next()).done, true);
});

test('what callbacks throw is reported, and changes nothing', async (t) => {
  const page = new Page(t);
  const error = new Error('of the page');
  const { listener } = start({
    onWake() {
      throw error;
    },
    onStatus() {
      throw error;
    },
  });
  const loop = collect(listener);
  await listener.ready;
  await page.play(speech);
  await listener.stop();
  assert.equal((await loop).length, expected.length);
  assert.deepEqual(page.uncaught.splice(0), new Array(expected.length + 2).fill(error));
  page.assertNothingIsLeft();
});

test('posteriors, features and levels cross only where they are asked for', async (t) => {
  const page = new Page(t);
  const plain = start();
  await plain.listener.ready;
  const { watch } = page.nodes[0].options.processorOptions as { watch: object };
  assert.deepEqual(watch, { posteriors: false, features: false, levels: false });
  await plain.listener.stop();
  const posteriors: number[] = [];
  let features = 0;
  let peak = 0;
  const { listener } = start({
    onPosteriors: ([posterior], _, which) => posteriors.push(posterior + which),
    onFeatures: (values) => (features = values.length),
    onLevel: (level) => (peak = Math.max(peak, level.peak)),
  });
  await listener.ready;
  await page.play(speech);
  await listener.stop();
  const heard: number[] = [];
  const detector = model.detector({ onFrame: ([posterior]) => heard.push(posterior) });
  detector.push(speech.subarray(0, speech.length - (speech.length % 128)));
  assert.deepEqual(posteriors, heard);
  assert.equal(features, model.features(speech).coefficients);
  assert.ok(peak > 0.01 && peak <= 1);
});
