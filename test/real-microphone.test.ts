import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { loadModel, type Detection, type Detector } from '#dist/index.js';
import { devices, microphone, type Microphone, type MicrophoneStatus } from '#dist/node/index.js';
import { RECORDERS, type Recorder } from '#dist/node/recorder.js';
import { children, gone } from './fake-recorder.js';
import { readSamples } from './pcm.js';
import { missingSoundServer, startSoundServer, type SoundServer } from './sound-server.js';
import { inTurns } from './turns.js';

const RATE = 16000;
const TURNS = 3;

const words = (detections: readonly Detection[]): string[] => detections.map(({ keyword }) => keyword);

function joined(chunks: readonly Int16Array[]): Int16Array {
  const whole = new Int16Array(chunks.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const chunk of chunks) {
    whole.set(chunk, at);
    at += chunk.length;
  }
  return whole;
}

/** Where in `heard` the sound played begins, and how far the two correlate. */
function place(heard: Int16Array, played: Int16Array): { at: number; correlation: number; isExact: boolean } {
  let loudest = 0; // the lag is found from the loudest half second, then checked over all
  const length = RATE / 2;
  for (let start = 0, best = -1; start + length <= played.length; start += length / 4) {
    const energy = played.subarray(start, start + length).reduce((sum, x) => sum + x * x, 0);
    if (energy > best) [best, loudest] = [energy, start];
  }
  const part = played.subarray(loudest, loudest + length);
  let best = { at: 0, correlation: -1 };
  for (let at = loudest; at + played.length - loudest <= heard.length; at++) {
    let dot = 0;
    for (let i = 0; i < length; i += 8) dot += part[i] * heard[at + i];
    if (dot > best.correlation) best = { at, correlation: dot };
  }
  const at = best.at - loudest;
  const found = heard.subarray(at, at + played.length);
  const isExact = found.length === played.length && played.every((sample, i) => sample === found[i]);
  return { at, correlation: correlate(found, played), isExact };
}

function correlate(a: Int16Array, b: Int16Array): number {
  let [ab, aa, bb] = [0, 0, 0];
  for (let i = 0; i < b.length; i++) {
    ab += a[i] * b[i];
    aa += a[i] * a[i];
    bb += b[i] * b[i];
  }
  return ab / Math.sqrt(aa * bb);
}

const missing = missingSoundServer('parec', 'arecord', 'sox', 'rec');
const environment = { ...process.env };

