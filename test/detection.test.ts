import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { parseSettings } from '#dist/detection/settings.js';
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
  assert.deepEqual(means.map((mean) => Math.round(mean * 1e6) / 1e6), [0.3, 0.45, 0.6, 0.5]);
});

test('events agree with the definition for random posteriors', () => {
  const frame = fc.double({ min: 0, max: 1, noNaN: true });
  fc.assert(fc.property(
    fc.array(frame, { maxLength: 200 }), frame, fc.integer({ min: 1, max: 9 }), fc.integer({ min: 0, max: 30 }),
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
    }), { ...property, numRuns: 300 });
});

test('settings come from the model, are replaced by options, and are checked', () => {
  const json = { version: 1, smoothing: 200, refractory: 900, keywords: { happy: { threshold: 0.7 } } };
  assert.deepEqual(parseSettings(['happy', 'sad'], json), { smoothing: 200, refractory: 900, thresholds: { happy: 0.7 } });
  assert.deepEqual(parseSettings(['a', 'b']).thresholds, { a: 0.5, b: 0.5 });
  assert.deepEqual(parseSettings(['a', 'b'], {}, { threshold: 0.9, smoothing: 0 }), { smoothing: 0, refractory: 1000, thresholds: { a: 0.9, b: 0.9 } });
  assert.deepEqual(parseSettings(['a', 'b'], {}, { threshold: { b: 0.1 } }).thresholds, { a: 0.5, b: 0.1 });
  const refused = (json: object, options: object, name: string, message: RegExp): void =>
    assert.throws(() => parseSettings(['happy'], json as Record<string, unknown>, options), { name, message });
  refused({ keywords: { sad: {} } }, {}, 'MetadataError', /"sad" is no label; labels are happy/);
  refused({ keywords: { happy: { threshold: 2 } } }, {}, 'MetadataError', /got 2, expected 0 to 1/);
  refused({ keywords: ['happy'] }, {}, 'MetadataError', /keywords: got \["happy"\], expected \{ name/);
  refused({ smoothing: 'long' }, {}, 'MetadataError', /smoothing: got "long"/);
  refused({}, { threshold: 1.5 }, 'RangeError', /threshold of "happy": got 1.5/);
  refused({}, { threshold: NaN }, 'RangeError', /got NaN/);
  refused({}, { threshold: { sad: 0.5 } }, 'RangeError', /"sad" is no keyword/);
  refused({}, { refractory: '9' }, 'TypeError', /refractory: got string/);
});
