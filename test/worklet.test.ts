/** The worklet's file as an audio thread runs it: what it hears, what it says, and what it does without. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { kernelBytes } from '#dist/kernels/embedded.js';
import type { Message, WorkletOptions } from '#dist/worklet/protocol.js';
import { loadModel, type Detection, type Model } from 'tympan';
import { readAudio } from 'tympan/node';
import { Resampler } from 'tympan/resampler';
import { bursts, loudnessModel } from './loudness-model.js';
import { chunks, maxDifference } from './support.js';
import { QUANTUM, WorkletScope, type Node } from './worklet-scope.js';

const happy = await loadModel('models/happy.onnx');
const { samples: speech } = await readAudio('models/samples/happy.wav');
const loud = await loudnessModel();
const NONE = { posteriors: false, features: false, levels: false };

function optionsOf(models: readonly Model[], more: Partial<WorkletOptions> = {}): WorkletOptions {
  return { kernels: kernelBytes(), plans: models.map((model) => model.plan()), watch: NONE, ...more };
}

/** Loud twice a second. */
function burstsAt(sampleRate: number, seconds: number): Float32Array {
  return Float32Array.from(bursts(seconds, sampleRate), (x) => x / 32768);
}

function hearAll(node: Node, sound: Float32Array): void {
  for (const quantum of chunks(sound, [QUANTUM])) assert.equal(node.hear(quantum), true);
}

type Of<Type extends Message['type']> = Message & { readonly type: Type };

function only<Type extends Message['type']>(messages: readonly Message[], type: Type): Of<Type>[] {
  return messages.filter((message): message is Of<Type> => message.type === type);
}

const round = (time: number): number => Math.round(1e6 * time) / 1e6;

/** What a detector says of the same samples, and the features that it hears. */
function alone(model: Model, sound: Float32Array, rate: number) {
  const posteriors: number[] = [];
  const detector = model.detector({ onFrame: (values) => void posteriors.push(...values) });
  const resampler = new Resampler(rate, detector.sampleRate);
  const samples = resampler.push(sound).slice();
  const events: Detection[] = detector.push(samples);
  detector.close();
  resampler.close();
  return { samples, events, posteriors };
}

for (const rate of [16000, 44100, 48000]) {
  test(`${rate} Hz: the same posteriors and events as a detector's, to the last bit`, () => {
    const scope = new WorkletScope(rate);
    scope.time = 7.25;
    assert.deepEqual(scope.names, ['tympan-detector']);
    const node = scope.node(optionsOf([happy, loud], { watch: { ...NONE, posteriors: true, features: true } }));
    assert.deepEqual(node.messages, [{ type: 'ready' }]);
    const toRate = new Resampler(16000, rate);
    const sound = Float32Array.from(toRate.push(speech));
    hearAll(node, sound);
    for (const [index, model] of [happy, loud].entries()) {
      const expected = alone(model, sound, rate);
      const own = only(node.messages, 'posteriors').filter((message) => message.model === index);
      assert.deepEqual(
        own.flatMap(({ values }) => [...values]),
        expected.posteriors,
      );
      const wakes = only(node.messages, 'wake').filter((message) => message.model === index);
      assert.deepEqual(
        wakes.map(({ keyword, posterior, time }) => ({ keyword, posterior, time })),
        expected.events,
      );
      assert.ok(index === 1 || wakes.length > 0);
      for (const { time, contextTime } of wakes) assert.equal(round(contextTime), round(7.25 + time));
      const features = only(node.messages, 'features').filter((message) => message.model === index);
      const whole = model.features(expected.samples);
      assert.equal(features.length, whole.frames);
      features.forEach(({ values }, frame) =>
        assert.deepEqual(values, whole.data.slice(frame * whole.coefficients, (frame + 1) * whole.coefficients)),
      );
    }
    assert.deepEqual(scope.missed, []);
  });
}

test('events are counted over all models, and come in their frames', () => {
  const node = new WorkletScope(48000).node(optionsOf([loud, loud]));
  hearAll(node, burstsAt(48000, 2));
  assert.deepEqual(
    only(node.messages, 'wake').map(({ id, model }) => [id, model]),
    [...Array(8).keys()].map((id) => [id, id % 2]),
  );
  assert.equal(node.messages.length, 9, 'nothing else crosses unasked');
});

