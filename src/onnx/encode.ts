/** ONNX's messages as bytes, and those that stand in a file changed. Field numbers: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto3. */
import { ModelFormatError } from '../errors.js';
import { concatBytes } from '../typed-arrays.js';
import { integerField, lengthField, replaceFields, textField } from './fields.js';
import type { AttributeProto, GraphProto, NodeProto } from './onnx-proto.js';

export const MODEL = { irVersion: 1, graph: 7, opsetImport: 8, functions: 25 };
export const OPSET = { domain: 1, version: 2 };
export const GRAPH = { node: 1, initializer: 5, input: 11 };
const NODE = { input: 1, output: 2, opType: 4, attribute: 5 };
const ATTRIBUTE = { name: 1, i: 3, s: 4, g: 6, type: 20 };
const TENSOR = { dims: 1, dataType: 2, name: 8, rawData: 9, externalData: 13, dataLocation: 14 };

/** AttributeProto.AttributeType */
const INT = 2;
const STRING = 3;

/** TensorProto.DataType */
export const FLOAT = 1;
export const UINT8 = 2;
export const INT8 = 3;
const INT64 = 7;

/** Little-endian, as `raw_data` is. */
function rawBytes(data: Int8Array | Float32Array | BigInt64Array): Uint8Array {
  const { length } = data;
  const bytes = new Uint8Array(data.byteLength);
  const view = new DataView(bytes.buffer);
  if (data instanceof BigInt64Array) for (let i = 0; i < length; i++) view.setBigInt64(8 * i, data[i], true);
  else if (data instanceof Int8Array) bytes.set(data);
  else for (let i = 0; i < length; i++) view.setFloat32(4 * i, data[i], true);
  return bytes;
}

/** A TensorProto of int8, float32 or int64. */
export function tensor(
  name: string,
  dims: readonly number[],
  data: Int8Array | Float32Array | BigInt64Array,
): Uint8Array {
  const type = data instanceof Int8Array ? INT8 : data instanceof Float32Array ? FLOAT : INT64;
  return concatBytes([
    ...dims.map((dim) => integerField(TENSOR.dims, dim)),
    integerField(TENSOR.dataType, type),
    textField(TENSOR.name, name),
    lengthField(TENSOR.rawData, rawBytes(data)),
  ]);
}

/** A NodeProto of ONNX's own operators. */
export function node(
  op: string,
  inputs: readonly string[],
  outputs: readonly string[],
  attributes: Readonly<Record<string, number | string>> = {},
): Uint8Array {
  return concatBytes([
    ...inputs.map((name) => textField(NODE.input, name)),
    ...outputs.map((name) => textField(NODE.output, name)),
    textField(NODE.opType, op),
    ...attributeFields(attributes),
  ]);
}

function attributeFields(attributes: Readonly<Record<string, number | string>>): Uint8Array[] {
  return Object.entries(attributes).map(([name, value]) => {
    const [content, type] =
      typeof value === 'number' ? [integerField(ATTRIBUTE.i, value), INT] : [textField(ATTRIBUTE.s, value), STRING];
    return lengthField(
      NODE.attribute,
      concatBytes([textField(ATTRIBUTE.name, name), content, integerField(ATTRIBUTE.type, type)]),
    );
  });
}

export interface NodeChange {
  readonly op?: string;
  /** All of them, in their order. */
  readonly inputs?: readonly string[];
  readonly outputs?: readonly string[];
  /** Attributes that go. */
  readonly without?: readonly string[];
  /** Attributes that come, in the place of those of their names. */
  readonly attributes?: Readonly<Record<string, number | string>>;
}

/** A NodeProto changed: what is not named stays byte for byte. */
export function changeNode(bytes: Uint8Array, proto: NodeProto, change: NodeChange): Uint8Array {
  const { op, inputs, outputs, without = [], attributes = {} } = change;
  const kept = replaceFields(bytes, ({ number }, index) => {
    const isReplaced =
      (number === NODE.input && inputs) ||
      (number === NODE.output && outputs) ||
      (number === NODE.opType && op !== undefined) ||
      (number === NODE.attribute && isNamed(proto.attribute[index], [...without, ...Object.keys(attributes)]));
    return isReplaced ? [] : undefined;
  });
  return concatBytes([
    kept,
    ...(inputs ?? []).map((name) => textField(NODE.input, name)),
    ...(outputs ?? []).map((name) => textField(NODE.output, name)),
    ...(op === undefined ? [] : [textField(NODE.opType, op)]),
    ...attributeFields(attributes),
  ]);
}

const isNamed = ({ name }: AttributeProto, names: readonly string[]): boolean => names.includes(name);

/** A NodeProto with its bodies changed. */
export function changeBodies(
  bytes: Uint8Array,
  proto: NodeProto,
  change: (body: Uint8Array, proto: GraphProto) => Uint8Array,
): Uint8Array {
  return replaceFields(bytes, (attribute, index) => {
    const body = attribute.number === NODE.attribute ? proto.attribute[index].g : null;
    if (!body) return undefined;
    const content = bytes.subarray(attribute.content, attribute.end);
    return [
      lengthField(
        NODE.attribute,
        changeOnly(content, ATTRIBUTE.g, (bytes) => change(bytes, body)),
      ),
    ];
  });
}

/** A ModelProto with its graph changed. */
export function changeGraph(bytes: Uint8Array, change: (graph: Uint8Array) => Uint8Array): Uint8Array {
  return changeOnly(bytes, MODEL.graph, change);
}

/** A TensorProto whose data was in another file, with its data. */
export function changeData(bytes: Uint8Array, data: Uint8Array): Uint8Array {
  const { rawData, externalData, dataLocation } = TENSOR;
  const others = replaceFields(bytes, ({ number }) =>
    number === rawData || number === externalData || number === dataLocation ? [] : undefined,
  );
  return concatBytes([others, lengthField(rawData, data)]);
}

/** @throws ModelFormatError where the field is given twice: readers differ in which of them they take */
function changeOnly(bytes: Uint8Array, number: number, change: (content: Uint8Array) => Uint8Array): Uint8Array {
  return replaceFields(bytes, (field, index) => {
    if (field.number !== number) return undefined;
    if (index > 0) throw new ModelFormatError(`a graph of the model is given twice; export it again`);
    return [lengthField(number, change(bytes.subarray(field.content, field.end)))];
  });
}
