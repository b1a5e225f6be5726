/** If, Loop and Scan as onnxruntime-web runs them: by the loops of their own, and as loadModel makes layers of them. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { loadModel, type Tensor } from 'tympan';
import { UnsupportedModelError } from '#dist/errors.js';
import { gatesFor } from '#dist/inference/compile-recurrent.js';
import { run } from '#dist/inference/run.js';
import { Runner } from '#dist/inference/runner.js';
import { newArena } from '#dist/kernels/embedded.js';
import { simplify } from '#dist/operators/index.js';
import { enterLoop, leaveLoop, MAX_LOOP_WORK, spendPass } from '#dist/operators/loop-work.js';
import { importOnnx } from './import-onnx.js';
import { buildModel, gruWeights, type GraphSpec, type NodeSpec } from './onnx-builder.js';
import { compareOutputs, relativeDifference, runOnnxruntime, uniform } from './support.js';

/** Of |x| or 1, whichever is more. */
const DIFFERENCE = 2e-6;

const floats = (dims: readonly number[], seed = 3): Tensor => {
  const next = uniform(seed, 1);
  const count = dims.reduce((product, dim) => product * dim, 1);
  return { type: 'float32', dims, data: Float32Array.from({ length: count }, next) };
};
const integer = (value: number): Tensor => ({ type: 'int64', dims: [], data: BigInt64Array.of(BigInt(value)) });
const truth = (value: boolean): Tensor => ({ type: 'bool', dims: [], data: Uint8Array.of(Number(value)) });

/** The network as it is in the file, so that its loops stay loops. */
async function unraised(bytes: Uint8Array): Promise<Runner> {
  const { network, operators } = await simplify(importOnnx(bytes).network);
  return new Runner(network, operators, 'f32', newArena(), await gatesFor(network));
}

type Inputs = Readonly<Record<string, Tensor>>;

async function agrees(spec: GraphSpec, ...cases: readonly Inputs[]): Promise<void> {
  const bytes = buildModel(spec);
  const runner = await unraised(bytes);
  const model = await loadModel(bytes, { precision: 'f32' });
  for (const inputs of cases) {
    const expected = await runOnnxruntime(bytes, inputs);
    for (const outputs of [run(runner, inputs), model.run(inputs)]) {
      compareOutputs(outputs, expected, (name, actual, { data }) => {
        const difference = relativeDifference(actual.data, data);
        assert.ok(difference <= DIFFERENCE, `${name}: ${difference}: ${actual.data.join()}, expected ${data.join()}`);
      });
    }
  }
}

const HEADS = { i: [], go: [] } as const;
const HEAD_TYPES = { i: 'int64', go: 'bool', on: 'bool' } as const;

/** A body of a Loop that goes on for ever, but for its trip count. */
const body = (
  carried: Readonly<Record<string, readonly (number | string)[] | null>>,
  nodes: readonly NodeSpec[],
  outputs: readonly string[],
  rest: Partial<GraphSpec> = {},
): GraphSpec => ({
  inputs: { ...HEADS, ...carried },
  outputs: Object.fromEntries(['on', ...outputs].map((name) => [name, name === 'on' ? [] : null])),
  initializers: {},
  nodes: [
    ...nodes,
    ...(nodes.some(([, , made]) => made.includes('on')) ? [] : [['Identity', ['go'], ['on']] as const]),
  ],
  ...rest,
  types: { ...HEAD_TYPES, ...rest.types },
});

const one = { count: [[], [4], 'int64'], true: [[], [1], 'bool'] } as const;

/** A Loop over x [3] that carries h [3] and gathers what it was. */
const loopOver = (
  inputs: readonly string[],
  spec: GraphSpec,
  outputs: Readonly<Record<string, readonly (number | string)[] | null>>,
  rest: Partial<GraphSpec> = {},
): GraphSpec => ({
  inputs: { x: [3] },
  outputs,
  initializers: one,
  nodes: [['Loop', inputs, Object.keys(outputs), { body: { graph: spec } }]],
  ...rest,
});

const doubled = body(
  { h: [3] },
  [
    ['Add', ['h', 'x'], ['next']],
    ['Identity', ['next'], ['shown']],
  ],
  ['next', 'shown'],
);

