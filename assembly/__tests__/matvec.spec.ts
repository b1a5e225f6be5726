import { f32Bytes, matvecF32, matvecInt8, packF32 } from '../matvec';
import { headerBytes, int8Bytes, packInt8, quantize, quantizeBounded } from '../quantize';
import { int8Reference, pointer, QuantizedRow, Random, randomMatrix, withScales, withZeroPoints } from './support';

/** Quantizes, packs and multiplies; returns how many rows differ from the scalar reference in any bit. */
function mismatches(random: Random, rows: i32, columns: i32, activation: f32, zeroPoints: bool = false): i32 {
  const matrix = randomMatrix(random, rows, columns, 0.5);
  const source = zeroPoints ? withZeroPoints(random, matrix, rows, columns) : withScales(matrix, rows, columns);
  const x = random.floats(columns, -activation, activation);
  const packed = new StaticArray<u8>(int8Bytes(rows, columns));
  const xq = new StaticArray<u8>(headerBytes(columns) + 2 * columns);
  const y = new StaticArray<f32>(rows);
  packInt8(pointer(source), pointer(packed), rows, columns);
  quantize(pointer(x), pointer(xq), columns);
  matvecInt8(pointer(packed), pointer(xq), pointer(y), rows, columns);
  let wrong = 0;
  for (let row = 0; row < rows; row++) {
    const reference = int8Reference(source, pointer(xq), headerBytes(columns), rows, columns, row);
    if (reinterpret<u32>(reference) != reinterpret<u32>(y[row])) wrong++;
  }
  return wrong;
}

/** Rows of −128 with scale 1 times activations of 32767·sign; returns how many rows differ from the exact products, rounded. */
function extremes(columns: i32, sign: f32, zeroPoint: f32): i32 {
  const source = new StaticArray<f32>(16 * columns + 48), x = new StaticArray<f32>(columns);
  source.fill(-128 - zeroPoint, 0, 16 * columns);
  source.fill(1, 16 * columns, 16 * columns + 16);
  source.fill(zeroPoint, 16 * columns + 16, 16 * columns + 32);
  x.fill(32767 * sign);
  const packed = new StaticArray<u8>(int8Bytes(16, columns));
  const xq = new StaticArray<u8>(headerBytes(columns) + 2 * columns);
  const y = new StaticArray<f32>(16);
  packInt8(pointer(source), pointer(packed), 16, columns);
  for (let at: usize = 0; at < <usize>(16 * columns); at += 2) {
    if (load<i16>(pointer(packed) + at) != -128 * 256) return -1;
  }
  quantize(pointer(x), pointer(xq), columns);
  matvecInt8(pointer(packed), pointer(xq), pointer(y), 16, columns);
  let wrong = 0;
  for (let row = 0; row < 16; row++) {
    let sum: f32 = 0;
    for (let left = columns; left > 0; left -= 512) {
      const xSum = <f64>min(left, 512) * 32767 * <f64>sign;
      sum += <f32>(-128 * xSum) - zeroPoint * <f32>xSum;
    }
    if (y[row] != sum || y[row] != int8Reference(source, pointer(xq), headerBytes(columns), 16, columns, row)) wrong++;
  }
  return wrong;
}

describe('matvecInt8', () => {
  it('equals a scalar loop bit for bit over random shapes', () => {
    const random = new Random(1);
    let wrong = 0;
    for (let trial = 0; trial < 60; trial++) {
      wrong += mismatches(random, 16 * random.integer(1, 12), 8 * random.integer(1, 40), random.float(0.01, 100));
    }
    expect(wrong).toBe(0);
  });

  it('equals it for rows longer than the 516 columns of one int32 sum', () => {
    const random = new Random(2);
    let wrong = 0;
    for (let columns = 504; columns <= 2200; columns += 168) wrong += mismatches(random, 32, columns, 1);
    expect(wrong).toBe(0);
  });

  it('equals it with scales that are given, weights down to −128 and zero points', () => {
    const random = new Random(10);
    let wrong = 0;
    for (let trial = 0; trial < 60; trial++) {
      wrong += mismatches(random, 16 * random.integer(1, 12), 8 * random.integer(1, 80), random.float(0.01, 100), true);
    }
    expect(wrong).toBe(0);
  });

  it('does not overflow at the worst case of a segment', () => {
    expect(512 * 128 * 32767 <= i32.MAX_VALUE).toBeTruthy();
    for (let columns = 512; columns <= 1032; columns += 8) {
      for (let sign: f32 = -1; sign <= 1; sign += 2) {
        expect(extremes(columns, sign, 0)).toBe(0);
        expect(extremes(columns, sign, 127)).toBe(0);
        expect(extremes(columns, sign, -128)).toBe(0);
      }
    }
  });
});

