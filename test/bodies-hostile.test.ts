/** Files whose bodies are broken, or small and ask for much: refused soon, by name. */
import assert from 'node:assert/strict';
import test from 'node:test';
import onnxProto from 'onnx-proto';
import { loadModel, ModelFormatError, UnsupportedModelError } from 'tympan';
import { buildModel, type GraphSpec, type NodeSpec } from './onnx-builder.js';

const { onnx } = onnxProto;

/** Milliseconds in which the largest of these files is refused: each took below 3000 when this was written. */
const SOON = 20_000;

type Refusal = typeof UnsupportedModelError | typeof ModelFormatError;

async function refused(
  file: GraphSpec | Uint8Array,
  message: RegExp,
  kind: Refusal = UnsupportedModelError,
): Promise<void> {
  const bytes = file instanceof Uint8Array ? file : buildModel(file);
  const start = performance.now();
  await assert.rejects(loadModel(bytes), (error: Error) => {
    assert.match(error.message, message);
    return error instanceof kind;
  });
  assert.ok(performance.now() - start < SOON, `${performance.now() - start} ms`);
}

const malformed = (file: GraphSpec, message: RegExp) => refused(file, message, ModelFormatError);

const HEADS: Pick<GraphSpec, 'inputs' | 'types' | 'initializers'> = {
  inputs: { i: [], go: [], h: [3] },
  types: { i: 'int64', go: 'bool' },
  initializers: {},
};

const body = (nodes: readonly NodeSpec[], rest: Partial<GraphSpec> = {}): GraphSpec => ({
  ...HEADS,
  outputs: { go: null, next: null },
  nodes,
  ...rest,
});

const add: NodeSpec = ['Add', ['h', 'x'], ['next']];

const file = (spec: GraphSpec, rest: Partial<GraphSpec> = {}): GraphSpec => ({
  inputs: { x: [3] },
  outputs: { y: null },
  initializers: { count: [[], [4], 'int64'] },
  nodes: [['Loop', ['count', '', 'x'], ['y'], { body: { graph: spec } }]],
  ...rest,
});

