import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { InputError, ModelFormatError, UnsupportedModelError } from '#dist/errors.js';
import { MAX_ELEMENTS } from '#dist/operators/operator.js';
import type { Constant, ElementType, Kind, Kinds } from '#dist/model/network.js';
import {
  assertEqualsOnnxruntime,
  type OperatorCase,
  ownOutputs,
  prepared,
  randomTensor,
  tensor,
  vector,
} from './single-operator.js';
import { SEED } from './support.js';

const types: ElementType[] = ['float', 'integer', 'boolean'];

/** Kind, fields, the ONNX node and the inputs that decide shapes. */
type Row<K extends Kind = Kind> = K extends Kind ? [K, Kinds[K], OperatorCase, number[]?] : never;

const x = (...dims: number[]): Constant => randomTensor(dims);

const rows: Row[] = [
  ['identity', {}, { op: 'Identity', inputs: [x(2, 3)] }],
  ['reshape', { allowZero: false }, { op: 'Reshape', inputs: [x(2, 3, 4), vector(0, -1)] }, [1]],
  ['reshape', { allowZero: false }, { op: 'Reshape', inputs: [x(2, 3, 4), vector(4, 0, 2)] }, [1]],
  ['reshape', { allowZero: false }, { op: 'Reshape', inputs: [x(1, 1), vector()] }, [1]],
  [
    'reshape',
    { allowZero: true },
    { op: 'Reshape', attributes: { allowzero: 1 }, inputs: [x(3, 0), vector(0, 7)] },
    [1],
  ],
  ...[0, 1, 3, -1, -3].map((axis): Row => [
    'flatten',
    { axis },
    { op: 'Flatten', attributes: { axis }, inputs: [x(2, 3, 4)] },
  ]),
  ['squeeze', {}, { op: 'Squeeze', inputs: [x(1, 3, 1, 1), vector(-1, 0)] }, [1]],
  ['squeeze', {}, { op: 'Squeeze', inputs: [x(1, 3, 1)] }],
  ['unsqueeze', {}, { op: 'Unsqueeze', inputs: [x(3, 2), vector(-1, 0)] }, [1]],
  ['unsqueeze', {}, { op: 'Unsqueeze', inputs: [x(), vector(0, 1)] }, [1]],
  ['transpose', { perm: null }, { op: 'Transpose', inputs: [x(2, 3, 4)] }],
  ['expand', {}, { op: 'Expand', inputs: [x(3, 1), vector(2, 1, 6)] }, [1]],
  ['expand', {}, { op: 'Expand', inputs: [x(3, 4), vector(1, 1)] }, [1]],
  ['tile', {}, { op: 'Tile', inputs: [x(2, 3), vector(2, 3)] }, [1]],
  ['tile', {}, { op: 'Tile', inputs: [x(2, 3), vector(2, 0)] }, [1]],
  ['shape', { start: 0, end: null }, { op: 'Shape', inputs: [x(2, 3, 4)] }],
  ['shape', { start: -2, end: 5 }, { op: 'Shape', attributes: { start: -2, end: 5 }, inputs: [x(2, 3, 4)] }],
  ['shape', { start: 2, end: -3 }, { op: 'Shape', attributes: { start: 2, end: -3 }, inputs: [x(2, 3, 4)] }],
  ['shape', { start: -9, end: -1 }, { op: 'Shape', attributes: { start: -9, end: -1 }, inputs: [x(2, 3, 4)] }],
  ['size', {}, { op: 'Size', inputs: [x(2, 3, 4)] }],
  ['constantOfShape', { value: 0, type: 'float' }, { op: 'ConstantOfShape', inputs: [vector(2, 3)] }, [0]],
  ...[
    [0, 7, 2],
    [10, 4, -2],
    [4, 4, 1],
    [5, 9, -1],
  ].map((bounds): Row => [
    'range',
    {},
    { op: 'Range', inputs: bounds.map((value) => tensor('integer', [], [value])) },
    [0, 1, 2],
  ]),
  ['range', {}, { op: 'Range', inputs: [0.5, 2.2, 0.25].map((value) => tensor('float', [], [value])) }, [0, 1, 2]],
  ...[
    [
      [3, 2],
      [-1, -1],
    ],
    [
      [0, 0],
      [1, 1],
    ],
  ].map((at): Row => [
    'gather',
    { axis: -2 },
    { op: 'Gather', attributes: { axis: -2 }, inputs: [x(2, 4, 3), tensor('integer', [2, 2], at.flat())] },
  ]),
  ['gather', { axis: 1 }, { op: 'Gather', attributes: { axis: 1 }, inputs: [x(2, 4, 3), tensor('integer', [], [-4])] }],
  ['gather', { axis: 0 }, { op: 'Gather', inputs: [x(4), vector(0, -1, 2)] }],
  [
    'split',
    { axis: 1, numOutputs: 2, allowUneven: true },
    { op: 'Split', attributes: { axis: 1 }, inputs: [x(2, 5, 2), vector(5, 0)], outputs: 2 },
    [1],
  ],
  [
    'split',
    { axis: -1, numOutputs: 3, allowUneven: true },
    { op: 'Split', attributes: { axis: -1 }, inputs: [x(2, 6), vector(1, 2, 3)], outputs: 3 },
    [1],
  ],
  [
    'split',
    { axis: 0, numOutputs: 3, allowUneven: true },
    { op: 'Split', attributes: { axis: 0, num_outputs: 3 }, inputs: [x(7, 2)], outputs: 3 },
  ],
  [
    'split',
    { axis: 1, numOutputs: 2, allowUneven: false },
    { op: 'Split', attributes: { axis: 1 }, inputs: [x(2, 6)], outputs: 2, opset: 13 },
  ],
];

