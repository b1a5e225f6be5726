import onnxProto from 'onnx-proto';
import { uniform } from './support.js';

const { onnx } = onnxProto;
const FLOAT = 1; // TensorProto.DataType.FLOAT

/** A node: operator, inputs, outputs, attributes of one whole number each. */
export type NodeSpec = readonly [
  op: string,
  inputs: readonly string[],
  outputs: readonly string[],
  attributes?: Readonly<Record<string, number>>,
];

export interface GraphSpec {
  readonly inputs: Readonly<Record<string, readonly (number | string)[]>>;
  readonly outputs: Readonly<Record<string, readonly (number | string)[]>>;
  /** Dimensions and, row by row, values; random ones in ±½ where there are none. */
  readonly initializers: Readonly<Record<string, readonly [dims: readonly number[], values?: readonly number[]]>>;
  readonly nodes: readonly NodeSpec[];
  readonly metadata?: Readonly<Record<string, unknown>>;
}

/** The bytes of an ONNX file of opset 17. */
export function buildModel(graph: GraphSpec): Uint8Array {
  const next = uniform(5, 0.5);
  const value = ([name, dims]: readonly [string, readonly (number | string)[]]) => ({
    name,
    type: {
      tensorType: {
        elemType: FLOAT,
        shape: { dim: dims.map((dim) => (typeof dim === 'string' ? { dimParam: dim } : { dimValue: dim })) },
      },
    },
  });
  return onnx.ModelProto.encode({
    irVersion: 8,
    opsetImport: [{ domain: '', version: 17 }],
    metadataProps: Object.entries(graph.metadata ?? {}).map(([key, json]) => ({ key, value: JSON.stringify(json) })),
    graph: {
      name: 'test',
      node: graph.nodes.map(([opType, input, output, attributes = {}], i) => ({
        opType,
        name: `${opType}_${i}`,
        input: [...input],
        output: [...output],
        attribute: Object.entries(attributes).map(([name, number]) => ({ name, i: number, type: 2 })),
      })),
      input: Object.entries(graph.inputs).map(value),
      output: Object.entries(graph.outputs).map(value),
      initializer: Object.entries(graph.initializers).map(([name, [dims, values]]) => ({
        name,
        dims: [...dims],
        dataType: FLOAT,
        floatData: values ? [...values] : Array.from({ length: dims.reduce((product, dim) => product * dim, 1) }, next),
      })),
    },
  }).finish();
}

/** Weights of a GRU for `buildModel`, under the names W, R and B. */
export function gruWeights(input: number, hidden: number): GraphSpec['initializers'] {
  return { W: [[1, 3 * hidden, input]], R: [[1, 3 * hidden, hidden]], B: [[1, 6 * hidden]] };
}
