/** Streams heard in threads: the traces are what a detector says of the same sound. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, test } from 'node:test';
import onnxProto from 'onnx-proto';
import { loadModel, type LoadOptions } from 'tympan';
import { readAudio } from 'tympan/node';
import { plansOf, type Arrangement } from '#dist/evaluation/arrangement.js';
import type { Heard } from '#dist/evaluation/heard.js';
import type { RecordingSet } from '#dist/evaluation/sound.js';
import { timeOf } from '#dist/evaluation/trace.js';
import { encodeWav } from '#dist/node/encode-wav.js';
import { hear, type HearOptions } from '#dist/node/evaluation/hear.js';
import type { Listening, ListeningModel } from '#dist/node/evaluation/listening.js';
import { Pool } from '#dist/node/evaluation/pool.js';
import { render } from '#dist/node/evaluation/render.js';
import { buildModel } from './onnx-builder.js';
import { uniform } from './support.js';

const folder = mkdtempSync(join(tmpdir(), 'tympan-hearing-'));
after(() => rmSync(folder, { recursive: true }));

const MODEL: ListeningModel = { file: 'models/happy.onnx', precision: 'int8' };
const WORD = 'models/samples/happy.wav';

function write(name: string, bytes: Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

/** Bursts of noise of any loudness. */
function soundFile(name: string, seed: number, length: number, sampleRate = 16000): string {
  const next = uniform(seed, 0.3);
  const samples = Float32Array.from({ length }, (_, i) => next() * (0.2 + Math.sin(i / 3000) ** 2));
  return write(name, encodeWav(samples, sampleRate));
}

const NOISE = [soundFile('noise-1.wav', 8, 30000), soundFile('noise-2.wav', 9, 20000)];

function setOf(kind: RecordingSet['kind'], name: string, ...files: string[]): RecordingSet {
  const labels = kind === 'positives' ? { whole: 'happy' } : [];
  return { name, kind, recordings: files.map((file) => ({ file, labels })) };
}

const SETS = [
  setOf('positives', 'words', WORD, soundFile('a.wav', 1, 16000), soundFile('b.wav', 2, 9000)),
  setOf('negatives', 'others', 'models/samples/quiet.wav', soundFile('c.wav', 3, 200), soundFile('d.wav', 4, 250000)),
];

function listen(arrangement: Arrangement, snrs: readonly number[], ...models: ListeningModel[]): Listening {
  return { models: models.length > 0 ? models : [MODEL], arrangement, noise: snrs.length > 0 ? NOISE : [], snrs };
}

/** What a detector says of a stream in one piece: posteriors by label and the times of its frames. */
async function answersTo(samples: Float32Array, { file, precision, streaming }: ListeningModel) {
  const model = await loadModel(file, { precision, ...(streaming && { streaming }) });
  const times: number[] = [];
  const posteriors: Record<string, number[]> = {};
  const detector = model.detector({
    onFrame: (frame, time) => {
      times.push(time);
      detector.labels.forEach((label, i) => (posteriors[label] ??= []).push(frame[i]));
    },
  });
  detector.push(samples);
  const { keywords } = detector;
  detector.close();
  return { keywords, times, posteriors };
}

/** Every trace of what was heard is, to the last bit, what a detector says of the stream's rendered sound. */
async function assertTrue(heard: readonly Heard[], listening: Listening): Promise<void> {
  for (const { plan, answers, excerpts, utterances } of heard) {
    const conditions = plan.set.kind === 'positives' ? [null, ...listening.snrs] : [null];
    assert.deepEqual(
      answers.map(({ snr }) => snr),
      conditions,
    );
    for (const { snr, traces } of answers) {
      const sound = await render(plan, listening, snr);
      assert.deepEqual({ excerpts: sound.excerpts, utterances: sound.utterances }, { excerpts, utterances });
      assert.equal(traces.length, listening.models.length);
      for (const [m, trace] of traces.entries()) {
        const { keywords, times, posteriors } = await answersTo(sound.samples, listening.models[m]);
        assert.deepEqual(Object.keys(trace.posteriors), keywords);
        for (const keyword of keywords) assert.deepEqual([...trace.posteriors[keyword]], posteriors[keyword] ?? []);
        if (times.length > 0) assert.equal(trace.firstTime, times[0]);
        times.forEach((time, k) => assert.ok(Math.abs(timeOf(trace, k) - time) < 1e-9, `answer ${k} at ${time} s`));
      }
    }
  }
}

