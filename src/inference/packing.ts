import type { Arena } from '../kernels/arena.js';
import type { RecurrentMatrices } from '../streaming/frame-network.js';
import { matrixBytes, paddedRows, paddedSize, type Precision } from '../kernels/layout.js';
import { quantizationOf } from '../model/row-quantization.js';

/** A matrix as a model has it, row by row, with the bias that its product gets. */
export interface Matrix {
  readonly rows: number;
  readonly columns: number;
  readonly weights: Float32Array; // [rows, columns]
  readonly bias: Float32Array; // [rows]
  /** See `Constant.steps`. */
  readonly steps: Float32Array | null; // [rows, columns]
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
    const sourceBytes = 4 * (rows * columns + 3 * rows);
    const packedBytes = matrixBytes(precision, rows, columns);
    const source = this.#arena.allocate(sourceBytes);
    const packed = this.#arena.allocate(packedBytes);
    const { f32, kernels } = this.#arena;
    const isInt8 = precision === 'int8';
    let behind = source / 4 + rows * columns;
    for (let row = 0; row < matrix.rows; row++) {
      const { weights, steps } = rowsOf(matrix, row, row + 1);
      f32.set(weights, source / 4 + row * columns);
      if (!isInt8) continue;
      const { scale, zeroPoint } = quantizationOf(weights, steps);
      f32[behind + row] = scale;
      f32[behind + rows + row] = zeroPoint;
    }
    if (isInt8) behind += 2 * rows;
    f32.set(matrix.bias, behind);
    kernels[isInt8 ? 'packInt8' : 'packF32'](source, packed, rows, columns);
    const bytes = new Uint8Array(kernels.memory.buffer.slice(packed, packed + packedBytes));
    this.#arena.release(source, sourceBytes);
    this.#arena.release(packed, packedBytes);
    return bytes;
  }
}

/** The rows `from` to `to` of a matrix. */
function rowsOf({ weights, bias, columns, steps }: Matrix, from: number, to: number): Matrix {
  return {
    rows: to - from,
    columns,
    weights: weights.subarray(from * columns, to * columns),
    bias: bias.subarray(from, to),
    steps: steps && steps.subarray(from * columns, to * columns),
  };
}

/** Gates of `hidden` rows each, one below the other, every gate padded with zero rows to the next `paddedSize`. */
function padGates(matrix: Matrix, hidden: number): Matrix {
  const padded = paddedSize(hidden);
  const gates = matrix.rows / hidden;
  const place = (values: Float32Array): Float32Array => {
    const size = values.length / gates;
    const result = new Float32Array((values.length / hidden) * padded);
    for (let gate = 0; gate < gates; gate++)
      result.set(values.subarray(gate * size, (gate + 1) * size), (gate * size * padded) / hidden);
    return result;
  };
  const { columns, weights, bias, steps } = matrix;
  return { rows: gates * padded, columns, weights: place(weights), bias: place(bias), steps: steps && place(steps) };
}

/** Gates `from` to `to` of a recurrent layer's W or R, with their biases, every gate padded. */
export function gatesOf(layer: RecurrentMatrices, side: 'W' | 'R', from: number, to: number): Matrix {
  const { hiddenSize: H, inputSize: I } = layer;
  const [weights, bias, steps, columns] =
    side === 'W' ? [layer.W, layer.Wb, layer.Ws, I] : [layer.R, layer.Rb, layer.Rs, H];
  return padGates(rowsOf({ rows: bias.length, columns, weights, bias, steps }, from * H, to * H), H);
}
