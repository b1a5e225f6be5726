/** Sound with the shape of speech, for models whose users have none at hand. */
import { seeded } from './seeded.js';

/** Hz; the lowest voice of a man to a child's. */
const PITCH = [80, 300] as const;
const FIRST_FORMANT = [250, 900] as const;
const SECOND_FORMANT = [900, 3000] as const;
const BANDWIDTH = 100;

/** Seconds. */
const SYLLABLE = [0.08, 0.3] as const;
const PAUSE = [0, 0.2] as const;

/** Peaks of full scale, and the noise of a quiet room: in natural logarithms of the level. */
const LOUDNESS = [Math.log(0.01), Math.log(0.7)] as const;
const ROOM = 2e-4;

const VOICED = 0.7;

/** Two poles: what rings at `frequency` Hz. */
function resonator(frequency: number, sampleRate: number): (x: number) => number {
  const radius = Math.exp((-Math.PI * BANDWIDTH) / sampleRate);
  const a = 2 * radius * Math.cos((2 * Math.PI * frequency) / sampleRate);
  let [y1, y2] = [0, 0];
  return (x) => {
    const y = x + a * y1 - radius * radius * y2;
    [y2, y1] = [y1, y];
    return y;
  };
}

/**
 * Syllables of pulses or noise through two formants, quiet and loud, pauses of faint noise between them.
 *
 * @param count samples
 * @param seed the same sound for the same seed
 * @returns [count], in [-0.7, 0.7]
 */
export function speechLike(count: number, sampleRate: number, seed: number): Float32Array {
  const next = seeded(seed);
  const within = ([least, most]: readonly [number, number]) => least + next() * (most - least);
  const samples = new Float32Array(count);
  for (let at = 0; at < count;) {
    const length = Math.round(within(SYLLABLE) * sampleRate);
    const syllable = samples.subarray(at, at + length);
    const period = Math.round(sampleRate / within(PITCH));
    const isVoiced = next() < VOICED;
    const formants = [FIRST_FORMANT, SECOND_FORMANT].map((range) => resonator(within(range), sampleRate));
    let peak = 0;
    for (let i = 0; i < syllable.length; i++) {
      const source = isVoiced ? Number(i % period === 0) : next() - 0.5;
      const ringing = formants.reduce((sum, ring) => sum + ring(source), 0);
      syllable[i] = ringing * Math.sin((Math.PI * i) / length);
      peak = Math.max(peak, Math.abs(syllable[i]));
    }
    const gain = peak > 0 ? Math.exp(within(LOUDNESS)) / peak : 0;
    for (let i = 0; i < syllable.length; i++) syllable[i] *= gain;
    at += length + Math.round(within(PAUSE) * sampleRate);
  }
  for (let i = 0; i < count; i++) samples[i] += (next() - 0.5) * ROOM;
  return samples;
}
