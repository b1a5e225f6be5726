/** The resampler as a stream: positions, chunks, ends, memory. What it does to frequencies is in resampler-response.test.ts. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import fc from 'fast-check';
import { Resampler } from 'tympan/resampler';
import { planPolyphase } from '#dist/audio/polyphase.js';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

const PAIRS = [
  [48000, 16000],
  [44100, 16000],
  [22050, 16000],
  [8000, 16000],
  [16000, 8000],
  [11025, 48000],
  [96000, 11025],
  [1000, 192000],
  [192000, 1000],
  [16000, 16000],
] as const;

const noise = (length: number, seed = 1): Float32Array =>
  Float32Array.from({ length }, (_, i) => ((((i + 1) * (seed + 7) * 2654435761) >>> 8) % 65536) / 32768 - 1);

/** A whole stream: chunks of these lengths, over and over, and the flush. */
function stream(resampler: Resampler, samples: Float32Array | Int16Array, chunks: readonly number[]): number[] {
  const outputs: number[] = [];
  for (let at = 0, i = 0; at < samples.length; at += chunks[i++ % chunks.length])
    outputs.push(...resampler.push(samples.subarray(at, at + chunks[i % chunks.length])));
  outputs.push(...resampler.flush());
  return outputs;
}

/** The least time of input, in samples, before output m can be there. */
function neededFor(m: number, from: number, to: number): number {
  return from === to ? m + 1 : Math.ceil((m * from) / to + (20 * Math.max(from, to)) / to);
}

interface Vector {
  from: number;
  to: number;
  samples: number[];
  scipy: number[];
  soxr: number[];
}

for (const { from, to, samples, scipy, soxr } of JSON.parse(
  readFileSync('test/fixtures/resampler/vectors.json', 'utf8'),
) as Vector[]) {
  test(`${from} to ${to} Hz: as resample_poly with the same taps, and near what libsoxr hears`, (t) => {
    const outputs = stream(new Resampler(from, to), Int16Array.from(samples), [160]);
    const distance = (other: number[]): number =>
      Math.max(...other.slice(0, outputs.length).map((value, m) => Math.abs(value - outputs[m])));
    assert.equal(outputs.length, scipy.length);
    t.diagnostic(`${distance(scipy).toExponential(1)}, ${distance(soxr).toExponential(1)}`);
    assert.ok(distance(scipy) < 3e-7, `${distance(scipy)}`);
    assert.ok(Math.abs(soxr.length - outputs.length) <= 1);
    assert.ok(distance(soxr) < 5e-5, `${distance(soxr)}`);
  });
}

for (const [from, to] of PAIRS) {
  test(`${from} to ${to} Hz: any chunks give the same bits, int16 or float, and ⌈N·to/from⌉ of them`, () => {
    const resampler = new Resampler(from, to);
    const counts = fc.array(fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 5000 })), {
      minLength: 1,
      maxLength: 8,
    });
    const longest = from < 8000 ? 300 : 9000;
    const check = (length: number, chunks: number[]): void => {
      const samples = noise(length);
      const expected = stream(resampler, samples, [length]);
      assert.equal(expected.length, Math.ceil((length * to) / from));
      assert.deepEqual(stream(resampler, samples, chunks), expected);
      assert.deepEqual(
        stream(
          resampler,
          Int16Array.from(samples, (x) => x * 32768),
          chunks,
        ),
        expected,
      );
    };
    fc.assert(fc.property(fc.integer({ min: 0, max: longest }), counts, check), { numRuns: 25 });
  });

  test(`${from} to ${to} Hz: an output comes with its last input, not before and not after`, () => {
    const resampler = new Resampler(from, to);
    const sample = Float32Array.of(0.5);
    let made = 0;
    for (let n = 1; n <= 700; n++) {
      made += resampler.push(sample).length;
      assert.ok(neededFor(made, from, to) > n, `${made} outputs of ${n} samples`);
      assert.ok(made === 0 || neededFor(made - 1, from, to) <= n, `${made} outputs of ${n} samples`);
    }
    const delay = from === to ? 0 : 20 / Math.min(from, to);
    assert.equal(resampler.delay, delay);
  });
}

test('positions return after a second: 24 hours end where one does', () => {
  for (const [from, to] of [
    [44100, 16000],
    [11025, 48000],
    [48000, 16000],
  ]) {
    const resampler = new Resampler(from, to);
    const second = noise(from);
    resampler.push(second);
    const expected = resampler.push(second).slice();
    assert.equal(expected.length, to);
    // The state after a second is the state before it, so by induction after any number of them.
    for (let i = 0; i < 20; i++) assert.deepEqual(resampler.push(second), expected);
  }
});

test('the same rate passes samples through, bit for bit', () => {
  const resampler = new Resampler(22050, 22050);
  const samples = Float32Array.of(0.1, -0, 1e-42, 3e38, -1);
  assert.deepEqual(resampler.push(samples), samples);
  assert.deepEqual(resampler.push(Int16Array.of(1, -32768, 32767)), Float32Array.of(1 / 32768, -1, 32767 / 32768));
  assert.equal(resampler.flush().length, 0);
});