test('Loop with a trip count, a condition, both or neither for once', async () => {
  const x = floats([3]);
  for (const inputs of [
    ['count', '', 'x'],
    ['count', 'true', 'x'],
  ])
    await agrees(loopOver(inputs, doubled, { last: [3], all: [4, 3] }), { x });
  const until = body(
    { h: [3], n: [] },
    [
      ['Add', ['h', 'x'], ['next']],
      ['Sub', ['n', 'step'], ['less']],
      ['Greater', ['less', 'none'], ['on']],
    ],
    ['next', 'less', 'h'],
    { initializers: { none: [[], [0], 'int64'], step: [[], [2], 'int64'] }, types: { n: 'int64' } },
  );
  for (const inputs of [
    ['', 'true', 'x', 'count'],
    ['', '', 'x', 'count'].with(1, 'true'),
    ['count', 'true', 'x', 'count'],
  ])
    await agrees(loopOver(inputs, until, { last: [3], rest: [], all: ['n', 3] }, { types: { rest: 'int64' } }), { x });
});

test('Loop that runs not at all gives what it was given', async () => {
  const outputs = { last: [3], all: ['passes', 3] };
  const x = floats([3]);
  await agrees(loopOver(['never', '', 'x'], doubled, outputs, { initializers: { never: [[], [0], 'int64'] } }), { x });
  await agrees(
    loopOver(['count', 'false', 'x'], doubled, outputs, { initializers: { ...one, false: [[], [0], 'bool'] } }),
    { x },
  );
});

test('Loop whose condition only running tells, and whose trip count is given', async () => {
  const grows = body(
    { h: [3] },
    [
      ['Add', ['h', 'h'], ['next']],
      ['ReduceMax', ['next'], ['top'], { keepdims: 0 }],
      ['Less', ['top', 'limit'], ['on']],
    ],
    ['next'],
    { initializers: { limit: [[], [9]] } },
  );
  const inputs = { x: [3], times: [], start: [] };
  const types = { times: 'int64', start: 'bool' } as const;
  const spec = loopOver(['times', 'start', 'x'], grows, { last: [3] }, { inputs, types });
  const x: Tensor = { type: 'float32', dims: [3], data: Float32Array.of(0.5, 1, -3) };
  await agrees(
    spec,
    { x, times: integer(100), start: truth(true) },
    { x, times: integer(2), start: truth(true) },
    { x, times: integer(0), start: truth(true) },
    { x, times: integer(100), start: truth(false) },
  );
});

test('Loop carries values crosswise, and keeps others', async () => {
  const fibonacci = body({ a: [3], b: [3], same: [3] }, [['Add', ['a', 'b'], ['sum']]], ['b', 'sum', 'same', 'a']);
  const swap = body({ a: [3], b: [3] }, [], ['b', 'a']);
  const y = { inputs: { x: [3], y: [3] } };
  const given = { x: floats([3]), y: floats([3], 4) };
  await agrees(loopOver(['count', '', 'x', 'y', 'x'], fibonacci, { p: [3], q: [3], r: [3], all: [4, 3] }, y), given);
  await agrees(
    loopOver(['five', '', 'x', 'y'], swap, { p: [3], q: [3] }, { ...y, initializers: { five: [[], [5], 'int64'] } }),
    given,
  );
});

test('Loop whose carried value grows, pass by pass', async () => {
  const growing = body({ h: ['n'] }, [['Concat', ['h', 'x'], ['next'], { axis: 0 }]], ['next']);
  await agrees(loopOver(['count', '', 'x'], growing, { last: ['n'] }), { x: floats([3]) });
});

test('Loop whose counter decides what is cut out', async () => {
  const cut = body(
    { n: [1] },
    [
      ['Add', ['n', 'step'], ['next']],
      ['Slice', ['x', 'n', 'next', 'first'], ['part']],
      ['Gather', ['x', 'i'], ['item']],
    ],
    ['next', 'part', 'item'],
    { initializers: { step: [[1], [1], 'int64'], first: [[1], [0], 'int64'] }, types: { n: 'int64', next: 'int64' } },
  );
  await agrees(
    loopOver(
      ['count', '', 'zero'],
      cut,
      { end: [1], parts: [4, 1], items: [4] },
      {
        inputs: { x: [5] },
        initializers: { ...one, zero: [[1], [0], 'int64'] },
        types: { end: 'int64' },
      },
    ),
    { x: floats([5]) },
  );
});

