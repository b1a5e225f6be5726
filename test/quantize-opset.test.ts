/** Files of opsets 7 to 12 written as 13: each operator whose form changed, in onnxruntime before and after. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import onnxProto from 'onnx-proto';
import { UnsupportedModelError, type Tensor } from 'tympan';
import { decodeModel } from '#dist/onnx/decode.js';
import { raiseOpset } from '#dist/onnx/raise-opset.js';
import { buildModel, type AttributeSpec, type GraphSpec, type NodeSpec, type TensorSpec } from './onnx-builder.js';
import { runOnnxruntime, uniform } from './support.js';

const { onnx } = onnxProto;

function raised(bytes: Uint8Array): Uint8Array {
  const { graph, opset } = decodeModel(bytes);
  return raiseOpset(bytes, graph, opset);
}

interface Case {
  readonly opset: number;
  readonly op: string;
  readonly attributes?: Readonly<Record<string, AttributeSpec>>;
  readonly inputs?: Readonly<Record<string, TensorSpec>>;
  readonly outputs?: number;
  /** Of x. */
  readonly dims?: readonly number[];
  /** How the file declares the output; unknown where it is left out. */
  readonly declared?: readonly (number | string)[];
}

function modelOf({ opset, op, attributes, inputs = {}, outputs = 1, dims = [2, 3, 4], declared }: Case): GraphSpec {
  const names = Array.from({ length: outputs }, (_, i) => `y${i}`);
  return {
    opset,
    inputs: { x: dims },
    outputs: Object.fromEntries(names.map((name) => [name, declared ?? null])),
    initializers: inputs,
    nodes: [[op, ['x', ...Object.keys(inputs)], names, attributes]],
  };
}

const cases: readonly Case[] = [
  ...[7, 9, 11, 12].flatMap((opset) =>
    ['Softmax', 'LogSoftmax', 'Hardmax'].flatMap((op): Case[] => [
      { opset, op },
      { opset, op, attributes: { axis: 0 } },
      { opset, op, attributes: { axis: 2 } },
      { opset, op, attributes: { axis: 2 }, declared: [2, 3, 4] },
    ]),
  ),
  { opset: 12, op: 'Softmax', attributes: { axis: -1 } },
  { opset: 12, op: 'Softmax', attributes: { axis: -2 } },
  { opset: 7, op: 'Clip', attributes: { min: { float: -0.25 }, max: { float: 0.5 } } },
  { opset: 9, op: 'Clip', attributes: { max: { float: 0.1 } } },
  { opset: 10, op: 'Clip', attributes: { min: { float: 0.1 } } },
  { opset: 10, op: 'Clip' },
  { opset: 7, op: 'Dropout', attributes: { ratio: { float: 0.3 } } },
  { opset: 11, op: 'Dropout', attributes: { ratio: { float: 0.3 } } },
  {
    opset: 7,
    op: 'BatchNormalization',
    attributes: { spatial: 1, epsilon: { float: 0.01 } },
    inputs: { s: [[3], [1, 2, 3]], b: [[3], [0.5, 0, 1]], m: [[3], [0.1, 0.2, 0]], v: [[3], [1, 2, 0.5]] },
  },
  { opset: 7, op: 'Pad', attributes: { pads: [0, 1, 0, 0, 0, 2], value: { float: 0.7 } } },
  { opset: 10, op: 'Pad', attributes: { pads: [0, 1, 0, 0, 1, 2], mode: 'reflect' } },
  { opset: 9, op: 'Slice', attributes: { starts: [1, 0], ends: [-1, 2], axes: [2, 1] } },
  { opset: 7, op: 'Slice', attributes: { starts: [0, 1], ends: [2n ** 63n - 1n, 3] } },
  { opset: 7, op: 'Split', attributes: { axis: 2, split: [1, 3] }, outputs: 2 },
  { opset: 11, op: 'Split', attributes: { axis: 2 }, outputs: 2 },
  { opset: 11, op: 'Squeeze', attributes: { axes: [-2] }, dims: [2, 1, 4] },
  { opset: 7, op: 'Squeeze', dims: [2, 1, 4] },
  { opset: 7, op: 'Unsqueeze', attributes: { axes: [0, 2] } },
  { opset: 9, op: 'ReduceSum', attributes: { axes: [1], keepdims: 0 } },
  { opset: 12, op: 'ReduceSum' },
  { opset: 9, op: 'TopK', attributes: { k: 2, axis: 1 }, outputs: 2 },
  { opset: 7, op: 'Upsample', attributes: { scales: { floats: [1, 1, 2, 2] }, mode: 'nearest' }, dims: [1, 2, 3, 4] },
  { opset: 9, op: 'Upsample', attributes: { mode: 'linear' }, inputs: { s: [[4], [1, 1, 2, 3]] }, dims: [1, 2, 3, 4] },
  { opset: 10, op: 'Resize', inputs: { s: [[4], [1, 1, 1.5, 0.5]] }, dims: [1, 2, 3, 4] },
  {
    opset: 9,
    op: 'Scatter',
    attributes: { axis: 2 },
    inputs: {
      i: [[2, 3, 1], [0, 1, 2, 3, 0, 1], 'int64'],
      u: [
        [2, 3, 1],
        [5, 6, 7, 8, 9, 10],
      ],
    },
  },
];

