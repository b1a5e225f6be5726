import { buildModel } from './onnx-builder.js';
import { uniform } from './support.js';

const RATE = 16000; // Hz
const MELS = 10;

/** Keywords that are tones, by the mel band whose energy is their logit, and Hz in the middle of it. */
const BANDS = { low: [2, 630], mid: [5, 1450], high: [8, 2850] } as const;

export type Word = keyof typeof BANDS;
export const WORDS = Object.keys(BANDS) as Word[];

/** Logits of the labels that are no keywords: what silence has, and less than anything. */
const SILENCE = 0;
const UNKNOWN = -40;

/**
 * The ONNX file of a model with several keywords: softmax over silence, unknown and three tones, of which the loudest
 * wins; three thresholds.
 */
export function toneWords(): Uint8Array {
  const labels = ['silence', 'unknown', ...WORDS];
  const kernel = labels.flatMap((label) =>
    Array.from({ length: MELS }, (_, band) => Number(label in BANDS && BANDS[label as Word][0] === band)),
  );
  const bias = labels.map((label) => (label === 'silence' ? SILENCE : label === 'unknown' ? UNKNOWN : 0));
  return buildModel({
    inputs: { x: [1, 'time', MELS] },
    outputs: { p: [1, 'time', labels.length] },
    initializers: { K: [[labels.length, MELS, 1], kernel], B: [[labels.length], bias] },
    nodes: [
      ['Transpose', ['x'], ['mels'], { perm: [0, 2, 1] }],
      ['Conv', ['mels', 'K', 'B'], ['scores']],
      ['Transpose', ['scores'], ['logits'], { perm: [0, 2, 1] }],
      ['Softmax', ['logits'], ['p'], { axis: 2 }],
    ],
    metadata: {
      'tympan.frontend': {
        version: 1,
        sampleRate: RATE,
        windowLength: 400,
        hopLength: 160,
        fftSize: 512,
        numMels: MELS,
        numCoefficients: MELS,
        highFrequency: 3800,
        dct: 'none',
      },
      'tympan.labels': { version: 1, names: labels },
      'tympan.detection': {
        version: 1,
        keywords: { low: { threshold: 0.5 }, mid: { threshold: 0.6 }, high: { threshold: 0.7 } },
        smoothing: 50,
        refractory: 1000,
      },
    },
  });
}

/** A second in which tones follow one another, 0.2 s each after 0.2 s, over faint noise: [16000 samples]. */
export function spokenTones(words: readonly Word[], seed = 1): Float32Array {
  const next = uniform(seed, 1e-4);
  return Float32Array.from({ length: RATE }, (_, i) => {
    const time = i / RATE;
    const word = words[Math.floor((time - 0.2) / 0.2)];
    const tone = time >= 0.2 && word ? 0.3 * Math.sin(2 * Math.PI * BANDS[word][1] * time) : 0;
    return tone + next();
  });
}
