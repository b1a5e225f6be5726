import { InputError } from '../errors.js';
import { axisSize, hasTime, type Axis, type Network, type TensorLayout } from '../model/network.js';
import { isFloat32Array, typeName } from '../typed-arrays.js';
import type { Session } from './session.js';
import type { Stream } from './stream.js';

/** A whole tensor, shaped like onnxruntime's. */
export interface Tensor {
  readonly type: 'float32';
  readonly dims: readonly number[];
  readonly data: Float32Array;
}

/** What a sequence's sizes are in one call of `run`. */
interface Sizes {
  readonly batch: number;
  readonly frames: number;
}

/**
 * Whole tensors in, whole tensors out, with ONNX's semantics: every sequence of the batch starts from its initial state.
 *
 * @throws InputError for a missing or unknown tensor, a wrong type or shape, or no frames
 */
export function run(session: Session, inputs: Readonly<Record<string, Tensor>>): Record<string, Tensor> {
  const { network } = session;
  if (typeof inputs !== 'object' || inputs === null)
    throw new InputError(`run: got ${typeName(inputs)}, expected tensors by name`);
  const given = [...network.inputs, ...network.states];
  for (const name of Object.keys(inputs)) {
    if (!given.some((layout) => layout.name === name)) {
      throw new InputError(
        `input "${name}" does not exist; this model has ${given.map((layout) => `"${layout.name}"`).join(', ')}`,
      );
    }
  }
  const sizes = matchSizes(given, inputs);
  const outputs = Object.fromEntries(network.outputs.map((layout) => [layout.name, emptyTensor(layout, sizes)]));
  const stream = session.open();
  try {
    runBatch(stream, network, inputs, outputs, sizes);
  } finally {
    stream.close();
  }
  return outputs;
}

function runBatch(
  stream: Stream,
  network: Network,
  inputs: Readonly<Record<string, Tensor>>,
  outputs: Record<string, Tensor>,
  sizes: Sizes,
): void {
  const map = (layout: TensorLayout): Mapping => mapLayout(layout, sizes);
  const frameOf = (mapping: Mapping): [string, Float32Array] => [mapping.name, new Float32Array(mapping.places.length)];
  const inputMaps = network.inputs.map(map);
  const stateMaps = network.states.map(map);
  const everyFrame = network.outputs.filter(hasTime).map(map);
  const lastFrame = network.outputs.filter((layout) => !hasTime(layout)).map(map);
  const frames = Object.fromEntries(inputMaps.map(frameOf));
  const states = Object.fromEntries(stateMaps.map(frameOf));
  for (let batch = 0; batch < sizes.batch; batch++) {
    for (const mapping of stateMaps) gather(mapping, inputs[mapping.name], batch, 0, states[mapping.name]);
    stream.reset(states);
    for (let time = 0; time < sizes.frames; time++) {
      for (const mapping of inputMaps) gather(mapping, inputs[mapping.name], batch, time, frames[mapping.name]);
      stream.step(frames);
      for (const mapping of everyFrame)
        scatter(mapping, outputs[mapping.name], batch, time, stream.outputs[mapping.name]);
    }
    for (const mapping of lastFrame) scatter(mapping, outputs[mapping.name], batch, 0, stream.outputs[mapping.name]);
  }
}

function emptyTensor(layout: TensorLayout, { batch, frames }: Sizes): Tensor {
  const dims = layout.axes.map((axis) => axisSize(axis, batch, frames));
  return { type: 'float32', dims, data: new Float32Array(dims.reduce((product, dim) => product * dim, 1)) };
}

/** Batch and number of frames, which all inputs must agree on. */
function matchSizes(layouts: readonly TensorLayout[], inputs: Readonly<Record<string, Tensor>>): Sizes {
  const known: Known = {};
  for (const layout of layouts) {
    checkTensor(layout, inputs[layout.name]);
    layout.axes.forEach((axis, i) => {
      if (!matchAxis(axis, inputs[layout.name].dims[i], known)) throw wrongShape(layout, inputs[layout.name]);
    });
  }
  return { batch: known.batch ?? 1, frames: known.time ?? 1 };
}

/** What tensors have said of the sizes so far. */
type Known = { -readonly [Role in 'batch' | 'time']?: number };

