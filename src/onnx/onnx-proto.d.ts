/**
 * What is read of ONNX's messages, under the names that onnx-proto (ONNX 1.10.2) gives them. tools/generate-decoder.mjs makes a
 * decoder of these fields and no others, so it must find each here on a line of its own.
 */

/** Absent fields read as their default: '', 0, [] or null. */
export interface ModelProto {
  readonly opsetImport: readonly OperatorSetIdProto[];
  readonly producerName: string;
  readonly producerVersion: string;
  readonly metadataProps: readonly StringStringEntryProto[];
  readonly graph: GraphProto | null;
}

export interface OperatorSetIdProto {
  readonly domain: string;
  readonly version: number;
}

export interface StringStringEntryProto {
  readonly key: string;
  readonly value: string;
}

export interface GraphProto {
  readonly node: readonly NodeProto[];
  readonly initializer: readonly TensorProto[];
  readonly sparseInitializer: readonly SparseTensorProto[];
  readonly input: readonly ValueInfoProto[];
  readonly output: readonly ValueInfoProto[];
}

export interface NodeProto {
  readonly opType: string;
  readonly domain: string;
  readonly name: string;
  readonly input: readonly string[];
  readonly output: readonly string[];
  readonly attribute: readonly AttributeProto[];
}

export interface AttributeProto {
  readonly name: string;
  readonly refAttrName: string;
  /** AttributeProto.AttributeType; 0 in files of IR versions that did not write it. */
  readonly type: number;
  readonly f: number;
  readonly i: number;
  readonly s: Uint8Array;
  readonly t: TensorProto | null;
  readonly g: GraphProto | null;
  readonly floats: readonly number[];
  readonly ints: readonly number[];
  readonly strings: readonly Uint8Array[];
}

/** int64 is a number: exact up to 2⁵³. Bytes are views of the file. */
export interface TensorProto {
  readonly name: string;
  readonly dims: readonly number[];
  readonly dataType: number;
  readonly segment: Segment | null;
  readonly floatData: readonly number[];
  readonly int32Data: readonly number[];
  readonly int64Data: readonly number[];
  readonly doubleData: readonly number[];
  readonly rawData: Uint8Array;
  readonly externalData: readonly StringStringEntryProto[];
  readonly dataLocation: number;
}

/** Tensors of both kinds are refused, so only whether there are any is read. */
export interface SparseTensorProto {}
export interface Segment {}

export interface ValueInfoProto {
  readonly name: string;
  readonly type: TypeProto | null;
}

/** Of a tensor, or else of what is refused. */
export interface TypeProto {
  readonly tensorType: Tensor | null;
}

export interface Tensor {
  readonly elemType: number;
  readonly shape: TensorShapeProto | null;
}

export interface TensorShapeProto {
  readonly dim: readonly Dimension[];
}

export interface Dimension {
  readonly dimValue: number | null;
  readonly dimParam: string | null;
}

export const ModelProto: { decode(bytes: Uint8Array): ModelProto };