/** A loop within a loop: the inner carries `g` and gives `made` of what is around it, and of `t` of its own. */
function nested({ g, t, made }: Readonly<Record<'g' | 't' | 'made', string>>): GraphSpec {
  const inner = body(
    { [g]: [3] },
    [
      ['Add', [g, 'weight'], [t]],
      ['Mul', [t, 'h'], [made]],
    ],
    [made],
    { inputs: { k: [], on_in: [], [g]: [3] }, types: { k: 'int64', on_in: 'bool', off: 'bool' } },
  );
  const goesOn = { ...inner, outputs: { off: [], [made]: null } };
  const nodes: NodeSpec[] = [...inner.nodes.slice(0, 2), ['Identity', ['on_in'], ['off']]];
  const outer = body(
    { h: [3] },
    [
      ['Tanh', ['h'], ['soft']],
      ['Loop', ['count', '', 'soft'], ['deep'], { body: { graph: { ...goesOn, nodes } } }],
      ['Add', ['deep', 'x'], ['next']],
    ],
    ['next', 'deep'],
  );
  return loopOver(['count', '', 'x'], outer, { last: [3], all: [4, 3] }, { initializers: { ...one, weight: [[3]] } });
}

test('loops within loops read what is around both', async () => {
  await agrees(nested({ g: 'g', t: 't', made: 'made' }), { x: floats([3]) });
});

test('names of a body hide those outside', async () => {
  const inputs = { x: floats([3]) };
  const outputs = run(await unraised(buildModel(nested({ g: 'g', t: 't', made: 'made' }))), inputs);
  // onnxruntime refuses such files.
  const hidden = run(await unraised(buildModel(nested({ g: 'soft', t: 'x', made: 'deep' }))), inputs);
  assert.deepEqual(hidden, outputs);
});

test('recurrent layers in a body run in the kernels, with weights that are constant or not', async () => {
  const layer = body(
    { h: [1, 1, 4] },
    [
      ['GRU', ['s', 'W', 'R', 'B', '', 'h'], ['Y', 'next'], { hidden_size: 4 }],
      ['Squeeze', ['Y', 'one'], ['y']],
    ],
    ['next', 'y'],
    { initializers: { one: [[1], [1], 'int64'] } },
  );
  const spec = (constant: boolean): GraphSpec => ({
    inputs: { s: [5, 1, 3], x: [1, 1, 4], ...(constant ? {} : { scale: [1] }) },
    outputs: { last: [1, 1, 4], all: [4, 5, 1, 4] },
    initializers: { ...one, ...gruWeights(3, 4), ...(constant ? {} : { V: [[1, 12, 3]] as const }) },
    nodes: [
      ...(constant ? [] : [['Mul', ['V', 'scale'], ['W2']] as const]),
      [
        'Loop',
        ['count', '', 'x'],
        ['last', 'all'],
        {
          body: {
            graph: constant
              ? layer
              : {
                  ...layer,
                  nodes: layer.nodes.map(([op, ins, ...rest]) => [op, ins.map((n) => (n === 'W' ? 'W2' : n)), ...rest]),
                },
          },
        },
      ],
    ],
  });
  const given = { s: floats([5, 1, 3]), x: floats([1, 1, 4], 9) };
  await agrees(spec(true), given, given);
  await agrees(spec(false), { ...given, scale: floats([1], 5) }, { ...given, scale: floats([1], 6) });
});

const branch = (
  nodes: readonly NodeSpec[],
  outputs: readonly string[],
  initializers: GraphSpec['initializers'] = {},
) => ({
  graph: { inputs: {}, outputs: Object.fromEntries(outputs.map((name) => [name, null])), initializers, nodes },
});

