import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import fc from 'fast-check';
import { loadModel, type Detection, type DetectorOptions, type LoadOptions, type Model } from 'tympan';
import { readAudio } from 'tympan/node';
import { buildModel } from './onnx-builder.js';
import { chunks, property, readFixture, uniform } from './support.js';

const MODEL = 'models/happy.onnx';
const model = await loadModel(MODEL);
const { samples: speech } = await readAudio('models/samples/happy.wav');

/** Everything that a detector says about a stream cut into pieces. */
function hear(
  heard: Model,
  pieces: Iterable<Int16Array | Float32Array>,
): { events: Detection[]; posteriors: number[]; times: number[] } {
  const posteriors: number[] = [];
  const times: number[] = [];
  const detector = heard.detector({
    onFrame: (frame, time) => {
      posteriors.push(frame[0]);
      times.push(time);
    },
  });
  const events: Detection[] = [];
  for (const piece of pieces) events.push(...detector.push(piece));
  events.push(...detector.flush());
  detector.close();
  return { events, posteriors, times };
}

test('the sample has its word in it, the quiet sample has not', async () => {
  const { samples: quiet } = await readAudio('models/samples/quiet.wav');
  const { events } = hear(model, [speech]);
  assert.ok(events.length >= 1);
  for (const { keyword, posterior, time } of events) {
    assert.equal(keyword, 'happy');
    assert.ok(posterior >= model.detector().settings.keywords.happy.threshold && posterior <= 1);
    assert.ok(time > 0 && time < speech.length / 16000 + 0.5);
  }
  assert.deepEqual(hear(model, [quiet]).events, []);
});

test('any chunking gives the same posteriors and events, to the last bit', async () => {
  const whole = hear(model, [speech]);
  assert.ok(whole.events.length > 0);
  const lengths = fc.array(fc.oneof(fc.integer({ min: 1, max: 400 }), fc.integer({ min: 1, max: 20000 })), {
    minLength: 1,
    maxLength: 10,
  });
  fc.assert(
    fc.property(lengths, (pieces) => {
      assert.deepEqual(hear(model, chunks(speech, pieces)), whole);
    }),
    property,
  );
});

test('int16 samples give what the floats n / 32768 give', () => {
  const int16 = Int16Array.from(speech, (x) => Math.round(x * 32768));
  assert.deepEqual(hear(model, [int16]), hear(model, [Float32Array.from(int16, (n) => n / 32768)]));
});

test('reset begins a new stream', () => {
  const detector = model.detector();
  const first = detector.push(speech);
  detector.push(Float32Array.from({ length: 12345 }, uniform(1)));
  detector.reset();
  assert.deepEqual(detector.push(speech), first);
});

test('detectors of one model are independent of each other', () => {
  const [a, b] = [model.detector(), model.detector()];
  const events: Detection[] = [];
  for (const piece of chunks(speech, [777])) {
    events.push(...a.push(piece));
    b.push(Float32Array.from(piece, (x) => -x * 0.1));
  }
  assert.deepEqual(events, model.detector().push(speech));
});

test('times are the ends of the frames that an answer comes with', () => {
  const { times } = hear(model, [speech]);
  const { every } = model.stream().outputSlots[0];
  assert.ok(times.length > 100);
  times.forEach((time, k) => assert.equal(time, (160 * ((k + 1) * every - 1) + 400) / 16000));
});

test('listen yields the events of an async source as they come, and flushes at its end', async () => {
  async function* source(): AsyncGenerator<Float32Array> {
    yield* chunks(speech, [1600]);
  }
  const events: Detection[] = [];
  for await (const event of model.detector().listen(source())) events.push(event);
  assert.deepEqual(events, hear(model, [speech]).events);
});

test('samples that are not finite are refused, and nothing of the chunk is taken', () => {
  for (const bad of [NaN, Infinity, -Infinity]) {
    const detector = model.detector();
    detector.push(speech.subarray(0, 9000));
    const chunk = speech.slice(9000, 12000);
    chunk[2000] = bad;
    assert.throws(() => detector.push(chunk), {
      name: 'InputError',
      message: new RegExp(`sample 2000 of 3000 is ${bad}, expected finite`),
    });
    const events = detector.push(speech.subarray(9000));
    assert.deepEqual(events, model.detector().push(speech));
  }
  assert.throws(() => model.detector().push([0, 0] as unknown as Float32Array), {
    name: 'TypeError',
    message: /got Array, expected Int16Array or Float32Array/,
  });
});

test('an empty chunk and an empty stream are nothing', () => {
  const detector = model.detector();
  assert.deepEqual(detector.push(new Int16Array(0)), []);
  assert.deepEqual(detector.flush(0), []);
  assert.deepEqual(detector.push(speech), model.detector().push(speech));
});

test('loud, clipped and constant signals leave the posterior finite', () => {
  const signals = [
    () => 1,
    () => -1,
    (n: number) => (n % 2 ? 1 : -1),
    () => 1e-40,
    (n: number) => Math.sin(n) * 16,
    uniform(3),
  ];
  for (const signal of signals) {
    const { posteriors } = hear(model, [Float32Array.from({ length: 8000 }, (_, n) => signal(n))]);
    assert.ok(posteriors.every((posterior) => posterior >= 0 && posterior <= 1));
  }
});

