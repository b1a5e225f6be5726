import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import {
  parseDefaults,
  resolveSettings,
  type DetectionOptions,
  type DetectionSettings,
} from '#dist/detection/settings.js';
import { Trigger } from '#dist/detection/trigger.js';
import { property } from './support.js';

/** Frames in which events fire. */
function events(posteriors: readonly number[], threshold: number, smoothing: number, refractory: number): number[] {
  const trigger = new Trigger(threshold, smoothing, refractory);
  return posteriors.flatMap((posterior, frame) => (trigger.push(posterior) ? [frame] : []));
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
  const trigger = new Trigger(1, 3, 0);
  const means = [0.3, 0.6, 0.9, 0.0].map((posterior) => {
    trigger.push(posterior);
    return trigger.smoothed;
  });
  assert.deepEqual(
    means.map((mean) => Math.round(mean * 1e6) / 1e6),
    [0.3, 0.45, 0.6, 0.5],
  );
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
  return resolveSettings(labels, parseDefaults(json as Record<string, unknown>, labels), options as DetectionOptions);
}

test('settings come from the model and are replaced by options', () => {
  const json = { version: 1, smoothing: 200, refractory: 900, keywords: { happy: { threshold: 0.7 } } };
  assert.deepEqual(parseSettings(['happy', 'sad'], json), {
    smoothing: 200,
    refractory: 900,
    thresholds: { happy: 0.7 },
  });
  assert.deepEqual(parseSettings(['a', 'b']), { smoothing: 100, refractory: 1000, thresholds: { a: 0.5, b: 0.5 } });
  assert.deepEqual(parseSettings(['a', 'b'], { keywords: { b: {} } }).thresholds, { b: 0.5 });
  assert.deepEqual(parseSettings(['a', 'b'], {}, { threshold: 0.9, smoothing: 0 }), {
    smoothing: 0,
    refractory: 1000,
    thresholds: { a: 0.9, b: 0.9 },
  });
  assert.deepEqual(
    parseSettings(['a', 'b'], {}, { threshold: { a: undefined, b: 0.1 }, smoothing: undefined }).thresholds,
    { a: 0.5, b: 0.1 },
  );
  assert.deepEqual(Object.entries(parseSettings(['__proto__', 'constructor']).thresholds), [
    ['__proto__', 0.5],
    ['constructor', 0.5],
  ]);
  assert.ok(Object.isFrozen(parseSettings(['a']).thresholds));
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
    /"happy": got \{"treshold":1\}, expected \{ threshold \}/,
  );
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
  refused({ smoothing: 'long' }, {}, 'MetadataError', /smoothing: got "long"/);
  refused({}, { threshold: 1.5 }, 'RangeError', /threshold of "happy": got 1.5/);
  refused({}, { threshold: NaN }, 'RangeError', /got NaN/);
  refused({}, { threshold: null }, 'TypeError', /threshold of "happy": got null/);
  refused({}, { threshold: { sad: 0.5 } }, 'RangeError', /"sad" is no keyword; keywords are happy/);
  refused({}, { threshold: { constructor: 0.5 } }, 'RangeError', /"constructor" is no keyword/);
  refused({}, { refractory: '9' }, 'TypeError', /refractory: got string/);
  refused({}, { smoothing: -1 }, 'RangeError', /smoothing: got -1/);
});

test('a posterior that is no number fires nothing, and reset forgets everything', () => {
  const trigger = new Trigger(0.5, 3, 10);
  assert.equal(trigger.push(NaN), false);
  trigger.reset();
  assert.equal(trigger.push(0.9), true);
  trigger.reset();
  assert.equal(trigger.smoothed, 0);
  assert.equal(trigger.push(0.4), false);
  assert.equal(trigger.smoothed, 0.4);
  assert.equal(trigger.push(0.8), true);
});
