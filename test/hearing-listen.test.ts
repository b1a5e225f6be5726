/** Events of a source with the sound around them. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { DetectorGroup } from '#dist/hearing/group.js';
import type { Clip, Detection, Source } from 'tympan';
import { Resampler } from 'tympan/resampler';
import { bursts, loudnessModel } from './loudness-model.js';
import { chunks, maxDifference } from './support.js';

const RATE = 16000; // Hz
const model = await loudnessModel();
const narrow = await loudnessModel({
  recipe: { sampleRate: 8000, windowLength: 200, hopLength: 80, fftSize: 256 },
});
/** Loud from 0.2 to 0.3 s of every half second. */
const sound = bursts(4, RATE);
const unit = Float32Array.from(sound, (x) => x / 32768);

/** A source that says what became of it. */
class Tape implements AsyncIterable<Int16Array> {
  given = 0;
  returned = 0;
  readonly #pieces: Int16Array[];
  readonly #between: () => Promise<unknown>;

  constructor(pieces: Iterable<Int16Array>, between: () => Promise<unknown> = () => Promise.resolve()) {
    this.#pieces = [...pieces];
    this.#between = between;
  }

  [Symbol.asyncIterator](): AsyncIterator<Int16Array> {
    return {
      next: async () => {
        await this.#between();
        const value = this.#pieces[this.given];
        if (!value) return { done: true, value: undefined };
        this.given++;
        return { done: false, value };
      },
      return: async () => {
        this.returned++;
        return { done: true, value: undefined };
      },
    };
  }
}

/** What waits for something that never comes fails, rather than that the run hangs. */
async function soon<Value>(promise: Promise<Value>): Promise<Value> {
  const late = new AbortController();
  const tooLate = sleep(10_000, undefined, { signal: late.signal }).then(() => {
    throw new Error('it never came');
  });
  try {
    return await Promise.race([promise, tooLate]);
  } finally {
    late.abort();
    await tooLate.catch(() => {});
  }
}

/** The samples around a moment, as far as there are any. */
function around(time: number, before: number, after: number): { samples: Float32Array; start: number } {
  const middle = Math.round(time * RATE);
  const from = Math.max(0, middle - Math.round(before * RATE));
  return { samples: unit.slice(from, middle + Math.round(after * RATE)), start: from / RATE };
}

function eventsOf(samples: Int16Array): Detection[] {
  const detector = model.detector();
  const events = [...detector.push(samples), ...detector.flush()];
  detector.close();
  return events;
}

const expected = eventsOf(sound);
assert.equal(expected.length, 8);

for (const pieces of [[160], [5000, 1], [sound.length]]) {
  test(`the sound around every event, sample by sample, in chunks of ${pieces.join()}`, async () => {
    // All of these overlap each other, and reach over both ends.
    for (const [before, after] of [
      [0.5, 0.7],
      [1, 0],
      [0, 1],
      [60, 60],
    ]) {
      const detector = model.detector();
      const clips: Promise<Clip>[] = [];
      const events: Detection[] = [];
      for await (const { audio, ...event } of detector.listen(chunks(sound, pieces), { audio: { before, after } })) {
        events.push(event);
        clips.push(audio);
      }
      assert.deepEqual(events, expected);
      for (const [i, { samples, sampleRate, start }] of (await Promise.all(clips)).entries()) {
        assert.equal(sampleRate, RATE);
        assert.deepEqual({ samples, start }, around(expected[i].time, before, after));
      }
      detector.close();
    }
  });
}

test('the sound is awaited inside the loop: the source is read on meanwhile, and its end ends the wait', async () => {
  for (const pieces of [[160], [sound.length]]) {
    const detector = model.detector();
    const tape = new Tape(chunks(sound, pieces));
    const lengths: number[] = [];
    await soon(
      (async () => {
        for await (const wake of detector.listen(tape, { audio: { before: 0.1, after: 3 } })) {
          const { samples, start } = await wake.audio;
          assert.deepEqual({ samples, start }, around(wake.time, 0.1, 3));
          lengths.push(samples.length);
        }
      })(),
    );
    assert.equal(lengths.length, 8);
    assert.ok(lengths[0] === 3.1 * RATE && lengths[7] < RATE, lengths.join());
  }
});

