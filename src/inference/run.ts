import { InputError, ModelFormatError } from '../errors.js';
import {
  elementTypeOf,
  type ElementType,
  type Numbers,
  type Port,
  type TensorType,
  type ValueId,
} from '../model/network.js';
import { elements, type Operand } from '../operators/operator.js';
import { newNumbers } from '../operators/specialization.js';
import { typeName } from '../typed-arrays.js';
import { refuseUnknown } from './names.js';
import type { Run, Runner } from './runner.js';

/** Arrays by the type of the tensor, as onnxruntime has them; half floats are given and returned as float32. */
const ARRAYS = {
  float32: Float32Array,
  float64: Float64Array,
  int8: Int8Array,
  int16: Int16Array,
  int32: Int32Array,
  int64: BigInt64Array,
  uint8: Uint8Array,
  uint16: Uint16Array,
  bool: Uint8Array,
} as const;

export type TensorData =
  Float32Array | Float64Array | Int8Array | Int16Array | Int32Array | BigInt64Array | Uint8Array | Uint16Array;

/** A tensor as onnxruntime has it, in a plain object. */
export interface Tensor {
  readonly type: keyof typeof ARRAYS;
  readonly dims: readonly number[];
  /** Row-major, in the array that goes with `type`: Float32Array for float32, BigInt64Array for int64. */
  readonly data: TensorData;
}

export interface RunOptions {
  /** Every tensor that is computed, by its ONNX name, in the order of computing, instead of the outputs alone. */
  readonly trace?: boolean;
}

/** What a tensor of the file's type is outside: floats that are computed in float32 are float32. */
function outsideType(type: TensorType): Tensor['type'] {
  return type === 'float16' || type === 'bfloat16' ? 'float32' : type;
}

/**
 * Runs a network on whole tensors, as ONNX defines it.
 *
 * @throws InputError for missing or unknown tensors, wrong types or shapes
 * @throws TypeError for an unknown option
 */
export function run(
  runner: Runner,
  inputs: Readonly<Record<string, Tensor>>,
  { trace = false, ...others }: RunOptions = {},
): Record<string, Tensor> {
  const unknown = Object.keys(others)[0];
  if (unknown !== undefined) throw new TypeError(`"${unknown}" is no option of run; the option is trace`);
  const { network } = runner;
  refuseUnknown('input', 'tensor', inputs, network.inputs);
  const sizes = new Map<string, { size: number; name: string }>();
  const operands = network.inputs.map((port): [ValueId, Operand] => {
    const tensor = inputs[port.name];
    checkTensor(port, tensor, sizes, runner.finite);
    return [port.value, operandOf(port, tensor)];
  });
  const prepared = prepareFor(runner, new Map(operands), inputs);
  for (const { name, value } of network.inputs) write(prepared.numbers(value), inputs[name]);
  prepared.compute();
  const values = trace
    ? prepared.made.map((value) => ({ value, name: network.names[value], type: null }))
    : network.outputs;
  const results = [...values, ...(trace ? network.outputs : [])];
  return Object.fromEntries(results.map(({ name, value, type }) => [name, tensorOf(prepared, value, type)]));
}

/** Shapes that the file leaves open may turn out not to fit together. */
function prepareFor(
  runner: Runner,
  operands: ReadonlyMap<ValueId, Operand>,
  inputs: Readonly<Record<string, Tensor>>,
): Run {
  try {
    return runner.prepare(operands);
  } catch (error) {
    if (!(error instanceof ModelFormatError)) throw error;
    const shapes = runner.network.inputs.map(({ name }) => `"${name}" [${inputs[name].dims}]`).join(', ');
    throw new InputError(`the network does not fit ${shapes}: ${error.message}`);
  }
}

/** Whole numbers may decide shapes, and are known; floats are not looked at before the network runs. */
function operandOf({ type }: Port, { dims, data }: Tensor): Operand {
  const element = elementTypeOf(type);
  return {
    type: element,
    dims: [...dims],
    data: element === 'float' ? null : write(newNumbers(element, data.length), { dims, data }),
  };
}

function write(target: Numbers, { data }: Pick<Tensor, 'dims' | 'data'>): Numbers {
  if (data instanceof Float32Array) target.set(data);
  else for (let i = 0; i < data.length; i++) target[i] = Number(data[i]);
  return target;
}

function tensorOf(prepared: Run, value: ValueId, type: TensorType | null): Tensor {
  const { type: element, dims } = prepared.shapeOf(value);
  const inside: Readonly<Record<ElementType, Tensor['type']>> = { float: 'float32', integer: 'int64', boolean: 'bool' };
  const isLike = type !== null && elementTypeOf(type) === element;
  const outside = isLike ? outsideType(type) : inside[element];
  const numbers = prepared.numbers(value);
  const data = new ARRAYS[outside](elements(dims));
  for (let i = 0; i < data.length; i++) data[i] = data instanceof BigInt64Array ? BigInt(numbers[i]) : numbers[i];
  return { type: outside, dims: [...dims], data };
}

const print = (dims: Port['dims']): string => (dims ? `[${dims.join(', ')}]` : 'any shape');

/**
 * @param sizes what the open dimensions have been so far
 * @param finite values that may not be infinite either
 */
function checkTensor(
  port: Port,
  tensor: Tensor | undefined,
  sizes: Map<string, { size: number; name: string }>,
  finite: Runner['finite'],
): void {
  const where = `input "${port.name}"`;
  const type = outsideType(port.type);
  if (!tensor) throw new InputError(`${where} is missing; expected ${type} ${print(port.dims)}`);
  const { dims, data } = tensor;
  const expected = ARRAYS[type];
  const isOfType = tensor.type === type && Object.prototype.toString.call(data) === `[object ${expected.name}]`;
  if (!isOfType)
    throw new InputError(
      `${where}: got type ${tensor.type} with a ${typeName(data)}, expected ${type} with ${/^[AEIOU]/.test(expected.name) ? 'an' : 'a'} ${expected.name} as data`,
    );
  if (!Array.isArray(dims)) throw new InputError(`${where}: got ${typeName(dims)} as dims, expected an array`);
  const wrong = () =>
    new InputError(`${where}: got [${dims}] with ${data.length} elements, expected ${print(port.dims)}`);
  if (!dims.every((dim) => Number.isInteger(dim) && dim > 0) || elements(dims) !== data.length) throw wrong();
  // Infinite masks have a meaning. What is not finite would come out of gates, and NaN of quantizers, as an ordinary number.
  const isWrong = finite.has(port.value) ? (value: number) => !Number.isFinite(value) : Number.isNaN;
  const bad = elementTypeOf(port.type) === 'float' ? (data as Float32Array).findIndex(isWrong) : -1;
  if (bad >= 0) throw new InputError(`${where}: element ${bad} is ${data[bad]}, expected finite numbers`);
  if (!port.dims) return;
  if (port.dims.length !== dims.length) throw wrong();
  port.dims.forEach((dim, axis) => {
    if (typeof dim === 'number' && dim !== dims[axis]) throw wrong();
    if (typeof dim !== 'string') return;
    const known = sizes.get(dim);
    if (known && known.size !== dims[axis])
      throw new InputError(
        `${where}: "${dim}" is ${dims[axis]} on axis ${axis}, and ${known.size} of input "${known.name}"`,
      );
    sizes.set(dim, { size: dims[axis], name: port.name });
  });
}
