/** Streams of features: where frames lie, how ends are padded, deltas and stacks, whatever the chunks. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import fc from 'fast-check';
import { loadFrontEnd, type FeatureStream, type FrontEnd as PublicFrontEnd } from 'tympan';
import { FrontEnd } from '#dist/features/front-end.js';
import { frameCount, framingOf } from '#dist/features/framing.js';
import { PRESET_NAMES, parseRecipe } from '#dist/features/parse-recipe.js';
import { isMicrofrontend, type Recipe, type SpectralRecipe } from '#dist/features/recipe.js';
import { newArena } from '#dist/kernels/embedded.js';
import { chunks, maxDifference, property, uniform } from './support.js';

type Samples = Int16Array | Float32Array;

/** A small front end: 5 features of windows of at most 128 samples. */
const SMALL: Partial<SpectralRecipe> = { fftSize: 128, numMels: 12, numCoefficients: 5 };

function noise(length: number, seed: number, size = 0.3): Float32Array {
  return Float32Array.from({ length }, uniform(seed, size));
}

function vectorsOf(stream: FeatureStream, pieces: Iterable<Samples>, isEnd: boolean): number[][] {
  const vectors: number[][] = [];
  for (const piece of pieces)
    for (let at = stream.fill(piece); stream.ready; at = stream.fill(piece, at)) vectors.push([...stream.next()]);
  if (isEnd) for (stream.finish(); stream.ready;) vectors.push([...stream.next()]);
  return vectors;
}

function streamed(recipe: SpectralRecipe, pieces: Iterable<Samples>, isEnd = true): number[][] {
  return vectorsOf(new FrontEnd(recipe).open(), pieces, isEnd);
}

function clip(recipe: Recipe, samples: Samples): number[][] {
  const { frames, coefficients, data } = new FrontEnd(recipe).features(samples);
  return Array.from({ length: frames }, (_, t) => [...data.subarray(t * coefficients, (t + 1) * coefficients)]);
}

/** Sample `n` of a signal that is padded without end, by the definition of numpy.pad's modes. */
function paddedAt(signal: ArrayLike<number>, n: number, padding: SpectralRecipe['padding']): number {
  const { length } = signal;
  if (n >= 0 && n < length) return signal[n];
  if (padding === 'zeros') return 0;
  if (padding === 'symmetric') return paddedAt(signal, n < 0 ? -1 - n : 2 * length - 1 - n, padding);
  return length === 1 ? signal[0] : paddedAt(signal, n < 0 ? -n : 2 * (length - 1) - n, padding);
}

/** Where the originals have the frames of a signal of `length` samples: the first sample of each. */
function starts(recipe: SpectralRecipe, length: number): number[] {
  const { framing, fftSize, windowLength, hopLength } = recipe;
  const every = (count: number, first: number): number[] =>
    Array.from({ length: Math.max(0, count) }, (_, t) => first + t * hopLength);
  switch (framing) {
    case 'whole':
      return every(Math.floor((length - windowLength) / hopLength) + 1, 0);
    case 'padded': // python_speech_features.sigproc.framesig; an empty signal has no frame here
      if (length === 0) return [];
      return every(length <= windowLength ? 1 : 1 + Math.ceil((length - windowLength) / hopLength), 0);
    case 'uncentred': // frames of fftSize samples
      return every(Math.floor((length - fftSize) / hopLength) + 1, 0);
    case 'centred': {
      // the same of the signal between ⌊fftSize / 2⌋ samples of padding
      if (length === 0) return [];
      const half = Math.floor(fftSize / 2);
      const count = Math.floor((length + 2 * half - fftSize) / hopLength) + 1;
      return every(count, Math.floor((fftSize - windowLength) / 2) - half);
    }
    case 'rounded': {
      // Kaldi's NumFrames and FirstSampleOfFrame
      const middle = Math.floor(hopLength / 2);
      return every(Math.floor((length + middle) / hopLength), middle - Math.floor(windowLength / 2));
    }
  }
}

