/** Reading an operand as if it had the result's shape. */
import type { Operation } from '../model/network.js';
import { broadcastDims, broadcastIndices, elements, malformed } from './operator.js';

/** Where an operand's elements stand for those of the result: a table, or i · step for the same shape and for scalars. */
export interface Place {
  readonly indices: Int32Array | null; // [elements of the result]
  readonly step: 0 | 1;
}

export function placeOf(from: readonly number[], dims: readonly number[]): Place {
  const count = elements(from);
  if (count === elements(dims)) return { indices: null, step: 1 };
  if (count === 1) return { indices: null, step: 0 };
  return { indices: broadcastIndices(from, dims), step: 1 };
}

export const at = ({ indices, step }: Place, i: number): number => (indices ? indices[i] : i * step);

/** ONNX's unidirectional broadcasting: `dims` stay what they are. */
export function placeWithin(operation: Operation, from: readonly number[], dims: readonly number[]): Place {
  const result = broadcastDims(operation, from, dims);
  if (result.length === dims.length && result.every((dim, axis) => dim === dims[axis])) return placeOf(from, dims);
  throw malformed(operation, `[${from}] doesn't broadcast to [${dims}]`);
}
