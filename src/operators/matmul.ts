/** Products of matrices. Sums are kept in double and rounded once. */
import type { Numbers } from '../model/network.js';
import { at, placeWithin } from './broadcasting.js';
import { broadcastDims, broadcastIndices, checkedShape, floats, malformed, type Operator } from './operator.js';

/** Where a factor's elements stand: element [i, j] at i · row + j · column from its start. */
interface Strides {
  readonly row: number;
  readonly column: number;
}

/** Adds scale · A·B, of [M, K] and [K, N], to what each row of sums begins with, and stores the rows in y from `to` on. */
type Multiply = (a: Numbers, aStart: number, b: Numbers, bStart: number, y: Numbers, to: number) => void;

function multiplication(
  [M, K, N]: readonly [number, number, number],
  a: Strides,
  b: Strides,
  scale: number,
  begin: (sums: Float64Array, m: number) => void,
): Multiply {
  const sums = new Float64Array(N);
  return (aData, aStart, bData, bStart, y, to) => {
    for (let m = 0; m < M; m++) {
      begin(sums, m);
      for (let k = 0; k < K; k++) {
        const factor = scale * aData[aStart + m * a.row + k * a.column];
        for (let n = 0, i = bStart + k * b.row; n < N; n++, i += b.column) sums[n] += factor * bData[i];
      }
      for (let n = 0; n < N; n++) y[to + m * N + n] = sums[n];
    }
  };
}

/** numpy.matmul: an operand of one axis is a row on the left, a column on the right. */
export const matmul: Operator<'matmul'> = (operation, operands) => {
  const [a, b] = [0, 1].map((index) => floats(operation, operands, index).dims);
  if (a.length === 0 || b.length === 0) throw malformed(operation, 'a scalar is no matrix');
  const [left, right] = [a.length === 1 ? [1, ...a] : a, b.length === 1 ? [...b, 1] : b];
  const [M, K] = left.slice(-2);
  const [rows, N] = right.slice(-2);
  if (K !== rows) throw malformed(operation, `[${a}] × [${b}]: ${K} columns meet ${rows} rows`);
  const batch = broadcastDims(operation, left.slice(0, -2), right.slice(0, -2));
  const dims = [...batch, ...(a.length === 1 ? [] : [M]), ...(b.length === 1 ? [] : [N])];
  const output = checkedShape(operation, 'float', dims);
  const lefts = broadcastIndices(left.slice(0, -2), batch);
  const rights = broadcastIndices(right.slice(0, -2), batch);
  const multiply = multiplication([M, K, N], { row: K, column: 1 }, { row: N, column: 1 }, 1, (sums) => sums.fill(0));
  return {
    outputs: [output],
    compute: ([x, w], [y]) => {
      for (let i = 0; i < lefts.length; i++) multiply(x!, lefts[i] * M * K, w!, rights[i] * K * N, y!, i * M * N);
    },
  };
};

/** Y = alpha · A'·B' + beta · C */
export const gemm: Operator<'gemm'> = (operation, operands) => {
  const { alpha, beta, transA, transB } = operation;
  const [a, b] = [0, 1].map((index) => floats(operation, operands, index).dims);
  if (a.length !== 2 || b.length !== 2) throw malformed(operation, `[${a}] × [${b}]; expected two matrices`);
  const [M, K] = transA ? [a[1], a[0]] : a;
  const [rows, N] = transB ? [b[1], b[0]] : b;
  if (K !== rows) throw malformed(operation, `[${a}] × [${b}]: ${K} columns meet ${rows} rows`);
  const output = checkedShape(operation, 'float', [M, N]);
  const place = operands[2] && placeWithin(operation, floats(operation, operands, 2).dims, output.dims);
  let C: Numbers; // while computing
  const multiply = multiplication(
    [M, K, N],
    transA ? { row: 1, column: M } : { row: K, column: 1 },
    transB ? { row: 1, column: K } : { row: N, column: 1 },
    alpha,
    (sums, m) => {
      for (let n = 0; n < N; n++) sums[n] = place ? beta * C[at(place, m * N + n)] : 0;
    },
  );
  return {
    outputs: [output],
    compute: ([x, w, bias], [y]) => {
      C = bias!;
      multiply(x!, 0, w!, 0, y!, 0);
    },
  };
};
