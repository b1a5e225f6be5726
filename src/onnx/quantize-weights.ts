/** Weights of a file in 8 bits: what stands in the file for one float32 tensor. */
import { findNotFinite } from '../typed-arrays.js';
import { FLOAT, node, tensor } from './encode.js';
import { storageOf } from './element-types.js';
import { quantizeRows } from './quantize-rows.js';
import { readTensor } from './tensors.js';
import type { Source, Use } from './weights.js';

/**
 * Rows from which a product's weights are quantized. Tympan's engine keeps those of smaller ones in float32, so a file must have
 * them so for the same results; recurrent layers' weights are int8 whatever their size.
 */
const LEAST_ROWS = 16;

/** Bytes that a field of a graph takes more than its content: its tag and, below 16 KB, its length. */
const FIELD_BYTES = 3;

/** What was done with a tensor of weights. */
export interface QuantizedWeights {
  readonly name: string;
  readonly dims: readonly number[];
  /** Each has a scale of its own. */
  readonly rows: number;
  /** As in `GRU node "gru_1"`. */
  readonly readers: readonly string[];
  /** The greatest difference of a weight and what it is now. */
  readonly maxError: number;
}

/** Weights that stay as they are, and why. */
export interface KeptWeights {
  readonly name: string;
  readonly dims: readonly number[];
  readonly readers: readonly string[];
  readonly reason: string;
}

/** In the place of a constant. */
export interface Replacement {
  readonly initializers: readonly Uint8Array[]; // TensorProto
  /** They give a tensor of the constant's name. */
  readonly nodes: readonly Uint8Array[]; // NodeProto
  readonly report: QuantizedWeights;
}

/**
 * @param fresh makes of a name one that nothing in the model has
 * @returns null for what is no weights at all
 */
export function quantizeWeights(source: Source, fresh: (name: string) => string): Replacement | KeptWeights | null {
  const { name, uses, tensor: proto } = source;
  const use = uses.find(({ axis }) => axis !== null);
  if (!use) return null;
  const readers = [...new Set(uses.map(({ where }) => where))];
  const reason = reasonToKeep(source, use);
  if (reason !== null) return { name, dims: [...proto.dims], readers, reason };
  const replacement = replace(source, use, readers, fresh);
  const after = [...replacement.initializers, ...replacement.nodes];
  const size = after.reduce((sum, { length }) => sum + length + FIELD_BYTES, 0);
  if (size < 4 * proto.dims.reduce((product, dim) => product * dim, 1)) return replacement;
  return { name, dims: [...proto.dims], readers, reason: 'int8 with its scales would be no smaller' };
}

function reasonToKeep({ name, tensor: proto, uses }: Source, use: Use): string | null {
  if (proto.dataType !== FLOAT) {
    const type = storageOf(proto.dataType)?.type ?? `type ${proto.dataType}`;
    return `its elements are ${type}, expected float32`;
  }
  const other = uses.find(({ axis, directions }) => axis !== use.axis || directions !== use.directions);
  if (other) return `${other.where} reads it too, and not by the same rows`;
  const rows = proto.dims[use.axis!];
  if (!use.isRecurrent && rows < LEAST_ROWS)
    return `it has ${rows < 2 ? 'one row' : `${rows} rows`}, and products of less than ${LEAST_ROWS} stay float32, as in Tympan's engine`;
  const { data } = readTensor(proto, name);
  const at = findNotFinite(data);
  return at < 0 ? null : `it holds ${data[at]}`;
}

/**
 * A matrix gets a third axis and loses it again: where a product reads a DequantizeLinear directly, onnxruntime 1.31 makes one
 * operator of them (MatMulNBits) that quantizes x to 8 bits too, and its results are off by half a percent.
 */
function replace(
  { name, tensor: proto }: Source,
  { axis, directions }: Use,
  readers: readonly string[],
  fresh: (name: string) => string,
): Replacement {
  const { dims } = proto;
  const inner = dims.slice(axis! + 1).reduce((product, dim) => product * dim, 1);
  const rows = directions * dims[axis!];
  const { q, scales, maxError } = quantizeRows(readTensor(proto, name).data as Float32Array, rows, inner);
  const [int8, scale] = [fresh(`${name}.int8`), fresh(`${name}.scale`)];
  const report = { name, dims: [...dims], rows, readers, maxError };
  const scaleTensor = tensor(scale, [rows], scales);
  if (directions > 1) {
    // A scale goes along one axis: directions and their rows become one, and two again.
    const [shape, matrix] = [fresh(`${name}.shape`), fresh(`${name}.rows`)];
    const shapeTensor = tensor(shape, [dims.length], BigInt64Array.from(dims, BigInt));
    return {
      initializers: [tensor(int8, [rows, inner], q), scaleTensor, shapeTensor],
      nodes: [node('DequantizeLinear', [int8, scale], [matrix], { axis: 0 }), node('Reshape', [matrix, shape], [name])],
      report,
    };
  }
  if (dims.length > 2) {
    const nodes = [node('DequantizeLinear', [int8, scale], [name], { axis: axis! })];
    return { initializers: [tensor(int8, dims, q), scaleTensor], nodes, report };
  }
  const stacked = fresh(`${name}.stacked`);
  return {
    initializers: [tensor(int8, [1, ...dims], q), scaleTensor],
    nodes: [
      node('DequantizeLinear', [int8, scale], [stacked], { axis: axis! + 1 }),
      node('Flatten', [stacked], [name], { axis: 2 }),
    ],
    report,
  };
}
