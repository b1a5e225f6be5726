/** Axes, ranges and shapes as nodes give them: attributes in older opsets, constant inputs in newer ones. */
import type { Constant } from './constants.js';
import { add, maxRank, sizeOf, subtract, type Dim } from './dims.js';
import { listed } from './names.js';
import type { Node } from './node.js';

/** An index or an axis, counted from the end when negative. */
export function axisOf(node: Node, axis: Dim, rank: number): number {
  const result = typeof axis === 'number' && axis < 0 ? axis + rank : axis;
  if (typeof result !== 'number' || !Number.isInteger(result) || result < 0 || result >= rank) {
    throw node.malformed(`index ${axis} is outside of 0 to ${rank - 1}`);
  }
  return result;
}

export function axesOf(node: Node, axes: Iterable<Dim>, rank: number): number[] {
  if (rank > maxRank) throw node.unsupported(`a tensor has ${rank} axes; at most ${maxRank} are supported`);
  const result = [...axes].map((axis) => axisOf(node, axis, rank));
  if (new Set(result).size < result.length) throw node.malformed(`axes [${listed(axes)}] name one twice`);
  return result;
}

export interface SliceArguments {
  readonly axis: number;
  readonly start: Dim;
  readonly end: Dim;
  readonly step: number;
}

/** Starts, ends, axes and steps are inputs 1 to 4, which `operand` reads; before opset 10 they are attributes. */
export function sliceArguments(
  node: Node,
  operand: (index: number) => Constant | undefined,
  rank: number,
  opset: number,
): SliceArguments[] {
  const given =
    opset < 10
      ? [node.ints('starts'), node.ints('ends'), node.ints('axes'), null]
      : [1, 2, 3, 4].map((index) => operand(index)?.data);
  const [starts, ends] = given;
  if (!starts || !ends || starts.length !== ends.length)
    throw node.malformed('it has no starts and ends of one length');
  const axes = axesOf(node, given[2] ?? starts.keys(), rank);
  const steps = given[3];
  if (axes.length !== starts.length || (steps && steps.length !== starts.length))
    throw node.malformed('its starts, axes and steps differ in length');
  return axes.map((axis, index) => {
    const step = steps ? steps[index] : 1;
    if (typeof step !== 'number' || step === 0) throw node.unsupported(`it has a step of ${step}`);
    return { axis, start: starts[index], end: ends[index], step };
  });
}

export interface Range {
  readonly start: Dim;
  readonly count: Dim;
  readonly step: number;
}

/** What a slice selects of an axis of `size`; where the size is open, all of it or an end of it. */
export function rangeOf(node: Node, { start, end, step, axis }: SliceArguments, size: Dim): Range {
  if (typeof size === 'number' && typeof start === 'number' && typeof end === 'number') {
    const low = step < 0 ? -1 : 0;
    const clamp = (at: number) => Math.min(Math.max(at < 0 ? at + size : at, low), size + low);
    return { start: clamp(start), count: Math.max(0, Math.ceil((clamp(end) - clamp(start)) / step)), step };
  }
  const from = typeof start === 'number' && start < 0 ? add(size, start) : start;
  // Exporters write "to the end" as the largest int64 or int32, both beyond any open size.
  const to = typeof end === 'number' && end < 0 ? add(size, end) : Number(end) >= 2 ** 31 - 1 ? size : end;
  if (step === 1 && from === 0) return { start: 0, count: to, step };
  if (step === 1 && from === subtract(size, 1) && to === size) return { start: from, count: 1, step };
  throw node.unsupported(
    `it takes ${start} to ${end} by ${step} of axis ${axis}, whose size "${size}" the file leaves open`,
  );
}

/** The target of a Reshape with 0 replaced by the size it copies; at most one -1 is left, to be inferred. */
export function reshapedDims(node: Node, shape: Constant, from: readonly Dim[]): Dim[] {
  const keepsZero = node.int('allowzero', 0) !== 0;
  if (shape.data.length > maxRank)
    throw node.unsupported(`it makes a tensor of ${shape.data.length} axes; at most ${maxRank} are supported`);
  const dims = [...shape.data].map((dim, axis) => {
    if (dim !== 0) return dim;
    if (keepsZero || axis >= from.length) throw node.unsupported(`it makes an empty tensor of [${listed(shape.data)}]`);
    return from[axis];
  });
  const wrong = dims.find((dim) => typeof dim === 'number' && !(Number.isSafeInteger(dim) && (dim > 0 || dim === -1)));
  if (wrong !== undefined || dims.filter((dim) => dim === -1).length > 1) {
    throw node.malformed(`it reshapes to [${listed(dims)}]`);
  }
  return dims;
}

/** Two axes: the product of those before `axis`, and of those from it on. */
export function flattenedDims(node: Node, dims: readonly Dim[]): [Dim, Dim] {
  const given = node.int('axis', 1);
  const axis = given === dims.length ? given : axisOf(node, given, dims.length);
  return [sizeOf(dims.slice(0, axis)), sizeOf(dims.slice(axis))];
}

/** What each output of a Split takes of an axis of `size`: parts as `given`, or equal ones. */
export function splitRanges(
  node: Node,
  given: readonly Dim[] | Float32Array | null | undefined,
  axis: number,
  size: Dim,
): { start: number; count: number; step: 1 }[] {
  if (typeof size !== 'number')
    throw node.unsupported(`it splits axis ${axis}, whose size "${size}" the file leaves open`);
  const parts = node.outputs.length;
  const count = node.int('num_outputs', parts);
  const each = Math.ceil(size / parts);
  const sizes = given ? [...given].map(Number) : node.outputs.map((_, index) => Math.min(each, size - index * each));
  // Only where num_outputs says so, from opset 18 on, the last may be smaller.
  const isEqual = given || node.has('num_outputs') || each * parts === size;
  const sum = sizes.reduce((total, part) => total + part, 0);
  if (count !== parts || sizes.length !== parts || !isEqual || sum !== size || sizes.some((part) => !(part > 0))) {
    throw node.malformed(`it splits ${size} into [${listed(sizes)}] for ${parts} outputs`);
  }
  let start = 0;
  return sizes.map((part) => {
    start += part;
    return { start: start - part, count: part, step: 1 };
  });
}

/** Dropout passes its input on, but in training. */
export function checkDropout(node: Node, training: { readonly data?: Constant['data'] } | null | undefined): void {
  node.float('ratio', 0.5);
  node.int('seed', 0);
  if (training && training.data?.[0] !== 0)
    throw node.unsupported('it drops out, as in training; export the network after .eval()');
}
