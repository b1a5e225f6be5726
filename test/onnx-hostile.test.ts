/** Small files that ask for much, and names that are not fit for a terminal: models built here, node by node. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import onnx from 'onnx-proto';
import { ModelFormatError, UnsupportedModelError } from '#dist/errors.js';
import type { Network } from '#dist/model/network.js';
import { importOnnx } from './import-onnx.js';

setFlagsFromString('--expose-gc');
const collectGarbage = runInNewContext('gc') as () => void;

type Attributes = Record<string, number | readonly number[]>;

/** Milliseconds in which the largest of these files is refused: each took below 500 when this was written. */
const SOON = 10_000;

const INPUTS = 5;
const HIDDEN = 6;
const FLOAT = 1;
const INT8 = 3;
const INT64 = 7;
const BOOLEAN = 9;

function node(
  opType: string,
  input: readonly string[],
  output: readonly string[],
  attributes: Attributes = {},
  name = '',
): onnx.onnx.INodeProto {
  const attribute = Object.entries(attributes).map(([key, value]) =>
    typeof value === 'number' ? { name: key, type: 2, i: value } : { name: key, type: 7, ints: [...value] },
  );
  return { opType, input: [...input], output: [...output], name, attribute };
}

function tensor(
  name: string,
  dataType: number,
  dims: readonly number[],
  rawData = new Uint8Array(0),
): onnx.onnx.ITensorProto {
  const bytes = { [FLOAT]: 4, [INT8]: 1, [INT64]: 8, [BOOLEAN]: 1 }[dataType] ?? 2;
  const count = dims.reduce((product, dim) => product * dim, bytes);
  return { name, dataType, dims: [...dims], rawData: rawData.length > 0 ? rawData : new Uint8Array(count) };
}

const shape = (name: string, ...sizes: number[]) =>
  tensor(name, INT64, [sizes.length], new Uint8Array(BigInt64Array.from(sizes, BigInt).buffer));

const parameters = (hidden = HIDDEN, inputs = INPUTS, prefix = '') => [
  tensor(`${prefix}W`, FLOAT, [1, 3 * hidden, inputs]),
  tensor(`${prefix}R`, FLOAT, [1, 3 * hidden, hidden]),
];

const gru = node('GRU', ['x', 'W', 'R'], ['Y', 'h'], {}, 'gru');

function model(
  nodes: readonly onnx.onnx.INodeProto[],
  initializer: onnx.onnx.ITensorProto[],
  output = 'y',
  input = 'x',
): Uint8Array {
  const dim = [{ dimParam: 'time' }, { dimParam: 'batch' }, { dimValue: INPUTS }];
  const graph = {
    name: 'built',
    node: [...nodes],
    initializer,
    input: [{ name: input, type: { tensorType: { elemType: FLOAT, shape: { dim } } } }],
    output: [{ name: output }],
  };
  return onnx.onnx.ModelProto.encode({
    irVersion: 8,
    opsetImport: [{ domain: '', version: 17 }],
    graph,
  } as onnx.onnx.IModelProto).finish();
}

function refused(
  bytes: Uint8Array,
  message: RegExp,
  kind: typeof UnsupportedModelError | typeof ModelFormatError = UnsupportedModelError,
): Error {
  let refusal: unknown;
  const start = performance.now();
  assert.throws(
    () => importOnnx(bytes),
    (error) => {
      refusal = error;
      return error instanceof kind && message.test(error.message);
    },
  );
  // node:test's timeout does not interrupt what is synchronous.
  assert.ok(performance.now() - start < SOON, `${performance.now() - start} ms`);
  return refusal as Error;
}

/** Within the same time. */
function imported(bytes: Uint8Array): Network {
  const start = performance.now();
  const { network } = importOnnx(bytes);
  assert.ok(performance.now() - start < SOON, `${performance.now() - start} ms`);
  return network;
}

type Step = (from: string, to: string, index: number) => onnx.onnx.INodeProto[];