test('options replace the model’s decision defaults', () => {
  assert.deepEqual(model.detector({ threshold: 1 }).push(speech), []);
  const detector = model.detector({ threshold: { happy: 0.25 }, smoothing: 0, refractory: 60000 });
  assert.deepEqual(detector.settings, {
    keywords: { happy: { threshold: 0.25, smoothing: 0, refractory: 60000 } },
  });
  assert.equal(detector.push(speech).length, 1);
  assert.throws(() => model.detector({ threshold: 7 }), RangeError);
});

test('a model without the contract runs when the caller gives it, and is refused with the remedy otherwise', async () => {
  const bytes = readFixture('torchscript-frames.onnx');
  const bare = await loadModel(bytes);
  const size = bare.stream().inputSlots[0].size;
  assert.throws(() => bare.detector(), {
    name: 'MetadataError',
    message: /does not say its frontend: "tympan.frontend" is not in its metadata_props; pass \{ frontend: … \}/,
  });
  const frontend = { numCoefficients: size };
  await assert.rejects(async () => (await loadModel(bytes, { frontend })).detector(), {
    name: 'MetadataError',
    message: /labels/,
  });
  const given = await loadModel(bytes, { frontend, labels: { names: ['word'] } });
  assert.deepEqual(given.detector().keywords, ['word']);
  const refused = async (options: object, message: RegExp): Promise<void> =>
    assert.rejects(async () => (await loadModel(bytes, options as LoadOptions)).detector(), {
      name: 'MetadataError',
      message,
    });
  await refused(
    { frontend: { numCoefficients: size + 1 }, labels: { names: ['word'] } },
    new RegExp(`makes ${size + 1} features a frame, the model takes ${size}`),
  );
  await refused({ frontend, labels: { names: ['a', 'b'] } }, /got 2 names, expected 1/);
  await refused({ frontend, labels: { names: ['a', 'a'] } }, /no name twice/);
  await refused({ frontend, labels: { names: [] } }, /expected one name a feature/);
  await refused({ frontend, labels: { names: ['a'], output: 'z' } }, /output "z" does not exist; outputs are y/);
  await refused(
    { frontend, labels: { names: ['a'], ouput: 'y' } },
    /"ouput" is no field; fields are version, names, output/,
  );
  await refused(
    { frontend, labels: { names: ['a'] }, detection: { keywords: { b: {} } } },
    /keyword "b" is no label; labels are a/,
  );
  await refused({ frontend: { window: 'gauss' } }, /window: got "gauss"/);
});

test('load takes a path, a URL, bytes and a response, and refuses the rest', async () => {
  const bytes = readFileSync(MODEL);
  const expected = model.detector().push(speech);
  const url = new URL(`file://${process.cwd()}/${MODEL}`);
  const copy = new Uint8Array(bytes).buffer;
  for (const source of [MODEL, url, String(url), bytes, copy, new Response(copy)]) {
    assert.deepEqual((await loadModel(source)).detector().push(speech), expected);
  }
  await assert.rejects(loadModel('no/such.onnx'), { name: 'InputError', message: /no\/such.onnx: no such file/ });
  await assert.rejects(loadModel('models'), { name: 'InputError', message: /a folder, expected an ONNX file/ });
  await assert.rejects(loadModel(new Response('', { status: 404 })), { name: 'InputError', message: /answered 404/ });
  await assert.rejects(loadModel(7 as unknown as string), { name: 'TypeError', message: /got number/ });
  await assert.rejects(loadModel(''), { name: 'InputError', message: /empty path/ });
  await assert.rejects(loadModel('/dev/zero'), { name: 'InputError', message: /a device, expected an ONNX file/ });
  await assert.rejects(loadModel('http://127.0.0.1:1/happy.onnx'), {
    name: 'InputError',
    message: /model http:.*happy.onnx: can't be fetched/,
  });
  const endless = new ReadableStream({ pull: (controller) => controller.enqueue(new Uint8Array(2 ** 22)) });
  await assert.rejects(loadModel(new Response(endless)), { name: 'InputError', message: /more than 64 MiB/ });
  await assert.rejects(loadModel(bytes, { precison: 'f32' } as LoadOptions), {
    name: 'TypeError',
    message: /"precison" is no option of loadModel/,
  });
  await assert.rejects(loadModel(bytes, { precision: 'int4' as 'int8' }), {
    name: 'RangeError',
    message: /got "int4"/,
  });
});

