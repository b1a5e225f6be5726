/** Sizes of what kernels read and write, in bytes unless said otherwise; the other half of the comments in assembly/. */

/** Bytes to which every buffer is aligned. */
export const ALIGNMENT = 16;

/** `n` rounded up to a multiple of `to`; no bit tricks, which would wrap at 2³¹. */
export function align(n: number, to: number): number {
  return Math.ceil(n / to) * to;
}

/** Elements that a matrix with `rows` is padded to. */
export const paddedRows = (rows: number): number => align(rows, 16);

/** Elements that a vector, the columns of a matrix or the units of a state are padded to. */
export const paddedSize = (size: number): number => align(size, 8);

/** Columns of an int8 product whose sum stays within int32. */
const SEGMENT = 512;

/** Quantized activations: scale, sums and int16 values of `n` (padded) floats. */
export function quantizedBytes(n: number): number {
  return align(4 + 4 * Math.ceil(n / SEGMENT), 16) + 2 * n;
}

export type Precision = 'int8' | 'f32';

/** A packed matrix, both dimensions padded: weights, for int8 a scale and a zero point a row, a bias a row. */
export function matrixBytes(precision: Precision, rows: number, columns: number): number {
  return precision === 'int8' ? rows * columns + rows * 12 : (rows * columns + rows) * 4;
}

/** h of `hidden` (padded) units, with which every state begins; for int8 its quantized form and its bound follow. */
function hiddenBytes(precision: Precision, hidden: number): number {
  return precision === 'int8' ? 4 * hidden + quantizedBytes(hidden) + 16 : 4 * hidden;
}

/** A GRU's state: h. */
export const gruStateBytes = hiddenBytes;

/** R of a GRU: the matrix of z and r, then that of the candidate. */
export function gruRecurrentBytes(precision: Precision, hidden: number): number {
  return matrixBytes(precision, 2 * hidden, hidden) + matrixBytes(precision, paddedRows(hidden), hidden);
}

/** Scratch of a GRU step: x-sums, h-sums, r∘h and its quantized form. */
export function gruScratchBytes(hidden: number): number {
  return 4 * (paddedRows(3 * hidden) + 2 * hidden + paddedRows(hidden) + hidden) + quantizedBytes(hidden);
}

/** Bytes from an LSTM's state, which begins as a GRU's does, to its cell C [hidden] f32. */
export const lstmCellOffset = hiddenBytes;

/** An LSTM's state: h, then C. */
export function lstmStateBytes(precision: Precision, hidden: number): number {
  return lstmCellOffset(precision, hidden) + 4 * hidden;
}

/** Scratch of an LSTM step: x-sums and h-sums of four gates. */
export const lstmScratchBytes = (hidden: number): number => 2 * 4 * (4 * hidden);

/** Tables of a power spectrum of `size` points, in floats: see assembly/fft.ts. */
export function spectrumTableFloats(size: number): number {
  const n = size / 2;
  let floats = size + (6 * n) / 4;
  for (let m = n / 4; m > 4; m /= 4) floats += (6 * m) / 4;
  return floats + n;
}

/** Work buffers of a power spectrum of `size` points: two, of size / 2 complex numbers each. */
export const spectrumWorkBytes = (size: number): number => 8 * size;

/** Tables of a power spectrum of any `size`, see assembly/dft.ts: roots of unity [size, 2] f64 | window [size] f64. */
export const dftTableBytes = (size: number): number => 24 * size;

/** Work buffers of a power spectrum of any `size`: [2, size, 2] f64. */
export const dftWorkBytes = (size: number): number => 32 * size;

/** Where the tables of a microfrontend begin, and their size in all; see assembly/microfrontend.ts. `length` is padded. */
export function microfrontendLayout(length: number, size: number, channels: number) {
  const gains = 4 * 12; // behind u32[12]
  const log2 = gains + 2 * 33 * 4;
  const window = log2 + 264;
  const twiddles = window + 2 * length;
  const untangling = twiddles + 2 * size;
  const filters = untangling + size;
  const edges = filters + 2 * size;
  return { gains, log2, window, twiddles, untangling, filters, edges, bytes: edges + 2 * (channels + 1) };
}

/** Two buffers of `size` int16, each with what the last stage's vectors reach beyond. */
export const microfrontendScratchBytes = (size: number): number => 4 * size + 32;