describe('operators that move elements', () => {
  for (const [kind, fields, given, known] of rows) {
    const dims = given.inputs.map((input) =>
      input ? `[${input.type === 'integer' ? input.data : input.dims}]` : 'none',
    );
    it(`${given.op} ${JSON.stringify(given.attributes ?? {})} of ${dims.join(', ')}`, () =>
      assertEqualsOnnxruntime(kind, fields, given, { known, tolerance: 1e-6 }));
  }

  it('keep the type of their elements', async () => {
    for (const type of types) {
      const data = randomTensor([2, 3], 4, type);
      const outputs = [
        ownOutputs('transpose', { perm: [1, 0] }, { inputs: [data] }),
        ownOutputs('concat', { axis: 0 }, { inputs: [data, data] }),
        ownOutputs('slice', {}, { inputs: [data, vector(1), vector(2)] }, [1, 2]),
        ownOutputs('split', { axis: 1, numOutputs: 3, allowUneven: false }, { inputs: [data], outputs: 3 }),
      ];
      assert.ok(outputs.flat().every((output) => output.type === type));
      await assertEqualsOnnxruntime(
        'transpose',
        { perm: [1, 0] },
        { op: 'Transpose', attributes: { perm: [1, 0] }, inputs: [data] },
      );
      await assertEqualsOnnxruntime(
        'concat',
        { axis: 0 },
        { op: 'Concat', attributes: { axis: 0 }, inputs: [data, data] },
      );
    }
  });

  it('say what follows from shapes alone', () => {
    const unknown = { type: 'float', dims: [3, 5], data: null } as const;
    assert.deepEqual([...prepared('shape', { start: 0, end: null }, [unknown]).known![0]!], [3, 5]);
    assert.deepEqual([...prepared('size', {}, [unknown]).known![0]!], [15]);
  });

  it('take constants of other values', () => {
    const [output] = ownOutputs('constantOfShape', { value: 1, type: 'boolean' }, { inputs: [vector(2, 0, 3)] }, [0]);
    assert.deepEqual(output, { type: 'boolean', dims: [2, 0, 3], data: [] });
    assert.deepEqual(
      ownOutputs('constantOfShape', { value: -7, type: 'integer' }, { inputs: [vector(2)] }, [0])[0].data,
      [-7, -7],
    );
  });

  it('leave out the parts of a split that nothing reads', () => {
    const data = tensor('float', [4], [1, 2, 3, 4]);
    const { compute } = prepared('split', { axis: 0, numOutputs: 2, allowUneven: false }, [data], 2);
    const last = new Float32Array(2);
    compute([data.data], [null, last]);
    assert.deepEqual([...last], [3, 4]);
  });
});

const runs = { seed: SEED, numRuns: 40 };
const dimsOf = (least: number): fc.Arbitrary<number[]> =>
  fc.array(fc.integer({ min: least, max: 4 }), { minLength: 1, maxLength: 4 });

