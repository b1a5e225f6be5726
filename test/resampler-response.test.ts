/** What the resampler does to frequencies: by the transform of its table, and by tones through the kernel. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { Resampler } from 'tympan/resampler';
import { fillTable, planPolyphase, type Polyphase } from '#dist/audio/polyphase.js';

const RATES = [8000, 11025, 16000, 22050, 24000, 32000, 44100, 48000, 96000];
const PAIRS = [8000, 16000, 22050, 48000].flatMap((to) =>
  RATES.filter((from) => from !== to).map((from) => [from, to] as const),
);

/** What src/audio/low-pass.ts promises. */
const FLAT = { to: 0.3, decibels: 0.0006 };
const PASS = { to: 0.45, decibels: 0.091 };
const STOP = { from: 0.55, decibels: -92 };
const decibels = (ratio: number): number => 20 * Math.log10(ratio);

/** The impulse response at every tick from −ahead to ahead, put together from the rows of all phases. */
function impulseResponse(plan: Polyphase): Float64Array {
  const { step, unit, ahead, before, lanes, columns, groups, tableFloats } = plan;
  const header = lanes === 1 ? 0 : 4;
  const table = new Float32Array(tableFloats);
  fillTable(plan, table);
  const response = new Float64Array(2 * ahead + 1).fill(NaN);
  response[0] = response[2 * ahead] = 0;
  for (let group = 0, at = header; group < groups; group++, at += header + lanes * columns) {
    const phase = (group * lanes * step) % unit;
    for (let i = 0; i < lanes * columns; i++) {
      const tick = (Math.floor(i / lanes) - before) * unit - phase - (i % lanes) * step;
      if (Math.abs(tick) >= ahead) assert.equal(table[at + i], 0);
      else {
        // Angles are turned a tap at a time, from another tap in every row.
        const known = response[ahead + tick];
        if (!Number.isNaN(known)) assert.ok(Math.abs(known - table[at + i]) <= 2e-8);
        response[ahead + tick] = table[at + i];
      }
    }
  }
  assert.ok(!response.includes(NaN), 'every tick is a tap of some phase');
  return response;
}

/** The gain at a frequency in parts of the lower rate; the response is even. */
function gainAt(response: Float64Array, frequency: number, { unit, step, ahead }: Polyphase): number {
  const twiceCos = 2 * Math.cos((2 * Math.PI * frequency) / Math.max(unit, step));
  let [cos, before] = [1, twiceCos / 2];
  let sum = response[ahead];
  for (let n = 1; n <= ahead; n++) {
    [cos, before] = [twiceCos * cos - before, cos];
    sum += (response[ahead + n] + response[ahead - n]) * cos;
  }
  return Math.abs(sum) / unit;
}

for (const [from, to] of PAIRS) {
  test(`${from} to ${to} Hz: the table's pass band is flat, its stop band empty`, (t) => {
    const plan = planPolyphase(from, to);
    const response = impulseResponse(plan);
    const worst = { flat: 0, pass: 0, stop: -Infinity };
    for (let f = 0; f <= PASS.to; f += 1 / 400) {
      const error = Math.abs(decibels(gainAt(response, f, plan)));
      worst.pass = Math.max(worst.pass, error);
      if (f <= FLAT.to) worst.flat = Math.max(worst.flat, error);
    }
    // Lobes are 1/40 wide; far away they are lower and lower.
    const last = Math.max(plan.unit, plan.step) / 2;
    for (let f = STOP.from; f <= last; f += f < 3 ? 1 / 400 : 0.137)
      worst.stop = Math.max(worst.stop, decibels(gainAt(response, f, plan)));
    t.diagnostic(
      `${worst.flat.toFixed(5)} dB, ${worst.pass.toFixed(4)} dB, ${worst.stop.toFixed(2)} dB; ${plan.tableFloats} taps`,
    );
    assert.ok(worst.flat <= FLAT.decibels && worst.pass <= PASS.decibels, JSON.stringify(worst));
    if (last >= STOP.from) assert.ok(worst.stop <= STOP.decibels, JSON.stringify(worst));
  });
}

/** One second of a tone, resampled. */
function resampledTone(from: number, to: number, frequency: number): Float32Array {
  const resampler = new Resampler(from, to);
  return resampler.push(
    Float32Array.from({ length: from }, (_, i) => Math.sin((2 * Math.PI * frequency * i) / from + 1)),
  );
}

/** Away from the start, where the filter hears the silence before. */
const settled = (samples: Float32Array): Float32Array => samples.subarray(200);

for (const [from, to] of PAIRS) {
  test(`${from} to ${to} Hz: tones pass at their place in time, or not at all`, () => {
    const lower = Math.min(from, to);
    for (const part of [0.013, 0.1, 0.25, 0.3, 0.4, 0.45]) {
      const heard = resampledTone(from, to, part * lower);
      const bound = part <= FLAT.to ? 1e-4 : 0.0107;
      for (let m = 200; m < heard.length; m++) {
        const error = Math.abs(heard[m] - Math.sin((2 * Math.PI * part * lower * m) / to + 1));
        if (!(error < bound)) assert.fail(`${part}: output ${m} is ${error} off`);
      }
    }
    for (const part of [0.55, 0.6, 0.75, 0.999, 1.5, 2.31, 2.99]) {
      if (part * lower > from / 2) continue;
      const loudest = Math.max(...settled(resampledTone(from, to, part * lower)).map(Math.abs));
      assert.ok(decibels(loudest) < -90, `${part}: ${decibels(loudest)} dB`);
    }
  });
}
