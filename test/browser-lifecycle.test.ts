import assert from 'node:assert/strict';
import test from 'node:test';
import { createDetectorNode, listen, microphones, type ListenOptions, type Wake } from 'tympan/browser';
import { loadModel } from 'tympan';
import { readAudio } from 'tympan/node';
import { ToldStatus } from '#dist/browser/told-status.js';
import { Page } from './page-platform.js';

const model = await loadModel('models/happy.onnx');
const { samples: speech } = await readAudio('models/samples/happy.wav');
const SECOND = 16000;

function start(options: ListenOptions = {}) {
  const statuses: string[] = [];
  const wakes: Wake[] = [];
  const listener = listen(model, {
    onStatus: ({ state, reason }) => statuses.push(`${state} ${reason}`),
    onWake: (wake) => wakes.push(wake),
    ...options,
  });
  return { listener, statuses, wakes };
}

test('ten starts and stops leave no track, context, node or listener', async (t) => {
  const page = new Page(t);
  for (let i = 0; i < 10; i++) {
    const { listener } = start({ whenHidden: 'pause' });
    await listener.ready;
    await Promise.all([listener.stop(), listener.stop()]);
  }
  assert.equal(page.tracks.length, 10);
  page.assertNothingIsLeft();
});

test('a microphone that opens after the stop is closed at once', async (t) => {
  const page = new Page(t);
  let allow = () => {};
  page.prompt = new Promise((resolve) => (allow = resolve));
  const { listener, statuses } = start();
  await page.settle();
  assert.equal(page.asked.length, 1);
  await listener.stop();
  await assert.rejects(listener.ready, { reason: 'asked' });
  allow();
  await page.settle();
  assert.equal(page.tracks.length, 1);
  assert.deepEqual(statuses, ['stopped asked']);
  page.assertNothingIsLeft();
});

test('it can be stopped at any moment of its start, and from inside its callbacks', async (t) => {
  const page = new Page(t);
  for (let turns = 0; turns < 30; turns++) {
    const { listener } = start();
    for (let i = 0; i < turns; i++) await new Promise((resolve) => setImmediate(resolve));
    await listener.stop();
    assert.equal(listener.status.state, 'stopped');
  }
  for (let microtasks = 0; microtasks < 30; microtasks++) {
    let allow = () => {};
    page.prompt = new Promise((resolve) => (allow = resolve));
    const { listener } = start();
    await page.settle();
    allow();
    for (let i = 0; i < microtasks; i++) await Promise.resolve();
    await listener.stop();
  }
  page.prompt = Promise.resolve();
  for (const when of ['onStatus', 'onWake'] as const) {
    const listener = listen(model, { [when]: () => void listener.stop() });
    await listener.ready.catch(() => {});
    if (when === 'onWake') await page.play(speech);
    assert.equal(listener.status.state, 'stopped');
    await listener.stop();
  }
  page.assertNothingIsLeft();
});

test('no status follows the last, and none is told twice in turn', () => {
  const told: string[] = [];
  const status = new ToldStatus(({ state, reason }) => told.push(`${state} ${reason}`));
  status.tell('starting', 'asked');
  status.tell('listening', 'asked');
  status.tell('listening', 'asked');
  status.tell('stopped', 'asked');
  status.tell('stopped', 'error');
  assert.deepEqual(told, ['listening asked', 'stopped asked']);
  assert.equal(status.last.reason, 'asked');
});

test('nothing is told after the stop', async (t) => {
  const page = new Page(t);
  page.granted = { echoCancellation: true };
  const told: string[] = [];
  const own = listen(model, {
    onStatus({ state, reason }) {
      told.push(`${state} ${reason}`);
      if (state === 'listening') void own.stop();
    },
  });
  await own.ready;
  await own.stop();
  assert.deepEqual(told, ['listening asked', 'stopped asked']);

  page.granted = undefined;
  const other = start();
  await other.listener.ready;
  page.worklet = 'missing'; // the audio thread does not answer: it takes a while to stop
  const stopped = other.listener.stop();
  assert.equal(page.document.listeners, 0, 'no gesture starts it');
  page.context.become('interrupted');
  await stopped;
  assert.deepEqual(other.statuses, ['listening asked', 'stopped asked']);
  page.assertNothingIsLeft();
});