describe('for any shapes', () => {
  it('Transpose equals onnxruntime', () =>
    fc.assert(
      fc.asyncProperty(
        dimsOf(0).chain((dims) =>
          fc.tuple(fc.constant(dims), fc.shuffledSubarray([...dims.keys()], { minLength: dims.length })),
        ),
        ([dims, perm]) =>
          assertEqualsOnnxruntime(
            'transpose',
            { perm },
            { op: 'Transpose', attributes: { perm }, inputs: [x(...dims)] },
          ),
      ),
      runs,
    ));

  const bound = fc.oneof(fc.integer({ min: -6, max: 6 }), fc.constantFrom(2 ** 53, -(2 ** 53)));
  const step = fc
    .oneof(fc.integer({ min: -3, max: 3 }), fc.constantFrom(2 ** 40, -(2 ** 40)))
    .filter((value) => value !== 0);
  const cut = fc.record({ start: bound, end: bound, step });

  it('Slice equals onnxruntime', () =>
    fc.assert(
      fc.asyncProperty(
        dimsOf(0).chain((dims) =>
          fc.tuple(
            fc.constant(dims),
            fc.subarray([...dims.keys()], { minLength: 1 }),
            fc.array(cut, { minLength: 4, maxLength: 4 }),
          ),
        ),
        ([dims, axes, cuts]) => {
          const used = cuts.slice(0, axes.length);
          const lists = [
            used.map(({ start }) => start),
            used.map(({ end }) => end),
            axes.map((axis) => axis - dims.length),
            used.map((one) => one.step),
          ];
          const inputs = [x(...dims), ...lists.map((list) => vector(...list))];
          return assertEqualsOnnxruntime('slice', {}, { op: 'Slice', inputs }, { known: [1, 2, 3, 4] });
        },
      ),
      runs,
    ));

  it('Concat and Split equal onnxruntime', () =>
    fc.assert(
      fc.asyncProperty(
        dimsOf(1).chain((dims) =>
          fc.tuple(fc.constant(dims), fc.nat(dims.length - 1), fc.array(fc.nat(3), { minLength: 1, maxLength: 4 })),
        ),
        async ([dims, axis, sizes]) => {
          const parts = sizes.map((size, i) => randomTensor(dims.with(axis, size), i));
          await assertEqualsOnnxruntime('concat', { axis }, { op: 'Concat', attributes: { axis }, inputs: parts });
          const [whole] = ownOutputs('concat', { axis: axis - dims.length }, { inputs: parts });
          const fields = { axis, numOutputs: sizes.length, allowUneven: true };
          const halves = ownOutputs(
            'split',
            fields,
            { inputs: [tensor('float', whole.dims, whole.data), vector(...sizes)], outputs: sizes.length },
            [1],
          );
          assert.deepEqual(
            halves.map(({ data }) => data),
            parts.map(({ data }) => [...data]),
          );
        },
      ),
      runs,
    ));

  // onnxruntime refuses pads that reflect more than once; below, those are compared with numpy's definition.
  it('Pad equals onnxruntime in every mode', () =>
    fc.assert(
      fc.asyncProperty(
        fc.constantFrom('constant', 'reflect', 'edge', 'wrap'),
        dimsOf(3).chain((dims) =>
          fc.tuple(
            fc.constant(dims),
            fc.array(fc.integer({ min: -1, max: 2 }), { minLength: 2 * dims.length, maxLength: 2 * dims.length }),
          ),
        ),
        (mode, [dims, given]) => {
          const pads = mode === 'constant' ? given : given.map((value) => Math.max(value, 0));
          const inputs = [x(...dims), vector(...pads), ...(mode === 'constant' ? [tensor('float', [], [-9])] : [])];
          return assertEqualsOnnxruntime('pad', { mode }, { op: 'Pad', attributes: { mode }, inputs }, { known: [1] });
        },
      ),
      runs,
    ));
});

