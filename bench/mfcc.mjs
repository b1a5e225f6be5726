import FFT from 'fft.js';
import Meyda from 'meyda';
import { melFilterbank } from '../dist/features/mel-filterbank.js';
import { loadFrontEnd } from '../dist/index.js';
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

/** What meyda's MFCC of 512 samples is, as a recipe: ln(1 + energy), and a DCT whose every row is twice the cosines. */
const MEYDA_RECIPE = {
  preset: 'custom',
  sampleRate: 16000,
  windowLength: 512,
  hopLength: 160,
  window: 'hann-symmetric',
  fftSize: 512,
  spectrum: 'power',
  numMels: 40,
  melScale: 'htk',
  melShape: 'bins',
  lowFrequency: 0,
  highFrequency: 8000,
  log: 'ln',
  floorKind: 'add',
  logFloor: 1,
  dct: 'tf',
  outputScale: Math.sqrt(2 * 40),
  numCoefficients: 13,
};

function meydaMfcc({ sampleRate, windowLength, numMels, numCoefficients }) {
  Object.assign(Meyda, {
    sampleRate,
    bufferSize: windowLength,
    melBands: numMels,
    numberOfMFCCCoefficients: numCoefficients,
    windowingFunction: 'hanning',
  });
  return (samples) => Meyda.extract('mfcc', samples);
}

/** @throws Error when `peer` computes something else than the recipe says */
async function checkPeer(name, recipe, peer, samples) {
  const stream = (await loadFrontEnd(recipe)).open();
  stream.fill(samples, 0);
  const ours = stream.next();
  const theirs = peer(samples);
  const difference = Math.max(...ours.map((value, c) => Math.abs(value - theirs[c])));
  if (!(difference < 1e-3)) throw new Error(`${name} differs from its recipe by ${difference}, expected below 1e-3`);
}

/** A frame of MFCC: 512-point FFT, 40 mel, 13 cepstra. meyda takes 512 samples a frame, the others 400. */
export async function benchMfcc(rounds) {
  const frontEnd = await loadFrontEnd();
  const { recipe } = frontEnd;
  const samples = Float32Array.from({ length: 512 }, (_, n) => Math.sin(n * n * 1e-3) * 0.3);
  const fftJs = fftJsMfcc(recipe);
  const meyda = meydaMfcc(MEYDA_RECIPE);
  await checkPeer('fft.js', {}, fftJs, samples);
  await checkPeer('meyda', MEYDA_RECIPE, meyda, samples);
  const stream = frontEnd.open();
  const hop = samples.subarray(0, recipe.hopLength);
  while (!stream.ready) stream.fill(hop, 0);
  stream.next();
  // Turns of about a millisecond: longer ones are interrupted on a machine that others use.
  const results = await interleave(
    {
      'tympan, with its framing': {
        run: () => {
          stream.fill(hop, 0);
          stream.next();
        },
        calls: 1000,
      },
      'fft.js, sparse mel': {
        run: () => {
          fftJs(samples);
        },
        calls: 100,
      },
      'meyda 5': {
        run: () => {
          meyda(samples);
        },
        calls: 8,
      },
    },
    4 * rounds,
  );
  report('A frame of MFCC: 512 points, 40 mel, 13 cepstra; bars: fft.js 10, meyda 120 times as long', results);
}