test('nor that it waits for a gesture, where it was stopped while it did', async (t) => {
  const page = new Page(t);
  t.mock.timers.enable({ apis: ['setTimeout'] });
  page.starts = false;
  const { listener, statuses } = start();
  await page.settle();
  assert.ok(page.document.listeners > 1, 'it looks out for gestures');
  page.worklet = 'missing';
  const stopped = listener.stop();
  assert.equal(page.document.listeners, 0);
  t.mock.timers.tick(10_000);
  await stopped;
  assert.deepEqual(statuses, ['stopped asked']);
  page.assertNothingIsLeft();
});

test('leaving a loop stops the listener', async (t) => {
  const page = new Page(t);
  const { listener } = start();
  const played = listener.ready.then(() => page.play(speech));
  for await (const wake of listener) {
    assert.equal(wake.keyword, 'happy');
    break;
  }
  await played;
  assert.equal(listener.status.state, 'stopped');
  for await (const wake of listener) assert.fail(wake.keyword);
  page.assertNothingIsLeft();
});

test('a signal stops it with its reason, before, during and after the start', async (t) => {
  const page = new Page(t);
  const reason = new Error('enough');
  for (const when of ['before', 'during', 'after']) {
    const abort = new AbortController();
    if (when === 'before') abort.abort(reason);
    const { listener, statuses } = start({ signal: abort.signal });
    const loop = (async () => {
      for await (const wake of listener) assert.fail(wake.keyword);
    })();
    if (when === 'after') await listener.ready;
    abort.abort(reason);
    await assert.rejects(loop, reason);
    if (when !== 'after') await assert.rejects(listener.ready, reason);
    assert.equal(statuses.at(-1), 'stopped aborted');
    await listener.stop();
  }
  page.assertNothingIsLeft();
});

test('a pause mutes the microphone, and stops the context and the time', async (t) => {
  const page = new Page(t);
  const { listener, statuses, wakes } = start();
  await listener.ready;
  await page.play(speech.subarray(0, SECOND));
  listener.pause();
  listener.pause();
  await page.settle();
  assert.equal(page.tracks[0].enabled, false);
  assert.equal(page.context.state, 'suspended');
  await page.play(speech);
  assert.equal(wakes.length, 0);
  listener.resume();
  await page.settle();
  assert.equal(page.tracks[0].enabled, true);
  await page.play(speech.subarray(SECOND));
  const [event] = model.detector().push(speech);
  assert.equal(wakes[0].time, event.time);
  assert.deepEqual(statuses, ['listening asked', 'paused asked', 'listening asked']);
  await listener.stop();
  page.assertNothingIsLeft();
});

test('a pause during the start holds, and so does one that is taken back at once', async (t) => {
  const page = new Page(t);
  const { listener, statuses } = start();
  listener.pause();
  await page.settle();
  assert.deepEqual(statuses, ['paused asked']);
  listener.resume();
  await listener.ready;
  listener.pause();
  listener.resume();
  await page.settle();
  assert.equal(listener.status.state, 'listening');
  assert.equal(page.context.state, 'running');
  await listener.stop();
  listener.pause();
  listener.resume();
  assert.equal(listener.status.state, 'stopped');
  page.assertNothingIsLeft();
});

for (const whenHidden of ['listen', 'pause'] as const) {
  test(`a hidden page is told, whenHidden: ${whenHidden}`, async (t) => {
    const page = new Page(t);
    const { listener, statuses } = start({ whenHidden });
    await listener.ready;
    for (const hidden of [true, false]) {
      page.document.hidden = hidden;
      page.document.fire('visibilitychange');
      await page.settle();
      assert.equal(page.context.state === 'running', !(hidden && whenHidden === 'pause'));
    }
    const hidden = whenHidden === 'pause' ? 'paused page-hidden' : 'listening page-hidden';
    assert.deepEqual(statuses, ['listening asked', hidden, 'listening page-visible']);
    await listener.stop();
    page.assertNothingIsLeft();
  });
}

