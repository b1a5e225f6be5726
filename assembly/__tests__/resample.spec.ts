import { decimate, resample } from '../resample';
import { pointer, Random } from './support';

/** A table of random taps [groups, columns, 8] whose groups advance by the floats given. */
function tableFor(random: Random, advances: StaticArray<u32>, columns: i32): StaticArray<u32> {
  const size = 4 + 8 * columns;
  const table = new StaticArray<u32>(advances.length * size);
  for (let group = 0; group < advances.length; group++) {
    table[group * size] = 4 * advances[group];
    for (let i = 0; i < 8 * columns; i++) table[group * size + 4 + i] = reinterpret<u32>(random.float(-1, 1));
  }
  return table;
}

/** One output by the definition, in float64. */
function reference(table: StaticArray<u32>, x: StaticArray<f32>, from: i32, columns: i32, group: i32, lane: i32): f64 {
  let sum: f64 = 0;
  for (let j = 0; j < columns; j++) {
    sum += <f64>x[from + j] * <f64>reinterpret<f32>(table[group * (4 + 8 * columns) + 4 + 8 * j + lane]);
  }
  return sum;
}

/** The largest error over `turns` turns from group `group` on. */
function errorOf(columns: i32, advances: StaticArray<u32>, turns: i32, group: i32): f64 {
  const random = new Random(<u32>(7 * columns + turns));
  const table = tableFor(random, advances, columns);
  const x = random.floats(columns + 32 * turns + 1, -1, 1), y = new StaticArray<f32>(8 * turns);
  // One float on: x is aligned to 4 bytes only.
  resample(pointer(x) + 4, pointer(table), pointer(y), turns, columns, group, advances.length);
  let error: f64 = 0;
  for (let turn = 0, from = 1; turn < turns; turn++) {
    for (let lane = 0; lane < 8; lane++) {
      error = Math.max(error, Math.abs(<f64>y[8 * turn + lane] - reference(table, x, from, columns, group, lane)));
    }
    from += <i32>advances[group];
    group = (group + 1) % advances.length;
  }
  return error;
}

describe('resample', () => {
  it('agrees with the definition, whatever the groups, where it begins and how far it goes', () => {
    const once = StaticArray.fromArray<u32>([24]), thrice = StaticArray.fromArray<u32>([22, 0, 5]);
    for (let columns = 2; columns <= 142; columns += 20) {
      for (let turns = 1; turns <= 7; turns += 2) {
        expect(errorOf(columns, once, turns, 0)).toBeLessThanOrEqual(1e-5);
        for (let group = 0; group < 3; group++) expect(errorOf(columns, thrice, turns, group)).toBeLessThanOrEqual(1e-5);
      }
    }
  });

  it('does nothing in no turns, and writes no further than its outputs', () => {
    const random = new Random(3);
    const table = tableFor(random, StaticArray.fromArray<u32>([24]), 8);
    const x = random.floats(64, -1, 1), y = new StaticArray<f32>(17);
    for (let i = 0; i < 17; i++) y[i] = 5;
    resample(pointer(x), pointer(table), pointer(y), 0, 8, 0, 1);
    expect(y[0]).toBe(5);
    resample(pointer(x), pointer(table), pointer(y), 2, 8, 0, 1);
    expect(y[15]).not.toBe(5);
    expect(y[16]).toBe(5);
  });
});

describe('decimate', () => {
  it('agrees with the definition, whatever the step, and writes no further than its outputs', () => {
    for (let step = 2; step <= 9; step += 7) {
      for (let columns = 36; columns <= 128; columns += 44) {
        for (let turns = 0; turns <= 3; turns++) {
          const random = new Random(<u32>(step + columns + turns));
          const x = random.floats(8 * turns * step + columns + 1, -1, 1), taps = random.floats(columns, -1, 1);
          const y = new StaticArray<f32>(8 * turns + 1);
          y[8 * turns] = 5;
          decimate(pointer(x) + 4, pointer(taps), pointer(y), turns, columns, 4 * step);
          for (let m = 0; m < 8 * turns; m++) {
            let sum: f64 = 0;
            for (let j = 0; j < columns; j++) sum += <f64>x[1 + m * step + j] * <f64>taps[j];
            expect(Math.abs(<f64>y[m] - sum)).toBeLessThanOrEqual(1e-5);
          }
          expect(y[8 * turns]).toBe(5);
        }
      }
    }
  });
});
