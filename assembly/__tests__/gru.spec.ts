import { TANH_ERROR } from '../functions';
import { gruF32, gruInt8 } from '../gru';
import { align } from '../lanes';
import { f32Bytes, packF32 } from '../matvec';
import { headerBytes, int8Bytes, packInt8, quantize, quantizeBounded } from '../quantize';
import { resetInt8, stateBytesInt8 } from '../recurrent';
import { int8Reference, pointer, Random, randomMatrix, sigmoidFastScalar, tanhFastScalar, withZeroPoints } from './support';

/** Random weights of a GRU, [rows, columns] and bias, unused rows zero. */
class Weights {
  W: StaticArray<f32>;
  Rzr: StaticArray<f32>;
  Rh: StaticArray<f32>;

  constructor(random: Random, public input: i32, public hidden: i32) {
    this.W = randomMatrix(random, align(3 * hidden, 16), input, 0.4);
    this.Rzr = randomMatrix(random, 2 * hidden, hidden, 0.4);
    this.Rh = randomMatrix(random, align(hidden, 16), hidden, 0.4);
  }

  /** Makes of the matrices what packInt8 takes. */
  addScales(random: Random): void {
    this.W = withZeroPoints(random, this.W, align(3 * this.hidden, 16), this.input);
    this.Rzr = withZeroPoints(random, this.Rzr, 2 * this.hidden, this.hidden);
    this.Rh = withZeroPoints(random, this.Rh, align(this.hidden, 16), this.hidden);
  }
}

/** One int8 step with scalar loops; h is updated in place. */
function stepReference(
  weights: Weights, x: usize, hq: usize, h: StaticArray<f32>, bound: f32, linearBeforeReset: bool): void {
  const H = weights.hidden, I = weights.input, xHeader = headerBytes(I), hHeader = headerBytes(H);
  const z = new StaticArray<f32>(H), r = new StaticArray<f32>(H), resetH = new StaticArray<f32>(H);
  for (let j = 0; j < H; j++) {
    z[j] = sigmoidFastScalar(
      int8Reference(weights.W, x, xHeader, align(3 * H, 16), I, j) + int8Reference(weights.Rzr, hq, hHeader, 2 * H, H, j));
    r[j] = sigmoidFastScalar(
      int8Reference(weights.W, x, xHeader, align(3 * H, 16), I, H + j) + int8Reference(weights.Rzr, hq, hHeader, 2 * H, H, H + j));
    resetH[j] = r[j] * h[j];
  }
  const resetHq = new StaticArray<u8>(hHeader + 2 * H);
  quantizeBounded(pointer(resetH), pointer(resetHq), H, bound);
  for (let j = 0; j < H; j++) {
    const fromX = int8Reference(weights.W, x, xHeader, align(3 * H, 16), I, 2 * H + j);
    const fromH = int8Reference(weights.Rh, linearBeforeReset ? hq : pointer(resetHq), hHeader, align(H, 16), H, j);
    const candidate = tanhFastScalar(fromX + (linearBeforeReset ? r[j] * fromH : fromH));
    h[j] = candidate + z[j] * (h[j] - candidate);
  }
}

function scratchFor(hidden: i32): StaticArray<u8> {
  return new StaticArray<u8>(4 * (align(3 * hidden, 16) + 3 * hidden + align(hidden, 16)) + headerBytes(hidden) + 2 * hidden);
}

/** Runs `steps` int8 steps against the reference; returns how many units ever differ in any bit. */
function mismatches(random: Random, input: i32, hidden: i32, steps: i32, linearBeforeReset: bool, initial: f32): i32 {
  const weights = new Weights(random, input, hidden);
  weights.addScales(random);
  const W = new StaticArray<u8>(int8Bytes(align(3 * hidden, 16), input));
  const R = new StaticArray<u8>(int8Bytes(2 * hidden, hidden) + int8Bytes(align(hidden, 16), hidden));
  packInt8(pointer(weights.W), pointer(W), align(3 * hidden, 16), input);
  packInt8(pointer(weights.Rzr), pointer(R), 2 * hidden, hidden);
  packInt8(pointer(weights.Rh), pointer(R) + int8Bytes(2 * hidden, hidden), align(hidden, 16), hidden);
  const state = new StaticArray<u8>(stateBytesInt8(hidden)), scratch = scratchFor(hidden);
  const h = random.floats(hidden, -initial, initial);
  let bound: f32 = 1;
  for (let j = 0; j < hidden; j++) {
    store<f32>(pointer(state) + (j << 2), h[j]);
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
    stepReference(weights, pointer(xq), pointer(hq), h, bound, linearBeforeReset);
    gruInt8(pointer(xq), pointer(W), pointer(R), pointer(state), pointer(scratch), input, hidden, linearBeforeReset ? 1 : 0);
    for (let j = 0; j < hidden; j++) if (reinterpret<u32>(load<f32>(pointer(state) + (j << 2))) != reinterpret<u32>(h[j])) wrong++;
  }
  return wrong;
}