test('what was heard while a clip was awaited is told after it, in order', async () => {
  const detector = model.detector();
  const events: Detection[] = [];
  for await (const { audio, ...event } of detector.listen(chunks(sound, [160]), { audio: { before: 0, after: 2 } })) {
    if (events.length === 0) await soon(audio);
    events.push(event);
  }
  assert.deepEqual(events, expected);
});

test('a word that only flush completes has its sound, and no more than was heard', async () => {
  // The frame that grows loud is not full when the sound ends.
  const cut = sound.subarray(0, 0.2 * RATE + 30);
  const short = await loudnessModel({ middle: -4 });
  const detector = short.detector({ smoothing: 0 });
  const wakes = [];
  for await (const wake of detector.listen([cut], { audio: { before: 0.1, after: 1 } })) wakes.push(wake);
  assert.equal(wakes.length, 1);
  assert.ok(wakes[0].time > cut.length / RATE);
  const { samples, start } = await wakes[0].audio;
  assert.deepEqual(samples, unit.slice(Math.round(start * RATE), cut.length));
  assert.ok(samples.length > 0);
});

test('a group gives sound as each model heard it: at its rate, from one resampler', async () => {
  const source = bursts(2, 48000);
  const resampled = new Map<number, Float32Array>();
  for (const rate of [8000, 16000]) {
    const resampler = new Resampler(48000, rate);
    resampled.set(rate, Float32Array.of(...resampler.push(source), ...resampler.flush()));
  }
  const group = new DetectorGroup([model.detector(), narrow.detector()], { sampleRate: 48000 });
  const heard: number[] = [];
  for await (const wake of group.listen(chunks(source, [999]), { audio: { before: 0.25, after: 5 } })) {
    const { samples, sampleRate, start } = await soon(wake.audio);
    assert.equal(sampleRate, [16000, 8000][wake.model]);
    assert.equal(start, Math.max(0, Math.round((wake.time - 0.25) * sampleRate) / sampleRate));
    assert.equal(maxDifference(samples, resampled.get(sampleRate)!.slice(Math.round(start * sampleRate))), 0);
    heard.push(wake.model);
  }
  assert.deepEqual([...heard].sort(), [0, 0, 0, 0, 1, 1, 1, 1]);
  group.close();
});

test('a signal ends the iteration by its reason, and lets go of the source', async () => {
  const reason = new Error('enough');
  const controller = new AbortController();
  const tape = new Tape(chunks(sound, [160]), () => sleep(0));
  const detector = model.detector();
  const events: Detection[] = [];
  const heard = (async () => {
    for await (const event of detector.listen(tape, { signal: controller.signal })) {
      events.push(event);
      controller.abort(reason);
    }
  })();
  await assert.rejects(soon(heard), (error) => error === reason);
  assert.deepEqual(events, expected.slice(0, 1));
  assert.equal(tape.returned, 1);
});

test('a signal ends the wait for a source that gives nothing, and for the sound of an event', async () => {
  for (const audio of [undefined, { before: 0, after: 3 }]) {
    const controller = new AbortController();
    const reason = new Error('enough');
    let count = 0;
    const tape = new Tape(chunks(sound, [4000]), () => (++count > 3 ? new Promise(() => {}) : Promise.resolve()));
    const detector = model.detector();
    const clips: Clip[] = [];
    const heard = (async () => {
      for await (const wake of detector.listen(tape, { signal: controller.signal, audio }))
        if (wake.audio) clips.push(await wake.audio);
    })();
    await sleep(20);
    controller.abort(reason);
    await assert.rejects(soon(heard), (error) => error === reason);
    assert.equal(tape.returned, 1);
    if (audio)
      assert.deepEqual(clips[0].samples, around(expected[0].time, 0, 3).samples.slice(0, clips[0].samples.length));
    assert.equal(clips.length, audio ? 1 : 0);
  }
});

