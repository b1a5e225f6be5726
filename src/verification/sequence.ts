/** What models are verified on: features of sound, or random numbers, as `run` takes them and as a stream does. */
import { InputError, type Features, type Model, type Tensor } from '../index.js';
import { elementTypeOf } from '../model/network.js';
import { laidOut, product, type InputLayout, type Layout } from './layout.js';
import { seeded } from './seeded.js';

export type Tensors = Readonly<Record<string, Tensor>>;

export interface Sequence {
  readonly frames: number;
  /** By the input's name: [frames, size], or [size] of what is given once. */
  readonly values: ReadonlyMap<string, Float64Array>;
}

/** Random indices are below this, where no table says how many rows it has. */
const FEW = 2;

/** Lengths of a sequence are those of what is run. */
const isLength = ({ port, time }: InputLayout): boolean =>
  time === null && /len/i.test(port.name) && elementTypeOf(port.type) === 'integer';

/** Floats evenly in ±1, indices of the tables that they choose from; the states of a sequence are zero. */
export function randomSequence(model: Model, { inputs }: Layout, frames: number, seed: number): Sequence {
  const next = seeded(seed);
  const isStreamed = inputs.some(({ time }) => time !== null);
  const valuesOf = ({ port, time, size }: InputLayout): Float64Array => {
    const count = time === null ? size : frames * size;
    const isFloat = elementTypeOf(port.type) === 'float';
    if (time === null && isFloat && isStreamed) return new Float64Array(count);
    if (isFloat) return Float64Array.from({ length: count }, () => Math.fround(2 * next() - 1));
    const rows = port.type === 'bool' ? 2 : rowsChosenBy(model, port.value);
    return Float64Array.from({ length: count }, () => Math.floor(rows * next()));
  };
  return { frames, values: new Map(inputs.map((input) => [input.port.name, valuesOf(input)])) };
}

function rowsChosenBy({ network }: Model, input: number): number {
  const tables = network.operations.flatMap((operation) => {
    if (operation.kind !== 'gather' || operation.inputs[1] !== input) return [];
    const dims = network.constants.get(operation.inputs[0]!)?.dims;
    return dims ? [dims[operation.axis < 0 ? operation.axis + dims.length : operation.axis]] : [];
  });
  return tables.length > 0 ? Math.min(...tables) : FEW;
}

/**
 * Features as the model's only sequence; whatever else it takes is zero.
 *
 * @throws InputError for features of another size than the model's frames, or of too short a sound
 */
export function featureSequence(layout: Layout, { frames, coefficients, data }: Features): Sequence {
  const timed = layout.inputs.filter(({ time }) => time !== null);
  if (timed.length !== 1 || timed[0].size !== coefficients) {
    const sizes = timed.map(({ port, size }) => `${size} as "${port.name}"`).join(' and ');
    throw new InputError(`front end: makes ${coefficients} features a frame, the model takes ${sizes || 'no frames'}`);
  }
  const rest = layout.inputs.filter(({ time }) => time === null);
  const zeros = rest.map(({ port, size }): [string, Float64Array] => [port.name, new Float64Array(size)]);
  return { frames, values: new Map([[timed[0].port.name, Float64Array.from(data)], ...zeros]) };
}

const ARRAYS = {
  float32: Float32Array,
  float64: Float64Array,
  int8: Int8Array,
  int16: Int16Array,
  int32: Int32Array,
  uint8: Uint8Array,
  uint16: Uint16Array,
  bool: Uint8Array,
} as const;

function onceOf(input: InputLayout, values: Float64Array, frames: number): Float64Array {
  return isLength(input) ? new Float64Array(values.length).fill(frames) : values;
}

/** What `run` takes for frames `from` to `to`. */
export function tensorsOf({ inputs }: Layout, { values }: Sequence, from: number, to: number): Tensors {
  return Object.fromEntries(
    inputs.map((input) => {
      const { port, time, dims, size } = input;
      const all = onceOf(input, values.get(port.name)!, to - from);
      const own = time === null ? all : all.subarray(from * size, to * size);
      const sizes = dims.map((dim) => dim ?? to - from);
      return [port.name, tensorOf(port, sizes, laidOut(own, sizes, time))];
    }),
  );
}

/** Where the file fixes a batch, all of it is the one sequence. */
function tensorOf({ type, dims: given }: InputLayout['port'], dims: readonly number[], data: Float64Array): Tensor {
  const sizes = dims.map((dim, axis) => (typeof given?.[axis] === 'number' ? given[axis] : dim));
  const numbers = repeated(data, dims, sizes);
  if (type === 'int64') return { type, dims: sizes, data: BigInt64Array.from(numbers, BigInt) };
  const outside = type === 'float16' || type === 'bfloat16' ? 'float32' : type;
  return { type: outside, dims: sizes, data: ARRAYS[outside].from(numbers) };
}

/** Over and over along each axis that is longer in `sizes` than in `dims`. */
function repeated(data: Float64Array, dims: readonly number[], sizes: readonly number[]): Float64Array {
  return Float64Array.from({ length: product(sizes) }, (_, i) => {
    let [at, rest, stride] = [0, i, 1];
    for (let axis = dims.length - 1; axis >= 0; axis--) {
      at += ((rest % sizes[axis]) % dims[axis]) * stride;
      rest = Math.floor(rest / sizes[axis]);
      stride *= dims[axis];
    }
    return data[at];
  });
}

/** What `stream.step` takes at a frame. */
export function frameAt({ inputs }: Layout, { values }: Sequence, frame: number): Record<string, Float32Array> {
  return floats(inputs, ({ port, time, size }) =>
    time === null ? null : values.get(port.name)!.subarray(frame * size, (frame + 1) * size),
  );
}

/**
 * What `stream.reset` takes.
 *
 * @param frames of a run
 */
export function statesOf({ inputs }: Layout, { values }: Sequence, frames: number): Record<string, Float32Array> {
  return floats(inputs, (input) => (input.time === null ? onceOf(input, values.get(input.port.name)!, frames) : null));
}

function floats(
  inputs: readonly InputLayout[],
  valuesOf: (input: InputLayout) => Float64Array | null,
): Record<string, Float32Array> {
  return Object.fromEntries(
    inputs.flatMap((input) => {
      const values = valuesOf(input);
      return values ? [[input.port.name, Float32Array.from(values)]] : [];
    }),
  );
}
