import { InputError } from '../errors.js';
import { axisSize, type Axis, type Network, type TensorLayout } from '../model/network.js';
import type { Session, Stream } from './session.js';

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
  const given = [...network.inputs, ...network.states];
  for (const name of Object.keys(inputs)) {
    if (!given.some((layout) => layout.name === name)) {
      throw new InputError(`input "${name}" does not exist; this model has ${given.map((layout) => `"${layout.name}"`).join(', ')}`);
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
  stream: Stream, network: Network, inputs: Readonly<Record<string, Tensor>>, outputs: Record<string, Tensor>, sizes: Sizes): void {
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
      for (const mapping of everyFrame) scatter(mapping, outputs[mapping.name], batch, time, stream.outputs[mapping.name]);
    }
    for (const mapping of lastFrame) scatter(mapping, outputs[mapping.name], batch, 0, stream.outputs[mapping.name]);
  }
}

const hasTime = (layout: TensorLayout): boolean => layout.axes.some((axis) => axis.some(({ role }) => role === 'time'));

function emptyTensor(layout: TensorLayout, { batch, frames }: Sizes): Tensor {
  const dims = layout.axes.map((axis) => axisSize(axis, batch, frames));
  return { type: 'float32', dims, data: new Float32Array(dims.reduce((product, dim) => product * dim, 1)) };
}

/** Batch and number of frames, which all inputs must agree on. */
function matchSizes(layouts: readonly TensorLayout[], inputs: Readonly<Record<string, Tensor>>): Sizes {
  const found: { batch?: number; time?: number } = {};
  for (const layout of layouts) {
    const tensor = inputs[layout.name];
    if (!tensor) throw new InputError(`input "${layout.name}" is missing; expected float32 ${printDims(layout)}`);
    checkTensor(layout, tensor);
    layout.axes.forEach((axis, i) => matchAxis(layout, tensor, axis, i, found));
  }
  return { batch: found.batch ?? 1, frames: found.time ?? 0 };
}

function checkTensor(layout: TensorLayout, { type, dims, data }: Tensor): void {
  const where = `input "${layout.name}"`;
  if (type !== 'float32' || !(data instanceof Float32Array)) {
    throw new InputError(`${where}: got type ${type}, expected float32 with a Float32Array as data`);
  }
  const elements = dims.reduce((product, dim) => product * dim, 1);
  if (dims.length !== layout.axes.length || elements !== data.length || elements === 0) {
    throw new InputError(`${where}: got [${dims}] with ${data.length} floats, expected ${printDims(layout)}`);
  }
}

/** Holds one axis of a tensor against its layout; its open factor, at most one, takes what the others leave. */
function matchAxis(
  layout: TensorLayout, tensor: Tensor, axis: Axis, index: number, found: { batch?: number; time?: number }): void {
  const refuse = (): never => {
    throw new InputError(`input "${layout.name}": got [${tensor.dims}], expected ${printDims(layout)}`);
  };
  let left = tensor.dims[index];
  const open: ('batch' | 'time')[] = [];
  for (const factor of axis) {
    const size = typeof factor.size === 'number' ? factor.size : found[factor.role as 'batch' | 'time'];
    if (size === undefined) open.push(factor.role as 'batch' | 'time');
    else left /= size;
    if (size !== undefined && (factor.role === 'batch' || factor.role === 'time')) {
      if ((found[factor.role] ??= size) !== size) refuse();
    }
  }
  if (open.length > 1) throw new InputError(`input "${layout.name}": batch and time in one axis can't be told apart; give batch 1`);
  if (!Number.isInteger(left) || (open.length === 0 && left !== 1)) refuse();
  if (open.length === 1) found[open[0]] = left;
}

/** A layout's shape with the names of its open dimensions, such as `[batch, time, 40]`. */
export function printDims(layout: TensorLayout): string {
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

function gather({ places, batchStride, timeStride }: Mapping, tensor: Tensor, batch: number, time: number, frame: Float32Array): void {
  const start = batch * batchStride + time * timeStride;
  places.forEach((place, i) => {
    frame[i] = tensor.data[start + place];
  });
}

function scatter({ places, batchStride, timeStride }: Mapping, tensor: Tensor, batch: number, time: number, frame: Float32Array): void {
  const start = batch * batchStride + time * timeStride;
  places.forEach((place, i) => {
    tensor.data[start + place] = frame[i];
  });
}