/** Features of every frame by itself, cut from the emphasized and padded signal: as if it were a clip of one window. */
function frameByFrame(recipe: SpectralRecipe, signal: Samples): number[][] {
  const unit = signal instanceof Int16Array ? 1 / 32768 : 1;
  const samples = Float32Array.from(signal, (x) => x * unit);
  const emphasis = recipe.preEmphasisOver === 'signal' ? recipe.preEmphasis : 0;
  const emphasized = Float32Array.from(samples, (x, n) => x - emphasis * (n > 0 ? samples[n - 1] : 0));
  const isUncentred = recipe.framing === 'uncentred';
  const frameLength = isUncentred ? recipe.fftSize : recipe.windowLength;
  const framing = isUncentred ? 'uncentred' : 'whole';
  const alone = { ...recipe, framing, padding: 'zeros', deltas: 0, stack: 1, stackStride: 1 } as const;
  const frontEnd = new FrontEnd({ ...alone, ...(emphasis > 0 && { preEmphasis: 0 }) });
  return starts(recipe, samples.length).map((start) => {
    const frame = Float32Array.from({ length: frameLength }, (_, n) => paddedAt(emphasized, start + n, recipe.padding));
    return [...frontEnd.features(frame).data];
  });
}

/** Slopes by their definition, in float64, ends repeated. */
function slopesOf(rows: readonly number[][], window: number): number[][] {
  const row = (t: number): number[] => rows[Math.max(0, Math.min(rows.length - 1, t))];
  const offsets = Array.from({ length: window }, (_, n) => n + 1);
  const divisor = 2 * offsets.reduce((sum, n) => sum + n * n, 0);
  return rows.map((values, t) =>
    values.map((_, i) => offsets.reduce((sum, n) => sum + n * (row(t + n)[i] - row(t - n)[i]), 0) / divisor),
  );
}

const framings = fc
  .record({
    framing: fc.constantFrom('whole', 'padded', 'uncentred', 'centred', 'rounded'),
    padding: fc.constantFrom('zeros', 'reflect', 'symmetric'),
    fftSize: fc.constantFrom(128, 100, 99),
    windowLength: fc.integer({ min: 2, max: 128 }),
    hopLength: fc.integer({ min: 1, max: 300 }),
    preEmphasis: fc.constantFrom(0, 0.97),
  } as const)
  .map((fields): Partial<SpectralRecipe> => {
    const { framing, padding, fftSize, hopLength } = fields;
    const isMirrored = framing === 'centred' || framing === 'rounded';
    const windowLength = Math.min(fields.windowLength, isMirrored || framing === 'uncentred' ? fftSize : 128);
    return {
      ...SMALL,
      ...fields,
      windowLength,
      hopLength: isMirrored && padding !== 'zeros' ? 1 + ((hopLength - 1) % windowLength) : hopLength,
      padding: isMirrored ? padding : 'zeros',
    };
  });
const contexts = fc.record({
  deltas: fc.constantFrom(0, 1, 2),
  deltaWindow: fc.integer({ min: 1, max: 4 }),
  stack: fc.integer({ min: 1, max: 5 }),
  stackStride: fc.integer({ min: 1, max: 7 }),
});
const pieces = fc.oneof(
  fc.array(fc.integer({ min: 1, max: 400 }), { minLength: 1, maxLength: 8 }),
  fc.array(fc.integer({ min: 1, max: 10 }), { minLength: 1, maxLength: 8 }),
);
const signals = fc.record({
  length: fc.oneof(fc.integer({ min: 0, max: 1500 }), fc.integer({ min: 0, max: 90 })),
  isInt16: fc.boolean(),
  seed: fc.nat(),
});

function signalOf({ length, isInt16, seed }: { length: number; isInt16: boolean; seed: number }): Samples {
  const floats = noise(length, seed);
  return isInt16 ? Int16Array.from(floats, (x) => x * 32768) : floats;
}

