import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { newArena } from '#dist/kernels/embedded.js';
import { KERNELS, type Kernel } from '#dist/kernels/table.js';
import { SEED, uniform } from './support.js';

/** Counts that a program may hold, small ones. */
function countsOf({ name, counts, extents }: Kernel): fc.Arbitrary<number[]> {
  if (name === 'powerSpectrum') return fc.constantFrom([64], [128], [256], [512]);
  if (name === 'microfrontend') return fc.constantFrom([64, 64, 1], [40, 128, 3], [248, 256, 40], [8, 512, 7]);
  if (name === 'dftPowerSpectrum') return fc.tuple(fc.integer({ min: 2, max: 600 }));
  return fc
    .tuple(
      ...counts.map(([, multipleOf, choices]) =>
        choices ? fc.nat(choices.length - 1) : fc.integer({ min: 0, max: 9 }).map((times) => times * multipleOf),
      ),
    )
    .filter((some) => extents(...some).every(Number.isFinite));
}

/** Bins of the filters, one vector each, at the start of a power spectrum. */
function filterTable(groups: number): Uint8Array {
  const words = new Uint32Array(groups * 24);
  for (let group = 0; group < groups; group++) words.set([0, 4, 8, 12, 1], 24 * group);
  return new Uint8Array(words.buffer);
}

/**
 * A call with random buffers, buffer `last` at the very end of memory, where reading further traps, and a guard behind each of
 * the others.
 */
function callGuarded(kernel: Kernel, counts: number[], last: number): void {
  const k = newArena().kernels;
  k.memory.grow(3);
  const memory = new Uint8Array(k.memory.buffer);
  const floats = new Float32Array(k.memory.buffer);
  const table = kernel.tableExtents ? filterTable(counts[0]) : new Uint8Array(0);
  const sizes = kernel.extents(...counts);
  const exact = kernel.tableExtents?.(
    kernel.pointers.map(() => 0),
    counts,
    table,
  );
  const bytes = sizes.map((size, i) => Math.max(size, exact?.[i] ?? 0));
  const next = uniform(counts.length + last);
  let top = 64;
  const at = bytes.map((size, i) => {
    const start = i === last ? (memory.length - size) & -16 : top;
    if (i !== last) top += ((size + 15) & -16) + 32;
    return start;
  });
  assert.ok(top <= at[last], `${kernel.name}(${counts}) needs more memory than the test has`);
  memory.fill(0xa5);
  at.forEach((start, i) =>
    floats.subarray(start / 4, Math.ceil((start + bytes[i]) / 4)).forEach((_, j, part) => (part[j] = next())),
  );
  if (kernel.tableExtents) memory.set(table, at[1]);
  const expected = memory.slice();
  (k[kernel.name] as (...args: number[]) => void)(...at, ...counts);
  at.slice(-kernel.written).forEach((start, i) => {
    const size = bytes[bytes.length - kernel.written + i];
    expected.set(memory.subarray(start, start + size), start);
  });
  const message = `${kernel.name}(${counts}) wrote elsewhere than to the buffers at ${at} that are its to write`;
  assert.ok(Buffer.compare(memory, expected) === 0, message);
}

test('kernels touch nothing but the bytes that the table gives them', () => {
  for (const kernel of KERNELS) {
    fc.assert(
      fc.property(countsOf(kernel), fc.nat(kernel.pointers.length - 1), (counts, last) =>
        callGuarded(kernel, counts, last),
      ),
      { seed: SEED, numRuns: 40 },
    );
  }
});

test('counts of 0 are refused, or nothing is touched', () => {
  const refused = new Set<string>();
  for (const kernel of KERNELS) {
    const least = kernel.counts.map(([name, multipleOf]) => (name === 'size' ? 64 : multipleOf));
    // All of them, and each alone.
    const zeros = [kernel.counts.map(() => 0), ...least.map((_, i) => least.map((count, j) => (i === j ? 0 : count)))];
    for (const counts of zeros) {
      const isTaken = kernel.extents(...counts).every(Number.isFinite);
      if (isTaken) kernel.pointers.forEach((_, last) => callGuarded(kernel, counts, last));
      else refused.add(kernel.name);
    }
  }
  assert.deepEqual([...refused], ['prepare', 'powerSpectrum', 'dftPowerSpectrum', 'microfrontend']);
});