test('If goes either way, by constants, shapes and what it is given', async () => {
  const either = {
    then_branch: branch(
      [
        ['Add', ['x', 'w'], ['a']],
        ['Relu', ['a'], ['b']],
      ],
      ['a', 'b'],
    ),
    else_branch: branch(
      [
        ['Mul', ['x', 'v'], ['c']],
        ['Identity', ['x'], ['d']],
      ],
      ['c', 'd'],
      { v: [[3]] },
    ),
  };
  const spec = (condition: string, rest: Partial<GraphSpec> = {}): GraphSpec => ({
    inputs: { x: ['batch', 3], ...rest.inputs },
    outputs: { p: ['batch', 3], q: ['batch', 3] },
    initializers: { w: [[3]], ...rest.initializers },
    nodes: [...(rest.nodes ?? []), ['If', [condition], ['p', 'q'], either]],
    types: rest.types,
  });
  const x = floats([2, 3]);
  for (const value of [0, 1]) await agrees(spec('known', { initializers: { known: [[], [value], 'bool'] } }), { x });
  await agrees(
    spec('is', { inputs: { is: [] }, types: { is: 'bool' } }),
    { x, is: truth(true) },
    { x, is: truth(false) },
  );
  const isOne: Partial<GraphSpec> = {
    initializers: { first: [[], [0], 'int64'], one: [[], [1], 'int64'] },
    nodes: [
      ['Shape', ['x'], ['sizes']],
      ['Gather', ['sizes', 'first'], ['size']],
      ['Equal', ['size', 'one'], ['single']],
    ],
  };
  await agrees(spec('single', isOne), { x }, { x: floats([1, 3]) });
});

test('If that squeezes where it can: the branch that is not taken need not fit', async () => {
  const spec: GraphSpec = {
    inputs: { x: ['time', 'n', 3] },
    outputs: { y: null },
    initializers: { at: [[], [1], 'int64'], one: [[], [1], 'int64'], axis: [[1], [1], 'int64'] },
    nodes: [
      ['Shape', ['x'], ['sizes']],
      ['Gather', ['sizes', 'at'], ['size']],
      ['Equal', ['size', 'one'], ['single']],
      [
        'If',
        ['single'],
        ['y'],
        {
          then_branch: branch([['Squeeze', ['x', 'axis'], ['a']]], ['a']),
          else_branch: branch([['Identity', ['x'], ['b']]], ['b']),
        },
      ],
    ],
  };
  const bytes = buildModel(spec);
  const runner = await unraised(bytes);
  for (const dims of [
    [4, 1, 3],
    [4, 2, 3],
  ]) {
    const inputs = { x: floats(dims) };
    assert.deepEqual(run(runner, inputs).y, (await runOnnxruntime(bytes, inputs)).y);
  }
});

test('Scan over any axes, in both directions, of several sequences', async () => {
  const step: GraphSpec = {
    inputs: { h: [2], a: [2], b: [2, 3] },
    outputs: { next: null, sum: null, wide: null },
    initializers: { axis: [[1], [1], 'int64'] },
    nodes: [
      ['ReduceSum', ['b', 'axis'], ['r'], { keepdims: 0 }],
      ['Add', ['a', 'r'], ['sum']],
      ['Add', ['h', 'sum'], ['plus']],
      ['Tanh', ['plus'], ['next']],
      ['Mul', ['b', 'offset'], ['wide']],
    ],
  };
  const spec = (attributes: NodeSpec[3], wide: readonly number[]): GraphSpec => ({
    inputs: { x: [2], a: [4, 2], b: [2, 4, 3] },
    outputs: { last: [2], all: [4, 2], wides: wide },
    initializers: { offset: [[3]] },
    nodes: [
      ['Scan', ['x', 'a', 'b'], ['last', 'all', 'wides'], { body: { graph: step }, num_scan_inputs: 2, ...attributes }],
    ],
  });
  const given = { x: floats([2]), a: floats([4, 2], 5), b: floats([2, 4, 3], 6) };
  await agrees(spec({ scan_input_axes: [0, 1] }, [4, 2, 3]), given);
  await agrees(spec({ scan_input_axes: [0, -2], scan_output_axes: [0, -1] }, [2, 3, 4]), given);
  await agrees(
    spec(
      {
        scan_input_axes: [0, 1],
        scan_input_directions: [1, 0],
        scan_output_axes: [0, 1],
        scan_output_directions: [0, 1],
      },
      [2, 4, 3],
    ),
    given,
  );
});

