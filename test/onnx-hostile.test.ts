/** Small files that ask for much, and names that are not fit for a terminal: models built here, node by node. */
import assert from 'node:assert/strict';
import test from 'node:test';
import onnx from 'onnx-proto';
import { ModelFormatError, UnsupportedModelError } from '#dist/errors.js';
import { importOnnx } from '#dist/onnx/index.js';

type Attributes = Record<string, number | readonly number[]>;

/** Milliseconds in which the largest of these files is refused: each took below 500 when this was written. */
const SOON = 10_000;

const INPUTS = 5;
const HIDDEN = 6;
const FLOAT = 1;
const INT8 = 3;
const INT64 = 7;
const BOOLEAN = 9;
const FLOAT16 = 10;

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

type Step = (from: string, to: string, index: number) => onnx.onnx.INodeProto[];

/** `count` steps, each of which reads what the one before it gives. */
function chain(count: number, first: string, last: string, step: Step): onnx.onnx.INodeProto[] {
  const name = (index: number) => (index === 0 ? first : index === count ? last : `${first}${index}`);
  return Array.from({ length: count }, (_, index) => step(name(index), name(index + 1), index)).flat();
}

test('weights that many layers share are counted in each', () => {
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
  refused(model([gru, ...layers], [...weights, shape('one', 1)]), /layer "Y23".* more than 67108864 weights/);
});

test('features of a frame are bounded, in one tensor and in all', () => {
  const dense = (outputs: number) => [
    ...parameters(),
    tensor('V', FLOAT, [HIDDEN, outputs]),
    tensor('c', FLOAT, [outputs]),
  ];
  const adds = chain(3000, 'm', 'y', (from, to) => [node('Add', [from, 'c'], [to])]);
  refused(
    model([gru, node('MatMul', ['Y', 'V'], ['m']), ...adds], dense(65537)),
    /"m" has 65537 features a frame, at most 65536/,
  );
  refused(model([gru, node('MatMul', ['Y', 'V'], ['m']), ...adds], dense(65536)), /more than 4194304 features/);
  refused(
    model([gru, node('Concat', Array<string>(11_000).fill('Y'), ['y'], { axis: 3 })], parameters()),
    /"y" has 66000 features/,
  );
  const wide = chain(12, 'Y', 'z', (from, to) => [node('Concat', [from, from], [to], { axis: 3 })]);
  const many = chain(4000, 'z', 'y', (from, to) => [node('Sigmoid', [from], [to])]);
  refused(model([gru, ...wide, ...many], parameters()), /more than 4194304 features/);
});

test('a graph input has no more features than any tensor', () => {
  const slice = node('Slice', ['x', 'from', 'to', 'last'], ['s']);
  const bytes = model(
    [slice, node('GRU', ['s', 'W', 'R'], ['y'])],
    [...parameters(), shape('from', 0), shape('to', INPUTS), shape('last', 2)],
  );
  assert.equal(importOnnx(bytes).network.layers.length, 1);
  const decoded = onnx.onnx.ModelProto.decode(bytes);
  decoded.graph!.input![0].type!.tensorType!.shape!.dim![2].dimValue = 1e9;
  refused(onnx.onnx.ModelProto.encode(decoded).finish(), /1000000000 features a frame/);
});

test('integers are shapes and indices: large tensors of them are refused before they are read', () => {
  const before = process.memoryUsage().arrayBuffers + process.memoryUsage().heapUsed;
  const weights = model(
    [gru, node('MatMul', ['Y', 'V'], ['y'])],
    [...parameters(), tensor('V', INT8, [HIDDEN, 5_000_000])],
  );
  refused(weights, /tensor "V" holds 30000000 int8 numbers, at most 4096 are read/);
  const named = chain(2000, 'Y', 'y', (from, to) => [node('Unsqueeze', [from, 'axes'], [to])]);
  refused(
    model([gru, ...named], [...parameters(), tensor('axes', INT8, [8_000_000])]),
    /tensor "axes" holds 8000000 int8/,
  );
  const value = { name: 'value', type: 4, t: tensor('big', FLOAT, [2_000_000]) };
  const constant = { ...node('Constant', [], ['axes']), attribute: [value] };
  refused(model([constant, gru, ...named], parameters()), /at most 16 are supported/);
  refused(
    model(
      [
        gru,
        node('ConstantOfShape', ['dims'], ['k']),
        node('Cast', ['k'], ['i'], { to: INT64 }),
        node('Unsqueeze', ['Y', 'i'], ['y']),
      ],
      [...parameters(), shape('dims', 5000)],
    ),
    /tensor "i" of \[5000\] is too large/,
  );
  assert.ok(process.memoryUsage().arrayBuffers + process.memoryUsage().heapUsed - before < 200e6);
});

test('integers and names outside of raw_data are counted while they are decoded', () => {
  const varint = (value: number): number[] =>
    value < 128 ? [value] : [(value % 128) | 128, ...varint(Math.floor(value / 128))];
  const field = (number: number, content: Uint8Array) =>
    Buffer.concat([Buffer.from([...varint((number << 3) | 2), ...varint(content.length)]), content]);
  const ones = new Uint8Array(4_000_001).fill(1);
  // ModelProto.graph, GraphProto.initializer, and TensorProto's dims, int32_data, int64_data and uint64_data.
  for (const packed of [1, 5, 7, 11]) {
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
  plain(refused(model([gru], parameters(), name), /an output of the graph reads/, ModelFormatError));
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
      /holds integer numbers/,
      ModelFormatError,
    ),
  );
  const many = Array.from({ length: 30 }, (_, index) => tensor(`${name}${index}`, FLOAT, [1]));
  const { warnings, network } = importOnnx(model([{ ...gru, name }], [...parameters(), ...many], 'Y'));
  assert.doesNotMatch(warnings.join() + network.layers[0].name, /\p{Cc}/u);
  assert.ok(warnings.join().length < 2000);
});

test('constants are computed as ONNX allows, or not at all', () => {
  const weighed = (made: onnx.onnx.INodeProto[], constants: onnx.onnx.ITensorProto[]) =>
    model([gru, ...made, node('MatMul', ['Y', 'V'], ['y'])], [...parameters(), ...constants]);
  const matrix = tensor('U', FLOAT, [HIDDEN, 5]);
  const on = tensor('on', BOOLEAN, [], new Uint8Array([1]));
  refused(weighed([node('Dropout', ['U', '', 'on'], ['V'])], [matrix, on]), /as in training/);
  refused(
    weighed([node('Split', ['U'], ['V', 'T'], { axis: 1 })], [matrix]),
    /splits 5 into \[3, 2\] for 2 outputs/,
    ModelFormatError,
  );
  refused(
    weighed([node('Mul', ['U', 'k'], ['V'])], [matrix, shape('k', 2)]),
    /takes float32 and int64, expected one type/,
    ModelFormatError,
  );
});

test('casts to float16 are computed in float32, which is said once', () => {
  const casts = [
    node('Cast', ['Y'], ['a'], { to: FLOAT16 }),
    node('Cast', ['a'], ['b'], { to: FLOAT }),
    node('Cast', ['b'], ['y'], { to: FLOAT16 }),
  ];
  assert.deepEqual(importOnnx(model([gru, ...casts], parameters())).warnings, [
    'casts to float16 do not round: everything is computed in float32',
  ]);
});