test('of two pauses, that which was asked for is told, and the other where it is left', async (t) => {
  const page = new Page(t);
  const { listener, statuses } = start({ whenHidden: 'pause' });
  await listener.ready;
  const hide = async (hidden: boolean): Promise<void> => {
    page.document.hidden = hidden;
    page.document.fire('visibilitychange');
    await page.settle();
  };
  listener.pause();
  await hide(true);
  await hide(false);
  assert.deepEqual(statuses.splice(0), ['listening asked', 'paused asked']);
  await hide(true);
  listener.resume();
  await hide(false);
  assert.deepEqual(statuses.splice(0), ['paused page-hidden', 'listening page-visible']);
  await hide(true);
  listener.pause();
  await hide(false);
  listener.resume();
  await page.settle();
  assert.deepEqual(statuses, ['paused page-hidden', 'paused asked', 'listening asked']);
  await listener.stop();
  page.assertNothingIsLeft();
});

test('a pause from inside a status holds, and nothing else is told before it', async (t) => {
  const page = new Page(t);
  page.granted = { noiseSuppression: true };
  const told: string[] = [];
  let isEnough = true;
  const listener = listen(model, {
    reconnect: true,
    onStatus({ state, reason }) {
      told.push(`${state} ${reason}`);
      if (state === 'listening' && isEnough) listener.pause();
    },
  });
  await listener.ready;
  await page.settle();
  isEnough = false;
  listener.resume();
  await page.settle();
  assert.deepEqual(told.splice(0), ['listening asked', 'paused asked', 'listening asked', 'listening processed']);
  isEnough = true;
  page.tracks[0].unplug(); // the context runs on
  await page.settle();
  assert.equal(page.context.state, 'suspended');
  assert.deepEqual(told, ['reconnecting device-lost', 'listening asked', 'paused asked']);
  await listener.stop();
  page.assertNothingIsLeft();
});

test('an unplugged microphone ends the listener', async (t) => {
  const page = new Page(t);
  const { listener, statuses } = start();
  await listener.ready;
  page.tracks[0].unplug();
  await assert.rejects(
    async () => {
      for await (const wake of listener) assert.fail(wake.keyword);
    },
    { reason: 'device-lost' },
  );
  await listener.stop();
  assert.deepEqual(statuses, ['listening asked', 'stopped device-lost']);
  page.assertNothingIsLeft();
});

test('or is waited for, with reconnect, and time goes on', async (t) => {
  const page = new Page(t);
  const { listener, statuses, wakes } = start({ reconnect: true });
  await listener.ready;
  await page.play(speech.subarray(0, SECOND));
  page.refusal = 'NotFoundError';
  page.tracks[0].unplug();
  await page.settle();
  assert.deepEqual(statuses, ['listening asked', 'reconnecting device-lost']);
  page.refusal = undefined;
  page.devices.fire('devicechange');
  await page.settle();
  assert.equal(statuses.at(-1), 'listening asked');
  await page.play(speech.subarray(SECOND));
  assert.equal(wakes[0].time, model.detector().push(speech)[0].time);
  page.refusal = 'NotAllowedError';
  page.tracks[1].unplug();
  await page.settle();
  assert.equal(statuses.at(-1), 'reconnecting device-lost', 'lost so soon, it is not opened at once');
  page.devices.fire('devicechange');
  await page.settle();
  assert.equal(statuses.at(-1), 'stopped permission-denied');
  await listener.stop();
  page.assertNothingIsLeft();
});

test('a device whose sound ends as it begins is not opened without a pause', async (t) => {
  const page = new Page(t);
  t.mock.timers.enable({ apis: ['setTimeout'] });
  page.dead = 50;
  const { listener, statuses } = start({ reconnect: true });
  await page.settle();
  assert.equal(page.tracks.length, 2);
  t.mock.timers.tick(4999);
  await page.settle();
  assert.equal(page.tracks.length, 2);
  t.mock.timers.tick(1);
  await page.settle();
  assert.equal(page.tracks.length, 3);
  page.dead = 0;
  page.devices.fire('devicechange');
  await listener.ready;
  assert.deepEqual(statuses, ['reconnecting device-lost', 'listening asked']);
  t.mock.timers.reset();
  await listener.stop();
  page.assertNothingIsLeft();
});

test('a stop from inside the status of a loss asks for no other microphone', async (t) => {
  const page = new Page(t);
  const { listener } = start({
    reconnect: true,
    onStatus: ({ state }) => state === 'reconnecting' && void listener.stop(),
  });
  await listener.ready;
  page.tracks[0].unplug();
  await page.settle();
  assert.equal(page.asked.length, 1);
  page.assertNothingIsLeft();
});

