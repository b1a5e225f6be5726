/** What the specs share: a seeded generator, aligned buffers, and scalar references. */

/** Mulberry32 (Tommy Ettinger, 2017, public domain): 32 uniform bits a call. */
export class Random {
  constructor(private state: u32) {}

  bits(): u32 {
    this.state += 0x6d2b79f5;
    let t = this.state;
    t = (t ^ (t >>> 15)) * (t | 1);
    t ^= t + (t ^ (t >>> 7)) * (t | 61);
    return t ^ (t >>> 14);
  }

  /** In [low, high). */
  float(low: f32, high: f32): f32 {
    return low + (high - low) * (<f32>(this.bits() >>> 8) / <f32>0x1000000);
  }

  /** In [low, high]. */
  integer(low: i32, high: i32): i32 {
    return low + <i32>(this.bits() % <u32>(high - low + 1));
  }

  floats(count: i32, low: f32, high: f32): StaticArray<f32> {
    const list = new StaticArray<f32>(count);
    for (let i = 0; i < count; i++) list[i] = this.float(low, high);
    return list;
  }
}

export function pointer<T>(list: T): usize {
  return changetype<usize>(list);
}

/** The largest |a − b|. */
export function maxDifference(a: StaticArray<f32>, b: StaticArray<f64>, count: i32): f64 {
  let max: f64 = 0;
  for (let i = 0; i < count; i++) max = Math.max(max, Math.abs(<f64>a[i] - b[i]));
  return max;
}

/** A matrix [rows, columns] and its bias [rows], as packF32 takes them. */
export function randomMatrix(random: Random, rows: i32, columns: i32, size: f32): StaticArray<f32> {
  return random.floats(rows * columns + rows, -size, size);
}

/** The same with a scale and a zero point a row, as packInt8 takes them: symmetric, the largest weight to ±127. */
export function withScales(matrix: StaticArray<f32>, rows: i32, columns: i32): StaticArray<f32> {
  const count = rows * columns;
  const source = new StaticArray<f32>(count + 3 * rows);
  memory.copy(pointer(source), pointer(matrix), count << 2);
  memory.copy(pointer(source) + ((count + 2 * rows) << 2), pointer(matrix) + (count << 2), rows << 2);
  for (let row = 0; row < rows; row++) {
    let bound: f32 = 0;
    for (let k = 0; k < columns; k++) bound = max(bound, abs(source[row * columns + k]));
    source[count + row] = bound / 127;
  }
  return source;
}

/** The same with zero points of all sizes and scales of any, by which some weights come to lie beyond int8. */
export function withZeroPoints(random: Random, matrix: StaticArray<f32>, rows: i32, columns: i32): StaticArray<f32> {
  const source = withScales(matrix, rows, columns);
  for (let row = rows * columns; row < rows * columns + rows; row++) {
    source[row] *= random.float(0.4, 1.5);
    source[row + rows] = <f32>random.integer(-128, 127);
  }
  return source;
}

/** One row of what packInt8 takes, quantized as it promises. */
export class QuantizedRow {
  scale: f32;
  zeroPoint: f32;
  bias: f32;
  weights: StaticArray<i32>;

  constructor(source: StaticArray<f32>, rows: i32, columns: i32, row: i32) {
    const scales = rows * columns;
    this.scale = source[scales + row];
    this.zeroPoint = source[scales + rows + row];
    this.bias = source[scales + 2 * rows + row];
    this.weights = new StaticArray<i32>(columns);
    for (let k = 0; k < columns; k++) {
      const q = <i32>(nearest(source[row * columns + k] / this.scale) + this.zeroPoint);
      this.weights[k] = q < -128 ? -128 : q > 127 ? 127 : q;
    }
  }
}

/** Row `row` of W·x + b from quantized operands, in 64-bit integers, segment by segment as matvecInt8 promises. */
export function int8Reference(source: StaticArray<f32>, x: usize, header: i32, rows: i32, columns: i32, row: i32): f32 {
  const quantized = new QuantizedRow(source, rows, columns, row);
  let y = quantized.bias;
  for (let start = 0; start < columns; start += 512) {
    let sum: i64 = 0, xSum: i64 = 0;
    for (let k = start; k < min(columns, start + 512); k++) {
      const xk = <i64>load<i16>(x + header + (k << 1));
      sum += <i64>quantized.weights[k] * xk;
      xSum += xk;
    }
    y += (<f32>sum - quantized.zeroPoint * <f32>xSum) * (quantized.scale * load<f32>(x));
  }
  return y;
}

/** tanhFast in scalar f32, operation for operation. */
export function tanhFastScalar(x: f32): f32 {
  const v: f32 = x < -6.25 ? -6.25 : x > 6.25 ? 6.25 : x;
  const u = v * v;
  const p = (<f32>0.00146410642 * u + <f32>0.113964913) * u + <f32>0.999962675;
  const q = ((<f32>5.32323562e-5 * u + <f32>0.0172987722) * u + <f32>0.447182377) * u + <f32>1;
  return (v * p) / q;
}

export function sigmoidFastScalar(x: f32): f32 {
  return tanhFastScalar(x * <f32>0.5) * <f32>0.5 + <f32>0.5;
}
