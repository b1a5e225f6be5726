import { Resampler } from '../dist/audio/resampler.js';
import { FrontEnd } from '../dist/features/front-end.js';
import { parseRecipe } from '../dist/features/parse-recipe.js';
import { newArena } from '../dist/kernels/embedded.js';
import { interleave, report } from './interleave.mjs';

/** Samples of 10 ms, as floats or as int16. */
function soundOf(rate, type) {
  return type.from({ length: rate / 100 }, (_, n) => Math.sin(n * n * 1e-3) * (type === Int16Array ? 9830 : 0.3));
}

/** 10 ms of sound brought to 16 kHz, beside the MFCC of the same 10 ms. */
export async function benchResample(rounds) {
  const recipe = parseRecipe({});
  const framer = new FrontEnd(recipe, newArena()).open();
  const hop = soundOf(16000, Float32Array);
  while (!framer.ready) framer.fill(hop, 0);
  framer.next();
  const mfcc = () => {
    framer.fill(hop, 0);
    framer.next();
  };
  const contenders = { 'a frame of MFCC, with its framing': { run: mfcc, calls: 2000 } };
  for (const [rate, type] of [
    [48000, Float32Array],
    [48000, Int16Array],
    [44100, Float32Array],
    [22050, Float32Array],
    [8000, Float32Array],
  ]) {
    const resampler = new Resampler(rate, 16000);
    const sound = soundOf(rate, type);
    for (let i = 0; i < 3; i++) resampler.push(sound);
    const name = `${rate} Hz, ${type === Int16Array ? 'int16' : 'float'}`;
    contenders[name] = { run: () => void resampler.push(sound), calls: 2000 };
  }
  report('10 ms of sound to 16 kHz: about 160 samples', await interleave(contenders, rounds));
}
