import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { loadModel } from 'tympan';
import { DetectorGroup } from 'tympan/group';
import { Resampler } from 'tympan/resampler';
import { BROWSERS, missingBrowser, visit } from './browsers/browser.js';
import { bundlePage } from './browsers/bundle.js';
import type { OfflineAnswers } from './pages/offline.js';
import { readSamples } from './pcm.js';
import { speechLike } from './speech-like.js';
import { HAPPY } from './spoken.js';

const RATES = [16000, 44100, 48000]; // Hz
const THRESHOLD = 0.5; // what is like speech fires at times, too
const QUANTUM = 128; // samples
const MODEL = readFileSync('models/happy.onnx');

/** The word twice, then syllables without it. */
const SOUND = Int16Array.from([...(await readSamples(HAPPY)), ...speechLike(8, 2)]);

/** Int16 samples at another rate, a whole number of quanta. */
function atRate(rate: number): Int16Array {
  const resampler = new Resampler(16000, rate);
  const resampled = [SOUND, new Int16Array(1600)].flatMap((part) => [...resampler.push(part)]);
  const samples = Int16Array.from(resampled, (x) => Math.max(-32768, Math.min(32767, Math.round(x * 32768))));
  return samples.subarray(0, samples.length - (samples.length % QUANTUM));
}

/** What the same samples, as floats, give in Node. */
async function inNode(samples: Int16Array, sampleRate: number): Promise<Omit<OfflineAnswers, 'lag'>> {
  const posteriors: number[] = [];
  const model = await loadModel(MODEL);
  const detector = model.detector({ threshold: THRESHOLD, onFrame: (frame) => posteriors.push(...frame) });
  const group = new DetectorGroup([detector], { sampleRate });
  const floats = Float32Array.from(samples, (x) => x / 32768);
  const events = [...group.push(floats), ...group.flush()].map(({ keyword, posterior, time }) => ({
    ...{ keyword, posterior, time },
  }));
  group.close();
  const hash = createHash('sha256').update(Float32Array.from(posteriors)).digest('hex');
  return { hash, count: posteriors.length, events };
}

const sounds = new Map(RATES.map((rate) => [rate, atRate(rate)]));

for (const browser of BROWSERS) {
  test(
    `an OfflineAudioContext at 16, 44.1 and 48 kHz in ${browser} hears through the worklet what Node hears, to the last bit`,
    { skip: missingBrowser(browser) },
    async (t) => {
      const files = {
        ...(await bundlePage('offline')),
        '/worklet.js': readFileSync('dist/worklet.js'),
        '/happy.onnx': MODEL,
        ...Object.fromEntries(
          [...sounds].map(([rate, { buffer, byteLength }]) => [`/${rate}.s16`, new Uint8Array(buffer, 0, byteLength)]),
        ),
      };
      await visit(browser, { files }, async (page) => {
        for (const [rate, samples] of sounds) {
          const expected = await inNode(samples, rate);
          const call = (path: string, hz: number, threshold: number) => offline(path, hz, threshold);
          const { lag, ...heard } = await page.evaluate(call, `/${rate}.s16`, rate, THRESHOLD);
          assert.ok(heard.events.length >= 2 && heard.events.every(({ keyword }) => keyword === 'happy'));
          assert.deepEqual(heard, expected, `${rate} Hz`);
          assert.ok(lag < 1e-6, `${rate} Hz: contextTime off by ${lag} s`);
          t.diagnostic(`${rate} Hz: ${heard.count} posteriors, ${heard.events.length} events`);
        }
      });
    },
  );
}
