/** A page that listens all day: what an audio thread allocates, and what it keeps. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import test from 'node:test';
import type { HeapReport } from './worklet-heap.js';

const SCRIPT = fileURLToPath(new URL('worklet-heap.js', import.meta.url));

function heapAfter(rate: number, calls: number, watched: boolean): HeapReport {
  const args = ['--expose-gc', SCRIPT, String(rate), String(calls), String(watched)];
  return JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' })) as HeapReport;
}

test('a million calls of process leave the heap within 64 KB', (t) => {
  const { kept, keptBuffers, wakes, others } = heapAfter(48000, 1_000_000, false);
  t.diagnostic(`${kept} bytes of heap and ${keptBuffers} of buffers more after ${wakes} events`);
  assert.ok(wakes > 100 && others > 50_000, 'it heard words, and told levels');
  assert.ok(kept <= 65536, `${kept} bytes`);
  assert.ok(keptBuffers <= 0, `${keptBuffers} bytes of buffers`);
});

const CALLS = 20_000;
/** Numbers that engines box between functions, 16 bytes each. One view of an array is more than 100 bytes. */
const BYTES = 64;

for (const rate of [16000, 44100, 48000]) {
  test(`${rate} Hz: a frame takes less than ${BYTES} bytes, whatever is watched`, (t) => {
    const frames = (CALLS * 128) / (rate / 100);
    for (const watched of [false, true]) {
      const { allocated, others } = heapAfter(rate, CALLS, watched);
      t.diagnostic(`${(allocated / frames).toFixed(1)} bytes a frame`);
      assert.ok(allocated < BYTES * frames, `${allocated} bytes in ${frames} frames`);
      assert.ok(!watched || others > frames, `${others} messages`);
    }
  });
}