test('frames lie where the originals have them, ends padded as numpy.pad does, to the last bit', () => {
  fc.assert(
    fc.property(framings, signals, (fields, signal) => {
      const samples = signalOf(signal);
      const recipe = parseRecipe(fields);
      const expected = frameByFrame(recipe, samples);
      assert.equal(frameCount(framingOf(recipe), samples.length), expected.length);
      assert.deepEqual(clip(recipe, samples), expected);
    }),
    { ...property, numRuns: 600 },
  );
});

test('chunks change nothing, and a clip is a stream that ends, to the last bit', () => {
  fc.assert(
    fc.property(framings, contexts, pieces, signals, (framing, context, lengths, signal) => {
      const samples = signalOf(signal);
      const recipe = parseRecipe({ ...framing, ...context });
      const expected = clip(recipe, samples);
      assert.deepEqual(streamed(recipe, chunks(samples, lengths)), expected);
      const begun = streamed(recipe, chunks(samples, lengths), false);
      assert.deepEqual(begun, expected.slice(0, begun.length));
    }),
    { ...property, numRuns: 300 },
  );
});

test('deltas are slopes of features, second ones slopes of the first, ends repeated; stacks hold the oldest frame first', () => {
  fc.assert(
    fc.property(framings, contexts, signals, fc.boolean(), (framing, context, signal, isNormalized) => {
      const samples = signalOf(signal);
      const plain = parseRecipe(framing);
      const c = clip(plain, samples);
      const d = slopesOf(c, context.deltaWindow);
      const orders = [c, d, slopesOf(d, context.deltaWindow)].slice(0, 1 + context.deltas);
      const size = 5 * orders.length;
      const mean = Array.from({ length: size }, (_, i) => i - 3);
      const scale = Array.from({ length: size }, (_, i) => 1 / (1 + i));
      const rows = c.map((_, t) =>
        orders.flatMap((order) => order[t]).map((x, i) => (isNormalized ? (x - mean[i]) * scale[i] : x)),
      );
      const expected: number[][] = [];
      for (let t = context.stack; t <= rows.length; t += context.stackStride)
        expected.push(rows.slice(t - context.stack, t).flat());
      const recipe = parseRecipe({ ...framing, ...context, ...(isNormalized && { mean, scale }) });
      const vectors = clip(recipe, samples);
      assert.equal(vectors.length, expected.length);
      vectors.forEach((vector, t) => {
        assert.equal(vector.length, new FrontEnd(recipe).size);
        assert.ok(maxDifference(vector, expected[t]) <= 2e-5, `vector ${t}: ${maxDifference(vector, expected[t])}`);
      });
    }),
    { ...property, numRuns: 200 },
  );
});

for (const preset of PRESET_NAMES.filter((name) => name !== 'custom')) {
  test(`${preset}: chunks and a reset change nothing, to the last bit`, () => {
    const recipe = parseRecipe({ preset, ...(preset === 'mlperf-tiny' && { normalize: 'none' }) });
    const frontEnd = new FrontEnd(recipe);
    const samples = noise(5000, 8);
    const stream = frontEnd.open();
    const expected = vectorsOf(stream, [samples], true);
    assert.ok(expected.length > 2 && expected[0].length === frontEnd.size);
    stream.reset();
    assert.deepEqual(vectorsOf(stream, chunks(samples, [1, 700, 33, 128]), true), expected);
    const isLimited = !isMicrofrontend(recipe) && recipe.topDb > 0;
    if (!isLimited) assert.deepEqual(clip(recipe, samples), expected);
  });
}

test('an application can name front ends and streams, and their types have nothing of what is inside', async () => {
  const frontEnd: PublicFrontEnd = await loadFrontEnd({ preset: 'kaldi' });
  const stream: FeatureStream = frontEnd.open();
  assert.equal(vectorsOf(stream, [noise(560, 2)], true).length, 2);
  assert.doesNotMatch(readFileSync('dist/features/feature-stream.d.ts', 'utf8'), /Extractor|Unchecked/);
});