describe('padding', () => {
  const padded = (mode: Kinds['pad']['mode'], values: number[], ...pads: number[]): number[] =>
    ownOutputs('pad', { mode }, { inputs: [tensor('float', [values.length], values), vector(...pads)] }, [1])[0].data;

  // Each by numpy.pad(values, pads, mode)
  it('repeats as often as it must', () => {
    assert.deepEqual(padded('reflect', [1, 2, 3], 5, 6), [2, 1, 2, 3, 2, 1, 2, 3, 2, 1, 2, 3, 2, 1]);
    assert.deepEqual(padded('reflect', [1], 2, 1), [1, 1, 1, 1]);
    assert.deepEqual(padded('wrap', [1, 2, 3], 4, 5), [3, 1, 2, 3, 1, 2, 3, 1, 2, 3, 1, 2]);
    assert.deepEqual(padded('edge', [1, 2], 2, 1), [1, 1, 1, 2, 2]);
  });

  it('takes away before it repeats', () => {
    assert.deepEqual(padded('edge', [1, 2, 3, 4], -2, 2), [3, 4, 4, 4]);
    assert.deepEqual(padded('reflect', [1, 2, 3, 4], 1, -2), [2, 1, 2]);
    assert.deepEqual(padded('constant', [1, 2, 3, 4], -3, 1), [4, 0]);
    assert.deepEqual(padded('wrap', [1, 2, 3, 4], -1, 1), [2, 3, 4, 2]);
    assert.deepEqual(padded('wrap', [1, 2, 3, 4], 1, -1), [3, 1, 2, 3]);
  });

  it('pads the axes that it is given', () =>
    assertEqualsOnnxruntime(
      'pad',
      { mode: 'constant' },
      { op: 'Pad', inputs: [x(2, 3, 2), vector(1, 2, 0, 1), null, vector(-1, 0)] },
      { known: [1, 3] },
    ));
});