test('while paused, sound is dropped and time stands still; the clock of the context goes on', () => {
  const scope = new WorkletScope(16000);
  const node = scope.node(optionsOf([loud]));
  const sound = burstsAt(16000, 2);
  hearAll(node, sound.subarray(0, 16000));
  node.send({ type: 'pause' });
  hearAll(node, burstsAt(16000, 3));
  node.send({ type: 'resume' });
  hearAll(node, sound.subarray(16000));
  const wakes = only(node.messages, 'wake');
  assert.deepEqual(
    wakes.map(({ keyword, posterior, time }) => ({ keyword, posterior, time })),
    alone(loud, sound, 16000).events,
  );
  assert.deepEqual(
    wakes.map(({ time, contextTime }) => round(contextTime - time)),
    [0, 0, 3, 3],
  );
});

test('a node that nothing is connected to waits; time is that of sound', () => {
  const scope = new WorkletScope(16000);
  const node = scope.node(optionsOf([loud]));
  for (let i = 0; i < 125; i++) assert.equal(node.hearNothing(), true);
  hearAll(node, burstsAt(16000, 1));
  const [{ time, contextTime }] = only(node.messages, 'wake');
  assert.equal(round(contextTime - time), 1);
});

test('quanta of other lengths give the same', () => {
  const sound = burstsAt(48000, 1);
  const said = [[128], [256], [1, 999]].map((lengths) => {
    const node = new WorkletScope(48000).node(optionsOf([loud], { watch: { ...NONE, posteriors: true } }));
    for (const piece of chunks(sound, lengths)) node.hear(piece);
    return only(node.messages, 'posteriors').map(({ values }) => [...values]);
  });
  assert.ok(said[0].length > 90);
  assert.deepEqual(said[1], said[0]);
  assert.deepEqual(said[2], said[0]);
});

test('reset begins a new stream; flush lets the last word fire', () => {
  const node = new WorkletScope(48000).node(optionsOf([loud]));
  const sound = burstsAt(48000, 1);
  hearAll(node, sound);
  const first = only(node.messages, 'wake').map(({ time }) => time);
  node.send({ type: 'reset' });
  node.messages.length = 0;
  hearAll(node, sound);
  assert.deepEqual(
    only(node.messages, 'wake').map(({ time }) => time),
    first,
  );
  node.send({ type: 'reset' });
  node.messages.length = 0;
  // Loud for 10 ms: the frame that is to fire has not ended yet.
  hearAll(node, sound.subarray(0, 0.21 * 48000));
  assert.deepEqual(node.messages, []);
  node.send({ type: 'flush' });
  assert.deepEqual(
    node.messages.map(({ type }) => type),
    ['wake', 'flushed'],
  );
});

test('thresholds change live, of one model alone', () => {
  const node = new WorkletScope(16000).node(optionsOf([loud, loud]));
  node.send({ type: 'configure', model: 1, settings: { threshold: { loud: 1 } } });
  hearAll(node, burstsAt(16000, 1));
  assert.deepEqual(
    only(node.messages, 'wake').map(({ model }) => model),
    [0, 0],
  );
  node.send({ type: 'configure', model: 1, settings: { threshold: 0.5 } });
  node.messages.length = 0;
  hearAll(node, burstsAt(16000, 1));
  assert.equal(node.messages.length, 4);
});

test('sound around events comes with their number, as the model heard it', () => {
  for (const rate of [16000, 48000]) {
    const node = new WorkletScope(rate).node(optionsOf([loud], { audio: { before: 0.25, after: 0.5 } }));
    const sound = burstsAt(rate, 2);
    const { samples } = alone(loud, sound, rate);
    hearAll(node, sound);
    const wakes = only(node.messages, 'wake');
    assert.equal(only(node.messages, 'clip').length, 3, 'the last is still to come');
    node.send({ type: 'close' });
    const clips = only(node.messages, 'clip');
    assert.deepEqual([clips.map(({ id }) => id), wakes.length], [[0, 1, 2, 3], 4]);
    for (const [i, clip] of clips.entries()) {
      const middle = Math.round(wakes[i].time * 16000);
      const from = Math.max(0, middle - 4000);
      assert.equal(clip.start, from / 16000);
      assert.equal(clip.sampleRate, 16000);
      assert.equal(maxDifference(clip.samples, samples.slice(from, middle + 8000)), 0);
    }
    assert.ok(clips[3].samples.length < 12000 && clips[2].samples.length === 12000);
    assert.equal(node.messages.at(-1)!.type, 'closed');
  }
});

