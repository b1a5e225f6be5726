import { uniform } from './support.js';

const RATE = 16000; // Hz
const LONGEST_SYLLABLE = 0.3; // s

/** Two poles: what rings at `frequency` Hz, `bandwidth` Hz wide. */
function resonator(frequency: number, bandwidth: number): (x: number) => number {
  const radius = Math.exp((-Math.PI * bandwidth) / RATE);
  const a = 2 * radius * Math.cos((2 * Math.PI * frequency) / RATE);
  let [y1, y2] = [0, 0];
  return (x) => {
    const y = x * (1 - radius) + a * y1 - radius * radius * y2;
    [y2, y1] = [y1, y];
    return y;
  };
}

/**
 * Syllables of pulses or noise through two formants, of all loudnesses from a few units to clipping, pauses of faint noise
 * between them: samples at 16 kHz, the same for the same seed.
 */
export function speechLike(seconds: number, seed: number): Int16Array {
  const next = uniform(seed);
  const within = (least: number, most: number) => least + ((next() + 1) / 2) * (most - least);
  const samples = new Int16Array(seconds * RATE);
  for (let at = 0; at < samples.length;) {
    const length = Math.round(within(0.05, LONGEST_SYLLABLE) * RATE);
    const period = Math.round(RATE / within(80, 260));
    const isVoiced = next() > -0.5;
    const loudness = 10 ** within(1, 6);
    const [first, second] = [resonator(within(250, 900), 90), resonator(within(900, 3500), 150)];
    for (let i = 0; i < length && at < samples.length; i++, at++) {
      const source = isVoiced ? Number(i % period === 0) * 10 : next();
      const x = (first(source) + second(source)) * Math.sin((Math.PI * i) / length) * loudness;
      samples[at] = Math.max(-32768, Math.min(32767, Math.round(x)));
    }
    for (let pause = Math.round(within(0, 0.2) * RATE); pause > 0 && at < samples.length; pause--)
      samples[at++] = Math.round(next() * 3);
  }
  return samples;
}