describe('the microphone of a real sound server', { skip: missing, timeout: 300_000 }, () => {
  let server: SoundServer;
  let happy: Int16Array;
  let detector: Detector;

  before(async () => {
    server = await startSoundServer();
    Object.assign(process.env, server.environment);
    happy = await readSamples('models/samples/happy.wav');
    detector = (await loadModel('models/happy.onnx')).detector();
  });
  after(async () => {
    detector?.close();
    await server?.stop();
    process.env = environment;
  });

  /** What the recording itself gives, `at` samples after the beginning. */
  function inFile(at: number): readonly Detection[] {
    detector.reset();
    const tail = new Int16Array(server.lead * RATE); // as it is played
    return [new Int16Array(at), happy, tail].flatMap((samples) => detector.push(samples));
  }

  /** Reads on until `isEnough`. */
  async function gather(source: Microphone, isEnough: () => boolean): Promise<Int16Array[]> {
    const chunks: Int16Array[] = [];
    for await (const samples of source) {
      chunks.push(samples);
      if (isEnough()) break;
    }
    return chunks;
  }

  /** Plays the recording while all of these listen, from when their recorders are attached. */
  async function playTo(sources: readonly Microphone[]): Promise<readonly Int16Array[][]> {
    let hasPlayed = false;
    const all = Promise.all(sources.map((source) => gather(source, () => hasPlayed)));
    await Promise.race([server.recording(sources.length), all]); // a recorder that fails is told at once
    await server.play(happy);
    await sleep(1000); // SoX's and ALSA's buffers
    hasPlayed = true;
    return all;
  }

  const monitor = (recorder: Recorder) => (recorder === 'arecord' ? 'pulse:mic.monitor' : 'mic.monitor');

  it('every recorder records the default source, and the monitor by its name, and the word is heard', async (t) => {
    const wanted = RECORDERS.flatMap((recorder) => [{ recorder }, { recorder, device: monitor(recorder) }]);
    // A player or a server that gets no processor for too long loses sound before any recorder has it.
    for (let turn = 0; wanted.length > 0; turn++) {
      assert.ok(turn < TURNS, `not heard whole in ${TURNS} turns: ${JSON.stringify(wanted)}`);
      const options = wanted.splice(0);
      const sources = options.map((option) => microphone(option));
      const heard = await playTo(sources);
      options.forEach((option, i) => {
        assert.equal(sources[i].overruns, 0);
        const { at, correlation, isExact } = place(joined(heard[i]), happy);
        t.diagnostic(
          `${Object.values(option).join(' ')}: r = ${correlation.toFixed(5)}${isExact ? ', bit-exact' : ''}`,
        );
        // `sox` opens the device at 48 kHz and resamples.
        if (!isExact && !(option.recorder === 'sox' && correlation > 0.999)) return void wanted.push(option);
        detector.reset();
        const detections = heard[i].flatMap((chunk) => detector.push(chunk));
        const expected = inFile(at);
        assert.ok(expected.length > 0);
        if (isExact) return assert.deepEqual(detections, expected);
        assert.deepEqual(words(detections), words(expected));
        detections.forEach(({ time }, n) => assert.ok(Math.abs(time - expected[n].time) <= detector.period + 1e-9));
      });
    }
  });

  for (const recorder of RECORDERS) {
    it(`${recorder} on a device that is missing is an error that says so`, async () => {
      const nowhere = recorder === 'arecord' ? 'pulse:nowhere' : 'nowhere';
      await assert.rejects(microphone({ recorder, device: nowhere }).next(), {
        name: 'MicrophoneError',
        reason: 'no-device',
        message: new RegExp(`^${recorder} on device "${nowhere}" exited with code \\d+: .*No such entity`),
      });
    });

    it(`${recorder} that is killed is an error`, async () => {
      const source = microphone({ recorder });
      assert.equal((await source.next()).done, false);
      kill(recorder);
      const expected = { name: 'MicrophoneError', reason: 'recorder-failed' };
      await assert.rejects(async () => {
        for await (const samples of source) assert.ok(samples.length > 0);
      }, expected);
    });
  }

  it('every recorder that is killed is started anew on request, and the words after that are heard', (t) =>
    inTurns(t, async () => {
      const listeners = RECORDERS.map((recorder) => {
        const states: string[] = [];
        const onStatus = ({ state }: MicrophoneStatus) => void states.push(state);
        return { recorder, states, source: microphone({ recorder, reconnect: { least: 100 }, onStatus }) };
      });
      await Promise.all(listeners.map(({ source }) => source.next()));
      for (const { recorder, states } of listeners) {
        await gone(kill(recorder));
        while (states.filter((state) => state === 'listening').length < 2) await sleep(20);
        assert.deepEqual(states, ['starting', 'listening', 'reconnecting', 'starting', 'listening']);
      }
      const heard = await playTo(listeners.map(({ source }) => source));
      const expected = words(inFile(0));
      listeners.forEach(({ recorder }, i) => {
        detector.reset();
        assert.deepEqual(words(heard[i].flatMap((chunk) => detector.push(chunk))), expected, recorder);
      });
    }));

  /** Kills the one recorder that this process has, and gives its process id. */
  function kill(recorder: Recorder): number {
    const own = children().filter(({ name }) => name === recorder);
    assert.equal(own.length, 1, recorder);
    const [{ pid }] = own;
    process.kill(pid, 'SIGKILL');
    return pid;
  }

  it('takes parec where a sound server runs', async () => {
    const source = microphone();
    assert.equal((await source.next()).done, false);
    assert.equal(source.recorder, 'parec');
    await source.stop();
  });

  it('tells of digital zeros after 5 s, as a null sink gives them', async () => {
    const told: MicrophoneStatus[] = [];
    const source = microphone({ onStatus: (status) => void told.push(status) });
    await gather(source, () => told.some(({ state }) => state === 'silent'));
    assert.equal(told.find(({ state }) => state === 'silent')?.reason, 'digital-silence');
  });

  it('lists the devices by the names that recorders take', async () => {
    for (const recorder of ['parec', 'sox', 'rec'] as const) {
      const found = await devices(recorder);
      assert.deepEqual(
        found.find(({ id }) => id === 'mic.monitor'),
        { id: 'mic.monitor', name: 'Monitor of Null Output', isDefault: false, isMonitor: true },
        recorder,
      );
      assert.deepEqual(
        found.filter(({ isDefault }) => isDefault),
        [{ id: 'virtmic', name: 'VirtMic', isDefault: true }],
        recorder,
      );
    }
    const alsa = await devices('arecord');
    assert.ok(alsa.some(({ id, isDefault }) => id === 'default' && isDefault));
    assert.ok(alsa.some(({ id, name }) => id === 'pulse' && name === 'PulseAudio Sound Server'));
  });

  it('ten times on and off, with every recorder, leaves nothing attached to the server', async () => {
    const attached = () => server.pactl('list', 'short', 'source-outputs');
    const before = attached();
    for (let i = 0; i < 10; i++) {
      const source = microphone({ recorder: RECORDERS[i % RECORDERS.length] });
      assert.equal((await source.next()).done, false);
      await source.stop();
    }
    for (let i = 0; i < 100 && attached() !== before; i++) await sleep(20);
    assert.equal(attached(), before);
  });

  it('hears the word again when the sound server has gone and come back', async () => {
    const states: MicrophoneStatus[] = [];
    const source = microphone({ reconnect: { least: 100, most: 500 }, onStatus: (status) => void states.push(status) });
    await source.next();
    await server.stop();
    while (!states.some(({ state }) => state === 'reconnecting')) await sleep(20);
    assert.equal(states.find(({ state }) => state === 'reconnecting')?.reason, 'device-lost');
    server = await startSoundServer();
    Object.assign(process.env, server.environment);
    const [heard] = await playTo([source]);
    detector.reset();
    const detections = heard.flatMap((chunk) => detector.push(chunk));
    assert.deepEqual(words(detections), words(inFile(0)));
  });

  it('takes a source that is suspended for one that hangs', async () => {
    const source = microphone({ timeout: 1000 });
    await source.next();
    server.pactl('suspend-source', 'virtmic', '1');
    await assert.rejects(() => gather(source, () => false), { name: 'MicrophoneError', reason: 'recorder-hangs' });
    server.pactl('suspend-source', 'virtmic', '0');
  });

  it('loses every recorder with the device, for the same reason, and finds it again on request', async () => {
    const once = RECORDERS.map((recorder) => microphone({ recorder }));
    const states: string[] = [];
    const onStatus = ({ state }: MicrophoneStatus) => void states.push(state);
    const source = microphone({ device: 'mic.monitor', reconnect: { least: 100 }, onStatus });
    const heard = await Promise.all([...once, source].map((one) => one.next()));
    assert.ok(heard.every(({ done }) => done === false));
    server.unplug();
    for (const one of once)
      await assert.rejects(() => gather(one, () => false), { name: 'MicrophoneError', reason: 'device-lost' });
    while (states.at(-1) !== 'reconnecting') await sleep(20);
    server.plugIn();
    while (states.at(-1) !== 'listening') await sleep(20);
    assert.equal((await source.next()).done, false);
    await source.stop();
  });

  it('loses every recorder with the sound server, for the same reason', async () => {
    const sources = RECORDERS.map((recorder) => microphone({ recorder }));
    await Promise.all(sources.map((source) => source.next()));
    await server.stop();
    for (const source of sources)
      await assert.rejects(
        async () => {
          for await (const samples of source) assert.ok(samples.length > 0);
        },
        { name: 'MicrophoneError', reason: 'device-lost' },
      );
  });
});
