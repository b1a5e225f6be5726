import FFT from 'fft.js';
import { FrontEnd } from '../dist/features/front-end.js';
import { Arena } from '../dist/kernels/arena.js';
import { parseRecipe } from '../dist/features/parse-recipe.js';
import { melFilterbank } from '../dist/features/tables.js';
import { interleave, report } from './interleave.mjs';

/** The same MFCC over fft.js: filters as runs of bins, everything allocated once. */
function fftJsMfcc(recipe) {
  const { fftSize, windowLength, numMels, numCoefficients, logFloor } = recipe;
  const fft = new FFT(fftSize);
  const window = Float64Array.from(
    { length: windowLength },
    (_, n) => 0.5 - 0.5 * Math.cos((2 * Math.PI * n) / windowLength),
  );
  const filters = melFilterbank(recipe).map((filter) => {
    const first = filter.findIndex((weight) => weight > 0);
    return { first, weights: filter.slice(first, filter.findLastIndex((weight) => weight > 0) + 1) };
  });
  const cosines = Array.from({ length: numCoefficients }, (_, c) =>
    Float64Array.from(
      { length: numMels },
      (_, j) => Math.sqrt((c === 0 ? 1 : 2) / numMels) * Math.cos((Math.PI * c * (j + 0.5)) / numMels),
    ),
  );
  const input = new Array(fftSize).fill(0);
  const spectrum = fft.createComplexArray();
  const power = new Float64Array(fftSize / 2 + 1);
  const energies = new Float64Array(numMels);
  const out = new Float32Array(numCoefficients);
  return (samples) => {
    for (let n = 0; n < windowLength; n++) input[n] = samples[n] * window[n];
    fft.realTransform(spectrum, input);
    for (let k = 0; k < power.length; k++)
      power[k] = spectrum[2 * k] * spectrum[2 * k] + spectrum[2 * k + 1] * spectrum[2 * k + 1];
    for (let f = 0; f < numMels; f++) {
      const { first, weights } = filters[f];
      let energy = 0;
      for (let i = 0; i < weights.length; i++) energy += power[first + i] * weights[i];
      energies[f] = Math.log(Math.max(logFloor, energy));
    }
    for (let c = 0; c < numCoefficients; c++) {
      let sum = 0;
      for (let j = 0; j < numMels; j++) sum += cosines[c][j] * energies[j];
      out[c] = sum;
    }
    return out;
  };
}

/** A frame of MFCC: 400 samples, 512-point FFT, 40 mel, 13 cepstra. */
export async function benchMfcc(rounds) {
  const recipe = parseRecipe({});
  const framer = new FrontEnd(recipe, new Arena()).open();
  const peer = fftJsMfcc(recipe);
  const samples = Float32Array.from({ length: recipe.windowLength }, (_, n) => Math.sin(n * n * 1e-3) * 0.3);
  const hop = samples.subarray(0, recipe.hopLength);
  framer.fill(samples, 0);
  const ours = framer.next();
  const theirs = peer(samples);
  const difference = Math.max(...ours.map((value, c) => Math.abs(value - theirs[c])));
  if (!(difference < 1e-3)) throw new Error(`the two MFCCs differ by ${difference}, expected below 1e-3`);
  const results = await interleave(
    {
      'tympan, with its framing': {
        run: () => {
          framer.fill(hop, 0);
          framer.next();
        },
        calls: 5000,
      },
      'fft.js, sparse mel': {
        run: () => {
          peer(samples);
        },
        calls: 1000,
      },
    },
    rounds,
  );
  report('A frame of MFCC: 400 samples, 512 points, 40 mel, 13 cepstra', results);
}
