/** Operators that take frames by their place: the latest one, or all from some frame on. */
import type { OperationOf } from '../model/network.js';
import type { Lowering } from './lowering.js';
import { NotStreamable, type PerFrame } from './timing.js';

/** Numbers of a constant operand, at the first probe. */
export function numbersOf(
  operation: OperationOf<'slice' | 'pad' | 'gather'>,
  lowering: Lowering,
  index: number,
): number[] | null {
  const timing = lowering.timingOf(operation, index);
  if (!timing) return null;
  if (timing.kind !== 'constant') throw new NotStreamable(`its input ${index} is computed while the network runs`);
  return Array.from(timing.operands[0].data!);
}

function latest(operation: OperationOf<'slice' | 'gather'>, lowering: Lowering, x: PerFrame): void {
  if (x.tail !== 0) throw new NotStreamable('the last frame reads padding behind the end of the sequence');
  lowering.define(operation, 0, x.value, { axis: null, lag: x.lag, every: x.every });
}

/** From here on, the end of a slice is the end of the sequence: exporters write the largest int32 or int64. */
const OPEN_END = 2 ** 31 - 1;

/** @throws NotStreamable */
export function lowerSlice(operation: OperationOf<'slice'>, lowering: Lowering, pointwise: () => void): void {
  const x = lowering.frameOf(operation, 0);
  const starts = numbersOf(operation, lowering, 1)!;
  const axes = (numbersOf(operation, lowering, 3) ?? [...starts.keys()]).map((axis) =>
    axis < 0 ? axis + lowering.dimsOf(operation.inputs[0]!).length : axis,
  );
  const place = x === null || x.axis === null ? -1 : axes.indexOf(x.axis);
  if (!x || place < 0) return pointwise();
  const frames = lowering.dimsOf(operation.inputs[0]!)[x.axis!];
  const left = lowering.dimsOf(operation.outputs[0]!)[x.axis!];
  const [step] = numbersOf(operation, lowering, 4)?.slice(place) ?? [1];
  if (
    axes.length > 1 &&
    lowering
      .dimsOf(operation.inputs[0]!)
      .some((dim, axis) => axis !== x.axis && dim !== lowering.dimsOf(operation.outputs[0]!)[axis])
  )
    throw new NotStreamable('it takes parts of several axes at once, time among them');
  if (step !== 1) throw new NotStreamable(`it takes frames in steps of ${step}`);
  const start = starts[place] < 0 ? Math.max(0, starts[place] + frames) : Math.min(starts[place], frames);
  if (left === 1 && start === frames - 1) return latest(operation, lowering, x);
  if (left === 0) throw new NotStreamable(`it leaves out all of the ${frames} frames that were tried`);
  if (starts[place] < -frames || (starts[place] < 0 && start > 0))
    throw new NotStreamable(`it begins ${-starts[place]} frames before the end`);
  const end = numbersOf(operation, lowering, 2)![place];
  if (end > frames && end < OPEN_END) throw new NotStreamable(`it leaves out all frames from ${end} on`);
  if (x.fill && start > 0) throw new NotStreamable('it takes some of the frames that padding has put before the first');
  lowering.define(operation, 0, x.value, { ...madeOf(x), lag: x.lag + x.every * start });
}

export const madeOf = ({ axis, lag, every, fill }: PerFrame) => ({ axis, lag, every, fill });

/** @throws NotStreamable */
export function lowerGather(operation: OperationOf<'gather'>, lowering: Lowering, pointwise: () => void): void {
  const x = lowering.frameOf(operation, 0);
  if (!x || x.axis === null) return pointwise();
  const { dims } = lowering.probes[0].shapes.operands[operation.inputs[0]!]!;
  if ((operation.axis < 0 ? operation.axis + dims.length : operation.axis) !== x.axis) return pointwise();
  const [index, ...others] = numbersOf(operation, lowering, 1)!;
  if (others.length > 0 || (index < 0 ? index + dims[x.axis] : index) !== dims[x.axis] - 1)
    throw new NotStreamable(`it picks frame ${[index, ...others]}, expected the last one`);
  latest(operation, lowering, x);
}
