/** Products with weights: each element is a sum of its own. */
import type { Constant, OperationOf } from '../model/network.js';
import { elements, type Operand } from '../operators/operator.js';
import type { Equations } from './equations.js';
import { NoCell } from './no-cell.js';
import type { Polynomial } from './polynomial.js';

/** A factor: weights, or what is computed of the unknowns. */
interface Factor extends Operand {
  readonly symbols: readonly Polynomial[] | null; // row-major
}

/** alpha · A'·B', of which one is weights, the same for all sequences. */
export function weightedSums(
  operation: OperationOf<'matmul' | 'gemm'>,
  left: Factor,
  right: Factor,
  equations: Equations,
): Polynomial[] {
  const isGemm = operation.kind === 'gemm';
  const a = matrixOf(left, isGemm && operation.transA, false);
  const b = matrixOf(right, isGemm && operation.transB, true);
  const isRight = right.symbols === null && right.data !== null;
  const [fixed, moving, weights, symbols] = isRight ? [b, a, right, left.symbols] : [a, b, left, right.symbols];
  if (!symbols || !weights.data || weights.symbols || fixed.batch !== 1)
    throw new NoCell('it multiplies what it computes');
  const scale = isGemm ? operation.alpha : 1;
  /** The elements of a row on the left, of a column on the right. */
  const line = (batch: number, index: number): Polynomial[] => {
    const from = batch * moving.rows * moving.columns + index * (isRight ? a.row : b.column);
    return Array.from({ length: a.columns }, (_, k) => symbols[from + k * (isRight ? a.column : b.row)]);
  };
  const stride = isRight ? b.row : a.column;
  const results: Polynomial[] = [];
  for (let batch = 0; batch < moving.batch; batch++) {
    const lines = Array.from({ length: isRight ? a.rows : b.columns }, (_, index) => line(batch, index));
    for (let i = 0; i < a.rows; i++) {
      for (let j = 0; j < b.columns; j++) {
        const start = isRight ? j * b.column : i * a.row;
        const of = lines[isRight ? i : j];
        results.push(equations.add({ kind: 'sum', weights: weights as Constant, start, stride, scale, of }));
      }
    }
  }
  return results;
}

/** A tensor as matrices one behind another: element [i, j] at i · row + j · column. */
function matrixOf({ dims }: Operand, isTransposed: boolean, isRight: boolean) {
  const shape = dims.length === 1 ? (isRight ? [dims[0], 1] : [1, dims[0]]) : dims;
  const [rows, columns] = shape.slice(-2);
  const batch = elements(shape.slice(0, -2));
  return isTransposed
    ? { rows: columns, columns: rows, row: 1, column: columns, batch }
    : { rows, columns, row: columns, column: 1, batch };
}