describe('refusals', () => {
  const unknown = { type: 'integer', dims: [2], data: null } as const;
  const huge = vector(2 ** 20, 2 ** 20);
  const refused: [
    Row<Kind>[0],
    Kinds[Kind],
    Parameters<typeof prepared>[2][number][],
    RegExp,
    typeof ModelFormatError,
  ][] = [
    [
      'reshape',
      { allowZero: false },
      [x(2, 3), vector(4, -1)],
      /^reshape "node": \[2,3\] can't take the shape \[4,-1\]/,
      ModelFormatError,
    ],
    ['reshape', { allowZero: false }, [x(2, 3), vector(-1, -1)], /can't take the shape/, ModelFormatError],
    ['reshape', { allowZero: false }, [x(6), vector(2, 3, 0)], /can't take the shape/, ModelFormatError],
    ['reshape', { allowZero: true }, [x(0, 3), vector(0, -1)], /can't take the shape/, ModelFormatError],
    [
      'reshape',
      { allowZero: false },
      [x(2, 3), unknown],
      /input 1 decides a shape.*fixed sizes/,
      UnsupportedModelError,
    ],
    ['reshape', { allowZero: false }, [x(2, 3), x(2)], /float \[2\]; expected a vector of integers/, ModelFormatError],
    ['squeeze', {}, [x(2, 3), vector(0)], /axis 0 of \[2,3\] can't be left out/, ModelFormatError],
    ['unsqueeze', {}, [x(2), vector(0, 0)], /name one twice/, ModelFormatError],
    ['transpose', { perm: [0, 2] }, [x(2, 3)], /axis 2 is outside of −2 to 1/, ModelFormatError],
    ['transpose', { perm: [0] }, [x(2, 3)], /perm \[0\] doesn't fit/, ModelFormatError],
    ['flatten', { axis: 3 }, [x(2, 3)], /axis 3 is outside/, ModelFormatError],
    ['expand', {}, [x(2, 3), vector(2, 4)], /don't broadcast/, ModelFormatError],
    [
      'expand',
      {},
      [x(1), huge],
      /^expand "node": its result \[1048576,1048576\] has more than 16777216 elements/,
      UnsupportedModelError,
    ],
    ['expand', {}, [x(1), vector(0, 2 ** 53)], /more than/, UnsupportedModelError],
    ['expand', {}, [x(1), vector(-1)], /no shape/, ModelFormatError],
    ['expand', {}, [x(1), vector(...new Array<number>(17).fill(1))], /17 axes; at most 16/, UnsupportedModelError],
    ['tile', {}, [x(2, 3), huge], /more than/, UnsupportedModelError],
    ['tile', {}, [x(2, 3), vector(2)], /repeats \[2\] don't fit \[2,3\]/, ModelFormatError],
    ['tile', {}, [x(2), vector(-1)], /no shape/, ModelFormatError],
    [
      'concat',
      { axis: 1 },
      [x(2, 3), x(3, 3)],
      /\[2,3\] and float \[3,3\] can't be joined along axis 1/,
      ModelFormatError,
    ],
    ['concat', { axis: 0 }, [x(2), vector(2)], /float \[2\] and integer \[1\]/, ModelFormatError],
    ['concat', { axis: 0 }, [x(2), null], /input 1 is missing/, ModelFormatError],
    [
      'split',
      { axis: 0, numOutputs: 1, allowUneven: true },
      [x(5), vector(2)],
      /\[5\] has no parts of \[2\]/,
      ModelFormatError,
    ],
    [
      'split',
      { axis: 0, numOutputs: 2 ** 40, allowUneven: true },
      [x(5)],
      /1099511627776 parts, but 1 outputs/,
      ModelFormatError,
    ],
    ['slice', {}, [x(5), vector(0), vector(3), vector(0), vector(0)], /no step of 0/, ModelFormatError],
    ['slice', {}, [x(5), vector(0, 0), vector(3)], /starts \[0,0\], ends \[3\]|axis 1 is outside/, ModelFormatError],
    ['gather', { axis: 0 }, [x(5), x(2)], /indices are float/, ModelFormatError],
    [
      'gather',
      { axis: 0 },
      [x(2 ** 10), { type: 'integer', dims: [2 ** 25], data: null }],
      /more than/,
      UnsupportedModelError,
    ],
    ['pad', { mode: 'edge' }, [x(0), vector(1, 1)], /axis 0 of \[0\] has nothing to repeat/, ModelFormatError],
    ['pad', { mode: 'constant' }, [x(2), vector(1)], /pads \[1\]; expected 1 begins/, ModelFormatError],
    ['pad', { mode: 'constant' }, [x(2), vector(-2, -1)], /no shape/, ModelFormatError],
    [
      'pad',
      { mode: 'constant' },
      [x(2), vector(1, 1), vector(4)],
      /value is integer \[1\]; expected one float/,
      ModelFormatError,
    ],
    ['constantOfShape', { value: 0, type: 'float' }, [huge], /more than/, UnsupportedModelError],
    ['range', {}, [0, 1, 0].map((value) => tensor('integer', [], [value])), /has no end/, ModelFormatError],
    ['range', {}, [0, 2 ** 40, 1].map((value) => tensor('integer', [], [value])), /more than/, UnsupportedModelError],
    ['range', {}, [vector(0), x(), vector(1)], /three numbers of one type/, ModelFormatError],
  ];
  for (const [kind, fields, operands, message, error] of refused)
    it(`${kind}: ${message.source}`, () => {
      assert.throws(
        () => prepared(kind, fields, operands),
        (thrown: Error) =>
          thrown instanceof error && message.test(thrown.message) && thrown.message.startsWith(`${kind} "node": `),
      );
    });

  it('a split into equal parts that don’t come out even, where num_outputs doesn’t say so', () => {
    const fields = { axis: 1, numOutputs: 2, allowUneven: false };
    assert.throws(
      () => prepared('split', fields, [x(2, 5)], 2),
      (error: Error) =>
        error instanceof ModelFormatError && error.message === `split "node": 5 can't be split into 2 equal parts`,
    );
    const sizes = prepared('split', { ...fields, allowUneven: true }, [x(2, 5)], 2).outputs.map(({ dims }) => dims);
    assert.deepEqual(sizes, [
      [2, 3],
      [2, 2],
    ]);
  });

  it('a gather that reaches outside says so while running', () => {
    for (const index of [3, -4])
      assert.throws(
        () => ownOutputs('gather', { axis: 1 }, { inputs: [x(2, 3), vector(0, index)] }),
        (error: Error) =>
          error instanceof InputError &&
          error.message === `gather "node": index ${index} is outside of −3 to 2, axis 1 of [2,3]`,
      );
  });

  it('the largest tensor is computed', () => {
    assert.deepEqual(prepared('expand', {}, [x(1), vector(MAX_ELEMENTS)]).outputs[0].dims, [MAX_ELEMENTS]);
  });
});
