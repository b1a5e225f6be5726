import { loadFrontEnd, presetNames } from '../dist/index.js';
import { interleave } from './interleave.mjs';

/** No preset over a power of two may take more than this many plain MFCC frames of its size. */
const BAR = 4;

const isPowerOfTwo = (n) => Number.isInteger(Math.log2(n));

/** A preset as a stream hears it: without the clip's peak, which it does not know. */
async function streamed(preset) {
  const frontEnd = await loadFrontEnd({ preset });
  return frontEnd.recipe.normalize === 'peak' ? loadFrontEnd({ preset, normalize: 'none' }) : frontEnd;
}

/** Our MFCC, 40 mel and 13 cepstra, of the same rate, transform and hop; 512 points where a recipe's are no power of two. */
function plainOf({ sampleRate, windowLength, hopLength, fftSize }) {
  const points = isPowerOfTwo(fftSize) ? fftSize : 512;
  return {
    preset: 'mfcc',
    sampleRate,
    windowLength: Math.min(windowLength, points),
    hopLength,
    fftSize: points,
    highFrequency: 0.475 * sampleRate,
  };
}

/** One hop into an open stream, a vector of features out. */
function contender(frontEnd) {
  const stream = frontEnd.open();
  const hop = Float32Array.from({ length: frontEnd.hopLength }, (_, n) => Math.sin(n * n * 1e-3) * 0.3);
  const run = () => {
    for (let at = stream.fill(hop, 0); stream.ready; at = stream.fill(hop, at)) stream.next();
  };
  return { run, calls: 200 };
}

/**
 * Every preset beside a plain MFCC of its size, framing included.
 *
 * @returns {Promise<{ preset: string, microseconds: number, ratio: number, load: number, hasBar: boolean }[]>} ratio: to the plain
 *   MFCC; load: the part of a second that a second of sound takes
 */
export async function measureFrontEnds(rounds) {
  const names = (await presetNames()).filter((name) => name !== 'custom');
  const contenders = new Map();
  const presets = [];
  for (const preset of names) {
    const frontEnd = await streamed(preset);
    const { recipe } = frontEnd;
    const plain = plainOf(recipe);
    const peer = JSON.stringify(plain);
    if (!contenders.has(peer)) contenders.set(peer, contender(await loadFrontEnd(plain)));
    contenders.set(preset, contender(frontEnd));
    presets.push({ preset, recipe, peer });
  }
  const results = await interleave(Object.fromEntries(contenders), 2 * rounds);
  return presets.map(({ preset, recipe, peer }) => {
    const { microseconds } = results[preset];
    return {
      preset,
      microseconds,
      ratio: microseconds / results[peer].microseconds,
      load: (microseconds * 1e-6 * recipe.sampleRate) / recipe.hopLength,
      hasBar: preset !== 'microfrontend' && isPowerOfTwo(recipe.fftSize),
    };
  });
}

export async function benchFrontEnds(rounds) {
  console.log(`\nA frame of each front end; ratio to a plain MFCC of the same size, bar ${BAR}`);
  console.log(`  ${''.padEnd(36)}${'median µs'.padStart(11)}${'of one core'.padStart(14)}${'ratio'.padStart(9)}`);
  for (const { preset, microseconds, ratio, load, hasBar } of await measureFrontEnds(rounds)) {
    const verdict = !hasBar ? '  no bar' : ratio > BAR ? '  over' : '';
    const part = `${(100 * load).toFixed(3)} %`;
    console.log(
      `  ${preset.padEnd(36)}${microseconds.toFixed(2).padStart(11)}${part.padStart(14)}${ratio.toFixed(2).padStart(9)}${verdict}`,
    );
  }
}