test('each file alone, with noise over positives: traces of two precisions are what detectors say', async () => {
  const listening = listen('files', [10], MODEL, { ...MODEL, precision: 'f32' });
  const { heard, failed } = await hear(plansOf(SETS, 'files'), listening, { threads: 2 });
  assert.deepEqual(failed, []);
  assert.deepEqual(
    heard.map(({ plan }) => plan),
    plansOf(SETS, 'files'),
  );
  assert.deepEqual(
    heard.map(({ excerpts }) => excerpts[0].start),
    Array(6).fill(0.5),
  );
  assert.deepEqual(
    heard.slice(1, 3).map(({ duration }) => duration),
    [1, 0.5625],
  );
  await assertTrue(heard, listening);
});

test('joined streams: one of each set, never reset', async () => {
  const listening = { ...listen('joined', [20, 0]), noise: NOISE };
  const { heard } = await hear(plansOf(SETS, 'joined'), listening, { threads: 1 });
  assert.equal(heard.length, 2);
  assert.deepEqual(
    heard.map(({ excerpts }) => excerpts.length),
    [3, 3],
  );
  assert.deepEqual(
    heard[0].answers.map(({ snr }) => snr),
    [null, 20, 0],
  );
  const { traces } = heard[1].answers[0];
  assert.ok(traces[0].posteriors.happy.length > heard[1].duration / traces[0].period - 5, 'of the whole stream');
  await assertTrue(heard, listening);
});

/** Three labels of which two are keywords, at 8 kHz, with an answer every second frame from the third on. */
function strided(name: string): ListeningModel {
  const bytes = buildModel({
    inputs: { x: [1, 13, 'time'] },
    outputs: { p: null, energy: null },
    initializers: { K: [[3, 13, 3]] },
    nodes: [
      ['Conv', ['x', 'K'], ['logit'], { strides: [2] }],
      ['Sigmoid', ['logit'], ['p']],
      ['ReduceMean', ['x'], ['energy'], { axes: [1] }],
    ],
    metadata: {
      'tympan.frontend': {
        version: 1,
        sampleRate: 8000,
        windowLength: 200,
        hopLength: 80,
        fftSize: 256,
        highFrequency: 4000,
      },
      'tympan.labels': { version: 1, names: ['other', 'stop', 'go'], output: 'p' },
      'tympan.detection': { version: 1, keywords: { go: { threshold: 0.4 }, stop: {} } },
    },
  });
  return { file: write(name, bytes), precision: 'f32' };
}

test('several keywords of more labels, 8 kHz, an answer every second frame, files at other rates', async () => {
  const sets = [
    setOf('negatives', 'eight', soundFile('8k.wav', 5, 12345, 8000)),
    setOf('negatives', 'sixteen', soundFile('16k.wav', 6, 23456)),
  ];
  const listening = listen('files', [], strided('strided.onnx'));
  const { heard } = await hear(plansOf(sets, 'files'), listening, { threads: 1 });
  const [trace] = heard[0].answers[0].traces;
  assert.deepEqual(Object.keys(trace.posteriors).sort(), ['go', 'stop']);
  assert.equal(trace.firstTime, (2 * 80 + 200) / 8000);
  assert.equal(trace.period, 0.02);
  assert.equal(heard[0].duration, 12345 / 8000);
  await assertTrue(heard, listening);
});

test('a model on windows has its first window full before a file begins; one that is compared waits', async () => {
  const windowed: ListeningModel = { ...MODEL, streaming: { mode: 'windowed', windowFrames: 80, hopFrames: 5 } };
  const listening = listen('files', [], windowed, MODEL);
  const { heard } = await hear(plansOf(SETS.slice(0, 1), 'files').slice(1), listening, { threads: 1 });
  const [first, second] = heard[0].answers[0].traces;
  assert.equal(heard[0].excerpts[0].start, (79 * 160 + 400) / 16000);
  const { every } = (await loadModel(MODEL.file)).stream().outputSlots[0];
  assert.deepEqual([first.period, second.period], [0.05, every / 100]);
  assert.equal(first.firstTime, heard[0].excerpts[0].start);
  await assertTrue(heard, listening);
});

