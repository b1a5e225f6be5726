import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { framesOf } from '#dist/detection/frames.js';
import { Gate } from '#dist/detection/gate.js';
import { MovingAverage } from '#dist/detection/moving-average.js';
import {
  modelSettings,
  parseDefaults,
  withOptions,
  type DetectionOptions,
  type DetectionSettings,
  type KeywordSettings,
} from '#dist/detection/settings.js';
import { property } from './support.js';

/** Frames in which events fire. */
function events(posteriors: readonly number[], threshold: number, smoothing: number, refractory: number): number[] {
  const average = new MovingAverage(smoothing);
  const gate = new Gate(threshold, refractory);
  return posteriors.flatMap((posterior, frame) => (gate.push(average.push(posterior)) ? [frame] : []));
}

test('an event fires in the first frame that reaches the threshold, and again only after a fall below it', () => {
  assert.deepEqual(events([0, 0.5, 0.9, 0.9, 0.9, 0.2, 0.9], 0.9, 1, 0), [2, 6]);
  assert.deepEqual(events([0.9, 0.9, 0.9], 0.9, 1, 0), [0]);
});

test('the refractory period suppresses events that come too soon', () => {
  assert.deepEqual(events([1, 0, 1, 0, 0, 1, 0], 0.5, 1, 5), [0, 5]);
  assert.deepEqual(events([1, 0, 1, 0, 0, 1, 0], 0.5, 1, 6), [0]);
});

test('a posterior that stays up through the refractory period fires nothing', () => {
  assert.deepEqual(events([1, 0, 1, 1, 1, 1, 1, 0, 1], 0.5, 1, 3), [0, 3, 8]);
});

test('smoothing is the mean of the last frames, of fewer at the start', () => {
  const average = new MovingAverage(3);
  const round = (value: number): number => Math.round(value * 1e6) / 1e6;
  assert.deepEqual(
    [0.3, 0.6, 0.9, 0.0].map((posterior) => round(average.push(posterior))),
    [0.3, 0.45, 0.6, 0.5],
  );
  assert.deepEqual(
    [0, 1].map((frames) => new MovingAverage(frames)).map((each) => [each.push(0.3), each.push(0.7)]),
    [
      [0.3, 0.7],
      [0.3, 0.7],
    ],
  );
});

test('a mean does not depend on what has left it', () => {
  const [long, short] = [new MovingAverage(3), new MovingAverage(3)];
  for (let i = 0; i < 1000; i++) long.push(1 / (i + 1));
  const last = [0.1, 0.2, 0.3];
  assert.deepEqual(
    last.map((posterior) => long.push(posterior)).at(-1),
    last.map((posterior) => short.push(posterior)).at(-1),
  );
});

test('an average of another length keeps the last posteriors that fit', () => {
  const average = new MovingAverage(4);
  const halves = [0.5, 0.25, 1, 0.125];
  for (const posterior of halves) average.push(posterior);
  average.resize(4);
  assert.equal(average.push(0.75), (0.25 + 1 + 0.125 + 0.75) / 4);
  average.resize(3);
  assert.equal(average.push(0), (0.125 + 0.75 + 0) / 3);
  average.resize(5);
  assert.equal(average.push(1), (0.125 + 0.75 + 0 + 1) / 4);
  assert.equal(average.push(0.5), (0.125 + 0.75 + 0 + 1 + 0.5) / 5);
  assert.equal(average.push(0), (0.75 + 0 + 1 + 0.5 + 0) / 5);
  average.resize(0);
  assert.equal(average.push(0.75), 0.75);
});

test('a lowered threshold fires what lies above it once, and not what fired already', () => {
  const gate = new Gate(0.9, 0);
  assert.equal(gate.push(0.6), false);
  gate.configure(0.5, 0);
  assert.deepEqual(
    [0.6, 0.6, 0.4, 0.6].map((mean) => gate.push(mean)),
    [true, false, false, true],
  );
  gate.configure(0.3, 0);
  assert.equal(gate.push(0.6), false);
  gate.configure(0.8, 0); // below it now, so armed
  assert.deepEqual(
    [0.6, 0.8].map((mean) => gate.push(mean)),
    [false, true],
  );
});

test('a changed refractory period counts from the last event', () => {
  const fires = (at: number, refractory: number): number[] => {
    const gate = new Gate(0.5, 4);
    return [1, 0, 1, 0, 1, 0, 1, 0, 1, 0].flatMap((mean, frame) => {
      if (frame === at) gate.configure(0.5, refractory);
      return gate.push(mean) ? [frame] : [];
    });
  };
  assert.deepEqual(fires(10, 0), [0, 4, 8]);
  assert.deepEqual(fires(1, 2), [0, 2, 4, 6, 8]);
  assert.deepEqual(fires(1, 5), [0, 6]);
  assert.deepEqual(fires(3, 7), [0, 8]);
});

