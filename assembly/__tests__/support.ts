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

/** A matrix [rows, columns] and its bias [rows], as packInt8 and packF32 take them. */
export function randomMatrix(random: Random, rows: i32, columns: i32, size: f32): StaticArray<f32> {
  return random.floats(rows * columns + rows, -size, size);
}

/** One row of a matrix quantized as packInt8 promises: round(w / (max |w| / 127)). */
export class QuantizedRow {
  scale: f32;
  weights: StaticArray<i32>;

  constructor(source: StaticArray<f32>, row: i32, columns: i32) {
    let bound: f32 = 0;
    for (let k = 0; k < columns; k++) bound = max(bound, abs(source[row * columns + k]));
    this.scale = bound / 127;
    this.weights = new StaticArray<i32>(columns);
    for (let k = 0; k < columns; k++) this.weights[k] = <i32>nearest(source[row * columns + k] / this.scale);
  }
}

/** Row `row` of W·x + b from quantized operands, in 64-bit integers, segment by segment as matvecInt8 promises. */
export function int8Reference(source: StaticArray<f32>, x: usize, header: i32, rows: i32, columns: i32, row: i32): f32 {
  const quantized = new QuantizedRow(source, row, columns);
  let y = source[rows * columns + row];
  for (let start = 0; start < columns; start += 512) {
    let sum: i64 = 0;
    for (let k = start; k < min(columns, start + 512); k++) {
      sum += <i64>quantized.weights[k] * <i64>load<i16>(x + header + (k << 1));
    }
    y += <f32>sum * (quantized.scale * load<f32>(x));
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
