/** Small files that ask for much, or for nothing, loaded whole: what importing leaves to shapes is refused here, and soon. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { loadModel, UnsupportedModelError, type LoadOptions } from 'tympan';
import { buildModel, type GraphSpec, type NodeSpec } from './onnx-builder.js';
import { readFixture } from './support.js';

/** Milliseconds; on the machine where this was written the slowest, of a file of 16 MB, took 2000. */
const SOON = 5000;

/** Characters of a message: what errors.ts cuts it to, and its dots. */
const SHORT = 1001;

/** The outcome, which `what` must come to in time. node:test's timeout does not interrupt what is synchronous. */
async function soon<T>(what: string, outcome: () => T | Promise<T>): Promise<T> {
  const start = performance.now();
  try {
    return await outcome();
  } finally {
    const taken = performance.now() - start;
    assert.ok(taken < SOON, `${what}: ${Math.round(taken)} ms`);
  }
}

async function refused(what: string, bytes: Uint8Array, message: RegExp): Promise<void> {
  const error = await soon(what, () =>
    loadModel(bytes).then(
      () => assert.fail(`${what} is loaded`),
      (reason: unknown) => reason,
    ),
  );
  assert.ok(error instanceof UnsupportedModelError, `${what}: ${(error as Error).stack}`);
  assert.match(error.message, message);
  assert.ok(error.message.length <= SHORT, `${error.message.length} characters`);
}

type Step = (from: string, to: string) => readonly NodeSpec[];

/** `count` steps from "x" to "y", each of which reads what the one before it gives. */
function chain(count: number, step: Step): NodeSpec[] {
  const name = (index: number) => (index === 0 ? 'x' : index === count ? 'y' : `x${index}`);
  return Array.from({ length: count }, (_, index) => step(name(index), name(index + 1))).flat();
}

const integers = (given: Readonly<Record<string, readonly number[]>>): GraphSpec['initializers'] =>
  Object.fromEntries(Object.entries(given).map(([name, values]) => [name, [[values.length], values, 'int64']]));

/** Over x [time, 1, size]. */
const sequence = (size: number, nodes: readonly NodeSpec[], initializers: GraphSpec['initializers'] = {}): Uint8Array =>
  buildModel({ inputs: { x: ['time', 1, size] }, outputs: { y: null }, initializers, nodes });

test('windows of millions', async () => {
  const size = 1e6;
  for (const op of ['AveragePool', 'MaxPool']) {
    const pools = chain(4, (from, to) => [[op, [from], [to], { kernel_shape: [size], pads: [size - 1, 0] }]]);
    const bytes = buildModel({ inputs: { x: [1, 3, 'time'] }, outputs: { y: null }, initializers: {}, nodes: pools });
    await refused(op, bytes, /^pool ".*": with its \[1000000\] all windows have more than 262144 elements/);
  }
});

test('many windows that are each allowed', async () => {
  const size = 10_000;
  const pools = chain(30, (from, to) => [['AveragePool', [from], [to], { kernel_shape: [size], pads: [size - 1, 0] }]]);
  const bytes = buildModel({ inputs: { x: [1, 3, 'time'] }, outputs: { y: null }, initializers: {}, nodes: pools });
  await refused('30 pools', bytes, /with its \[10000\] all windows have more than 262144 elements/);
});

test('one matrix for 60 layers counts in each', async () => {
  const products = chain(60, (from, to) => [['MatMul', [from, 'V'], [to]]]);
  const V = [[2000, 2000], new Array<number>(4e6).fill(0)] as const;
  await refused('60 products', sequence(2000, products, { V }), /the layers have more than 67108864 weights/);
});

// Looked at as often as it is read it would take minutes: few enough joins that such a search fails here, and does not hang.
test('a contract for what 24 joins have doubled is checked soon', async () => {
  const halves = chain(24, (from, to) => [
    ['Concat', [from, from], [`${to}.twice`], { axis: 2 }],
    ['Slice', [`${to}.twice`, 'zero', 'two', 'axis'], [to]],
  ]);
  const nodes: NodeSpec[] = [['Sigmoid', ['features'], ['x']], ...halves];
  const bytes = buildModel({
    inputs: { features: ['time', 1, 2] },
    outputs: { y: null },
    initializers: integers({ zero: [0], two: [2], axis: [2] }),
    nodes,
  });
  const contract: LoadOptions = { frontend: { numCoefficients: 2 }, labels: { names: ['a', 'b'] } };
  const model = await soon('loading', () => loadModel(bytes, contract));
  assert.deepEqual(model.warnings, []);
  const { labels } = await soon('a detector', () => model.detector());
  assert.deepEqual(labels, ['a', 'b']);
});