test('durations become the nearest number of frames, halves one more, in the binary fractions of any rate', () => {
  for (const sampleRate of [8000, 11025, 16000, 22050, 44100, 48000]) {
    for (const hop of [60, 80, 100, 160, 240, 320, 441, 480, 533, 1024]) {
      for (let ms = 0; ms <= 60000; ms += ms < 1000 ? 5 : 250) {
        // In whole numbers: the floor of ms · sampleRate / (1000 · hop) + 1/2.
        const expected = Math.floor((2 * ms * sampleRate + 1000 * hop) / (2000 * hop));
        assert.equal(framesOf(ms, hop / sampleRate), expected, `${ms} ms of ${hop} samples at ${sampleRate} Hz`);
      }
    }
  }
});

test('events under changing settings agree with their definition', () => {
  const fraction = fc.double({ min: 0, max: 1, noNaN: true });
  const settings = fc.record({ threshold: fraction, smoothing: fc.nat(9), refractory: fc.nat(12) });
  const change = fc.oneof({ weight: 7, arbitrary: fc.constant(null) }, { weight: 1, arbitrary: settings });
  let changes = 0;
  let fired = 0;
  fc.assert(
    fc.property(
      settings,
      fc.array(fc.record({ posterior: fraction, change }), {
        minLength: 50,
        maxLength: 100,
      }),
      (first, frames) => {
        const average = new MovingAverage(first.smoothing);
        const gate = new Gate(first.threshold, first.refractory);
        let now = first;
        let kept: number[] = [];
        let armed = true;
        let last = -Infinity;
        frames.forEach(({ posterior, change }, t) => {
          if (change) {
            average.resize(change.smoothing);
            gate.configure(change.threshold, change.refractory);
            now = change;
            changes++;
          }
          if (change) kept = kept.slice(-Math.max(1, now.smoothing));
          kept = [...kept, posterior].slice(-Math.max(1, now.smoothing));
          const mean = kept.reduce((sum, p) => sum + p, 0) / kept.length;
          if (mean < now.threshold) armed = true;
          const fires: boolean = mean >= now.threshold && armed && t - last >= now.refractory;
          if (fires) [armed, last] = [false, t];
          const smoothed = average.push(posterior);
          assert.equal(smoothed, mean);
          assert.equal(gate.push(smoothed), fires);
          fired += Number(fires);
        });
      },
    ),
    { ...property, numRuns: 300 },
  );
  assert.ok(changes > 2000 && fired > 1000, `${changes} changes, ${fired} events`);
});

test('events agree with the definition for random posteriors', () => {
  const frame = fc.double({ min: 0, max: 1, noNaN: true });
  fc.assert(
    fc.property(
      fc.array(frame, { maxLength: 200 }),
      frame,
      fc.integer({ min: 1, max: 9 }),
      fc.integer({ min: 0, max: 30 }),
      (posteriors, threshold, smoothing, refractory) => {
        const expected: number[] = [];
        let armed = true;
        posteriors.forEach((_, t) => {
          const last = posteriors.slice(Math.max(0, t - smoothing + 1), t + 1);
          const above = last.reduce((sum, p) => sum + p, 0) / last.length >= threshold;
          if (!above) armed = true;
          else if (armed && (expected.length === 0 || t - expected[expected.length - 1] >= refractory)) {
            expected.push(t);
            armed = false;
          }
        });
        // A tie within rounding may fall either way: such cases say nothing.
        const tie = posteriors.some((_, t) => {
          const last = posteriors.slice(Math.max(0, t - smoothing + 1), t + 1);
          return Math.abs(last.reduce((sum, p) => sum + p, 0) / last.length - threshold) < 1e-12;
        });
        fc.pre(!tie);
        assert.deepEqual(events(posteriors, threshold, smoothing, refractory), expected);
      },
    ),
    { ...property, numRuns: 300 },
  );
});

function parseSettings(labels: readonly string[], json: object = {}, options: object = {}): DetectionSettings {
  const defaults = parseDefaults(json as Record<string, unknown>, labels);
  return withOptions(modelSettings(labels, defaults), options as DetectionOptions);
}

const of = (threshold: number, smoothing = 100, refractory = 1000): KeywordSettings => ({
  threshold,
  smoothing,
  refractory,
});

test('settings come from the model and are replaced by options', () => {
  const json = { version: 1, smoothing: 200, refractory: 900, keywords: { happy: { threshold: 0.7 } } };
  assert.deepEqual(parseSettings(['happy', 'sad'], json), { keywords: { happy: of(0.7, 200, 900) } });
  assert.deepEqual(parseSettings(['a', 'b']), { keywords: { a: of(0.5), b: of(0.5) } });
  assert.deepEqual(parseSettings(['a', 'b'], { keywords: { b: {} } }), { keywords: { b: of(0.5) } });
  assert.deepEqual(parseSettings(['a', 'b'], {}, { threshold: 0.9, smoothing: 0 }), {
    keywords: { a: of(0.9, 0), b: of(0.9, 0) },
  });
  assert.deepEqual(parseSettings(['a', 'b'], {}, { threshold: { a: undefined, b: 0.1 }, smoothing: undefined }), {
    keywords: { a: of(0.5), b: of(0.1) },
  });
  assert.deepEqual(Object.entries(parseSettings(['__proto__', 'constructor']).keywords), [
    ['__proto__', of(0.5)],
    ['constructor', of(0.5)],
  ]);
  const { keywords } = parseSettings(['a']);
  assert.ok(Object.isFrozen(keywords) && Object.isFrozen(keywords.a));
});