test('weights in files beside a model are found by all threads', async () => {
  const { onnx } = onnxProto;
  const model = onnx.ModelProto.decode(readFileSync(MODEL.file));
  const weights = model.graph!.initializer!.reduce((a, b) => (a.rawData!.length > b.rawData!.length ? a : b));
  write('weights.bin', weights.rawData!);
  weights.rawData = new Uint8Array(0);
  weights.dataLocation = 1;
  weights.externalData = [{ key: 'location', value: 'weights.bin' }];
  const split = { ...MODEL, file: write('split.onnx', onnx.ModelProto.encode(model).finish()) };
  const plans = plansOf(SETS, 'files').slice(1, 2);
  const [a, b] = [await hear(plans, listen('files', [], split)), await hear(plans, listen('files', [], MODEL))];
  assert.deepEqual(a, b);
});

test('what is heard does not depend on the number of threads, and progress tells of all of it', async () => {
  const told: { fraction: number; seconds: number }[] = [];
  const heard = async (threads: number, options: HearOptions = {}) =>
    (await hear(plansOf(SETS, 'files'), listen('files', [5]), { threads, ...options })).heard;
  assert.deepEqual(await heard(3), await heard(1, { onProgress: (progress) => told.push(progress) }));
  told.slice(1).forEach(({ fraction, seconds }, i) => {
    assert.ok(fraction >= told[i].fraction - 1e-12 && seconds >= told[i].seconds, JSON.stringify(told));
  });
  const seconds = async (file: string) => (await readAudio(file)).duration;
  const once = await Promise.all(SETS[1].recordings.map(({ file }) => seconds(file)));
  const twice = await Promise.all(SETS[0].recordings.map(({ file }) => seconds(file)));
  const all = [...once, ...twice, ...twice].reduce((sum, one) => sum + one, 0);
  assert.equal(told.at(-1)!.fraction, 1);
  assert.ok(Math.abs(told.at(-1)!.seconds - all) < 1e-6, `${told.at(-1)!.seconds} s, expected ${all}`);
});

test('files that fail are told, and all others are heard as if they had not been named', async () => {
  const broken = write('broken.wav', Buffer.from('RIFF but no sound'));
  const missing = join(folder, 'missing.flac');
  const short = { file: SETS[0].recordings[1].file, labels: [{ keyword: 'happy', start: 5, end: 6 }] };
  const words = {
    ...SETS[0],
    recordings: [setOf('positives', '', broken).recordings[0], ...SETS[0].recordings, short],
  };
  const sets = [words, setOf('negatives', 'others', missing)];
  for (const arrangement of ['files', 'joined'] as const) {
    const { heard, failed } = await hear(plansOf(sets, arrangement), listen(arrangement, [10]), { threads: 2 });
    assert.deepEqual(
      failed.map(({ file }) => file),
      [broken, short.file, missing],
    );
    for (const { file, error } of failed) assert.ok(error.startsWith(`${file}: `), error);
    assert.match(failed[1].error, /its label "happy" is from 5 to 6 s, but the file ends at 1\.000 s/);
    assert.match(failed[2].error, /no such file/);
    assert.deepEqual(
      heard.flatMap(({ plan }) => plan.recordings),
      SETS[0].recordings,
    );
    await assertTrue(heard, listen(arrangement, [10]));
  }
});

test('noise that is too faint for a recording ends a joined stream, whose times would be wrong', async () => {
  const faint = new Float32Array(20 * 16000);
  for (let i = 0; i < 16000; i++) faint[i] = 2.2e-4 * Math.sin(i);
  const noise = [write('faint.wav', Buffer.from(encodeWav(faint, 16000)))];
  const long = write('long.wav', Buffer.from(encodeWav(new Float32Array(10 * 16000).fill(0.1), 16000)));
  const sets = [setOf('positives', 'words', long, ...SETS[0].recordings.map(({ file }) => file))];
  const joined = { ...listen('joined', [10]), noise };
  await assert.rejects(hear(plansOf(sets, 'joined'), joined, { threads: 1 }), {
    name: 'TympanError',
    message: /while it heard the set words: noise: got 1 recording without sound/,
  });
  const alone = await hear(plansOf(sets, 'files'), { ...joined, arrangement: 'files' }, { threads: 1 });
  assert.equal(alone.failed[0].file, long);
  assert.ok(alone.heard.length > 0);
});

