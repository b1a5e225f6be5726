import assert from 'node:assert/strict';
import test from 'node:test';
import { splitSettings } from '#dist/detection/split-settings.js';

test('settings by keyword go to the models that have it, others to all', () => {
  const options = { threshold: { hey: 0.9, you: 0.8 }, smoothing: 50 };
  assert.deepEqual(splitSettings(options, [['hey'], ['hey', 'you'], []]), [
    { threshold: { hey: 0.9 }, smoothing: 50, refractory: undefined },
    { threshold: { hey: 0.9, you: 0.8 }, smoothing: 50, refractory: undefined },
    { threshold: {}, smoothing: 50, refractory: undefined },
  ]);
});

test('a keyword that no model has is refused, and each is named once', () => {
  assert.throws(() => splitSettings({ refractory: { hi: 1 } }, [['hey'], ['hey', 'you']]), {
    name: 'RangeError',
    message: 'refractory: "hi" is no keyword; keywords are hey, you',
  });
});

test('a keyword may be called as what every object has', () => {
  const [own, none] = splitSettings({ threshold: { constructor: 1 } }, [['constructor'], ['hey']]);
  assert.deepEqual(own.threshold, { constructor: 1 });
  assert.deepEqual(none.threshold, {});
  assert.throws(() => splitSettings({ threshold: { constructor: 1 } }, [['hey']]), RangeError);
});

test('what is no setting is left to the model, which refuses it', () => {
  for (const wrong of [null, [0.5], '0.5']) {
    const [given] = splitSettings({ threshold: wrong as never }, [['hey']]);
    assert.equal(given.threshold, wrong);
  }
});
