import type { Arena } from '../kernels/arena.js';
import type { RecurrentMatrices } from '../streaming/frame-network.js';
import { matrixBytes, paddedRows, paddedSize, type Precision } from '../kernels/layout.js';

/** A matrix as a model has it, row by row, with the bias that its product gets. */
export interface Matrix {
  readonly rows: number;
  readonly columns: number;
  readonly weights: Float32Array; // [rows, columns]
  readonly bias: Float32Array; // [rows]
}

/** Packs matrices with the kernels. */
export class Packer {
  readonly #arena: Arena;

  /** @param arena where it happens; it keeps the size of the largest matrix */
  constructor(arena: Arena) {
    this.#arena = arena;
  }

  /** The matrix, both dimensions padded, in the layout of matvecInt8 or matvecF32. */
  pack(precision: Precision, matrix: Matrix): Uint8Array {
    const rows = paddedRows(matrix.rows);
    const columns = paddedSize(matrix.columns);
    const sourceBytes = 4 * (rows * columns + rows);
    const packedBytes = matrixBytes(precision, rows, columns);
    const source = this.#arena.allocate(sourceBytes);
    const packed = this.#arena.allocate(packedBytes);
    const { f32, kernels } = this.#arena;
    for (let row = 0; row < matrix.rows; row++) {
      f32.set(matrix.weights.subarray(row * matrix.columns, (row + 1) * matrix.columns), source / 4 + row * columns);
    }
    f32.set(matrix.bias, source / 4 + rows * columns);
    if (precision === 'int8') kernels.packInt8(source, packed, rows, columns);
    else kernels.packF32(source, packed, rows, columns);
    const bytes = new Uint8Array(kernels.memory.buffer.slice(packed, packed + packedBytes));
    this.#arena.release(source, sourceBytes);
    this.#arena.release(packed, packedBytes);
    return bytes;
  }
}

/** The rows `from` to `to` of a matrix. */
function rowsOf(weights: Float32Array, bias: Float32Array, columns: number, from: number, to: number): Matrix {
  return {
    rows: to - from,
    columns,
    weights: weights.subarray(from * columns, to * columns),
    bias: bias.subarray(from, to),
  };
}

/** Gates of `hidden` rows each, one below the other, every gate padded with zero rows to the next `paddedSize`. */
function padGates(matrix: Matrix, hidden: number): Matrix {
  const padded = paddedSize(hidden);
  const gates = matrix.rows / hidden;
  const weights = new Float32Array(gates * padded * matrix.columns);
  const bias = new Float32Array(gates * padded);
  for (let gate = 0; gate < gates; gate++) {
    const rows = rowsOf(matrix.weights, matrix.bias, matrix.columns, gate * hidden, (gate + 1) * hidden);
    weights.set(rows.weights, gate * padded * matrix.columns);
    bias.set(rows.bias, gate * padded);
  }
  return { rows: gates * padded, columns: matrix.columns, weights, bias };
}

/** Gates `from` to `to` of a recurrent layer's W or R, with their biases, every gate padded. */
export function gatesOf(layer: RecurrentMatrices, side: 'W' | 'R', from: number, to: number): Matrix {
  const { hiddenSize: H, inputSize } = layer;
  const [weights, bias, columns] = side === 'W' ? [layer.W, layer.Wb, inputSize] : [layer.R, layer.Rb, H];
  return padGates(rowsOf(weights, bias, columns, from * H, to * H), H);
}