test('levels come every 50 ms, of all samples since the last', () => {
  const node = new WorkletScope(48000).node(optionsOf([loud], { watch: { ...NONE, levels: true } }));
  const sound = burstsAt(48000, 1);
  hearAll(node, sound);
  const levels = only(node.messages, 'level');
  const quanta = Math.ceil(2400 / QUANTUM);
  assert.equal(levels.length, Math.floor(48000 / (quanta * QUANTUM)));
  levels.forEach(({ rms, peak, time }, i) => {
    const piece = sound.subarray(i * quanta * QUANTUM, (i + 1) * quanta * QUANTUM);
    assert.equal(round(time), round(((i + 1) * quanta * QUANTUM) / 48000));
    assert.equal(
      peak,
      piece.reduce((a, b) => Math.max(a, Math.abs(b)), 0),
    );
    assert.ok(Math.abs(rms - Math.sqrt(piece.reduce((a, b) => a + b * b, 0) / piece.length)) < 1e-6);
  });
});

test('what is watched changes on request', () => {
  const node = new WorkletScope(16000).node(optionsOf([loud]));
  const sound = burstsAt(16000, 1);
  hearAll(node, sound);
  assert.equal(node.messages.length, 3);
  node.send({ type: 'watch', watch: { posteriors: true, features: true, levels: true } });
  hearAll(node, sound);
  for (const type of ['posteriors', 'features', 'level'] as const) assert.ok(only(node.messages, type).length >= 17);
  const { length } = node.messages;
  node.send({ type: 'watch', watch: NONE });
  hearAll(node, sound);
  assert.equal(node.messages.length, length + 2);
});

test('five seconds of zeros are told once, and the end of them', () => {
  const node = new WorkletScope(16000).node(optionsOf([loud]));
  const zeros = new Float32Array(QUANTUM);
  for (let i = 0; i < 5 * 125 - 1; i++) node.hear(zeros);
  assert.deepEqual(node.messages, [{ type: 'ready' }]);
  for (let i = 0; i < 500; i++) node.hear(zeros);
  node.hear(zeros.map((_, i) => (i === 127 ? 2 ** -20 : 0)));
  for (let i = 0; i < 5 * 125; i++) node.hear(zeros);
  assert.deepEqual(
    node.messages.map(({ type }) => type),
    ['ready', 'silence', 'sound', 'silence'],
  );
});

test('a quantum that is not finite is heard as silence', () => {
  const sound = burstsAt(48000, 1);
  const said = [NaN, Infinity, 0].map((value) => {
    const node = new WorkletScope(48000).node(
      optionsOf([loud], { watch: { ...NONE, posteriors: true }, audio: { before: 1, after: 0 } }),
    );
    const spoiled = sound.slice();
    const at = 100 * QUANTUM;
    if (value === 0) spoiled.fill(0, at, at + QUANTUM);
    else spoiled[at + 5] = value;
    hearAll(node, spoiled);
    return node.messages;
  });
  assert.deepEqual(said[0], said[2]);
  assert.deepEqual(said[1], said[2]);
  assert.equal(only(said[2], 'clip').length, 2);
});

test('closed, it hears no more, says no more, and is no longer processed', () => {
  const node = new WorkletScope(48000).node(optionsOf([loud]));
  node.send({ type: 'close' });
  assert.equal(node.hear(burstsAt(48000, 1).subarray(0, QUANTUM)), false);
  for (const type of ['flush', 'reset', 'pause', 'close'] as const) node.send({ type });
  assert.equal(node.hear(new Float32Array(QUANTUM)), false);
  assert.deepEqual(
    node.messages.map(({ type }) => type),
    ['ready', 'closed'],
  );
});

