/** A product with a constant matrix as weights and bias of a dense layer, whichever way round it was written. */
import type { Operation } from '../model/network.js';
import type { Operand } from '../operators/operator.js';

export interface DenseWeights {
  readonly weights: Float32Array; // [output, input]
  readonly bias: Float32Array; // [output]
  /** As in DenseLayer. */
  readonly steps: Float32Array | null; // [output, input]
}

/** [rows, columns] → [columns, rows], each times `factor` */
function transposed(data: ArrayLike<number>, rows: number, columns: number, factor: number): Float32Array {
  const result = new Float32Array(rows * columns);
  for (let row = 0; row < rows; row++) {
    for (let column = 0; column < columns; column++)
      result[column * rows + row] = factor * data[row * columns + column];
  }
  return result;
}

/** The matrix [output, input] in which operand `side` is multiplied by the other, which is constant; null where it is none. */
function matrixOf(other: Operand, isTransposed: boolean, factor: number): Omit<DenseWeights, 'bias'> | null {
  if (!other.data || other.type !== 'float') return null;
  const matrix =
    other.dims.length > 1 && other.dims.slice(0, -2).every((dim) => dim === 1) ? other.dims.slice(-2) : null;
  const [rows, columns] = matrix ?? [other.dims[0], 1];
  if (!matrix && other.dims.length !== 1) return null;
  const ordered = (data: ArrayLike<number>, by: number) =>
    isTransposed ? Float32Array.from(data, (each) => by * each) : transposed(data, rows, columns, by);
  return { weights: ordered(other.data, factor), steps: other.steps ? ordered(other.steps, Math.abs(factor)) : null };
}

/**
 * @param side which operand is multiplied: 0 for x·B, 1 for A·x
 * @returns null where the operation is no dense layer
 */
export function denseWeights(
  operation: Operation,
  operands: readonly (Operand | null)[],
  side: number,
): DenseWeights | null {
  const other = operands[1 - side];
  if (!other || (operation.kind !== 'matmul' && operation.kind !== 'gemm')) return null;
  if (operation.kind === 'matmul') {
    const matrix = matrixOf(other, side === 1, 1);
    const inputs = side === 0 ? other.dims[Math.max(0, other.dims.length - 2)] : other.dims[other.dims.length - 1];
    return matrix && { ...matrix, bias: new Float32Array(matrix.weights.length / inputs) };
  }
  if (side === 1 || operation.transA) return null;
  const matrix = matrixOf(other, operation.transB, operation.alpha);
  const outputs = other.dims[operation.transB ? 0 : 1];
  const bias = matrix && biasOf(operands[2] ?? null, outputs, operation.beta);
  return bias && { ...matrix, bias };
}

/** One row of C, the same for all rows of the result. */
function biasOf(C: Operand | null, outputs: number, beta: number): Float32Array | null {
  if (!C) return new Float32Array(outputs);
  const { data, dims } = C;
  if (!data || dims.slice(0, -1).some((dim) => dim !== 1)) return null;
  return Float32Array.from({ length: outputs }, (_, i) => beta * data[data.length === 1 ? 0 : i]);
}
