/** Shapes of a network's inputs for one sequence: what weights need where a file leaves a size open, and 1 for the batch. */
import { elementTypeOf, isRecurrent, type Network, type Port, type ValueId } from '../model/network.js';
import type { Operand } from '../operators/operator.js';
import { WHOLE_FRAME } from './time-candidates.js';

/** null along time */
type Dims = readonly (number | null)[];

export type InputDims = ReadonlyMap<ValueId, Dims>;

/** A shape that the file does not give is that of a sequence, [batch, time, feature] in some order. */
const UNKNOWN = ['', '', ''];

/** The network's inputs for one sequence of `frames`. */
export function operandsFor({ inputs }: Network, inputDims: InputDims, frames: number): Map<ValueId, Operand> {
  return new Map(
    inputs.map(({ value, type }) => [
      value,
      { type: elementTypeOf(type), dims: inputDims.get(value)!.map((dim) => dim ?? frames), data: null },
    ]),
  );
}

/** Sizes of features that the network's weights are made for, the first layers' first. */
function weighedSizes(network: Network): number[] {
  const sizes = network.operations.flatMap((operation) => {
    const dims = network.constants.get(operation.inputs[1] ?? -1)?.dims;
    if (!dims) return [];
    if (isRecurrent(operation)) return [dims[2]];
    if (operation.kind === 'matmul') return [dims[Math.max(0, dims.length - 2)]];
    if (operation.kind === 'gemm') return [dims[operation.transB ? 1 : 0]];
    return operation.kind === 'convolution' ? [dims[1] * operation.group] : [];
  });
  return [...new Set(sizes)].slice(0, 8);
}

/** Sizes in the targets of Reshapes: an exporter may have left the number of frames of its example there. */
export function bakedSizes(network: Network): number[] {
  const sizes = network.operations.flatMap((operation) => {
    const target = operation.kind === 'reshape' ? network.constants.get(operation.inputs[1] ?? -1) : undefined;
    return Array.from(target?.data ?? []).filter((size) => size > 1);
  });
  return [...new Set(sizes)].slice(0, 8);
}

/** The axis that holds the sequences of a batch: of a sequence the first that is not time, of a state the one of the same size. */
function batchAxisOf({ dims, type }: Port, time: number | undefined, batches: ReadonlySet<number | string>): number {
  const given = dims ?? UNKNOWN;
  // A vector is features, or a token for each sequence.
  if (time === WHOLE_FRAME) return given.length > 1 || elementTypeOf(type) === 'integer' ? 0 : -1;
  if (time !== undefined) return given.length > 2 || typeof given[0] === 'string' ? (time === 0 ? 1 : 0) : -1;
  // A stacked state has its layers first.
  return [1, 0].find((axis) => batches.has(given[axis]) || /batch/i.test(`${given[axis]}`)) ?? -1;
}

/**
 * Shapes that the inputs may have, the likeliest first. A batch that the file fixes is tried as one sequence before it is
 * taken as it is, but for `keepsBatch`.
 */
export function openSizes(network: Network, timeAxes: ReadonlyMap<ValueId, number>, keepsBatch: boolean): InputDims[] {
  const batches = new Set<number | string>();
  for (const port of network.inputs) {
    const { value, dims } = port;
    const axis = timeAxes.has(value) ? batchAxisOf(port, timeAxes.get(value), batches) : -1;
    if (dims?.[axis] !== undefined) batches.add(dims[axis]);
  }
  let needsSize = false;
  const shapes = (size: number, ownBatch: boolean) =>
    network.inputs.map((port): [ValueId, Dims] => {
      const { value, dims } = port;
      const given = dims ?? UNKNOWN;
      const time = timeAxes.get(value);
      const batch = batchAxisOf(port, time, batches);
      const shape = given.map((dim, axis) => {
        if (axis === time) return null;
        if (axis === batch && !(ownBatch && typeof dim === 'number')) return 1;
        if (typeof dim === 'number') return dim;
        const isFeature = axis === given.length - 1 || time === given.length - 1;
        needsSize ||= isFeature;
        return isFeature ? size : 1;
      });
      return [value, shape];
    });
  const hasOwnBatch = `${shapes(1, true)}` !== `${shapes(1, false)}`;
  const sizes = needsSize ? [...weighedSizes(network), 1] : [1];
  return sizes
    .flatMap((size) => [
      ...(keepsBatch && hasOwnBatch ? [] : [shapes(size, false)]),
      ...(hasOwnBatch ? [shapes(size, true)] : []),
    ])
    .map((shape) => new Map(shape));
}
