/** How many axes tensors have, where the file or its operators say so without their sizes being known. */
import { isOnnxDomain } from './decode.js';
import type { GraphProto, NodeProto, TensorProto, ValueInfoProto } from './onnx-proto.js';

export type Ranks = ReadonlyMap<string, number>;

/** Of the rank of their first input. */
const KEEPING = new Set(
  (
    'Abs ArgMax ArgMin AveragePool BatchNormalization Cast Ceil Celu Clip Conv ConvTranspose CumSum Dropout Elu Erf Exp Floor ' +
    'GlobalAveragePool GlobalMaxPool HardSigmoid Hardmax Identity InstanceNormalization LRN LeakyRelu Log LogSoftmax ' +
    'LpNormalization MaxPool Neg Not PRelu Pad Reciprocal Relu Resize Round Selu Sigmoid Sign Slice Softmax Softplus Softsign ' +
    'Split Sqrt Tanh ThresholdedRelu Tile TopK Transpose Upsample'
  ).split(' '),
);

/** Of the greatest rank of all inputs. */
const BROADCASTING = new Set(
  'Add And Concat Div Equal Greater Less Max Mean Min Mod Mul Or Pow Sub Sum Where Xor'.split(' '),
);

/** By output, where they say it alone. */
const FIXED: Readonly<Record<string, readonly number[]>> = {
  Flatten: [2],
  Gemm: [2],
  GRU: [4, 3],
  LSTM: [4, 3, 3],
  RNN: [4, 3],
  Shape: [1],
  Size: [0],
};

/** Ranks of a graph's tensors below opset 13, and of those of the graphs around it. */
export function ranksOf(graph: GraphProto, outer: Ranks): Ranks {
  const ranks = new Map(outer);
  const tensors = new Map<string, TensorProto>();
  const define = (name: string, rank: number | undefined): void => {
    if (name && rank !== undefined) ranks.set(name, rank);
  };
  const declare = ({ name, type }: ValueInfoProto): void => define(name, type?.tensorType?.shape?.dim.length);
  const keep = (name: string, constant: TensorProto): void => {
    define(name, constant.dims.length);
    tensors.set(name, constant);
  };
  graph.input.forEach(declare);
  for (const constant of graph.initializer) keep(constant.name, constant);
  for (const node of graph.node) {
    const value = node.opType === 'Constant' ? node.attribute.find(({ t }) => t)?.t : null;
    if (value) keep(node.output[0], value);
    else if (isOnnxDomain(node.domain))
      node.output.forEach((name, index) => define(name, rankOf(node, index, ranks, tensors)));
  }
  graph.output.forEach(declare);
  return ranks;
}

function rankOf(
  { opType, input, attribute }: NodeProto,
  output: number,
  ranks: Ranks,
  tensors: ReadonlyMap<string, TensorProto>,
): number | undefined {
  const own = input.map((name) => ranks.get(name));
  const [x, y] = own;
  const ints = (name: string) => attribute.find((each) => each.name === name)?.ints;
  const keepsDims = attribute.find(({ name }) => name === 'keepdims')?.i !== 0;
  if (/^(Reduce|Arg)/.test(opType) && !keepsDims) {
    const axes = opType.startsWith('Arg') ? [0] : ints('axes');
    return axes && x !== undefined ? x - axes.length : undefined;
  }
  if (KEEPING.has(opType) || opType.startsWith('Reduce')) return x;
  if (Object.hasOwn(FIXED, opType)) return FIXED[opType][output];
  if (opType === 'MatMul') return x! > 1 && y! > 1 ? Math.max(x!, y!) : undefined;
  if (BROADCASTING.has(opType)) return own.includes(undefined) ? undefined : Math.max(...(own as number[]));
  if (x === undefined) return undefined;
  if (opType === 'Gather') return y === undefined ? undefined : x + y - 1;
  if (opType === 'Unsqueeze') return x + (ints('axes')?.length ?? NaN);
  if (opType === 'Squeeze') return ints('axes') && x - ints('axes')!.length;
  if (opType === 'Reshape') return tensors.get(input[1])?.dims[0];
  return undefined;
}