test('ReverseSequence turns each sequence around over its own length', async () => {
  for (const [batch, time, dims] of [
    [0, 1, [2, 4, 3]],
    [1, 0, [4, 2, 3]],
  ] as const) {
    await agrees(
      {
        inputs: { x: dims, lengths: [2] },
        outputs: { y: dims },
        initializers: {},
        nodes: [['ReverseSequence', ['x', 'lengths'], ['y'], { batch_axis: batch, time_axis: time }]],
        types: { lengths: 'int64' },
      },
      { x: floats(dims), lengths: { type: 'int64', dims: [2], data: BigInt64Array.of(3n, 1n) } },
    );
  }
});

test('what only running could tell is refused, with the operation and a remedy', async () => {
  const gathers = loopOver(
    ['times', '', 'x'],
    doubled,
    { last: [3], all: null },
    {
      inputs: { x: [3], times: [] },
      types: { times: 'int64' },
    },
  );
  await assert.rejects(loadModel(buildModel(gathers)), (error: Error) => {
    assert.ok(error instanceof UnsupportedModelError);
    assert.match(
      error.message,
      /Loop node "Loop_0": how often it runs is only known when the network runs.*fixed number of steps/,
    );
    return true;
  });
  const shapes: GraphSpec = {
    inputs: { x: [3], is: [] },
    outputs: { y: null },
    initializers: {},
    types: { is: 'bool' },
    nodes: [
      [
        'If',
        ['is'],
        ['y'],
        {
          then_branch: branch([['Concat', ['x', 'x'], ['a'], { axis: 0 }]], ['a']),
          else_branch: branch([['Identity', ['x'], ['b']]], ['b']),
        },
      ],
    ],
  };
  await assert.rejects(
    loadModel(buildModel(shapes)),
    /if "If_0": its branches give \[3\] and \[6\].*make the condition a constant/,
  );
});

test('a loop that does not end is refused, before and while it runs', async () => {
  const x = floats([3]);
  const endless = (inputs: readonly string[], initializers: GraphSpec['initializers']) =>
    buildModel(
      loopOver(inputs, body({ h: [3] }, [['Add', ['h', 'x'], ['next']]], ['next']), { last: [3] }, { initializers }),
    );
  const forged: readonly [readonly string[], GraphSpec['initializers']][] = [
    [['', '', 'x'], {}],
    [['count', '', 'x'], { count: [[], [2 ** 53], 'int64'] }],
  ];
  for (const given of forged)
    await assert.rejects(loadModel(endless(...given)), /Loop node "Loop_0": it runs more than 1048576 times/);
  const still = body(
    { h: [3] },
    [
      ['ReduceMax', ['x'], ['top'], { keepdims: 0 }],
      ['Less', ['top', 'limit'], ['on']],
      ['Sub', ['x', 'h'], ['next']],
    ],
    ['next'],
    {
      initializers: { limit: [[], [9]] },
    },
  );
  const model = await loadModel(buildModel(loopOver(['', 'true', 'x'], still, { last: [3] })));
  assert.throws(() => model.run({ x }), /Loop node "Loop_0": it runs more than 1048576 times/);
});

/** h + 1 or 2 · h, until its largest element is above a limit, within a loop that goes on until `outer` does not hold. */
function whileWithin(isCounted: boolean): GraphSpec {
  const initializers: GraphSpec['initializers'] = { low: [[], [9]], high: [[], [40]], two: [[], [2]] };
  const until = (from: string, on: string, limit: string): NodeSpec[] => [
    ['ReduceMax', [from], [`${from}Top`], { keepdims: 0 }],
    ['Less', [`${from}Top`, limit], [on]],
  ];
  const inner: GraphSpec = {
    inputs: { k: [], goIn: [], g: [3] },
    outputs: { onIn: [], more: [3] },
    types: { k: 'int64', goIn: 'bool', onIn: 'bool' },
    initializers: {},
    nodes: [['Add', ['g', 'one'], ['more']], ...until('more', 'onIn', 'low')],
  };
  const around = body(
    { h: [3] },
    [
      ['Loop', ['', 'true', 'h'], ['deep'], { body: { graph: inner } }],
      ['Mul', ['deep', 'two'], ['next']],
      ...(isCounted ? [] : until('next', 'on', 'high')),
    ],
    ['next'],
  );
  return loopOver(
    [isCounted ? 'count' : '', 'true', 'x'],
    around,
    { last: [3] },
    {
      initializers: { ...one, ...initializers, one: [[], [1]] },
    },
  );
}