test('bodies that take or give other than their node does are refused', async () => {
  const loop = (inputs: readonly string[], spec: GraphSpec, rest: Partial<GraphSpec> = {}) =>
    file(spec, { nodes: [['Loop', inputs, ['y'], { body: { graph: spec } }]], ...rest });
  await malformed(
    loop(['count', ''], body([add])),
    /Loop node "Loop_0": body takes 3 inputs \("i", "go", "h"\), expected 2/,
  );
  await malformed(loop(['count', '', ''], body([add])), /Loop_0": input 2 is missing/);
  await malformed(file(body([add], { outputs: { go: null } })), /body gives 0 values on, and the node carries 1/);
  await malformed(file(body([add], { outputs: { next: null, go: null } })), /body gives float32 as the condition/);
  await malformed(
    file(body([['Cast', ['h'], ['next'], { to: 7 }]])),
    /value 0 that it carries is float32, and body gives int64/,
  );
  await malformed(
    file(body([add], { types: { ...HEADS.types, h: 'int64' } })),
    /input "h" is declared as int64, and is given float32/,
  );
  await malformed(loop(['x', '', 'x'], body([add])), /the trip count is float32, expected int64/);
  await malformed(
    file(body([add]), { nodes: [['Loop', ['count', '', 'x'], ['y']]] }),
    /attribute "body" holds no graph/,
  );
  await malformed(
    file(body([add]), { nodes: [['Loop', ['count', '', 'x'], ['y'], { body: 4 }]] }),
    /attribute "body" has type 2, expected 5/,
  );
  await refused(
    file(body([add]), {
      nodes: [['Loop', ['count', '', 'x'], ['y', 'z'], { body: { graph: body([add]) } }]],
      outputs: { z: null },
    }),
    /its output 1 \("z"\) is not supported/,
  );
});

test('Scan says which of its inputs are sequences, along axes that they have', async () => {
  const step: GraphSpec = {
    inputs: { h: [3], s: [3] },
    outputs: { next: null, out: null },
    initializers: {},
    nodes: [
      ['Add', ['h', 's'], ['next']],
      ['Neg', ['s'], ['out']],
    ],
  };
  const scan = (attributes: NodeSpec[3], opset = 17): GraphSpec => ({
    inputs: { x: [3], s: [5, 3] },
    outputs: { y: null, z: null },
    initializers: {},
    nodes: [['Scan', ['x', 's'], ['y', 'z'], { body: { graph: step }, ...attributes }]],
    opset,
  });
  await malformed(scan({}), /attribute "num_scan_inputs" is missing/);
  await malformed(scan({ num_scan_inputs: 3 }), /num_scan_inputs is 3, expected 1 to 2/);
  await malformed(scan({ num_scan_inputs: 1, scan_input_axes: [0, 1] }), /scan_input_axes has 2 numbers, expected 1/);
  await malformed(scan({ num_scan_inputs: 1, scan_output_directions: [2] }), /scan_output_directions holds 2/);
  await malformed(scan({ num_scan_inputs: 1, scan_input_axes: [2] }), /scan "Scan_0": axis 2 is outside/);
  await refused(scan({ num_scan_inputs: 1 }, 8), /Scan of opset 8 is not supported; convert the model to opset 9/);
});

test('what a body reads is there, and in no cycle', async () => {
  await malformed(
    file(body([['Add', ['h', 'nowhere'], ['next']]])),
    /Loop node "Loop_0" reads "nowhere", which no node/,
  );
  await malformed(
    file(body([['Add', ['h', 'y'], ['next']]])),
    /Loop node "Loop_0" and Loop node "Loop_0" are in a cycle/,
  );
  const through = file(body([['Add', ['h', 'r'], ['next']]]));
  await malformed(
    { ...through, nodes: [...through.nodes, ['Relu', ['y'], ['r']]] },
    /Relu node "Relu_1" and Loop node "Loop_0" are in a cycle/,
  );
  await malformed(
    file(
      body([
        ['Add', ['h', 'b'], ['next']],
        ['Relu', ['next'], ['b']],
      ]),
    ),
    /Loop node "Loop_0": body: Relu node "Relu_1" and Add node "Add_0" are in a cycle/,
  );
  await malformed(file(body([add], { outputs: { go: null, gone: null } })), /Loop node "Loop_0" reads "gone"/);
  await malformed(file(body([add], { outputs: {} })), /Loop node "Loop_0": body: the graph has no outputs/);
});

test('what is unknown in a body is named as if it were outside', async () => {
  await refused(file(body([['TopK', ['h', 'x'], ['next']]])), /TopK node "TopK_0": this operator is not supported/);
  await refused(
    file(body([['SequenceAt', ['h', 'i'], ['next']]])),
    /SequenceAt node.*sequences of tensors are not supported/,
  );
  await refused(
    file(body([['Relu', ['h'], ['next'], { alpha: 1 }]])),
    /Loop_0": body: Relu node "Relu_0": attribute "alpha" is not known/,
  );
  const decoded = onnx.ModelProto.decode(buildModel(file(body([add]))));
  decoded.graph!.node![0].attribute![0].g!.input![2].type = {
    sequenceType: { elemType: { tensorType: { elemType: 1 } } },
  };
  await refused(onnx.ModelProto.encode(decoded).finish(), /Loop node "Loop_0": body: graph input "h" is not a tensor/);
});

/** Ifs within each other, `depth` of them. */
function within(depth: number): GraphSpec {
  const inner: NodeSpec[] = depth === 1 ? [['Relu', ['x'], ['r1']]] : branches(depth - 1);
  return { inputs: {}, outputs: { [`r${depth === 1 ? 1 : depth - 1}`]: null }, initializers: {}, nodes: inner };
}

function branches(depth: number): NodeSpec[] {
  const spec = { graph: within(depth) };
  const other = {
    graph: { inputs: {}, outputs: { o: null }, initializers: {}, nodes: [['Neg', ['x'], ['o']] as const] },
  };
  return [['If', ['is'], [`r${depth}`], { then_branch: spec, else_branch: other }]];
}

test('bodies within bodies are counted, and all their nodes, operations and integers', async () => {
  const nested = (depth: number): GraphSpec => ({
    inputs: { x: [2, 3], is: [] },
    types: { is: 'bool' },
    outputs: { [`r${depth}`]: [2, 3] },
    initializers: {},
    nodes: branches(depth),
  });
  await loadModel(buildModel(nested(8)));
  await refused(nested(9), /then_branch: it is a body within 8 others, at most 7 are supported/);

  const relus = (count: number): NodeSpec[] =>
    Array.from({ length: count }, (_, i) => [
      'Relu',
      [i === 0 ? 'h' : `r${i}`],
      [i === count - 1 ? 'next' : `r${i + 1}`],
    ]);
  const loops = (count: number, spec: (index: number) => GraphSpec): GraphSpec => ({
    ...file(body([add])),
    nodes: Array.from({ length: count }, (_, i) => [
      'Loop',
      ['count', '', i === 0 ? 'x' : `l${i}`],
      [i === count - 1 ? 'y' : `l${i + 1}`],
      { body: { graph: spec(i) } },
    ]),
  });
  await refused(
    loops(5, () => body(relus(4000))),
    /Loop node "Loop_4": body: with it the graphs have 20005 nodes, at most 16384/,
  );
  const wide: NodeSpec = ['Sum', Array<string>(4000).fill('h'), ['next']];
  await refused(
    loops(6, () => body([wide])),
    /Loop node "Loop_4": body: with Sum node "Sum_0" the network has more than 16384 operations/,
  );
  const integers = (i: number) =>
    body([['Gather', ['h', `t${i}`], ['next']]], { initializers: { [`t${i}`]: [[400_000], undefined, 'int64'] } });
  const zeros = onnx.ModelProto.decode(buildModel(loops(3, (i) => ({ ...integers(i), initializers: {} }))));
  zeros.graph!.node!.forEach((node, i) => {
    node.attribute![0].g!.initializer = [
      { name: `t${i}`, dims: [400_000], dataType: 7, rawData: new Uint8Array(3_200_000) },
    ];
  });
  await refused(onnx.ModelProto.encode(zeros).finish(), /with "t2" the constants hold more than 1048576 integers/);
});

/** `depth` loops within each other, each of which runs `count` times. */
function deep(depth: number, prefix = 'a'): GraphSpec {
  const [i, go, h, next] = ['i', 'go', 'h', 'next'].map((name) => prefix + name);
  return {
    inputs: { [i]: [], [go]: [], [h]: [3] },
    types: { [i]: 'int64', [go]: 'bool' },
    outputs: { [go]: null, [next]: null },
    initializers: {},
    nodes: [
      depth === 1
        ? ['Tanh', [h], [next]]
        : ['Loop', ['count', '', h], [next], { body: { graph: deep(depth - 1, `${prefix}a`) } }],
    ],
  };
}

test('what loops take in all is limited', async () => {
  const initializers: GraphSpec['initializers'] = { count: [[], [10_000], 'int64'], seed: [[3]] };
  await refused(
    file(deep(4), { initializers }),
    /Loop node "Loop_0": its 10000 passes take more than 17179869184 multiply-adds/,
  );
  const constant = file(deep(3), { initializers });
  const known: GraphSpec = {
    ...constant,
    nodes: [
      ['Loop', ['count', '', 'seed'], ['c'], { body: { graph: deep(3) } }],
      ['Add', ['x', 'c'], ['y']],
    ],
  };
  await refused(known, /what it computes of constants takes too long|take more than/);
  // A counter that the condition looks at, one by one, and what must be prepared anew for each pass.
  const counted = body([add, ['Add', ['i', 'far'], ['sum']], ['Greater', ['sum', 'i'], ['on']]], {
    outputs: { on: null, next: null },
    initializers: { far: [[], [1], 'int64'] },
  });
  await refused(
    file(counted, { initializers: { count: [[], [2 ** 40], 'int64'] } }),
    /("Loop_0"|"Add_1"): .*(takes too long|more than 1048576 times)/,
  );
  const growing = body([['Concat', ['h', 'x'], ['next'], { axis: 0 }]]);
  await refused(
    file(growing, { initializers: { count: [[], [900_000], 'int64'] } }),
    /(takes too long|more than 67108864 elements)/,
  );
  const gathers = body([['Neg', ['h'], ['next']]], {
    inputs: { i: [], go: [], h: [2000] },
    outputs: { go: null, next: null, h: null },
  });
  const all = file(gathers, {
    inputs: { x: [2000] },
    outputs: { z: null },
    initializers: { count: [[], [10_000], 'int64'] },
    nodes: [['Loop', ['count', '', 'x'], ['y', 'z'], { body: { graph: gathers } }]],
  });
  await refused(all, /Loop node "Loop_0": its result \[10000,2000\] has more than 16777216 elements/);
});

test('graphs nested beyond what a decoder can follow are no model', async () => {
  const varint = (value: number): number[] =>
    value < 128 ? [value] : [(value % 128) | 128, ...varint(Math.floor(value / 128))];
  const field = (number: number, content: Uint8Array) =>
    Buffer.concat([Buffer.from([...varint((number << 3) | 2), ...varint(content.length)]), content]);
  // GraphProto.node, NodeProto.attribute, AttributeProto.g
  let graph: Buffer = Buffer.from([]);
  for (let depth = 0; depth < 20_000; depth++) graph = field(1, field(5, field(6, graph)));
  await refused(field(7, graph), /./, ModelFormatError);
});