describe('packInt8', () => {
  it('puts rows i and i + 4 of a block into one lane, and keeps scales, zero points and biases', () => {
    const random = new Random(3);
    const rows = 32, columns = 24;
    const source = withZeroPoints(random, randomMatrix(random, rows, columns, 2), rows, columns);
    const packed = new StaticArray<u8>(int8Bytes(rows, columns));
    packInt8(pointer(source), pointer(packed), rows, columns);
    let at = pointer(packed), wrong = 0;
    for (let block = 0; block < rows; block += 16) {
      for (let column = 0; column < columns; column += 2) {
        for (let group = 0; group < 8; group++) {
          const row = block + (group >> 2) * 8 + (group & 3);
          const hi = new QuantizedRow(source, rows, columns, row), lo = new QuantizedRow(source, rows, columns, row + 4);
          for (let c = 0; c < 2; c++, at += 2) {
            const lane = <i32>load<i16>(at);
            if (lane >> 8 != hi.weights[column + c] || (lane & 255) - 128 != lo.weights[column + c]) wrong++;
          }
        }
      }
    }
    for (let i = 0; i < 3 * rows; i++) if (load<f32>(at + (i << 2)) != source[rows * columns + i]) wrong++;
    expect(wrong).toBe(0);
  });

  it('clamps to int8, and makes zeros where there is no scale', () => {
    const source = new StaticArray<f32>(16 * 8 + 48), packed = new StaticArray<u8>(int8Bytes(16, 8));
    source[0] = 1000; // row 0 is the upper half of the first lane, row 4 its lower one
    source[1] = -1000;
    source[4 * 8] = 1000;
    source[4 * 8 + 1] = -1000;
    source[8] = 5; // row 1 has no scale
    source[128] = source[128 + 4] = 1;
    packInt8(pointer(source), pointer(packed), 16, 8);
    expect(load<i16>(pointer(packed))).toBe((127 << 8) | 255);
    expect(load<i16>(pointer(packed) + 2)).toBe(-128 * 256);
    expect(load<i16>(pointer(packed) + 4)).toBe(128);
  });
});

describe('packInt8 and weights that are not finite', () => {
  it('gives NaN for their rows alone', () => {
    const matrix = randomMatrix(new Random(8), 16, 8, 1), x = new Random(9).floats(8, -1, 1);
    matrix[8 * 3 + 2] = NaN;
    matrix[8 * 5 + 1] = Infinity;
    const source = withScales(matrix, 16, 8);
    const packed = new StaticArray<u8>(int8Bytes(16, 8)), q = new StaticArray<u8>(headerBytes(8) + 16);
    const y = new StaticArray<f32>(16);
    packInt8(pointer(source), pointer(packed), 16, 8);
    quantize(pointer(x), pointer(q), 8);
    matvecInt8(pointer(packed), pointer(q), pointer(y), 16, 8);
    for (let row = 0; row < 16; row++) expect(isFinite(y[row])).toBe(row != 3 && row != 5);
  });
});