test('a signal ends a source that never waits, such as an array', async () => {
  const controller = new AbortController();
  const times: number[] = [];
  const detector = model.detector();
  const heard = (async () => {
    for await (const { time } of detector.listen(chunks(sound, [160]), { signal: controller.signal })) {
      times.push(time);
      controller.abort(new Error('enough'));
    }
  })();
  await assert.rejects(heard, /enough/);
  assert.equal(times.length, 1);
});

test('where the signal was aborted before, the source is not touched', async () => {
  const tape = new Tape([sound]);
  const signal = AbortSignal.abort(new Error('before'));
  await assert.rejects(model.detector().listen(tape, { signal }).next(), /before/);
  assert.deepEqual([tape.given, tape.returned], [0, 0]);
});

test('what a source throws ends the loop, and the wait for sound, which is then short', async () => {
  async function* failing(): AsyncGenerator<Int16Array> {
    yield* chunks(sound.subarray(0, 8000), [160]);
    await sleep(1);
    throw new Error('the cable is out');
  }
  const detector = model.detector();
  const clips: Clip[] = [];
  const heard = (async () => {
    for await (const wake of detector.listen(failing(), { audio: { before: 0.1, after: 2 } }))
      clips.push(await wake.audio);
  })();
  await assert.rejects(soon(heard), /the cable is out/);
  assert.equal(clips.length, 1);
  const { start, samples } = clips[0];
  assert.deepEqual(samples, unit.slice(start * RATE, 8000));
});

test('a chunk that is no sound ends the loop by an error that says so', async () => {
  for (const audio of [undefined, { before: 1, after: 1 }])
    for (const [chunk, error] of [
      [[1, 2, 3], { name: 'TypeError', message: /samples: got Array/ }],
      [Float32Array.of(NaN), { name: 'InputError' }],
    ] as const) {
      const source = [sound, chunk] as unknown as Source & Iterable<Int16Array>;
      const heard = (async () => {
        for await (const wake of model.detector().listen(source, { audio })) void wake;
      })();
      await assert.rejects(soon(heard), error);
    }
});

test('a loop that is left lets go of the source, and of what it was still to give', async () => {
  const tape = new Tape(chunks(sound, [160]), () => sleep(0));
  const detector = model.detector();
  let clip: Promise<Clip> | undefined;
  for await (const wake of detector.listen(tape, { audio: { before: 0.1, after: 2 } })) {
    clip = wake.audio;
    await sleep(5); // so that the next chunk has been asked for
    break;
  }
  assert.equal(tape.returned, 1);
  const { samples, start } = await soon(clip!);
  assert.deepEqual(samples, around(start + 0.1, 0.1, 2).samples.slice(0, samples.length));
  // Nothing of the old source comes into the next stream.
  detector.reset();
  await sleep(5);
  assert.deepEqual([...detector.push(sound), ...detector.flush()], expected);
});

test('one detector listens to one source after the other, with sound and without', async () => {
  const detector = model.detector();
  for (const options of [{ audio: { before: 0.2, after: 0.2 } }, {}, { audio: { before: 0.1, after: 0 } }]) {
    detector.reset();
    const events: Detection[] = [];
    for await (const { audio, ...event } of detector.listen([sound], options)) {
      events.push(event);
      assert.equal(audio instanceof Promise, 'audio' in options);
    }
    assert.deepEqual(events, expected);
  }
});