/** `count` steps, each of which reads what the one before it gives. */
function chain(count: number, first: string, last: string, step: Step): onnx.onnx.INodeProto[] {
  const name = (index: number) => (index === 0 ? first : index === count ? last : `${first}${index}`);
  return Array.from({ length: count }, (_, index) => step(name(index), name(index + 1), index)).flat();
}

test('what shares weights, or asks for large tensors, is cheap to import: sizes are decided when inputs are given', () => {
  const hidden = 700;
  const layers = chain(1500, 'Y', 'y', (from, to, index) => [
    node('Squeeze', [from, 'one'], [`s${index}`]),
    node('GRU', [`s${index}`, 'V', 'U'], [to]),
  ]);
  const weights = [
    ...parameters(hidden),
    tensor('V', FLOAT, [1, 3 * hidden, hidden]),
    tensor('U', FLOAT, [1, 3 * hidden, hidden]),
  ];
  const shared = imported(model([gru, ...layers], [...weights, shape('one', 1)]));
  assert.deepEqual([shared.operations.length, shared.constants.size], [3001, 5]);
  const doubling = chain(4000, 'Y', 'y', (from, to) => [node('Concat', [from, from], [to], { axis: 3 })]);
  assert.equal(imported(model([gru, ...doubling], parameters())).operations.length, 4001);
  const huge = [shape('size', 1, 2 ** 40, 6), ...parameters()];
  const expanded = [node('ConstantOfShape', ['size'], ['h']), node('Expand', ['h', 'size'], ['y'])];
  assert.equal(imported(model(expanded, huge)).operations.length, 2);
});

test('nodes are counted, and the operations that they become', () => {
  const many = chain(16_385, 'x', 'y', (from, to) => [node('Relu', [from], [to])]);
  refused(model(many, []), /has 16385 nodes, at most 16384.*not step by step/);
  assert.equal(imported(model(many.slice(0, -1), [], 'x16384')).operations.length, 16_384);
  const sums = chain(20, 'x', 'y', (from, to) => [node('Sum', Array<string>(4096).fill(from), [to])]);
  refused(model(sums, []), /with Sum node "x5" the network has more than 16384 operations/);
  refused(
    model([node('Concat', Array<string>(900_000).fill('x'), ['y'])], []),
    /it has 900000 inputs or outputs, at most 4096/,
  );
});

test('integers are shapes, indices or weights of 8 bits: large tensors of them are refused before they are read', () => {
  const weights = [...parameters(), tensor('V', INT8, [HIDDEN, 5_000_000])];
  const named = chain(2000, 'Y', 'y', (from, to) => [node('Unsqueeze', [from, 'axes'], [to])]);
  const tables = Array.from({ length: 60 }, (_, index) => tensor(`t${index}`, INT8, [1_000_000]));
  const joined = node(
    'Concat',
    tables.map(({ name }) => name!),
    ['y'],
    { axis: 0 },
  );
  const perm = { name: 'axes', type: 7, ints: Array<number>(1_000_000).fill(0) };
  const old = [
    { ...node('ReduceMean', ['x'], ['a']), attribute: [perm] },
    { ...node('ReduceMean', ['a'], ['y']), attribute: [perm] },
  ];
  const files: [Uint8Array, RegExp][] = [
    [
      model([gru, node('MatMul', ['Y', 'V'], ['y'])], weights),
      /tensor "V" holds 30000000 int8 numbers, at most 16777216 are read/,
    ],
    [
      model([gru, ...named], [...parameters(), tensor('axes', INT64, [2_000_000])]),
      /tensor "axes" holds 2000000 int64/,
    ],
    [model([joined], tables), /with "t16" the constants hold more than 16777216 integers/],
    [model(old, []), /the constants hold more than 1048576 integers/],
  ];
  // Of the refusals alone: what building the files has left is collected first, and what they leave is counted.
  collectGarbage();
  const taken = () => process.memoryUsage().arrayBuffers + process.memoryUsage().heapUsed;
  const before = taken();
  for (const [bytes, message] of files) refused(bytes, message);
  assert.ok(taken() - before < 200e6, `${taken() - before}`);
});