test('a stop while it waits for a microphone leaves nothing', async (t) => {
  const page = new Page(t);
  const { listener } = start({ reconnect: true });
  await listener.ready;
  page.refusal = 'NotReadableError';
  page.tracks[0].unplug();
  await page.settle();
  await listener.stop();
  page.refusal = undefined;
  page.devices.fire('devicechange');
  await page.settle();
  assert.equal(page.tracks.length, 1);
  page.assertNothingIsLeft();
});

test("a page's own context and stream are used, and left as they are", async (t) => {
  const page = new Page(t);
  const context = new AudioContext();
  const stream = page.stream();
  const { listener, statuses } = start({ context, stream });
  await listener.ready;
  listener.pause();
  await page.settle();
  assert.equal(context.state, 'running');
  assert.equal(stream.getAudioTracks()[0].enabled, true);
  listener.resume();
  await listener.stop();
  assert.deepEqual(page.asked, []);
  assert.equal(context.state, 'running');
  assert.equal(stream.getAudioTracks()[0].readyState, 'live');
  assert.deepEqual(page.context.sources, []);
  assert.deepEqual(statuses, ['listening asked', 'paused asked', 'listening asked', 'stopped asked']);

  const other = start({ context, stream });
  await other.listener.ready;
  await context.close();
  await page.settle();
  assert.equal(other.statuses.at(-1), 'stopped error');
});

test('sound around an event comes with it, and short where the listener is stopped', async (t) => {
  const page = new Page(t);
  const { listener, wakes } = start({ audio: { before: 1, after: 0.5 } });
  await listener.ready;
  const events = model.detector().push(speech);
  const end = Math.round(events[1].time * SECOND) + 1600;
  await page.play(speech.subarray(0, end));
  const first = await wakes[0].audio!;
  assert.equal(first.sampleRate, SECOND);
  const from = Math.round(first.start * SECOND);
  assert.equal(first.samples.length, 1.5 * SECOND);
  assert.deepEqual(first.samples, speech.slice(from, from + 1.5 * SECOND));
  await listener.stop();
  const second = await wakes[1].audio!;
  assert.ok(second.samples.length > SECOND && second.samples.length < 1.2 * SECOND, `${second.samples.length}`);
  page.assertNothingIsLeft();
});

test('where the audio thread does not answer any more, a stop comes to its end, and sound that it owed is empty', async (t) => {
  const page = new Page(t);
  const { listener, wakes } = start({ audio: { before: 1, after: 60 } });
  await listener.ready;
  await page.play(speech);
  page.worklet = 'missing';
  await listener.stop();
  const { samples, sampleRate, start: from } = await wakes[0].audio!;
  assert.deepEqual([samples.length, sampleRate, from], [0, SECOND, wakes[0].time]);
  page.assertNothingIsLeft();
});

test('thresholds change while it listens, and while it starts', async (t) => {
  const page = new Page(t);
  const { listener, wakes } = start();
  listener.configure({ threshold: { happy: 1 } });
  await listener.ready;
  await page.play(speech);
  assert.deepEqual(wakes, []);
  assert.throws(() => listener.configure({ threshold: 2 }), RangeError);
  assert.throws(() => listener.configure({ threshold: { sad: 0.5 } }), /"sad" is no keyword; keywords are happy/);
  assert.throws(() => listener.configure({ threshold: 0.5 }, 1), /model: got 1, expected 0 to 0/);
  assert.throws(() => listener.configure({ device: 'x' } as object), /"device" is no option of configure/);
  listener.configure({ threshold: 0.6 }, 0);
  await page.play(speech);
  assert.ok(wakes.length > 0);
  await listener.stop();
  listener.configure({ threshold: 0.7 });
});

test('settings by keyword hold for the models that have it', async (t) => {
  const page = new Page(t);
  const other = await loadModel('models/happy.onnx', { labels: { version: 1, names: ['glad'] }, detection: {} });
  const listener = listen([model, other], { threshold: { glad: 0.9 }, smoothing: 50 });
  await listener.ready;
  const { plans } = page.nodes[0].options.processorOptions as { plans: { answer: { settings: unknown } }[] };
  const { threshold, refractory } = model.detector().settings.keywords.happy;
  assert.deepEqual(plans[0].answer.settings, { keywords: { happy: { threshold, smoothing: 50, refractory } } });
  assert.deepEqual(plans[1].answer.settings, {
    keywords: { glad: { threshold: 0.9, smoothing: 50, refractory: 1000 } },
  });
  listener.configure({ refractory: { happy: 500 } });
  await page.settle();
  const requests = page.nodes[0].port.requests.filter(({ type }) => type === 'configure');
  assert.deepEqual(requests[0], {
    type: 'configure',
    model: 0,
    settings: { threshold: { happy: threshold }, smoothing: { happy: 50 }, refractory: { happy: 500 } },
  });
  await listener.stop();
});