test('int16 samples are floats of n / 32768', () => {
  const recipe = parseRecipe({ preEmphasis: 0.97 });
  const int16 = Int16Array.from(noise(1000, 9, 30000));
  const floats = Float32Array.from(int16, (n) => n / 32768);
  assert.deepEqual(streamed(recipe, [int16]), streamed(recipe, [floats]));
});

test('streams of one front end are independent, reset begins anew, and a closed one’s memory serves the next', () => {
  const arena = newArena();
  const recipe = parseRecipe({ framing: 'centred', padding: 'reflect', preEmphasis: 0.97, deltas: 2, stack: 3 });
  const frontEnd = new FrontEnd(recipe, arena);
  const [a, b] = [frontEnd.open(), frontEnd.open()];
  const [first, second] = [noise(3000, 1), noise(3000, 2)];
  const expected = streamed(recipe, [first]);
  const together: number[][] = [];
  for (let at = 0; at < 3000; at += 100) {
    together.push(...vectorsOf(a, [first.subarray(at, at + 100)], at === 2900));
    vectorsOf(b, [second.subarray(at, at + 100)], false);
  }
  assert.deepEqual(together, expected);
  assert.equal(a.frames, expected.length);
  a.reset();
  assert.deepEqual([a.time, a.frames, a.ready], [0, 0, false]);
  assert.deepEqual(vectorsOf(a, [first], true), expected);
  b.reset();
  assert.deepEqual(vectorsOf(b, [first], true), expected);
  const { byteLength } = arena;
  for (let i = 0; i < 1000; i++) frontEnd.open().close();
  for (let i = 0; i < 20; i++) frontEnd.features(first);
  assert.equal(arena.byteLength, byteLength);
});

test('a stream that has ended takes no more, and ends only once', () => {
  const stream = new FrontEnd(parseRecipe({ framing: 'padded' })).open();
  assert.equal(vectorsOf(stream, [noise(500, 3)], true).length, 2);
  stream.finish();
  assert.equal(stream.ready, false);
  assert.throws(() => stream.fill(noise(10, 3), 0), {
    name: 'InputError',
    message: /have ended with finish\(\); reset\(\) begins a new stream/,
  });
  stream.reset();
  assert.equal(vectorsOf(stream, [noise(500, 3)], true).length, 2);
});

test('a closed stream is refused whatever is asked of it, and closing it again gives no memory back', () => {
  const frontEnd = new FrontEnd(parseRecipe({ preset: 'kaldi' }), newArena());
  const samples = [1, 2].map((seed) => noise(400, seed));
  const expected = samples.map((piece) => vectorsOf(frontEnd.open(), [piece], false));
  assert.deepEqual([expected[0].length, expected[1].length], [1, 1]);
  const closed = frontEnd.open();
  assert.equal(closed.fill(samples[0]), 400);
  closed.close();
  closed.close();
  assert.equal(closed.ready, false);
  const streams = [frontEnd.open(), frontEnd.open()];
  streams.forEach((stream, i) => stream.fill(samples[i]));
  const uses = [() => closed.fill(samples[1]), () => closed.next(), () => closed.finish(), () => closed.reset()];
  for (const use of uses)
    assert.throws(use, { name: 'InputError', message: /are closed; begin other ones with frontEnd\.open\(\)/ });
  streams.forEach((stream, i) => assert.deepEqual([[...stream.next()]], expected[i]));
});

test('next gives a vector only where one is ready', () => {
  for (const fields of [{}, { deltas: 2, stack: 3 }] as const) {
    const stream = new FrontEnd(parseRecipe(fields)).open();
    const unready = {
      name: 'InputError',
      message: /no vector of features is ready: fill the stream with more samples/,
    };
    assert.throws(() => stream.next(), unready);
    stream.fill(noise(399, 1));
    assert.throws(() => stream.next(), unready);
    assert.deepEqual([stream.frames, stream.time], [0, 0]);
    const samples = noise(400 + 160 * 9, 2);
    stream.reset();
    assert.deepEqual(vectorsOf(stream, [samples], true), clip(parseRecipe(fields), samples));
    assert.throws(() => stream.next(), unready);
  }
});

