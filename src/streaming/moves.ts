/** Operations that only move elements: copies of runs of floats, or no layer at all. */
import type { Numbers, Operation } from '../model/network.js';
import { elements, type Operand } from '../operators/operator.js';
import { prepare } from '../operators/specialization.js';
import { scheduleOf, type FrameOperands } from './frame-operands.js';
import type { CopyLayer, FrameValueId } from './frame-network.js';
import type { Lowering } from './lowering.js';

/** Parts of a copy beyond which the host's one loop is simpler, and as fast. */
const MAX_PARTS = 16;

/** Copies, or no layer at all, by what the operator does to a tensor that counts its elements. */
export function lowerMove(operation: Operation, lowering: Lowering, read: FrameOperands): boolean {
  const { operands, values, made } = read;
  if (operation.kind === 'gather' && values[1] !== null) return false;
  const moved = operands.map((operand, i) => (values[i] !== null || operation.kind === 'concat' ? operand : null));
  const counted: (Numbers | null)[] = [];
  const starts: number[] = [];
  let next = 1; // 0 is what an operator puts there itself
  for (const [i, operand] of operands.entries()) {
    starts[i] = next;
    const count = operand ? elements(operand.dims) : 0;
    counted[i] = moved[i] ? Float64Array.from({ length: count }, (_, at) => next + at) : (operand?.data ?? null);
    if (moved[i]) next += count;
  }
  const prepared = prepare(lowering.operators, operation, operands);
  const places = prepared.outputs.map(({ dims }) => new Float64Array(elements(dims)));
  prepared.compute(counted, places);
  const all = places.map((place) => partsOf(place, moved, starts, operands, values));
  if (all.some(({ length }) => length === 0 || length > MAX_PARTS)) return false;
  all.forEach((parts, i) => {
    const output = operation.outputs[i];
    if (output === null || output === undefined) return;
    const [{ input, start, size }] = parts;
    if (parts.length === 1 && typeof input === 'number' && start === 0 && size === lowering.values[input].size)
      return lowering.define(operation, i, input, made);
    const value = lowering.outputValue(operation, i, made?.axis ?? null);
    lowering.emit({ kind: 'copy', name: operation.name, parts, output: value }, scheduleOf(read));
    lowering.define(operation, i, value, made);
  });
  return true;
}

/** Runs of consecutive elements. */
function partsOf(
  places: Float64Array,
  moved: readonly (Operand | null)[],
  starts: readonly number[],
  operands: readonly (Operand | null)[],
  values: readonly (FrameValueId | null)[],
): CopyLayer['parts'] {
  const parts: { input: FrameValueId | Float32Array; start: number; size: number }[] = [];
  let end = NaN;
  let source = -1;
  for (const place of places) {
    const owner = moved.findLastIndex((operand, i) => operand !== null && place >= starts[i]);
    if (place === end && owner === source) parts[parts.length - 1].size++;
    else {
      const value = values[owner];
      parts.push({ input: value ?? Float32Array.from(operands[owner]!.data!), start: place - starts[owner], size: 1 });
      if (parts.length > MAX_PARTS) break;
    }
    end = place + 1;
    source = owner;
  }
  return parts;
}
