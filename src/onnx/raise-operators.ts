/** Operators that are written otherwise from some opset between 8 and 13 on, and how. */
import { changeNode, node as newNode, type NodeChange } from './encode.js';
import { Node } from './node.js';
import type { NodeProto } from './onnx-proto.js';
import type { Raising } from './raise-opset.js';
import type { Ranks } from './ranks.js';

/** A node to convert. */
interface Old {
  readonly bytes: Uint8Array; // NodeProto
  readonly proto: NodeProto;
  readonly raising: Raising;
  readonly ranks: Ranks;
}

interface Conversion {
  /** The opset from which on the node may stay as it is. */
  readonly since: number;
  /** @returns NodeProto, in their order */
  readonly convert: (old: Old) => readonly Uint8Array[];
}

/** Of opset 7 to 12, and in 13 only of more types and optional parts than before. */
export const UNCHANGED: ReadonlySet<string> = new Set(
  (
    'Abs Acos Acosh Add And ArgMax ArgMin Asin Asinh Atan Atanh AveragePool BitShift Cast Ceil Celu Compress Concat ' +
    'ConcatFromSequence Constant ConstantOfShape Conv ConvInteger ConvTranspose Cos Cosh CumSum DepthToSpace ' +
    'DequantizeLinear Det Div DynamicQuantizeLinear Einsum Elu Equal Erf Exp Expand EyeLike Flatten Floor GRU Gather ' +
    'GatherElements GatherND Gemm GlobalAveragePool GlobalLpPool GlobalMaxPool Greater GreaterOrEqual HardSigmoid ' +
    'Identity If InstanceNormalization IsInf IsNaN LRN LSTM LeakyRelu Less LessOrEqual Log Loop LpNormalization LpPool ' +
    'MatMul MatMulInteger Max MaxPool MaxRoiPool MaxUnpool Mean MeanVarianceNormalization Min Mod Mul Multinomial Neg ' +
    'NonMaxSuppression NonZero Not OneHot Or PRelu Pow QLinearConv QLinearMatMul QuantizeLinear RNN RandomNormal ' +
    'RandomNormalLike RandomUniform RandomUniformLike Range Reciprocal ReduceL1 ReduceL2 ReduceLogSum ReduceLogSumExp ' +
    'ReduceMax ReduceMean ReduceMin ReduceProd ReduceSumSquare Relu Reshape ReverseSequence RoiAlign Round ' +
    'ScatterElements ScatterND Selu SequenceAt SequenceConstruct SequenceEmpty SequenceErase SequenceInsert ' +
    'SequenceLength Shape Shrink Sigmoid Sign Sin Sinh Size Softplus Softsign SpaceToDepth SplitToSequence Sqrt ' +
    'StringNormalizer Sub Sum Tan Tanh TfIdfVectorizer ThresholdedRelu Tile Transpose Unique Where Xor'
  ).split(' '),
);

const changed = ({ bytes, proto }: Old, change: NodeChange): readonly Uint8Array[] => [
  changeNode(bytes, proto, change),
];

/** Lists of integers that are attributes become inputs, of which those at the end may be absent. */
function listsToInputs(since: number, ...names: readonly string[]): Conversion {
  return {
    since,
    convert(old) {
      const lists = names.map((name) => new Node(old.proto).ints(name));
      const inputs = [old.proto.input[0], ...lists.map((list) => (list ? old.raising.integers(list) : ''))];
      while (inputs.at(-1) === '') inputs.pop();
      return changed(old, { inputs, without: names });
    },
  };
}

/** Over all axes from the given one on together; now over one. */
const softmax: Conversion = {
  since: 13,
  convert(old) {
    const { proto, raising, ranks } = old;
    const axis = new Node(proto).int('axis', 1);
    const [x] = proto.input;
    const rank = ranks.get(x);
    if (axis === -1 || axis + 1 === rank) return changed(old, { attributes: { axis: -1 } });
    const own = proto.output[0];
    const [flat, soft, shape] = ['flat', 'soft', 'shape'].map((name) => raising.name(`${own}.${name}`));
    return [
      newNode('Flatten', [x], [flat], { axis }),
      changeNode(old.bytes, proto, { inputs: [flat], outputs: [soft], attributes: { axis: -1 } }),
      newNode('Shape', [x], [shape]),
      newNode('Reshape', [soft, shape], [own]),
    ];
  },
};