test('loops that go on until a condition fails run within each other, and within those that are counted', async () => {
  const x: Tensor = { type: 'float32', dims: [3], data: Float32Array.of(2.6, 1, -3) };
  for (const isCounted of [false, true]) await agrees(whileWithin(isCounted), { x });
});

test('loops within each other spend one allowance, that is new for the next outermost loop', () => {
  const operation = importOnnx(buildModel(whileWithin(false))).network.operations[0];
  const quarter = MAX_LOOP_WORK / 4;
  const nested = (): void => {
    enterLoop();
    try {
      spendPass(operation, quarter);
      spendPass(operation, quarter);
    } finally {
      leaveLoop();
    }
  };
  for (let time = 0; time < 3; time++) nested();
  enterLoop();
  nested();
  assert.throws(
    nested,
    /Loop node "Loop_0": its passes, and those of the loops around it, take more than 17179869184 m/,
  );
  leaveLoop();
  nested();
});

test('what fails in a body is named with its loop', async () => {
  const odd = body({ h: [3] }, [['Concat', ['h', 'rows'], ['next'], { axis: 0 }]], ['next'], {
    initializers: { rows: [[2, 2]] },
  });
  const spec = loopOver(['count', '', 'x'], odd, { last: null });
  await assert.rejects(loadModel(buildModel(spec)), /^[A-Za-z]+: Loop node "Loop_0": body: concat "Concat_0": /);
});

test('a stream whose branch a whole number chooses, as that of Silero VAD does by its sample rate', async () => {
  const gate = (prefix: string, weights: GraphSpec['initializers']) => ({
    graph: {
      inputs: {},
      outputs: { [`${prefix}p`]: null, [`${prefix}h`]: null },
      initializers: Object.fromEntries(Object.entries(weights).map(([name, spec]) => [prefix + name, spec])),
      nodes: [
        [
          'GRU',
          ['x', ...['W', 'R', 'B'].map((name) => prefix + name), '', 'h'],
          ['', `${prefix}h`],
          { hidden_size: 4 },
        ],
        ['ReduceMean', [`${prefix}h`], [`${prefix}p`], { axes: [0, 2], keepdims: 0 }],
      ] satisfies NodeSpec[],
    },
  });
  const bytes = buildModel({
    inputs: { x: [1, 1, 6], h: [1, 1, 4], sr: [] },
    outputs: { p: [1], hn: [1, 1, 4] },
    types: { sr: 'int64' },
    initializers: { wide: [[], [16000], 'int64'] },
    nodes: [
      ['Equal', ['sr', 'wide'], ['is_wide']],
      [
        'If',
        ['is_wide'],
        ['p', 'hn'],
        { then_branch: gate('a', gruWeights(6, 4)), else_branch: gate('b', gruWeights(6, 4)) },
      ],
    ],
  });
  const model = await loadModel(bytes, { precision: 'f32' });
  const stream = model.stream();
  for (const rate of [16000, 8000]) {
    stream.reset({ sr: Float32Array.of(rate) });
    let h = floats([1, 1, 4]);
    (h.data as Float32Array).fill(0);
    for (let frame = 0; frame < 6; frame++) {
      const x = floats([1, 1, 6], frame);
      const expected = await runOnnxruntime(bytes, { x, h, sr: integer(rate) });
      stream.step(x.data as Float32Array);
      assert.ok(
        relativeDifference(stream.outputs.p, expected.p.data as Float32Array) <= DIFFERENCE,
        `${rate}: ${frame}`,
      );
      h = expected.hn;
    }
  }
  stream.close();
});