const WRONG: readonly [unknown, RegExp][] = [
  [{ devise: 'x' }, /"devise" is no option of listen; options are .*device/],
  [{ device: '' }, /device: got ""/],
  [{ device: 3 }, /device: got number/],
  [{ threshold: 7 }, /threshold of "happy": got 7, expected 0 to 1/],
  [{ threshold: { sad: 0.5 } }, /"sad" is no keyword/],
  [{ stream: {} }, /stream: got Object, expected a MediaStream/],
  [{ context: {} }, /context: got Object, expected an AudioContext/],
  [{ workletUrl: 3 }, /workletUrl: got number/],
  [{ audio: { before: 1 } }, /audio: after: got undefined/],
  [{ audio: { before: 61, after: 0 } }, /audio: before: got 61/],
  [{ whenHidden: 'sleep' }, /whenHidden: got "sleep"/],
  [{ reconnect: 1 }, /reconnect: got number, expected a boolean/],
  [{ signal: {} }, /signal: got Object, expected an AbortSignal/],
  [{ onWake: 'show' }, /onWake: got string, expected a function/],
];

test('wrong options are told at once', (t) => {
  const page = new Page(t);
  for (const [options, message] of WRONG) assert.throws(() => listen(model, options as ListenOptions), message);
  assert.throws(() => listen([]), /models: got an empty array/);
  assert.throws(() => listen({} as never), /models: got Object, expected what loadModel gives/);
  const stream = page.stream();
  assert.throws(() => listen(model, { stream, reconnect: true }), /leave them out where you give a stream/);
  assert.deepEqual(page.contexts, []);
});

test('microphones are listed, with the default one', async (t) => {
  const page = new Page(t);
  const input = (deviceId: string, label: string, kind = 'audioinput') =>
    ({ deviceId, label, kind }) as MediaDeviceInfo;
  page.inputs = [input('v', 'camera', 'videoinput'), input('a', 'one'), input('b', 'two')];
  assert.deepEqual(await microphones(), [
    { id: 'a', name: 'one', isDefault: true },
    { id: 'b', name: 'two', isDefault: false },
  ]);
  page.inputs = [input('b', 'two'), input('default', 'Default')];
  assert.deepEqual(
    (await microphones()).map(({ isDefault }) => isDefault),
    [false, true],
  );
  new Page(t, { navigator: {}, isSecureContext: false });
  await assert.rejects(microphones(), { reason: 'insecure-context' });
});

test("a node of the page's own graph hears, is flushed and closed", async (t) => {
  const page = new Page(t);
  const wakes: Wake[] = [];
  const abort = new AbortController();
  const context = new AudioContext();
  const detector = await createDetectorNode(context, model, {
    onWake: (wake) => wakes.push(wake),
    signal: abort.signal,
  });
  const [event] = model.detector().push(speech);
  const node = page.nodes[0];
  for (let at = 0; at + 128 <= event.time * SECOND; at += 128) node.render(speech.subarray(at, at + 128), SECOND);
  await detector.flush();
  const reference = model.detector();
  const heard = Math.floor((event.time * SECOND) / 128) * 128;
  const expected = [...reference.push(speech.subarray(0, heard)), ...reference.flush()];
  assert.deepEqual(
    wakes.map(({ time, posterior }) => ({ time, posterior })),
    expected.map(({ time, posterior }) => ({ time, posterior })),
  );
  abort.abort();
  await detector.close();
  assert.throws(() => detector.pause(), /closed/);
  await assert.rejects(detector.flush(), /closed/);
  await assert.rejects(createDetectorNode(context, model, { signal: abort.signal }), { name: 'AbortError' });
  await assert.rejects(
    createDetectorNode(context, model, { device: 'x' } as object),
    /no option of createDetectorNode/,
  );
  await context.close();
  page.assertNothingIsLeft();
});
