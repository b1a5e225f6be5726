/**
 * A Network evaluated the plainest way, in float64, frame by frame over tensors in the layouts of the ONNX file:
 * what the runtime is compared with.
 */
import type { AxisFactor, GruLayer, Layer, Network, TensorLayout, ValueId } from '#dist/model/network.js';

export interface ReferenceTensor {
  readonly dims: readonly number[];
  readonly data: ArrayLike<number>;
}

export interface ReferenceOutput {
  readonly dims: number[];
  readonly data: Float64Array;
}

/** Values of one sequence, by ValueId. */
type Frame = Float64Array[];

export function runReference(
  network: Network,
  inputs: Readonly<Record<string, ReferenceTensor>>,
): Record<string, ReferenceOutput> {
  const given = [...network.inputs, ...network.states];
  const batch = extent(given, inputs, 'batch');
  const frames = extent(given, inputs, 'time');
  const outputs = new Map(network.outputs.map((layout) => [layout, emptyTensor(layout, batch, frames)]));
  for (let sequence = 0; sequence < batch; sequence++) {
    const values: Frame = network.values.map(({ size }) => new Float64Array(size));
    for (const layout of network.states) {
      eachElement(layout, batch, frames, (at, place) => {
        if (place.batch === sequence) values[place.value][place.feature] = inputs[layout.name].data[at];
      });
    }
    const hidden = new Map(
      network.layers.filter((layer) => layer.kind === 'gru').map((layer) => [layer, initialState(layer, values)]),
    );
    for (let frame = 0; frame < frames; frame++) {
      for (const layout of network.inputs) {
        eachElement(layout, batch, frames, (at, place) => {
          if (place.batch === sequence && place.time === frame)
            values[place.value][place.feature] = inputs[layout.name].data[at];
        });
      }
      for (const layer of network.layers) runLayer(layer, values, hidden);
      for (const [layout, { data }] of outputs) {
        eachElement(layout, batch, frames, (at, place) => {
          const isNow = place.time === null ? frame === frames - 1 : place.time === frame;
          if (place.batch === sequence && isNow) data[at] = values[place.value][place.feature];
        });
      }
    }
  }
  return Object.fromEntries([...outputs].map(([{ name }, tensor]) => [name, tensor]));
}

function runLayer(layer: Layer, values: Frame, hidden: Map<GruLayer, Float64Array>): void {
  switch (layer.kind) {
    case 'gru': {
      const next = gruStep(layer, values[layer.input], hidden.get(layer)!);
      hidden.set(layer, next);
      values[layer.output].set(next);
      return;
    }
    case 'dense':
      values[layer.output].set(affine(layer.weights, layer.bias, values[layer.input]));
      return;
    case 'activation':
      values[layer.output].set(values[layer.input].map(functions[layer.activation]));
      return;
    case 'softmax': {
      const input = values[layer.input];
      const largest = input.reduce((a, b) => Math.max(a, b), -Infinity);
      const sum = input.reduce((total, x) => total + Math.exp(x - largest), 0);
      values[layer.output].set(
        input.map((x) => (layer.log ? x - largest - Math.log(sum) : Math.exp(x - largest) / sum)),
      );
      return;
    }
    case 'concat':
      values[layer.output].set(layer.inputs.flatMap((input) => [...values[input]]));
      return;
    case 'slice':
      values[layer.output].set(values[layer.input].subarray(layer.start, layer.start + values[layer.output].length));
      return;
    default:
      layer satisfies never;
  }
}

const functions = {
  sigmoid: (x: number) => 1 / (1 + Math.exp(-x)),
  tanh: Math.tanh,
  relu: (x: number) => Math.max(x, 0),
};

/** H = (1 − z) ∘ h̃ + z ∘ H */
function gruStep(layer: GruLayer, x: Float64Array, h: Float64Array): Float64Array {
  const n = layer.hiddenSize;
  const fromX = affine(layer.W, layer.Wb, x); // [3 × hidden]
  const fromH = affine(layer.R, layer.Rb, h); // [3 × hidden]
  const z = h.map((_, i) => functions.sigmoid(fromX[i] + fromH[i]));
  const r = h.map((_, i) => functions.sigmoid(fromX[n + i] + fromH[n + i]));
  const Rh = layer.R.subarray(2 * n * n);
  const Rbh = layer.Rb.subarray(2 * n);
  const candidate = layer.linearBeforeReset
    ? h.map((_, i) => r[i] * fromH[2 * n + i])
    : affine(
        Rh,
        Rbh,
        h.map((value, i) => r[i] * value),
      );
  return h.map((value, i) => (1 - z[i]) * Math.tanh(fromX[2 * n + i] + candidate[i]) + z[i] * value);
}

/** `weights` is [bias.length, x.length]. */
function affine(weights: Float32Array, bias: Float32Array, x: Float64Array): Float64Array {
  return Float64Array.from(bias, (sum, row) => {
    for (let column = 0; column < x.length; column++) sum += weights[row * x.length + column] * x[column];
    return sum;
  });
}

function initialState({ initialH, hiddenSize }: GruLayer, values: Frame): Float64Array {
  if (initialH === null) return new Float64Array(hiddenSize);
  return Float64Array.from(typeof initialH === 'number' ? values[initialH] : initialH);
}

interface Place {
  batch: number;
  /** null for a tensor without a time axis. */
  time: number | null;
  value: ValueId;
  feature: number;
}

/** Where each element of a tensor belongs, in the order of its data. */
function eachElement(
  layout: TensorLayout,
  batch: number,
  frames: number,
  visit: (at: number, place: Place) => void,
): void {
  const factors = layout.axes.flat();
  const sizes = factors.map((factor) => sizeOf(factor, batch, frames));
  const count = sizes.reduce((product, size) => product * size, 1);
  const hasTime = factors.some(({ role }) => role === 'time');
  for (let at = 0; at < count; at++) {
    const index = { batch: 0, time: 0, part: 0, feature: 0 };
    let stride = count;
    factors.forEach(({ role }, axis) => {
      stride /= sizes[axis];
      index[role] = index[role] * sizes[axis] + (Math.floor(at / stride) % sizes[axis]);
    });
    visit(at, {
      batch: index.batch,
      time: hasTime ? index.time : null,
      value: layout.values[index.part],
      feature: index.feature,
    });
  }
}

function sizeOf({ role, size }: AxisFactor, batch: number, frames: number): number {
  return role === 'batch' ? batch : role === 'time' ? frames : Number(size);
}

function emptyTensor(layout: TensorLayout, batch: number, frames: number): ReferenceOutput {
  const dims = layout.axes.map((axis) => axis.reduce((size, factor) => size * sizeOf(factor, batch, frames), 1));
  return { dims, data: new Float64Array(dims.reduce((count, size) => count * size, 1)) };
}

/** The size of the batch or the number of frames, from an axis that is nothing else; 1 where there is none. */
function extent(
  layouts: readonly TensorLayout[],
  inputs: Readonly<Record<string, ReferenceTensor>>,
  role: 'batch' | 'time',
): number {
  for (const { name, axes } of layouts) {
    const tensor = inputs[name];
    if (!tensor) throw new TypeError(`input "${name}" is missing`);
    const axis = axes.findIndex((factors) => factors.length === 1 && factors[0].role === role);
    if (axis >= 0) return tensor.dims[axis];
  }
  return 1;
}