test('axes and names are counted', () => {
  const many = Array<number>(17).fill(1);
  refused(
    model([gru], [tensor('W', FLOAT, many), tensor('R', FLOAT, [1])], 'Y'),
    /"W" has 17 axes, more than 16/,
    ModelFormatError,
  );
  const decoded = onnx.onnx.ModelProto.decode(model([gru], parameters(), 'Y'));
  decoded.graph!.input![0].type!.tensorType!.shape!.dim = many.map((dimValue) => ({ dimValue }));
  refused(onnx.onnx.ModelProto.encode(decoded).finish(), /an input of the graph, "x", has 17 axes/, ModelFormatError);
  const name = 'y'.repeat(1025);
  refused(
    model([node('Relu', ['x'], [name])], [], name),
    /an output of the graph has a name of 1025 characters/,
    ModelFormatError,
  );
});

test('integers and names outside of raw_data are counted while they are decoded', () => {
  const varint = (value: number): number[] =>
    value < 128 ? [value] : [(value % 128) | 128, ...varint(Math.floor(value / 128))];
  const field = (number: number, content: Uint8Array) =>
    Buffer.concat([Buffer.from([...varint((number << 3) | 2), ...varint(content.length)]), content]);
  const ones = new Uint8Array(4_000_001).fill(1);
  // ModelProto.graph, GraphProto.initializer, and TensorProto's dims, int32_data and int64_data.
  for (const packed of [1, 5, 7]) {
    refused(field(7, field(5, field(packed, ones))), /more than 4 million integers/, ModelFormatError);
  }
  refused(
    model([gru, node('Concat', Array<string>(1_000_001).fill(''), ['z'])], parameters(), 'Y'),
    /more than a million parts/,
    ModelFormatError,
  );
});

test('names from a file are cut, and move no cursor', () => {
  const name = `\u001b[2J\u001b]0;evil\u0007${'A'.repeat(100_000)}`;
  const plain = (error: Error) => {
    assert.doesNotMatch(error.message, /\p{Cc}/u);
    assert.ok(error.message.length < 2000, `${error.message.length}`);
  };
  plain(refused(model([{ ...gru, name, attribute: [{ name, type: 1, f: 1 }] }], parameters(), 'Y'), /is not known/));
  plain(refused(model([{ ...gru, opType: name }], parameters(), 'Y'), /not supported/));
  plain(refused(model([{ ...gru, domain: name }], parameters(), 'Y'), /domain/));
  plain(
    refused(
      model([{ ...gru, input: [name, 'W', 'R'] }], parameters(), 'Y'),
      /which no node, input or initializer gives/,
      ModelFormatError,
    ),
  );
  plain(refused(model([gru], parameters(), name), /an output of the graph has a name/, ModelFormatError));
  plain(
    refused(
      model([gru], [...parameters(), { name, dims: [], dataType: FLOAT }, { name, dims: [], dataType: FLOAT }], 'Y'),
      /given twice/,
      ModelFormatError,
    ),
  );
  plain(
    refused(
      model(
        [{ ...gru, attribute: [{ name: 'direction', type: 3, s: new TextEncoder().encode(name) }] }],
        parameters(),
        'Y',
      ),
      /direction/,
    ),
  );
  plain(
    refused(
      model([{ ...gru, input: ['x', 'W', name] }], [...parameters(), tensor(name, INT64, [1, 18, 6])], 'Y'),
      /takes float32 and int64/,
      ModelFormatError,
    ),
  );
  const many = Array.from({ length: 30 }, (_, index) => tensor(`${name}${index}`, FLOAT, [1]));
  const { warnings, network } = importOnnx(
    model([{ ...gru, input: ['x', name, 'R'], name }], [{ ...parameters()[0], name }, parameters()[1], ...many], 'Y'),
  );
  assert.doesNotMatch(warnings.join() + network.operations[0].name + network.names.join(), /\p{Cc}/u);
  assert.ok(warnings.join().length < 2000);
});