describe('gruInt8', () => {
  it('equals scalar loops bit for bit, linear_before_reset = 1', () => {
    const random = new Random(11);
    for (let trial = 0; trial < 8; trial++) {
      expect(mismatches(random, 8 * random.integer(1, 6), 8 * random.integer(1, 8), 6, true, 0)).toBe(0);
    }
  });
  it('equals scalar loops bit for bit, linear_before_reset = 0', () => {
    const random = new Random(12);
    for (let trial = 0; trial < 8; trial++) {
      expect(mismatches(random, 8 * random.integer(1, 6), 8 * random.integer(1, 8), 6, false, 0)).toBe(0);
    }
  });
  it('takes an initial state beyond ±1', () => {
    expect(mismatches(new Random(13), 16, 24, 6, true, 7)).toBe(0);
    expect(mismatches(new Random(14), 16, 24, 6, false, 7)).toBe(0);
  });
});

/** One step in float64: the formula in gru.ts. */
function stepFloat64(weights: Weights, x: StaticArray<f32>, h: StaticArray<f64>, linearBeforeReset: bool): void {
  const H = weights.hidden, I = weights.input;
  const gates = new StaticArray<f64>(2 * H), before = StaticArray.fromArray<f64>(h.slice<Array<f64>>(0));
  for (let row = 0; row < 2 * H; row++) {
    let sum = <f64>weights.W[align(3 * H, 16) * I + row] + <f64>weights.Rzr[2 * H * H + row];
    for (let k = 0; k < I; k++) sum += <f64>weights.W[row * I + k] * <f64>x[k];
    for (let k = 0; k < H; k++) sum += <f64>weights.Rzr[row * H + k] * before[k];
    gates[row] = 1 / (1 + Math.exp(-sum));
  }
  for (let j = 0; j < H; j++) {
    let fromX = <f64>weights.W[align(3 * H, 16) * I + 2 * H + j];
    for (let k = 0; k < I; k++) fromX += <f64>weights.W[(2 * H + j) * I + k] * <f64>x[k];
    let fromH = <f64>weights.Rh[align(H, 16) * H + j];
    for (let k = 0; k < H; k++) fromH += <f64>weights.Rh[j * H + k] * (linearBeforeReset ? before[k] : gates[H + k] * before[k]);
    const candidate = Math.tanh(fromX + (linearBeforeReset ? gates[H + j] * fromH : fromH));
    h[j] = (1 - gates[j]) * candidate + gates[j] * before[j];
  }
}

/** The largest error of h over `steps` f32 steps. */
function worstF32(random: Random, input: i32, hidden: i32, steps: i32, linearBeforeReset: bool): f64 {
  const weights = new Weights(random, input, hidden);
  const W = new StaticArray<u8>(f32Bytes(align(3 * hidden, 16), input));
  const R = new StaticArray<u8>(f32Bytes(2 * hidden, hidden) + f32Bytes(align(hidden, 16), hidden));
  packF32(pointer(weights.W), pointer(W), align(3 * hidden, 16), input);
  packF32(pointer(weights.Rzr), pointer(R), 2 * hidden, hidden);
  packF32(pointer(weights.Rh), pointer(R) + f32Bytes(2 * hidden, hidden), align(hidden, 16), hidden);
  const h = new StaticArray<f32>(hidden), reference = new StaticArray<f64>(hidden), scratch = scratchFor(hidden);
  let max: f64 = 0;
  for (let step = 0; step < steps; step++) {
    const x = random.floats(input, -1, 1);
    gruF32(pointer(x), pointer(W), pointer(R), pointer(h), pointer(scratch), input, hidden, linearBeforeReset ? 1 : 0);
    stepFloat64(weights, x, reference, linearBeforeReset);
    for (let j = 0; j < hidden; j++) max = Math.max(max, Math.abs(<f64>h[j] - reference[j]));
  }
  return max;
}

describe('gruF32', () => {
  // The error of a step is a few times that of its functions; the state carries it on.
  it('stays within 20 times the error of tanh of float64 over 50 steps, linear_before_reset = 1', () => {
    expect(worstF32(new Random(15), 40, 32, 50, true)).toBeLessThanOrEqual(20 * TANH_ERROR);
  });
  it('stays within it, linear_before_reset = 0', () => {
    expect(worstF32(new Random(16), 24, 40, 50, false)).toBeLessThanOrEqual(20 * TANH_ERROR);
  });
});