function wrongShape(layout: TensorLayout, { dims, data }: Tensor): InputError {
  return new InputError(
    `input "${layout.name}": got [${dims}] with ${data.length} floats, expected ${printDims(layout)}`,
  );
}

function checkTensor(layout: TensorLayout, tensor: Tensor | undefined): void {
  const where = `input "${layout.name}"`;
  if (!tensor) throw new InputError(`${where} is missing; expected float32 ${printDims(layout)}`);
  const { type, dims, data } = tensor;
  if (type !== 'float32' || !isFloat32Array(data)) {
    throw new InputError(
      `${where}: got type ${type} with a ${typeName(data)}, expected float32 with a Float32Array as data`,
    );
  }
  if (!Array.isArray(dims)) throw new InputError(`${where}: got ${typeName(dims)} as dims, expected an array`);
  const elements = dims.reduce((product, dim) => product * dim, 1);
  if (
    dims.length !== layout.axes.length ||
    elements !== data.length ||
    !dims.every((dim) => Number.isInteger(dim) && dim > 0)
  ) {
    throw wrongShape(layout, tensor);
  }
}

/** Holds the size of one axis against its factors; the one that is not known yet takes what the others leave. */
function matchAxis(axis: Axis, size: number, known: Known): boolean {
  let left = size;
  let open: 'batch' | 'time' | undefined;
  for (const { role, size: stated } of axis) {
    const isRepeated = role === 'batch' || role === 'time';
    const expected = isRepeated ? (known[role] ?? (typeof stated === 'number' ? stated : undefined)) : Number(stated);
    if (expected === undefined) {
      if (open) return false; // two open sizes in one axis can't be told apart
      open = role as 'batch' | 'time';
    } else {
      if (typeof stated === 'number' && stated !== expected) return false;
      if (isRepeated) known[role] = expected;
      left /= expected;
    }
  }
  if (open) known[open] = left;
  return Number.isInteger(left) && (open !== undefined || left === 1);
}

/** A layout's shape with the names of its open dimensions, such as `[batch, time, 40]`. */
function printDims(layout: TensorLayout): string {
  return `[${layoutDims(layout).join(', ')}]`;
}

/** Dimensions of a tensor: numbers, and names (or products of names) of open ones. */
export function layoutDims(layout: TensorLayout): (number | string)[] {
  return layout.axes.map((axis) => {
    const known = axis.reduce((product, { size }) => (typeof size === 'number' ? product * size : product), 1);
    const open = axis.filter(({ size }) => typeof size === 'string').map(({ size }) => size);
    if (open.length === 0) return known;
    return known === 1 ? open.join('·') : `${known}·${open.join('·')}`;
  });
}

/** Where the elements of one frame are in a tensor: `places[i] + batch · batchStride + time · timeStride`. */
interface Mapping {
  readonly name: string;
  readonly places: readonly number[];
  readonly batchStride: number;
  readonly timeStride: number;
}

function mapLayout({ name, axes }: TensorLayout, sizes: Sizes): Mapping {
  const strides = { batch: 0, time: 0 };
  const elements: { role: 'part' | 'feature'; extent: number; stride: number }[] = [];
  let stride = 1;
  for (const factor of axes.flat().reverse()) {
    const extent = axisSize([factor], sizes.batch, sizes.frames);
    if (factor.role === 'batch' || factor.role === 'time') strides[factor.role] = stride;
    else elements.unshift({ role: factor.role, extent, stride });
    stride *= extent;
  }
  let places = [0];
  for (const role of ['part', 'feature'] as const) {
    for (const { extent, stride: step } of elements.filter((element) => element.role === role)) {
      places = places.flatMap((place) => Array.from({ length: extent }, (_, i) => place + i * step));
    }
  }
  return { name, places, batchStride: strides.batch, timeStride: strides.time };
}

function gather(
  { places, batchStride, timeStride }: Mapping,
  tensor: Tensor,
  batch: number,
  time: number,
  frame: Float32Array,
): void {
  const start = batch * batchStride + time * timeStride;
  places.forEach((place, i) => {
    frame[i] = tensor.data[start + place];
  });
}

function scatter(
  { places, batchStride, timeStride }: Mapping,
  tensor: Tensor,
  batch: number,
  time: number,
  frame: Float32Array,
): void {
  const start = batch * batchStride + time * timeStride;
  places.forEach((place, i) => {
    tensor.data[start + place] = frame[i];
  });
}