/** Floats that become inputs get the type of x, which the file need not say. */
function requireFloat32({ proto, raising }: Old, attribute: string): void {
  if (!raising.hasOtherFloats) return;
  throw new Node(proto).unsupported(
    `its ${attribute} becomes an input from opset 11 on, of a type that the file does not say: export the model as float32`,
  );
}

const clip: Conversion = {
  since: 11,
  convert(old) {
    const own = new Node(old.proto);
    const bounds = ['min', 'max'].map((name) => (own.has(name) ? own.float(name, 0) : null));
    if (bounds.some((bound) => bound !== null)) requireFloat32(old, 'min and max');
    const inputs = [
      old.proto.input[0],
      ...bounds.map((bound) => (bound === null ? '' : old.raising.floats([bound], []))),
    ];
    while (inputs.at(-1) === '') inputs.pop();
    return changed(old, { inputs, without: ['min', 'max'] });
  },
};

const pad: Conversion = {
  since: 11,
  convert(old) {
    const { proto, raising } = old;
    const own = new Node(proto);
    const pads = own.ints('pads');
    if (!pads) throw own.malformed('it has no pads');
    const inputs = [proto.input[0], raising.integers(pads)];
    if (own.has('value')) {
      requireFloat32(old, 'value');
      inputs.push(raising.floats([own.float('value', 0)], []));
    }
    return changed(old, { inputs, without: ['pads', 'value'] });
  },
};

const topK: Conversion = {
  since: 10,
  convert(old) {
    const k = new Node(old.proto).requiredInt('k');
    return changed(old, { inputs: [old.proto.input[0], old.raising.integers([k])], without: ['k'] });
  },
};

/** What it drops in training does not matter where it drops nothing. */
const dropout: Conversion = {
  since: 12,
  convert(old) {
    const [y, mask] = old.proto.output;
    if (old.raising.opset < 10 && old.raising.isRead(mask))
      throw new Node(old.proto).unsupported(
        'its mask is float below opset 10 and is read: export the model after .eval()',
      );
    return changed(old, { without: ['ratio'], outputs: mask && old.raising.isRead(mask) ? [y, mask] : [y] });
  },
};

const batchNormalization: Conversion = {
  since: 9,
  convert(old) {
    const own = new Node(old.proto);
    if (!own.flag('spatial', true))
      throw own.unsupported('spatial is 0, which opset 9 took away: export the model with opset 9 or newer');
    return changed(old, { without: ['spatial'] });
  },
};

/** Upsample, and Resize of opset 10: positions are scaled from the first element on, and cut. */
const resize: Conversion = {
  since: 11,
  convert(old) {
    const own = new Node(old.proto);
    const listed = own.floats('scales');
    const scales = listed ? old.raising.floats(listed) : old.proto.input[1];
    return changed(old, {
      op: 'Resize',
      inputs: [old.proto.input[0], '', scales],
      without: ['scales'],
      attributes: { coordinate_transformation_mode: 'asymmetric', nearest_mode: 'floor' },
    });
  },
};

export const conversions: Readonly<Record<string, Conversion>> = {
  BatchNormalization: batchNormalization,
  Clip: clip,
  Dropout: dropout,
  Hardmax: softmax,
  LogSoftmax: softmax,
  Pad: pad,
  ReduceSum: listsToInputs(13, 'axes'),
  Resize: resize,
  Scan: {
    since: 9,
    convert: ({ proto }) => {
      throw new Node(proto).unsupported('opset 8 knows another Scan: export the model with opset 9 or newer');
    },
  },
  Scatter: { since: 11, convert: (old) => changed(old, { op: 'ScatterElements' }) },
  Slice: listsToInputs(10, 'starts', 'ends', 'axes'),
  Softmax: softmax,
  Split: listsToInputs(13, 'split'),
  Squeeze: listsToInputs(13, 'axes'),
  TopK: topK,
  Unsqueeze: listsToInputs(13, 'axes'),
  Upsample: resize,
};