test('what is nearest to the keyword and to the caller holds', () => {
  const json = {
    smoothing: 200,
    refractory: 900,
    keywords: { a: { threshold: 0.7, smoothing: 50, refractory: 0 }, b: { refractory: 300 }, c: {} },
  };
  const settled = (options: object) => parseSettings(['a', 'b', 'c'], json, options).keywords;
  assert.deepEqual(settled({}), { a: of(0.7, 50, 0), b: of(0.5, 200, 300), c: of(0.5, 200, 900) });
  assert.deepEqual(settled({ smoothing: 20, refractory: { b: 0 }, threshold: { c: 0 } }), {
    a: of(0.7, 20, 0),
    b: of(0.5, 20, 0),
    c: of(0, 20, 900),
  });
  // The model's own for one label only: those of the others are not touched.
  assert.deepEqual(parseSettings(['a', 'b'], { refractory: 5 }, { smoothing: { b: 7 } }).keywords, {
    a: of(0.5, 100, 5),
    b: of(0.5, 7, 5),
  });
  const names = JSON.parse('{ "__proto__": 0.25, "constructor": 0.75 }') as object;
  assert.deepEqual(
    Object.entries(parseSettings(['__proto__', 'constructor', 'a'], {}, { threshold: names }).keywords),
    [
      ['__proto__', of(0.25)],
      ['constructor', of(0.75)],
      ['a', of(0.5)],
    ],
  );
});

test('wrong defaults and options are refused with what was expected', () => {
  const refused = (json: object, options: object, name: string, message: RegExp): void =>
    assert.throws(() => parseSettings(['happy'], json, options), { name, message });
  refused({ keywords: { sad: {} } }, {}, 'MetadataError', /"sad" is no label; labels are happy/);
  refused({ keywords: { happy: { threshold: 2 } } }, {}, 'MetadataError', /got 2, expected 0 to 1/);
  refused(
    { keywords: { happy: { treshold: 1 } } },
    {},
    'MetadataError',
    /"happy": got \{"treshold":1\}, expected \{ threshold, smoothing, refractory \}/,
  );
  refused(
    { keywords: { happy: { smoothing: 60001 } } },
    {},
    'MetadataError',
    /smoothing of "happy": got 60001, expected milliseconds, 0 to 60000/,
  );
  refused({ keywords: { happy: { refractory: null } } }, {}, 'MetadataError', /refractory of "happy": got null/);
  refused({ keywords: { happy: 5 } }, {}, 'MetadataError', /"happy": got 5/);
  refused({ keywords: { happy: null } }, {}, 'MetadataError', /"happy": got null/);
  refused({ keywords: ['happy'] }, {}, 'MetadataError', /keywords: got \["happy"\], expected \{ name/);
  refused({ keywords: {} }, {}, 'MetadataError', /at least one/);
  refused(
    { refactory: 3 },
    {},
    'MetadataError',
    /"refactory" is no field; fields are version, smoothing, refractory, keywords/,
  );
  refused({ threshold: 0.5 }, {}, 'MetadataError', /"threshold" is no field/);
  refused({ smoothing: 'long' }, {}, 'MetadataError', /smoothing: got "long"/);
  refused({}, { threshold: 1.5 }, 'RangeError', /threshold of "happy": got 1.5/);
  refused({}, { threshold: NaN }, 'RangeError', /got NaN/);
  refused({}, { threshold: null }, 'TypeError', /threshold of "happy": got null/);
  for (const field of ['threshold', 'smoothing', 'refractory']) {
    refused(
      {},
      { [field]: { sad: 0.5 } },
      'RangeError',
      new RegExp(`${field}: "sad" is no keyword; keywords are happy`),
    );
    refused({}, { [field]: { constructor: 0.5 } }, 'RangeError', /"constructor" is no keyword/);
    refused({}, { [field]: { happy: -1 } }, 'RangeError', new RegExp(`${field} of "happy": got -1`));
    refused({}, { [field]: [1] }, 'TypeError', new RegExp(`${field} of "happy": got object`));
  }
  refused({}, { refractory: '9' }, 'TypeError', /refractory of "happy": got string/);
  refused({}, { smoothing: -1 }, 'RangeError', /smoothing of "happy": got -1/);
});

test('a posterior that is no number fires nothing, and reset forgets everything', () => {
  const average = new MovingAverage(3);
  const gate = new Gate(0.5, 10);
  assert.equal(gate.push(average.push(NaN)), false);
  assert.equal(gate.push(average.push(0.9)), false);
  average.reset();
  assert.equal(average.push(0.9), 0.9);
  assert.equal(gate.push(0.9), true);
  average.reset();
  gate.reset();
  assert.equal(average.push(0.4), 0.4);
  assert.equal(gate.push(0.8), true);
});

test('a posterior that is no number leaves the mean with its frame', () => {
  const average = new MovingAverage(2);
  for (const posterior of [NaN, 0.5, 1]) average.push(posterior);
  assert.equal(average.push(0.5), 0.75);
});
