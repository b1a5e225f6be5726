import { loadModel, type LoadOptions, type Model, type RecipeOptions } from 'tympan';
import { buildModel } from './onnx-builder.js';
import { uniform } from './support.js';

/** Ten log energies a frame, the recipe of every loudness model that says no other. */
const RECIPE: RecipeOptions & { readonly version: 1 } = {
  version: 1,
  sampleRate: 16000,
  windowLength: 400,
  hopLength: 160,
  fftSize: 512,
  numMels: 10,
  numCoefficients: 10,
  highFrequency: 3800,
  dct: 'none',
};

export interface LoudnessOptions {
  /** What differs from the recipe. */
  readonly recipe?: RecipeOptions;
  /** Mean log energy at which the posterior is ½. Default −3. */
  readonly middle?: number;
  readonly smoothing?: number; // ms
  readonly load?: LoadOptions;
}

/** A model that fires where sound grows loud: one layer in kernels, "loud" and "quiet", the first of them a keyword. */
export function loudnessModel(options: LoudnessOptions = {}): Promise<Model> {
  const { recipe = {}, middle = -3, smoothing = 20, load = {} } = options;
  const bytes = buildModel({
    inputs: { x: [1, 10, 'time'] },
    outputs: { p: null },
    initializers: {
      K: [
        [2, 10, 1],
        [...Array<number>(10).fill(0.1), ...Array<number>(10).fill(-0.1)],
      ],
      B: [[2], [-middle, middle]],
    },
    nodes: [
      ['Conv', ['x', 'K', 'B'], ['logit']],
      ['Sigmoid', ['logit'], ['p']],
    ],
    metadata: {
      'tympan.frontend': { ...RECIPE, ...recipe },
      'tympan.labels': { version: 1, names: ['loud', 'quiet'] },
      'tympan.detection': { version: 1, keywords: { loud: { threshold: 0.5 } }, smoothing, refractory: 100 },
    },
  });
  return loadModel(bytes, load);
}

/** Noise that is loud for a fifth of every half second, and faint between: int16, in `seconds` twice as many bursts. */
export function bursts(seconds: number, sampleRate: number, seed = 3): Int16Array {
  const next = uniform(seed, 20000);
  return Int16Array.from({ length: seconds * sampleRate }, (_, i) => {
    const phase = (i / sampleRate) % 0.5;
    return Math.round(next() * (phase > 0.2 && phase < 0.3 ? 1 : 0.001));
  });
}