test('fill refuses what are no samples and no place in them, and then takes nothing', () => {
  const recipe = parseRecipe({ preEmphasis: 0.97 });
  const stream = new FrontEnd(recipe).open();
  const refuse = (samples: unknown, start: unknown, name: string, message: RegExp): void =>
    assert.throws(() => stream.fill(samples as Float32Array, start as number), { name, message });
  const samples = noise(800, 6);
  assert.equal(stream.fill(samples.subarray(0, 300)), 300);
  for (const start of [undefined, 0, 3]) {
    refuse(Array(500).fill(0.1), start, 'TypeError', /samples: got Array, expected Int16Array or Float32Array/);
    refuse(new Float64Array(500), start, 'TypeError', /got Float64Array/);
    refuse(new Uint16Array(500), start, 'TypeError', /got Uint16Array/);
  }
  for (const start of [-5, 1.5, NaN, 801, '0', null])
    refuse(samples, start, 'RangeError', /^start: got .*, expected 0 to 800, the chunk's length: 0 for a new one/);
  assert.equal(stream.fill(samples, 300), 400);
  assert.deepEqual([...stream.next()], clip(recipe, samples.subarray(0, 400))[0]);
});

test('features that no memory holds are refused, and whatever is thrown, a clip gives its memory back', () => {
  const arena = newArena();
  const vast = { numMels: 512, dct: 'none', stack: 512, hopLength: 1, deltas: 2 } as const;
  for (const topDb of [0, 80]) {
    const frontEnd = new FrontEnd(parseRecipe({ ...vast, topDb }), arena);
    const { byteLength } = arena;
    for (let i = 0; i < 50; i++)
      assert.throws(() => frontEnd.features(new Float32Array(160_000)), {
        name: 'InputError',
        message:
          /^features: 160000 samples come to 159090 vectors of 786432 numbers, for which there is not enough memory; /,
      });
    assert.equal(arena.byteLength, byteLength);
  }
});

test('time is that of the newest frame that a vector waited for', () => {
  const timesOf = (fields: Partial<SpectralRecipe>): number[] => {
    const stream = new FrontEnd(parseRecipe(fields)).open();
    const samples = noise(400 + 9 * 160, 1);
    const times: number[] = [stream.time];
    for (let at = stream.fill(samples, 0); stream.ready; at = stream.fill(samples, at)) {
      stream.next();
      times.push(stream.time);
    }
    for (stream.finish(); stream.ready;) {
      stream.next();
      times.push(stream.time);
    }
    return times;
  };
  const end = (frame: number): number => (frame * 160 + 400) / 16000;
  const frames = Array.from({ length: 10 }, (_, t) => t);
  assert.deepEqual(timesOf({}), [0, ...frames.map(end)]);
  assert.deepEqual(timesOf({ deltas: 2 }), [0, ...frames.slice(4).map(end), ...Array<number>(4).fill(end(9))]);
  assert.deepEqual(timesOf({ stack: 4, stackStride: 3 }), [0, end(3), end(6), end(9)]);
  const centred = timesOf({ framing: 'centred' });
  assert.deepEqual(centred.slice(0, 3), [0, 200 / 16000, 360 / 16000]);
});

/** Pushes `count` chunks of silence. */
function hear(stream: FeatureStream, chunk: Int16Array, count: number): void {
  for (let i = 0; i < count; i++)
    for (let at = stream.fill(chunk, 0); stream.ready; at = stream.fill(chunk, at)) stream.next();
}

test('frames and times are exact after 24 hours of samples', () => {
  const recipe = parseRecipe({ ...SMALL, windowLength: 128, hopLength: 1600 });
  const stream = new FrontEnd(recipe).open();
  const samples = 24 * 3600 * 16000;
  hear(stream, new Int16Array(16000 * 60), 24 * 60);
  assert.equal(stream.frames, samples / 1600);
  assert.equal(stream.time, (samples - 1600 + 128) / 16000);
});

test('frames and times are exact after more than 2^32 samples', () => {
  const recipe = parseRecipe({ ...SMALL, framing: 'padded', windowLength: 3, hopLength: 8192, stackStride: 5 });
  const stream = new FrontEnd(recipe).open();
  const chunk = new Int16Array(2 ** 24 + 8191);
  hear(stream, chunk, 257);
  const samples = 257 * chunk.length;
  assert.ok(samples > 2 ** 32);
  const frames = frameCount(framingOf(recipe), samples);
  assert.equal(frames, 1 + Math.ceil((samples - 3) / 8192));
  for (stream.finish(); stream.ready;) stream.next();
  assert.equal(stream.frames, Math.ceil(frames / 5));
  assert.equal(stream.time, ((stream.frames - 1) * 5 * 8192 + 3) / 16000);
});

test('"peak" divides a clip by its largest sample, sign and all, and is refused to a stream', () => {
  const recipe = parseRecipe({ normalize: 'peak' });
  const plain = parseRecipe({});
  const samples = noise(2000, 4).map((x) => Math.min(x, 0.125));
  assert.deepEqual(
    clip(recipe, samples),
    clip(
      plain,
      samples.map((x) => x / 0.125),
    ),
  );
  const int16 = Int16Array.from(samples, (x) => 32768 * x);
  assert.deepEqual(
    clip(recipe, int16),
    clip(
      plain,
      Float32Array.from(int16, (n) => n / 4096),
    ),
  );
  // Where the largest is 0, the original divides by it.
  for (const least of [0, -0.5])
    assert.deepEqual(clip(recipe, new Float32Array(400).fill(least, 1)), clip(plain, new Int16Array(400)));
  assert.throws(() => new FrontEnd(recipe).open(), {
    name: 'MetadataError',
    message: /normalize "peak" divides a clip by its largest sample, .* replace it by \{ "normalize": "none" \}/,
  });
});

test('topDb raises the quiet energies of a clip; a stream goes without, and says so', () => {
  const fields: Partial<SpectralRecipe> = { ...SMALL, windowLength: 128, hopLength: 100, numCoefficients: 12 };
  const samples = noise(3000, 5, 1).map((x, n) => x * (n < 1500 ? 1 : 1e-3));
  const all = clip(parseRecipe(fields), samples);
  const limited = parseRecipe({ ...fields, topDb: 30 });
  // All twelve orthonormal cepstra say what the energies are.
  const dct = (cepstra: readonly number[], isInverse: boolean): number[] =>
    cepstra.map((_, i) =>
      cepstra.reduce((sum, x, j) => {
        const [c, m] = isInverse ? [j, i] : [i, j];
        return sum + x * Math.sqrt((c === 0 ? 1 : 2) / 12) * Math.cos((Math.PI * c * (m + 0.5)) / 12);
      }, 0),
    );
  const energies = all.map((cepstra) => dct(cepstra, true));
  const least = Math.max(...energies.flat()) - (30 * Math.LN10) / 10;
  assert.ok(energies.flat().some((e) => e < least - 1) && energies[0].every((e) => e > least));
  const vectors = clip(limited, samples);
  assert.equal(vectors.length, all.length);
  vectors.forEach((vector, t) => {
    const expected = dct(
      energies[t].map((e) => Math.max(e, least)),
      false,
    );
    assert.ok(maxDifference(vector, expected) <= 1e-4, `frame ${t}: ${maxDifference(vector, expected)}`);
  });
  assert.deepEqual(streamed(limited, [samples]), all);
  assert.ok(
    new FrontEnd(limited).warnings.some((warning) => /topDb 30 is below the loudest of a whole clip/.test(warning)),
  );
  assert.deepEqual(clip(parseRecipe({ ...fields, topDb: 400 }), samples), all);
});