describe('opset 13 has the operators of', () => {
  for (const each of cases) {
    const { opset, op, attributes = {}, declared } = each;
    const given = JSON.stringify(attributes, (_, value: unknown) => (typeof value === 'bigint' ? `${value}` : value));
    it(`opset ${opset}: ${op} ${given}${declared ? ', its rank known' : ''}`, async () => {
      const bytes = buildModel(modelOf(each));
      const now = raised(bytes);
      const model = onnx.ModelProto.decode(now);
      assert.equal(Number(model.opsetImport![0].version), 13);
      const { dims = [2, 3, 4] } = each;
      const count = dims.reduce((a, b) => a * b, 1);
      const x: Tensor = { type: 'float32', dims: [...dims], data: Float32Array.from({ length: count }, uniform(6)) };
      assert.deepEqual(await runOnnxruntime(now, { x }), await runOnnxruntime(bytes, { x }));
    });
  }

  it('a rank that graph or operators tell keeps a softmax one node', () => {
    const nodes: readonly NodeSpec[] = [
      ['Gemm', ['x', 'W'], ['a']],
      ['Softmax', ['a'], ['b']],
      ['Unsqueeze', ['b'], ['c'], { axes: [0] }],
      ['Softmax', ['c'], ['d'], { axis: 2 }],
      ['Transpose', ['d'], ['e']],
      ['ReduceMean', ['e'], ['f'], { axes: [0], keepdims: 0 }],
      ['LogSoftmax', ['f'], ['g']],
      ['Identity', ['g'], ['y']],
    ];
    const spec = {
      opset: 9,
      inputs: { x: [2, 3] },
      outputs: { y: null },
      initializers: { W: [[3, 4]] as const },
      nodes,
    };
    const { node } = onnx.ModelProto.decode(raised(buildModel(spec))).graph!;
    assert.deepEqual(
      node!.map(({ opType }) => opType),
      nodes.map(([op]) => op),
    );
    for (const { opType, attribute } of node!)
      if (/Softmax/.test(opType!))
        assert.deepEqual(
          attribute!.map(({ name, i }) => [name, Number(i)]),
          [['axis', -1]],
        );
  });

  it('the same lists are one initializer, which bodies read too', () => {
    const body = decodeBody(
      buildModel({
        opset: 11,
        inputs: { i: [], c: [] },
        outputs: { co: [], r: [1] },
        initializers: {},
        nodes: [
          ['Identity', ['c'], ['co']],
          ['Unsqueeze', ['i'], ['r'], { axes: [0] }],
        ],
      }),
    );
    const model = onnx.ModelProto.decode(
      buildModel({
        opset: 11,
        inputs: { x: [2] },
        outputs: { y: [1, 1, 2], r: ['n', 1] },
        initializers: { n: [[], [3], 'int64'], c: [[], [1], 'bool'] },
        nodes: [
          ['Unsqueeze', ['x'], ['a'], { axes: [0] }],
          ['Unsqueeze', ['a'], ['y'], { axes: [0] }],
          ['Loop', ['n', 'c'], ['r']],
        ],
      }),
    );
    model.graph!.node![2].attribute = [{ name: 'body', type: 5, g: body }];
    const now = onnx.ModelProto.decode(raised(onnx.ModelProto.encode(model).finish())).graph!;
    assert.deepEqual(
      now.initializer!.map(({ name }) => name),
      ['n', 'c', 'opset13.0'],
    );
    assert.deepEqual(now.node![2].attribute![0].g!.node![1].input, ['i', 'opset13.0']);
  });
});

const decodeBody = (bytes: Uint8Array) => onnx.ModelProto.decode(bytes).graph!;

describe('what can’t be raised is refused by its name', () => {
  const refusals: [what: string, bytes: Uint8Array, message: RegExp][] = [
    [
      'Scan of opset 8',
      buildModel(modelOf({ opset: 8, op: 'Scan' })),
      /^Scan node "Scan_0": opset 8 knows another Scan: /,
    ],
    [
      'an operator that is none',
      buildModel(modelOf({ opset: 9, op: 'Affine' })),
      /^Affine node "Affine_0": its form in opset 13 is not known, and it is of opset 9: export the model with opset 13/,
    ],
    [
      'BatchNormalization per element',
      buildModel(modelOf({ opset: 7, op: 'BatchNormalization', attributes: { spatial: 0 } })),
      /^BatchNormalization node "BatchNormalization_0": spatial is 0/,
    ],
    [
      'Dropout whose mask is read',
      buildModel(modelOf({ opset: 7, op: 'Dropout', outputs: 2 })),
      /^Dropout node "Dropout_0": its mask is float below opset 10 and is read/,
    ],
    [
      'bounds beside other floats',
      buildModel({
        ...modelOf({ opset: 9, op: 'Clip', attributes: { min: { float: 0 } } }),
        types: { x: 'float16', y0: 'float16' },
      }),
      /^Clip node "Clip_0": its min and max becomes? an input/,
    ],
    [
      'functions of the model',
      Buffer.concat([buildModel(modelOf({ opset: 9, op: 'Relu' })), Buffer.from([0xca, 0x01, 0])]),
      /^the model has functions of its own, of opset 9/,
    ],
  ];
  for (const [what, bytes, message] of refusals) {
    it(what, () => {
      assert.throws(
        () => raised(new Uint8Array(bytes)),
        (error: Error) => error instanceof UnsupportedModelError && message.test(error.message),
      );
    });
  }
});
