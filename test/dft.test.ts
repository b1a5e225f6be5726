import assert from 'node:assert/strict';
import test from 'node:test';
import { dftTables } from '#dist/features/dft-tables.js';
import { dftTableBytes, dftWorkBytes } from '#dist/kernels/layout.js';
import { newArena } from '#dist/kernels/embedded.js';
import { uniform } from './support.js';

/** DFT_POWER_ERROR of assembly/dft.ts: a rounding to f32, 2⁻²⁴. */
const POWER_ERROR = 6e-8;

const k = newArena().kernels;
k.memory.grow(8);

/** The power spectrum by the kernel, with the host's tables. */
function powerOf(samples: Float32Array, window: Float64Array): Float32Array {
  const size = samples.length;
  const tables = 64 + 4 * 4096;
  const work = tables + dftTableBytes(4096);
  const power = work + dftWorkBytes(4096);
  new Float32Array(k.memory.buffer, 64).set(samples);
  new Float64Array(k.memory.buffer, tables).set(dftTables(window, size));
  k.dftPowerSpectrum(64, tables, work, power, size);
  return new Float32Array(k.memory.buffer, power, Math.floor(size / 2) + 1);
}

/** Its largest error, over the bin, against the definition in float64. */
function worstError(size: number): number {
  const next = uniform(size);
  const samples = Float32Array.from({ length: size }, next);
  const window = Float64Array.from({ length: size }, (_, t) => 0.54 - 0.46 * Math.cos((2 * Math.PI * t) / size));
  const cos = Float64Array.from({ length: size }, (_, t) => Math.cos((2 * Math.PI * t) / size));
  const sin = Float64Array.from({ length: size }, (_, t) => Math.sin((2 * Math.PI * t) / size));
  return powerOf(samples, window).reduce((worst, bin, frequency) => {
    let re = 0;
    let im = 0;
    for (let t = 0, turns = 0; t < size; t++, turns = (turns + frequency) % size) {
      re += samples[t] * window[t] * cos[turns];
      im += samples[t] * window[t] * sin[turns];
    }
    const power = re * re + im * im;
    return Math.max(worst, Math.abs(bin - power) / power);
  }, 0);
}

test('the power spectrum of any size agrees with the definition', (t) => {
  let worst = 0;
  for (let size = 2; size <= 600; size++) worst = Math.max(worst, worstError(size));
  for (const size of [1000, 1021, 2048, 4000, 4096]) worst = Math.max(worst, worstError(size));
  t.diagnostic(`largest error of a bin: ${worst}`);
  assert.ok(worst <= POWER_ERROR, `${worst}`);
});

test('a window shorter than the transform is followed by zeros', () => {
  const samples = new Float32Array(400).fill(1);
  const power = powerOf(samples, new Float64Array(100).fill(1));
  assert.equal(power[0], 10000);
  assert.ok(Math.abs(power[4]) < 1e-20 && power[2] > 4000, `${power[2]}, ${power[4]}`);
});