test('what was heard before a flush or a reset is forgotten', () => {
  const resampler = new Resampler(44100, 16000);
  const expected = stream(new Resampler(44100, 16000), noise(1000), [1000]);
  resampler.push(noise(777, 5));
  resampler.reset();
  assert.deepEqual(stream(resampler, noise(1000), [100]), expected);
  resampler.push(noise(333, 5));
  resampler.flush();
  assert.deepEqual(stream(resampler, noise(1000), [100]), expected);
});

test('a sample that is not finite spoils what is near it only', () => {
  const resampler = new Resampler(48000, 16000);
  const samples = noise(4800);
  const expected = stream(resampler, samples, [480]);
  samples[1439] = NaN;
  const outputs = stream(resampler, samples, [480]);
  const spoilt = outputs.flatMap((x, m) => (Number.isNaN(x) ? [m] : []));
  assert.ok(spoilt.length > 0 && Math.min(...spoilt) >= 440 && Math.max(...spoilt) < 520, spoilt.join());
  assert.deepEqual(
    outputs.filter((_, m) => m < 440 || m >= 520),
    expected.filter((_, m) => m < 440 || m >= 520),
  );
});

test('what is left in memory is not heard, not even times zero', () => {
  for (const [from, to] of [
    [48000, 16000],
    [44100, 16000],
  ]) {
    const resampler = new Resampler(from, to);
    const expected = stream(resampler, noise(1000), [1000]);
    resampler.push(new Float32Array(2000).fill(NaN));
    resampler.reset();
    assert.deepEqual(stream(resampler, noise(1000), [37]), expected);
  }
});

for (const [from, to, length] of [
  [48000, 16000, 480],
  [48000, 16000, 128],
  [44100, 16000, 128],
  [8000, 48000, 80],
  [16000, 16000, 128],
]) {
  test(`${from} to ${to} Hz in chunks of ${length}: nothing is allocated`, () => {
    const resampler = new Resampler(from, to);
    const chunks = [noise(length), Int16Array.from(noise(length), (x) => x * 32768)];
    const measure = (): number => {
      collect();
      const before = process.memoryUsage().heapUsed;
      for (let i = 0; i < 20_000; i++) resampler.push(chunks[i & 1]);
      return process.memoryUsage().heapUsed - before;
    };
    for (let i = 0; i < 10; i++) measure(); // code that isn't optimized yet boxes numbers
    const taken = Math.min(measure(), measure(), measure());
    assert.ok(taken < 200_000, `${taken} bytes`);
  });
}

test('a closed one is refused whatever is asked of it, and may be closed again', () => {
  for (const from of [16000, 44100]) {
    const resampler = new Resampler(from, 16000);
    resampler.push(noise(500));
    resampler.close();
    resampler.close();
    for (const use of [() => resampler.push(noise(500)), () => resampler.flush(), () => resampler.reset()])
      assert.throws(use, {
        name: 'InputError',
        message: /^this resampler is closed; make another one with new Resampler/,
      });
  }
});

test('its type has nothing that an application can’t get', () => {
  for (const file of ['resampler', 'shared-resampler'])
    assert.doesNotMatch(readFileSync(`dist/audio/${file}.d.ts`, 'utf8'), /Arena|arena/);
});

test('every pair of the usual rates has a table below 4 MB', () => {
  const rates = [8000, 11025, 12000, 16000, 22050, 24000, 32000, 44100, 48000, 64000, 88200, 96000, 176400, 192000];
  for (const from of rates)
    for (const to of rates) assert.ok(4 * planPolyphase(from, to).tableFloats < 4e6, `${from} ${to}`);
});

test('any multiples of 100 Hz have a table below 4 MB: what a refusal advises is not refused', () => {
  let largest = 0;
  for (let from = 1000; from <= 192000; from += 100) {
    for (let to = 1000; to <= 192000; to += from % 1700 === 0 ? 100 : 1900)
      largest = Math.max(largest, planPolyphase(from, to).tableFloats);
  }
  assert.ok(4 * largest < 4e6, `${4 * largest} bytes`);
});

test('what is no rate, no pair and no sound is refused', () => {
  for (const rate of [0, 999, 192001, 16000.5, NaN, Infinity, -16000]) {
    assert.throws(() => new Resampler(rate, 16000), {
      name: 'RangeError',
      message: /^from: got .*, expected whole Hz, 1000 to/,
    });
    assert.throws(() => new Resampler(16000, rate), { name: 'RangeError', message: /^to: got / });
  }
  assert.throws(() => new Resampler('8000' as unknown as number, 16000), TypeError);
  assert.throws(() => new Resampler(44101, 16001), {
    name: 'RangeError',
    message: /^resampling 44101 to 16001 Hz takes \d+ taps, 16001 phases; .*than 1, such as 44100 to 16000 Hz$/,
  });
  assert.throws(() => new Resampler(48001, 191999), /such as 48000 to 192000 Hz$/);
  assert.throws(() => new Resampler(48000, 16000).push([0.5] as unknown as Float32Array), {
    name: 'TypeError',
    message: 'samples: got Array, expected Int16Array or Float32Array',
  });
});
