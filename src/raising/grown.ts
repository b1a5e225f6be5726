/** Carried tensors that only grow by a piece a step, as PyTorch writes a list of outputs, are scanned outputs. */
import type { OperationOf, ValueId } from '../model/network.js';
import type { Operand } from '../operators/operator.js';
import { originOf } from './bodies.js';
import type { Loop } from './counters.js';

export interface Grown {
  readonly axis: number;
  /** What is put behind it, one element along the axis. */
  readonly piece: ValueId;
}

function appended({ body }: Loop, from: ValueId, to: ValueId): OperationOf<'concat'> | null {
  const origin = originOf(body, to);
  const maker = body.operations.find(({ outputs }) => outputs[0] === origin);
  const readers = body.operations.filter(({ inputs }) => inputs.includes(from));
  const isAppended = maker?.kind === 'concat' && maker.inputs.length === 2 && maker.inputs[0] === from;
  return isAppended && maker.inputs[1] !== from && readers.length === 1 ? maker : null;
}

/** Whether a piece is one step, as an Unsqueeze makes it. */
function isOneStep({ body }: Loop, piece: ValueId, axis: number, rank: number): boolean {
  const maker = body.operations.find(({ outputs }) => outputs[0] === piece);
  const axes = maker?.kind === 'unsqueeze' ? body.constants.get(maker.inputs[1]!)?.data : undefined;
  return axes?.length === 1 && (axes[0] < 0 ? axes[0] + rank : axes[0]) === axis;
}

/** @param probes what the loop's inputs are: the tensor must be empty before the first step */
export function grownBy(loop: Loop, index: number, probes: readonly (readonly (Operand | null)[])[]): Grown | null {
  const maker = appended(loop, loop.body.inputs[2 + index].value, loop.body.outputs[1 + index].value);
  const initial = probes.map((operands) => operands[2 + index]?.dims);
  if (!maker || !initial.every((dims) => dims !== undefined)) return null;
  const rank = initial[0].length;
  const axis = maker.axis < 0 ? maker.axis + rank : maker.axis;
  const piece = maker.inputs[1]!;
  const isEmpty = initial.every((dims) => dims[axis] === 0);
  return isEmpty && isOneStep(loop, piece, axis, rank) ? { axis, piece } : null;
}
