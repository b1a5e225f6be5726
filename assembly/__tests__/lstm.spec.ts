import { TANH_ERROR } from '../functions';
import { lstmF32, lstmInt8 } from '../lstm';
import { f32Bytes, packF32 } from '../matvec';
import { headerBytes, int8Bytes, packInt8, quantize, quantizeBounded } from '../quantize';
import { resetInt8, stateBytesInt8 } from '../recurrent';
import { int8Reference, pointer, Random, randomMatrix, sigmoidFastScalar, tanhFastScalar, withZeroPoints } from './support';

/** A matrix of an LSTM, [4H, columns] and bias; the last `padding` units of every gate have no weights. */
function gateMatrix(random: Random, hidden: i32, columns: i32, padding: i32): StaticArray<f32> {
  const rows = 4 * hidden, matrix = randomMatrix(random, rows, columns, 0.4);
  for (let row = 0; row < rows; row++) {
    if (row % hidden < hidden - padding) continue;
    for (let k = 0; k < columns; k++) matrix[row * columns + k] = 0;
    matrix[rows * columns + row] = 0;
  }
  return matrix;
}

class Weights {
  W: StaticArray<f32>;
  R: StaticArray<f32>;

  constructor(random: Random, public input: i32, public hidden: i32, padding: i32) {
    this.W = gateMatrix(random, hidden, input, padding);
    this.R = gateMatrix(random, hidden, hidden, padding);
  }

  /** Makes of the matrices what packInt8 takes. */
  addScales(random: Random): void {
    this.W = withZeroPoints(random, this.W, 4 * this.hidden, this.input);
    this.R = withZeroPoints(random, this.R, 4 * this.hidden, this.hidden);
  }
}

/** One int8 step with scalar loops; h and c are updated in place. */
function stepReference(weights: Weights, x: usize, hq: usize, h: StaticArray<f32>, c: StaticArray<f32>): void {
  const H = weights.hidden, I = weights.input, xHeader = headerBytes(I), hHeader = headerBytes(H);
  const sums = new StaticArray<f32>(4 * H);
  for (let row = 0; row < 4 * H; row++) {
    sums[row] = int8Reference(weights.W, x, xHeader, 4 * H, I, row) + int8Reference(weights.R, hq, hHeader, 4 * H, H, row);
  }
  for (let j = 0; j < H; j++) {
    const i = sigmoidFastScalar(sums[j]), o = sigmoidFastScalar(sums[H + j]), f = sigmoidFastScalar(sums[2 * H + j]);
    c[j] = f * c[j] + i * tanhFastScalar(sums[3 * H + j]);
    h[j] = o * tanhFastScalar(c[j]);
  }
}

/** Runs `steps` int8 steps against the reference; returns how often a unit or a cell differs in any bit. */
function mismatches(random: Random, input: i32, hidden: i32, steps: i32, initial: f32, padding: i32): i32 {
  const weights = new Weights(random, input, hidden, padding);
  weights.addScales(random);
  const W = new StaticArray<u8>(int8Bytes(4 * hidden, input)), R = new StaticArray<u8>(int8Bytes(4 * hidden, hidden));
  packInt8(pointer(weights.W), pointer(W), 4 * hidden, input);
  packInt8(pointer(weights.R), pointer(R), 4 * hidden, hidden);
  const state = new StaticArray<u8>(stateBytesInt8(hidden) + 4 * hidden), scratch = new StaticArray<u8>(32 * hidden);
  const h = random.floats(hidden, -initial, initial), c = random.floats(hidden, -initial, initial);
  const cell = pointer(state) + stateBytesInt8(hidden);
  let bound: f32 = 1;
  for (let j = 0; j < hidden; j++) {
    if (j >= hidden - padding) h[j] = c[j] = 0;
    store<f32>(pointer(state) + (j << 2), h[j]);
    store<f32>(cell + (j << 2), c[j]);
    bound = max(bound, abs(h[j]));
  }
  resetInt8(pointer(state), hidden);
  const xq = new StaticArray<u8>(headerBytes(input) + 2 * input);
  const hq = new StaticArray<u8>(headerBytes(hidden) + 2 * hidden);
  let wrong = 0;
  for (let step = 0; step < steps; step++) {
    const x = random.floats(input, -2, 2);
    quantize(pointer(x), pointer(xq), input);
    quantizeBounded(pointer(h), pointer(hq), hidden, bound);
    stepReference(weights, pointer(xq), pointer(hq), h, c);
    lstmInt8(pointer(xq), pointer(W), pointer(R), pointer(state), pointer(scratch), input, hidden);
    for (let j = 0; j < hidden; j++) {
      if (reinterpret<u32>(load<f32>(pointer(state) + (j << 2))) != reinterpret<u32>(h[j])) wrong++;
      if (reinterpret<u32>(load<f32>(cell + (j << 2))) != reinterpret<u32>(c[j])) wrong++;
      if (j >= hidden - padding && (h[j] != 0 || c[j] != 0)) wrong++;
    }
  }
  return wrong;
}

