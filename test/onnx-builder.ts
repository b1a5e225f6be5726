import onnxProto from 'onnx-proto';
import type { TensorType } from '#dist/model/network.js';
import { uniform } from './support.js';

const { onnx } = onnxProto;

/** TensorProto.DataType */
const DATA_TYPES: Readonly<Record<TensorType, number>> = {
  float32: 1,
  uint8: 2,
  int8: 3,
  uint16: 4,
  int16: 5,
  int32: 6,
  int64: 7,
  bool: 9,
  float16: 10,
  float64: 11,
  bfloat16: 16,
};

/** bigint for what a number does not hold exactly. */
type Value = number | bigint;

/**
 * Dimensions and, row by row, values; random ones in ±½ where there are none, and whatever the type, which is float32 where it is
 * left out. float16 and bfloat16 take bit patterns.
 */
export type TensorSpec = readonly [dims: readonly number[], values?: readonly Value[], type?: TensorType];

/** A number is an integer, a list of numbers integers. */
export type AttributeSpec =
  | Value
  | string
  | readonly Value[]
  | readonly string[]
  | { readonly float: number }
  | { readonly floats: readonly number[] }
  | { readonly tensor: TensorSpec }
  | { readonly graph: GraphSpec };

/**
 * A node: operator, inputs, outputs, attributes. Its name is the operator and its place: `Gemm_0`; a domain stands before `::`.
 */
export type NodeSpec = readonly [
  op: string,
  inputs: readonly string[],
  outputs: readonly string[],
  attributes?: Readonly<Record<string, AttributeSpec>>,
];

export interface GraphSpec {
  /** null: the file says neither type nor shape. */
  readonly inputs: Readonly<Record<string, readonly (number | string)[] | null>>;
  /** As inputs. */
  readonly outputs: Readonly<Record<string, readonly (number | string)[] | null>>;
  readonly initializers: Readonly<Record<string, TensorSpec>>;
  readonly nodes: readonly NodeSpec[];
  readonly metadata?: Readonly<Record<string, unknown>>;
  /** 17 where it is left out; of a body, that of the graph around it, as are metadata and producer. */
  readonly opset?: number;
  readonly producer?: string;
  /** Of inputs and outputs; float32 where it is left out. */
  readonly types?: Readonly<Record<string, TensorType>>;
}

const bytes = (text: string) => new TextEncoder().encode(text);

/** What the writer takes for an int64. */
const int64 = (value: Value): number =>
  typeof value === 'bigint'
    ? ({ low: Number(BigInt.asIntN(32, value)), high: Number(value >> 32n), unsigned: false } as unknown as number)
    : value;

function attribute(name: string, value: AttributeSpec): onnxProto.onnx.IAttributeProto {
  if (typeof value === 'number' || typeof value === 'bigint') return { name, type: 2, i: int64(value) };
  if (typeof value === 'string') return { name, type: 3, s: bytes(value) };
  if ('float' in value) return { name, type: 1, f: value.float };
  if ('floats' in value) return { name, type: 6, floats: [...value.floats] };
  if ('tensor' in value) return { name, type: 4, t: tensor('', value.tensor) };
  if ('graph' in value) return { name, type: 5, g: graphProto(value.graph) };
  const isText = (list: readonly unknown[]): list is readonly string[] => typeof list[0] === 'string';
  return isText(value)
    ? { name, type: 8, strings: value.map(bytes) }
    : { name, type: 7, ints: (value as readonly Value[]).map(int64) };
}

function tensor(name: string, [dims, given, type = 'float32']: TensorSpec, next = uniform(5, 0.5)) {
  const values = given ?? Array.from({ length: dims.reduce((product, dim) => product * dim, 1) }, next);
  const field = { float32: 'floatData', float64: 'doubleData', int64: 'int64Data' }[type as string] ?? 'int32Data';
  return { name, dims: [...dims], dataType: DATA_TYPES[type], [field]: values.map(int64) };
}

function operatorOf(op: string): { opType: string; domain?: string } {
  const [domain, opType] = op.split('::');
  return opType === undefined ? { opType: op } : { opType, domain };
}

function graphProto(graph: GraphSpec): onnxProto.onnx.IGraphProto {
  const next = uniform(5, 0.5);
  const port = ([name, dims]: readonly [string, readonly (number | string)[] | null]) => ({
    name,
    type: dims && {
      tensorType: {
        elemType: DATA_TYPES[graph.types?.[name] ?? 'float32'],
        shape: { dim: dims.map((dim) => (typeof dim === 'string' ? { dimParam: dim } : { dimValue: dim })) },
      },
    },
  });
  return {
    name: 'test',
    node: graph.nodes.map(([opType, input, output, attributes = {}], i) => ({
      ...operatorOf(opType),
      name: `${opType}_${i}`,
      input: [...input],
      output: [...output],
      attribute: Object.entries(attributes).map(([name, value]) => attribute(name, value)),
    })),
    input: Object.entries(graph.inputs).map(port),
    output: Object.entries(graph.outputs).map(port),
    initializer: Object.entries(graph.initializers).map(([name, spec]) => tensor(name, spec, next)),
  };
}

/** The bytes of an ONNX file. */
export function buildModel(graph: GraphSpec): Uint8Array {
  return onnx.ModelProto.encode({
    irVersion: 8,
    opsetImport: [
      { domain: '', version: graph.opset ?? 17 },
      { domain: 'com.microsoft', version: 1 },
    ],
    producerName: graph.producer,
    metadataProps: Object.entries(graph.metadata ?? {}).map(([key, json]) => ({ key, value: JSON.stringify(json) })),
    graph: graphProto(graph),
  }).finish();
}

/** Weights of a GRU for `buildModel`, under the names W, R and B. */
export function gruWeights(input: number, hidden: number): GraphSpec['initializers'] {
  return { W: [[1, 3 * hidden, input]], R: [[1, 3 * hidden, hidden]], B: [[1, 6 * hidden]] };
}