test('tensors of 2⁴⁰ elements, and sums of smaller ones', async () => {
  for (const name of ['forged-explosion.onnx', 'forged-explosion-expand.onnx'])
    await refused(name, readFixture(name), /elements/);
  const all = (count: number, op: string, inputs: readonly string[]): NodeSpec[] => [
    ...Array.from({ length: count }, (_, i): NodeSpec => [op, inputs, [`h${i}`]]),
    ['Sum', ['x', ...Array.from({ length: count }, (_, i) => `h${i}`)], ['y']],
  ];
  const huge = integers({ size: [1, 2 ** 40, 6] });
  const large = integers({ size: [1, 2 ** 22, 3] });
  for (const [op, inputs] of [
    ['ConstantOfShape', ['size']],
    ['Expand', ['one', 'size']],
  ] as const) {
    const given = { one: [[1], [1]] } as const;
    const single = sequence(3, all(1, op, inputs), { ...huge, ...given });
    await refused(`${op} of 2⁴⁰`, single, /result \[1,1099511627776,6\] has more than 16777216 elements/);
    const many = sequence(3, all(40, op, inputs), { ...large, ...given });
    await refused(`40 ${op}`, many, /the tensors have more than 67108864 elements in all/);
  }
  const doubling = chain(40, (from, to) => [['Concat', [from, from], [to], { axis: 2 }]]);
  await refused('40 joins', sequence(3, doubling), /^concat "Concat_\d+": .* has more than 16777216 elements/);
});

test('a million axes are not all named', async () => {
  const list = (axis: (index: number) => number) => integers({ axes: Array.from({ length: 1e6 }, (_, i) => axis(i)) });
  for (const axes of [list((i) => i), list(() => 0)])
    await refused('axes', sequence(3, [['Unsqueeze', ['x', 'axes'], ['y']]], axes), /input 1 has 1000000 integers/);
});

interface Empty {
  /** Makes z of x [time, 1, 3]. */
  readonly node: NodeSpec;
  /** Of z, for 5 frames. */
  readonly dims: readonly [frames: number, batch: number, features: number];
  readonly mode: 'stateful' | 'windowed';
}

const NO_FEATURES = { dims: [5, 1, 0], mode: 'stateful' } as const;
const NO_FRAMES = { dims: [0, 1, 3], mode: 'windowed' } as const;

const EMPTY: Readonly<Record<string, Empty>> = {
  'a slice of no features': { node: ['Slice', ['x', 'one', 'one', 'two'], ['z']], ...NO_FEATURES },
  'a slice of no frames': { node: ['Slice', ['x', 'one', 'one', 'zero'], ['z']], ...NO_FRAMES },
  'a split with an empty part': { node: ['Split', ['x', 'parts'], ['other', 'z'], { axis: 2 }], ...NO_FEATURES },
  'a tile of no features': { node: ['Tile', ['x', 'features'], ['z']], ...NO_FEATURES },
  'a tile of no frames': { node: ['Tile', ['x', 'frames'], ['z']], ...NO_FRAMES },
};

const vectors = integers({ zero: [0], one: [1], two: [2], parts: [3, 0], features: [1, 1, 0], frames: [0, 1, 1] });

/** Frames after which the window that is the default has been full twice. */
const LISTENED = 101;

for (const [what, { node, dims, mode }] of Object.entries(EMPTY))
  test(`${what} is nothing, whole and as a stream`, async () => {
    const [frames, batch, features] = dims;
    for (const last of [
      ['Identity', ['z'], ['y']],
      ['Relu', ['z'], ['y']],
      ['Add', ['z', 'z'], ['y']],
      ['Concat', ['z', 'z'], ['y'], { axis: 1 }],
    ] as const)
      for (const precision of ['int8', 'f32'] as const) {
        const model = await soon(what, () => loadModel(sequence(3, [node, last], vectors), { precision }));
        assert.equal(model.streaming.mode, mode, last[0]);
        const { y } = model.run({ x: { type: 'float32', dims: [5, 1, 3], data: new Float32Array(15) } });
        const isTwice = last[0] === 'Concat';
        assert.deepEqual(y, {
          type: 'float32',
          dims: [frames, isTwice ? 2 * batch : batch, features],
          data: new Float32Array(0),
        });
        const stream = model.stream();
        for (let at = 0; at < LISTENED; at++)
          assert.deepEqual(stream.step(new Float32Array(3)), { y: new Float32Array(0) });
        stream.close();
      }
  });