test('features of a recording are those that its detector sees, one a hop', () => {
  const { frames, coefficients, data } = model.features(speech);
  assert.equal(frames, Math.floor((speech.length - 400) / 160) + 1);
  assert.equal(data.length, frames * coefficients);
  const stream = model.stream();
  const { posteriors } = hear(model, [speech]);
  const answers: number[] = [];
  for (let t = 0; t < frames; t++) {
    const { posterior } = stream.step(data.slice(t * coefficients, (t + 1) * coefficients));
    if (stream.isFresh('posterior')) answers.push(posterior[0]);
  }
  assert.deepEqual(answers, posteriors.slice(0, answers.length));
  assert.equal(model.features(new Float32Array(399)).frames, 0);
});

test('an output that is no posterior is refused: thresholds are probabilities', async () => {
  const states = await loadModel(readFixture('torchscript-bare.onnx'));
  const { inputSlots, outputSlots } = states.stream();
  const [y] = outputSlots;
  const frontend = { numCoefficients: inputSlots[0].size };
  const names = Array.from({ length: y.size }, (_, i) => `label ${i}`);
  const model = await loadModel(readFixture('torchscript-bare.onnx'), { frontend, labels: { names, output: y.name } });
  assert.throws(() => model.detector(), {
    name: 'MetadataError',
    message: /output "y" is no posterior: .* sigmoid or a softmax/,
  });
});

test('wrong options and uses of a detector are refused', () => {
  const refused = (options: object, name: string, message: RegExp): void =>
    assert.throws(() => model.detector(options as DetectorOptions), { name, message });
  refused(
    { thresold: 0.9 },
    'TypeError',
    /"thresold" is no option of a detector; options are threshold, smoothing, refractory, onFrame/,
  );
  refused({ onFrame: 5 }, 'TypeError', /onFrame: got number, expected a function/);
  refused({ threshold: null }, 'TypeError', /threshold of "happy": got null/);
  const detector = model.detector({ threshold: { happy: undefined as unknown as number } });
  assert.deepEqual(detector.settings, model.detector().settings);
  for (const seconds of [-1, Infinity, NaN, 61, 'x'])
    assert.throws(() => detector.flush(seconds as number), { name: 'RangeError', message: /expected 0 to 60/ });
  detector.close();
  detector.close();
  for (const use of [() => detector.push(new Int16Array(1)), () => detector.flush(), () => detector.reset()]) {
    assert.throws(use, {
      name: 'InputError',
      message: /this detector is closed; make another one with model.detector\(\)/,
    });
  }
});

test('detectors that were closed leave memory as it was', () => {
  const before = model.summary().arenaBytes;
  for (let i = 0; i < 2000; i++) model.detector().close();
  for (let i = 0; i < 1000; i++) model.features(speech.subarray(0, 400));
  assert.ok(model.summary().arenaBytes <= before + 65536);
});

test('samples of another realm are samples', async () => {
  const { runInNewContext } = await import('node:vm');
  const foreign = runInNewContext('(samples) => Float32Array.from(samples)') as (samples: Float32Array) => Float32Array;
  const int16 = runInNewContext('(samples) => Int16Array.from(samples, (x) => Math.round(x * 32768))') as (
    samples: Float32Array,
  ) => Int16Array;
  assert.ok(!(foreign(speech) instanceof Float32Array));
  assert.deepEqual(model.detector().push(foreign(speech)), model.detector().push(speech));
  assert.deepEqual(model.detector().push(int16(speech)), model.detector().push(speech));
});

test('a pipe gives a model, an endless one is refused, and an endless response is cancelled', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'tympan-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const pipe = join(folder, 'pipe');
  if (spawnSync('mkfifo', [pipe]).status !== 0) return t.skip('no mkfifo on this system');
  const written = once(spawn('cp', [MODEL, pipe]), 'close');
  assert.deepEqual((await loadModel(pipe)).detector().push(speech), model.detector().push(speech));
  await written;
  const broken = once(spawn('sh', ['-c', `exec cat /dev/zero > '${pipe}'`]), 'close');
  await assert.rejects(loadModel(pipe), { name: 'InputError', message: /pipe: has more than 64 MiB/ });
  await broken;
  let isCancelled = false;
  const body = new ReadableStream({
    pull: (controller) => controller.enqueue(new Uint8Array(2 ** 22)),
    cancel: () => {
      isCancelled = true;
    },
  });
  await assert.rejects(loadModel(new Response(body)), { name: 'InputError' });
  assert.ok(isCancelled);
});

test('posteriors that come at another rate than another output are each heard once', async () => {
  const numCoefficients = 13;
  const bytes = buildModel({
    inputs: { x: [1, numCoefficients, 'time'] },
    outputs: { p: null, energy: null },
    initializers: { K: [[1, numCoefficients, 4]] },
    nodes: [
      ['Conv', ['x', 'K'], ['logit'], { strides: [4] }],
      ['Sigmoid', ['logit'], ['p']],
      ['ReduceMean', ['x'], ['energy'], { axes: [1] }],
    ],
  });
  const contract = { frontend: { numCoefficients }, labels: { names: ['word'], output: 'p' } } as const;
  const both = await loadModel(bytes, contract);
  const { frames } = both.features(speech);
  let heard = 0;
  both.detector({ onFrame: () => heard++ }).push(speech);
  assert.equal(heard, Math.floor(frames / 4));
});