describe('quantize', () => {
  it('rounds to the nearest of 32767 steps and sums every segment', () => {
    const random = new Random(4);
    const n = 1104;
    const x = random.floats(n, -3, 3);
    const q = new StaticArray<u8>(headerBytes(n) + 2 * n);
    quantize(pointer(x), pointer(q), n);
    const scale = load<f32>(pointer(q));
    let wrong = 0;
    const sums = new StaticArray<i32>(3);
    for (let i = 0; i < n; i++) {
      const value = <i32>load<i16>(pointer(q) + headerBytes(n) + (i << 1));
      if (abs(<f32>value * scale - x[i]) > scale * <f32>0.51 || abs(value) > 32767) wrong++;
      sums[i / 512] += value;
    }
    for (let s = 0; s < 3; s++) if (load<i32>(pointer(q) + 4 + (s << 2)) != sums[s]) wrong++;
    expect(wrong).toBe(0);
  });

  it('makes zeros of zeros, and of values too small to have a scale', () => {
    const x = new StaticArray<f32>(8), q = new StaticArray<u8>(headerBytes(8) + 16);
    x[3] = 1e-38;
    quantize(pointer(x), pointer(q), 8);
    expect(load<f32>(pointer(q))).toBe(0);
    expect(load<i16>(pointer(q) + headerBytes(8) + 6)).toBe(0);
    x[3] = 1e-20;
    quantize(pointer(x), pointer(q), 8);
    expect(load<i16>(pointer(q) + headerBytes(8) + 6)).toBe(32767);
  });

  it('keeps infinities and NaN apart from numbers: what is multiplied with them is not finite', () => {
    const source = withScales(randomMatrix(new Random(6), 16, 16, 1), 16, 16);
    const packed = new StaticArray<u8>(int8Bytes(16, 16)), q = new StaticArray<u8>(headerBytes(16) + 32);
    packInt8(pointer(source), pointer(packed), 16, 16);
    const extremes: StaticArray<f32> = [Infinity, -Infinity, NaN, -NaN];
    for (let trial = 0; trial < 4; trial++) {
      const x = new Random(7).floats(16, -1, 1), y = new StaticArray<f32>(16);
      x[trial] = extremes[trial];
      quantize(pointer(x), pointer(q), 16);
      const value = <i32>load<i16>(pointer(q) + headerBytes(16) + 2 * trial);
      expect(value).toBe(trial == 1 ? -32768 : 32767);
      matvecInt8(pointer(packed), pointer(q), pointer(y), 16, 16);
      for (let row = 0; row < 16; row++) {
        if (trial < 2) expect(y[row]).toBe(source[row * 16 + trial] > 0 == (trial == 0) ? <f32>Infinity : <f32>-Infinity);
        else expect(isNaN(y[row])).toBeTruthy();
      }
    }
  });

  it('takes the largest floats', () => {
    const x = new StaticArray<f32>(8), q = new StaticArray<u8>(headerBytes(8) + 16);
    x[0] = f32.MAX_VALUE;
    x[1] = -f32.MAX_VALUE / 2;
    quantize(pointer(x), pointer(q), 8);
    expect(isFinite(load<f32>(pointer(q)))).toBeTruthy();
    expect(load<i16>(pointer(q) + headerBytes(8))).toBe(32767);
    expect(abs(<i32>load<i16>(pointer(q) + headerBytes(8) + 2) + 16384)).toBeLessThanOrEqual(1);
  });

  it('saturates at the bound that it is given', () => {
    const x = new StaticArray<f32>(8), q = new StaticArray<u8>(headerBytes(8) + 16);
    x[0] = 1.00001;
    x[1] = -1;
    quantizeBounded(pointer(x), pointer(q), 8, 1);
    expect(load<i16>(pointer(q) + headerBytes(8))).toBe(32767);
    expect(load<i16>(pointer(q) + headerBytes(8) + 2)).toBe(-32767);
  });
});

describe('matvecF32', () => {
  it('agrees with a float64 loop to 1e-6 of Σ|w·x| over random shapes', () => {
    const random = new Random(5);
    for (let trial = 0; trial < 40; trial++) {
      const rows = 16 * random.integer(1, 8), columns = 2 * random.integer(1, 150);
      const source = randomMatrix(random, rows, columns, 1), x = random.floats(columns, -2, 2);
      const packed = new StaticArray<u8>(f32Bytes(rows, columns)), y = new StaticArray<f32>(rows);
      packF32(pointer(source), pointer(packed), rows, columns);
      matvecF32(pointer(packed), pointer(x), pointer(y), rows, columns);
      for (let row = 0; row < rows; row++) {
        let sum = <f64>source[rows * columns + row], size = Math.abs(sum);
        for (let k = 0; k < columns; k++) {
          const product = <f64>source[row * columns + k] * <f64>x[k];
          sum += product;
          size += Math.abs(product);
        }
        expect(Math.abs(<f64>y[row] - sum)).toBeLessThanOrEqual(1e-6 * size);
      }
    }
  });
});