describe('lstmInt8', () => {
  it('equals scalar loops bit for bit', () => {
    const random = new Random(61);
    for (let trial = 0; trial < 12; trial++) {
      expect(mismatches(random, 8 * random.integer(1, 6), 8 * random.integer(1, 8), 6, 0, 0)).toBe(0);
    }
  });
  it('takes initial states beyond ±1', () => {
    expect(mismatches(new Random(62), 16, 24, 6, 7, 0)).toBe(0);
  });
  it('keeps padded units zero', () => {
    for (let padding = 1; padding < 8; padding++) expect(mismatches(new Random(63), 8, 16, 4, 1, padding)).toBe(0);
  });
});

/** One step in float64: the formula in lstm.ts. */
function stepFloat64(weights: Weights, x: StaticArray<f32>, h: StaticArray<f64>, c: StaticArray<f64>): void {
  const H = weights.hidden, I = weights.input;
  const sums = new StaticArray<f64>(4 * H);
  for (let row = 0; row < 4 * H; row++) {
    sums[row] = <f64>weights.W[4 * H * I + row] + <f64>weights.R[4 * H * H + row];
    for (let k = 0; k < I; k++) sums[row] += <f64>weights.W[row * I + k] * <f64>x[k];
    for (let k = 0; k < H; k++) sums[row] += <f64>weights.R[row * H + k] * h[k];
    if (row < 3 * H) sums[row] = 1 / (1 + Math.exp(-sums[row]));
  }
  for (let j = 0; j < H; j++) {
    c[j] = sums[2 * H + j] * c[j] + sums[j] * Math.tanh(sums[3 * H + j]);
    h[j] = sums[H + j] * Math.tanh(c[j]);
  }
}

/** The largest error of h and of c over `steps` f32 steps. */
function worstF32(random: Random, input: i32, hidden: i32, steps: i32): f64 {
  const weights = new Weights(random, input, hidden, 0);
  const W = new StaticArray<u8>(f32Bytes(4 * hidden, input)), R = new StaticArray<u8>(f32Bytes(4 * hidden, hidden));
  packF32(pointer(weights.W), pointer(W), 4 * hidden, input);
  packF32(pointer(weights.R), pointer(R), 4 * hidden, hidden);
  const state = new StaticArray<f32>(2 * hidden), scratch = new StaticArray<u8>(32 * hidden);
  const h = new StaticArray<f64>(hidden), c = new StaticArray<f64>(hidden);
  let max: f64 = 0;
  for (let step = 0; step < steps; step++) {
    const x = random.floats(input, -1, 1);
    lstmF32(pointer(x), pointer(W), pointer(R), pointer(state), pointer(scratch), input, hidden);
    stepFloat64(weights, x, h, c);
    for (let j = 0; j < hidden; j++) {
      max = Math.max(max, Math.abs(<f64>state[j] - h[j]));
      max = Math.max(max, Math.abs(<f64>state[hidden + j] - c[j]));
    }
  }
  return max;
}

describe('lstmF32', () => {
  // The error of a step is a few times that of its functions; the state carries it on.
  it('stays within 20 times the error of tanh of float64 over 50 steps', () => {
    expect(worstF32(new Random(64), 40, 32, 50)).toBeLessThanOrEqual(20 * TANH_ERROR);
    expect(worstF32(new Random(65), 24, 40, 50)).toBeLessThanOrEqual(20 * TANH_ERROR);
  });
});
