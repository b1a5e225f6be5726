/**
 * What the int8 kernels promise, one number after the other, every operation rounded to float32 as theirs are. Weights are whole
 * numbers n, −255 to 255, of which each row has a step: w = step·n.
 */

const { fround } = Math;

const Q_MAX = 32767;
const SEGMENT = 512;

export interface WholeMatrix {
  readonly rows: number;
  readonly columns: number;
  readonly n: Int16Array; // [rows, columns]
  readonly steps: Float32Array; // [rows]
  readonly bias: Float32Array; // [rows]
}

/** Halves to even, |x| < 2²². */
export const nearest = (x: number): number => fround(x + 12582912) - 12582912;

export interface Quantized {
  readonly scale: number;
  readonly q: Int16Array;
}

/** @param bound of |x|; where it is left out, the largest */
export function quantizeReference(x: Float32Array, bound = Math.max(...x.map(Math.abs))): Quantized {
  const inverse = fround(Q_MAX / bound);
  return {
    scale: fround(bound / Q_MAX),
    q: Int16Array.from(x, (each) => nearest(Math.min(Q_MAX, fround(each * inverse)))),
  };
}

/** The zero point with which a row's whole numbers lie in int8: 0 where they do. */
function zeroPointOf(row: Int16Array): number {
  const [least, most] = [Math.min(...row), Math.max(...row)];
  if (most > 127) return 127 - most;
  return least < -128 ? -128 - least : 0;
}

/** Row `row` of W·x + b. */
export function rowReference({ n, steps, bias, columns }: WholeMatrix, { scale, q }: Quantized, row: number): number {
  const whole = n.subarray(row * columns, (row + 1) * columns);
  const zeroPoint = zeroPointOf(whole);
  let y = bias[row];
  for (let start = 0; start < columns; start += SEGMENT) {
    let [sum, xSum] = [0, 0];
    for (let k = start; k < Math.min(columns, start + SEGMENT); k++) {
      sum += (whole[k] + zeroPoint) * q[k];
      xSum += q[k];
    }
    const products = fround(fround(sum) - fround(zeroPoint * xSum));
    y = fround(y + fround(products * fround(steps[row] * scale)));
  }
  return y;
}

export function tanhReference(x: number): number {
  const v = Math.max(-6.25, Math.min(6.25, x));
  const u = fround(v * v);
  const horner = (first: number, ...others: number[]) =>
    others.reduce((sum, coefficient) => fround(fround(sum * u) + fround(coefficient)), fround(first));
  const p = horner(0.00146410642, 0.113964913, 0.999962675);
  const q = horner(5.32323562e-5, 0.0172987722, 0.447182377, 1);
  return fround(fround(v * p) / q);
}

export const sigmoidReference = (x: number): number => fround(fround(tanhReference(fround(x * 0.5)) * 0.5) + 0.5);

/** W [gates × hidden, input] and R [gates × hidden, hidden] with their biases. */
export interface WholeCell {
  readonly W: WholeMatrix;
  readonly R: WholeMatrix;
}

/** One step of a GRU from h in ±1, which is replaced; gates z r h. */
export function gruReference({ W, R }: WholeCell, x: Float32Array, h: Float32Array, linearBeforeReset: boolean): void {
  const size = h.length;
  const xq = quantizeReference(x);
  const hq = quantizeReference(h, 1);
  const gate = (row: number) => sigmoidReference(fround(rowReference(W, xq, row) + rowReference(R, hq, row)));
  const z = Float32Array.from(h, (_, unit) => gate(unit));
  const r = Float32Array.from(h, (_, unit) => gate(size + unit));
  const rh = linearBeforeReset
    ? hq
    : quantizeReference(
        h.map((each, unit) => r[unit] * each),
        1,
      );
  h.set(
    h.map((before, unit) => {
      const fromH = rowReference(R, rh, 2 * size + unit);
      const sum = fround(rowReference(W, xq, 2 * size + unit) + (linearBeforeReset ? fround(r[unit] * fromH) : fromH));
      const candidate = tanhReference(sum);
      return fround(candidate + fround(z[unit] * fround(before - candidate)));
    }),
  );
}

/** One step of an LSTM from h in ±1 and c, which are replaced; gates i o f c. */
export function lstmReference({ W, R }: WholeCell, x: Float32Array, h: Float32Array, c: Float32Array): void {
  const size = h.length;
  const [xq, hq] = [quantizeReference(x), quantizeReference(h, 1)];
  const sum = (gate: number, unit: number) =>
    fround(rowReference(W, xq, gate * size + unit) + rowReference(R, hq, gate * size + unit));
  for (let unit = 0; unit < size; unit++) {
    const [i, o, f] = [0, 1, 2].map((gate) => sigmoidReference(sum(gate, unit)));
    c[unit] = fround(fround(f * c[unit]) + fround(i * tanhReference(sum(3, unit))));
    h[unit] = fround(o * tanhReference(c[unit]));
  }
}
