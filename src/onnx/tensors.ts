/** TensorProto → the values it holds, whichever of ONNX's ways it stores them in. */
import { ModelFormatError, UnsupportedModelError } from '../errors.js';
import { maxRank } from './dims.js';
import type { Constant } from './constants.js';
import { elementTypeOf, type ElementType } from './element-types.js';
import { maxIntegers } from './limits.js';
import { listed, printable, quoted } from './names.js';
import type { TensorProto } from './onnx-proto.js';

/** Values are copied: the result holds no view of the file. */
export function readTensor(tensor: TensorProto, name = tensor.name): Constant {
  const type = elementTypeOf(tensor.dataType);
  if (tensor.dataLocation === 1 || tensor.externalData.length > 0) {
    throw new UnsupportedModelError(
      `tensor ${quoted(name)} keeps its data in another file (${externalFile(tensor)}): save the model as one file with onnx.save(onnx.load(path), "single.onnx")`,
    );
  }
  if (tensor.segment)
    throw new UnsupportedModelError(`tensor ${quoted(name)} is one segment of a larger one: save it whole`);
  if (!type)
    throw new UnsupportedModelError(
      `tensor ${quoted(name)} has elements of type ${tensor.dataType}, which is not supported; use float32`,
    );
  const count = elementCount(tensor, name);
  if (type.holds !== 'float' && count > maxIntegers) {
    throw new UnsupportedModelError(
      `tensor ${quoted(name)} holds ${count} ${type.name} numbers, at most ${maxIntegers} are read, as shapes and indices; save weights as float32`,
    );
  }
  const source =
    tensor.rawData.length > 0 ? rawReader(tensor, type, count, name) : typedReader(tensor, type, count, name);
  const data = type.holds === 'float' ? new Float32Array(count) : new Array<number>(count);
  for (let index = 0; index < count; index++) data[index] = source(index);
  return { kind: 'constant', name, type: type.holds, elementType: tensor.dataType, dims: [...tensor.dims], data };
}

/** The caller holds it against the bytes or values that are there, before memory is taken. */
function elementCount(tensor: TensorProto, name: string): number {
  if (tensor.dims.length > maxRank)
    throw new ModelFormatError(`tensor ${quoted(name)} has ${tensor.dims.length} axes, more than ${maxRank}`);
  let count = 1;
  for (const dim of tensor.dims) {
    if (!Number.isSafeInteger(dim) || dim < 0)
      throw new ModelFormatError(`tensor ${quoted(name)} has a dimension of ${dim}`);
    count *= dim;
  }
  return count;
}

type Source = (index: number) => number;

function rawReader(tensor: TensorProto, type: ElementType, count: number, name: string): Source {
  const { rawData } = tensor;
  if (rawData.length !== count * type.bytes) {
    const expected = `${count} × ${type.bytes} for ${type.name} [${listed(tensor.dims)}]`;
    throw new ModelFormatError(`tensor ${quoted(name)} has ${rawData.length} bytes, expected ${expected}`);
  }
  const view = new DataView(rawData.buffer, rawData.byteOffset, rawData.byteLength);
  return (index) => type.read(view, index * type.bytes);
}

function typedReader(tensor: TensorProto, type: ElementType, count: number, name: string): Source {
  const stored = type.typed(tensor);
  if (stored.length !== count) {
    throw new ModelFormatError(
      `tensor ${quoted(name)} has ${stored.length} values, expected ${count} for ${type.name} [${listed(tensor.dims)}]`,
    );
  }
  const { decode } = type;
  return decode ? (index) => decode(stored[index]) : (index) => stored[index];
}

function externalFile(tensor: TensorProto): string {
  return printable(tensor.externalData.find(({ key }) => key === 'location')?.value ?? 'unnamed');
}