test('durations that are none are refused, by their name', () => {
  const detector = model.detector();
  for (const [audio, error] of [
    [
      { before: 61, after: 0 },
      { name: 'RangeError', message: /before: got 61/ },
    ],
    [
      { before: 0, after: NaN },
      { name: 'RangeError', message: /after: got NaN/ },
    ],
    [{ before: 1 }, { name: 'TypeError', message: /after: got undefined/ }],
  ] as const)
    assert.throws(() => detector.listen([sound], { audio: audio as never }), error);
});

test('a loop with a signal leaves nothing behind at a chunk', async () => {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  const used = (): number => {
    collect();
    return process.memoryUsage().heapUsed;
  };
  const piece = new Int16Array(16);
  const grown: number[] = [];
  let before = 0;
  const source = (function* () {
    for (let i = 0; i < 100_000; i++) {
      if (i === 20_000) before = used();
      yield piece;
    }
    grown.push(used() - before);
  })();
  const detector = model.detector();
  for await (const _ of detector.listen(source, { signal: new AbortController().signal }));
  detector.close();
  assert.ok(grown[0] < 2_000_000, `${grown} bytes in 80,000 chunks`);
});

test('clips are where the stream is, whatever was heard before the loop', async () => {
  const detector = model.detector();
  const first = detector.push(sound);
  assert.ok(first.length > 0);
  const heard: { time: number; clip: Clip }[] = [];
  for await (const { time, audio } of detector.listen([sound], { audio: { before: 0.2, after: 0.1 } }))
    heard.push({ time, clip: await audio });
  assert.ok(heard.length > 2);
  for (const { time, clip } of heard) {
    const expected = around(time - 4, Math.min(0.2, time - 4), 0.1);
    assert.ok(Math.abs(clip.start - 4 - expected.start) < 1e-9, `${clip.start}`);
    assert.deepEqual(clip.samples, expected.samples);
  }
  detector.close();
});

test('one loop keeps the sound around its events at a time', async () => {
  const detector = model.detector();
  const audio = { before: 0.1, after: 0.1 };
  const loop = detector.listen([sound], { audio });
  assert.ok(!(await loop.next()).done);
  await assert.rejects(detector.listen([sound], { audio }).next(), {
    name: 'InputError',
    message: /another loop with `audio` is listening already/,
  });
  await loop.return(undefined);
  assert.ok(!(await detector.listen([sound], { audio }).next()).done, 'the first has ended');
  detector.close();
});

test('options and sources that are none are refused at once, by their name', () => {
  const detector = model.detector();
  const refused = (source: unknown, options: object, message: RegExp): void =>
    assert.throws(() => detector.listen(source as Source, options), { name: 'TypeError', message });
  refused([sound], { audoi: {} }, /"audoi" is no option of listen; options are signal, audio/);
  refused([sound], { signal: true }, /signal: got .*, expected an AbortSignal/);
  refused(sound, {}, /source: got Int16Array, expected chunks of samples/);
  refused(7, {}, /source: got .*, expected chunks of samples/);
  assert.throws(() => new DetectorGroup([detector], { samplerate: 8000 } as object), {
    name: 'TypeError',
    message: /"samplerate" is no option of a DetectorGroup; options are sampleRate/,
  });
  detector.close();
});

test('a source that says that it has another rate is refused, with the remedy', () => {
  const detector = model.detector();
  const slow = Object.assign([sound], { sampleRate: 8000 });
  assert.throws(() => detector.listen(slow), {
    name: 'RangeError',
    message: /^source: has 8000 Hz, expected 16000, .*; use microphone\(\{ sampleRate: detector\.sampleRate \}\)$/,
  });
  assert.ok(detector.listen(Object.assign([sound], { sampleRate: RATE })));
  assert.throws(() => new DetectorGroup([detector, detector]), {
    name: 'RangeError',
    message: 'detectors[1]: is given twice; call model.detector() for each',
  });
  assert.throws(() => new DetectorGroup([model as never]), {
    name: 'TypeError',
    message: /^detectors\[0\]: got .*, expected what model\.detector\(\) makes$/,
  });
  detector.close();
});