test('what keeps it from hearing is told with its reason, and ends it', () => {
  const spoiled = structuredClone(loud.plan());
  const broken = { ...spoiled, frontEnd: { ...spoiled.frontEnd, stateBytes: 16 } };
  const kernels = Uint8Array.of(0, 1, 2);
  for (const [rate, options, name, message] of [
    [48000, optionsOf([], { plans: [broken] }), 'RangeError', /which has 16/],
    [48000, optionsOf([loud], { kernels }), 'Error', /WebAssembly SIMD/],
    [44100.5, optionsOf([loud]), 'RangeError', /44100\.5/],
    [48000, optionsOf([loud], { audio: { before: -1, after: 0 } }), 'RangeError', /before: got -1/],
    [48000, { ...optionsOf([]), plans: undefined as never }, 'TypeError', /undefined/],
  ] as const) {
    const node = new WorkletScope(rate).node(options);
    assert.equal(node.messages.length, 1);
    const [said] = only(node.messages, 'error');
    assert.equal(said.name, name);
    assert.match(said.message, message);
    assert.equal(node.hear(new Float32Array(QUANTUM)), false);
    node.send({ type: 'flush' });
    assert.equal(node.messages.length, 1);
  }
});

test('a request that can not be met ends it too', () => {
  const node = new WorkletScope(48000).node(optionsOf([loud]));
  node.send({ type: 'configure', model: 0, settings: { threshold: 2 } });
  const [said] = only(node.messages, 'error');
  assert.deepEqual([said.name, node.hear(new Float32Array(QUANTUM))], ['RangeError', false]);
});

test('networks on windows run in the full worklet, which the other one says', async () => {
  const streaming = { mode: 'windowed', windowFrames: 80, hopFrames: 40 } as const;
  const model = await loadModel('models/happy.onnx', { streaming });
  assert.equal(model.plan().needs, 'operators');
  const options = optionsOf([model], { watch: { ...NONE, posteriors: true } });
  const [said] = only(new WorkletScope(16000).node(options).messages, 'error');
  assert.deepEqual([said.name, /tympan\/worklet\/full/.test(said.message)], ['UnsupportedModelError', true]);
  const scope = new WorkletScope(16000, 'dist/worklet-full.js');
  assert.deepEqual(scope.names, ['tympan-detector-full']);
  const node = scope.node(options);
  hearAll(node, speech);
  const { posteriors, events } = alone(model, speech, 16000);
  assert.ok(posteriors.length > 0);
  assert.deepEqual(
    only(node.messages, 'posteriors').flatMap(({ values }) => [...values]),
    posteriors,
  );
  assert.equal(only(node.messages, 'wake').length, events.length);
  assert.deepEqual(scope.missed, []);
});

// A scope runs them as scripts, in which there are no other imports and no exports.
test('each worklet is one file that imports nothing and evaluates no text', () => {
  for (const file of ['dist/worklet.js', 'dist/worklet-full.js']) {
    const text = readFileSync(file, 'utf8');
    assert.ok(!/\bimport\(|\beval\(|\bFunction\(|https?:/.test(text), file);
  }
});

test('where nothing is connected for a while, the clock of the context goes on', () => {
  const node = new WorkletScope(16000).node(optionsOf([loud]));
  const sound = burstsAt(16000, 2);
  hearAll(node, sound.subarray(0, 16000));
  for (let i = 0; i < 250; i++) node.hearNothing(); // 2 s
  hearAll(node, sound.subarray(16000));
  assert.deepEqual(
    only(node.messages, 'wake').map(({ time, contextTime }) => round(contextTime - time)),
    [0, 0, 2, 2],
  );
});

test('flush moves time on by its silence, but neither the clock nor the sound', () => {
  const scope = new WorkletScope(16000);
  const watch = { ...NONE, levels: true };
  const node = scope.node(optionsOf([loud], { watch, audio: { before: 0.1, after: 3 } }));
  const sound = burstsAt(16000, 1);
  hearAll(node, sound);
  node.send({ type: 'flush' });
  const flushed = only(node.messages, 'wake').length;
  hearAll(node, sound);
  const wakes = only(node.messages, 'wake');
  assert.ok(wakes.length > flushed);
  assert.deepEqual(
    wakes.slice(flushed).map(({ time, contextTime }) => round(time - contextTime)),
    wakes.slice(flushed).map(() => 0.5),
  );
  assert.ok(only(node.messages, 'level').at(-1)!.time > 2.4);
  const ended = scope.node(optionsOf([loud], { watch: NONE, audio: { before: 0.1, after: 0.4 } }));
  hearAll(ended, sound);
  ended.send({ type: 'flush' });
  for (const { start, samples } of only(ended.messages, 'clip')) assert.ok(start + samples.length / 16000 <= 1);
  assert.ok(only(ended.messages, 'clip').some(({ samples }) => samples.length < 8000));
});