test('progress is a fraction even where no file has a size', async () => {
  const fractions: number[] = [];
  const sets = [setOf('negatives', 'none', join(folder, 'no-1.wav'), join(folder, 'no-2.wav'))];
  const onProgress = ({ fraction }: { fraction: number }) => fractions.push(fraction);
  await hear(plansOf(sets, 'files'), listen('files', []), { threads: 1, onProgress });
  assert.deepEqual(fractions, [0.5, 1]);
});

test('samples on another scale fail their file, and leave nothing behind', async () => {
  const loud = Buffer.from(encodeWav(new Float32Array(8000), 16000));
  loud.writeUInt16LE(3, 20); // floats
  loud.writeUInt16LE(32, 34);
  loud.writeUInt16LE(4, 32);
  for (let at = 44; at < loud.length; at += 4) loud.writeFloatLE(12345, at);
  const sets = [
    setOf('negatives', 'n', write('loud.wav', loud), ...SETS[1].recordings.slice(0, 1).map(({ file }) => file)),
  ];
  const { heard, failed } = await hear(plansOf(sets, 'files'), listen('files', []), { threads: 1 });
  assert.equal(failed.length, 1);
  assert.match(failed[0].error, /loud\.wav: samples: sample 0 of \d+ is 12345, expected finite numbers/);
  await assertTrue(heard, listen('files', []));
});

test('an evaluation that makes no sense is refused before anything is heard', async () => {
  const plans = plansOf(SETS, 'files');
  const refused = (listening: Listening, error: object, options?: HearOptions) =>
    assert.rejects(hear(plans, listening, options), error);
  await refused(listen('files', [], { ...MODEL, file: 'no.onnx' }), {
    name: 'InputError',
    message: /no\.onnx: no such file/,
  });
  await refused(listen('files', [], { ...MODEL, file: WORD }), {
    name: 'ModelFormatError',
    message: /^models\/samples\/happy\.wav: /,
  });
  await refused({ ...listen('files', []), models: [] }, { name: 'RangeError', message: /^models: got none/ });
  await refused(listen('files', [NaN]), { name: 'RangeError', message: 'snrs: got NaN, expected −100 to 100 dB' });
  await refused({ ...listen('files', [10]), noise: [] }, { name: 'RangeError', message: /^noise: got no recordings/ });
  await refused(
    { ...listen('files', [10]), noise: ['no.wav'] },
    { name: 'AudioError', message: 'noise: no.wav: no such file' },
  );
  await refused(
    { ...listen('joined', []), noise: [write('silent.wav', encodeWav(new Float32Array(999), 16000))] },
    { name: 'InputError', message: /^noise: got 1 recording without sound/ },
  );
  await refused(listen('files', [], MODEL, strided('other.onnx')), {
    name: 'InputError',
    message: /other\.onnx: hears 8000 Hz, and models\/happy\.onnx hears 16000 Hz; .*evaluate each for itself/,
  });
  await refused(listen('files', []), { name: 'RangeError', message: /^threads: got 0, expected/ }, { threads: 0 });
  assert.deepEqual(await hear([], listen('files', [])), { heard: [], failed: [] });
});

test('a signal ends the threads, whenever it comes', async () => {
  const plans = plansOf(SETS, 'files');
  const reason = new Error('enough');
  await assert.rejects(hear(plans, listen('files', []), { signal: AbortSignal.abort(reason) }), reason);
  const control = new AbortController();
  const onProgress = () => control.abort(reason);
  await assert.rejects(hear(plans, listen('files', []), { signal: control.signal, onProgress, threads: 2 }), reason);
});

test('a thread that ends is an error that says what it heard, and so is a progress that throws', async () => {
  const options: LoadOptions = { precision: 'int8' };
  const setting = { arrangement: 'files', sampleRate: 16000, lead: 0.5, noise: [] } as const;
  const data = { models: [{ source: Uint8Array.of(1, 2, 3), options }], setting, snrs: [] };
  await assert.rejects(new Pool(plansOf(SETS, 'files').slice(1), data).run(1), {
    name: 'TympanError',
    message: /^a thread ended while it heard .*d\.wav: /,
  });
  const onProgress = () => {
    throw new Error('no paper');
  };
  await assert.rejects(hear(plansOf(SETS, 'files'), listen('files', []), { onProgress }), { message: 'no paper' });
});
