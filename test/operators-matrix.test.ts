import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { ModelFormatError, UnsupportedModelError } from '#dist/errors.js';
import type { Constant, Kinds, OperationOf, Window } from '#dist/model/network.js';
import { recurrentShapes } from '#dist/operators/recurrent.js';
import {
  assertEqualsOnnxruntime,
  operation,
  type OperatorCase,
  ownOutputs,
  prepared,
  randomTensor,
  tensor,
} from './single-operator.js';
import { SEED } from './support.js';

/** onnxruntime adds up in float32, Tympan in double: sums of up to 100 products of numbers below 1. */
const near = { tolerance: 1e-5 };
const runs = { seed: SEED, numRuns: 40 };

const x = (...dims: number[]): Constant => randomTensor(dims);
const size = fc.integer({ min: 1, max: 5 });

describe('MatMul', () => {
  const shapes: [number[], number[]][] = [
    [[4], [4]],
    [[4], [4, 3]],
    [[2, 4], [4]],
    [[3, 2, 4], [4]],
    [[4], [3, 4, 2]],
    [
      [2, 0],
      [0, 3],
    ],
    [
      [0, 2],
      [2, 3],
    ],
    [
      [2, 1, 3, 4],
      [5, 4, 2],
    ],
    [
      [1, 3, 4],
      [2, 1, 4, 5],
    ],
  ];
  for (const [a, b] of shapes)
    it(`of [${a}] and [${b}] equals onnxruntime`, () =>
      assertEqualsOnnxruntime('matmul', {}, { op: 'MatMul', inputs: [x(...a), x(...b)] }, near));

  it('of shapes that do not fit is refused', () => {
    assert.throws(() => prepared('matmul', {}, [x(2, 3), x(4, 2)]), {
      name: 'ModelFormatError',
      message: 'matmul "node": [2,3] × [4,2]: 3 columns meet 4 rows',
    });
    assert.throws(() => prepared('matmul', {}, [x(), x(4)]), /a scalar is no matrix/);
    assert.throws(() => prepared('matmul', {}, [x(2, 1, 1), x(3, 1, 1)]), /\[2\] and \[3\] don't broadcast/);
    assert.throws(() => prepared('matmul', {}, [x(2 ** 13, 1), x(1, 2 ** 13)]), UnsupportedModelError);
    assert.throws(
      () => prepared('matmul', {}, [randomTensor([2, 2], 1, 'integer'), x(2, 2)]),
      /^UnsupportedModelError: matmul "node": input 0 is integer/,
    );
  });
});

describe('Gemm', () => {
  it('equals onnxruntime', () =>
    fc.assert(
      fc.asyncProperty(
        fc.tuple(size, size, size),
        fc.boolean(),
        fc.boolean(),
        fc.constantFrom(null, [], [1], ['N'], ['M', 1], [1, 'N'], ['M', 'N']),
        ([M, K, N], transA, transB, c) => {
          const inputs = [x(...(transA ? [K, M] : [M, K])), x(...(transB ? [N, K] : [K, N]))];
          const sizes: Record<string, number> = { M, N };
          if (c) inputs.push(x(...c.map((dim) => (typeof dim === 'string' ? sizes[dim] : dim))));
          const attributes = {
            transA: Number(transA),
            transB: Number(transB),
            alpha: { float: 0.5 },
            beta: { float: -2 },
          };
          return assertEqualsOnnxruntime(
            'gemm',
            { alpha: 0.5, beta: -2, transA, transB },
            { op: 'Gemm', attributes, inputs },
            near,
          );
        },
      ),
      runs,
    ));

  it('of shapes that do not fit is refused', () => {
    const fields = { alpha: 1, beta: 1, transA: false, transB: true };
    assert.throws(() => prepared('gemm', fields, [x(2, 3), x(3, 2)]), /\[2,3\] × \[3,2\]: 3 columns meet 2 rows/);
    assert.throws(() => prepared('gemm', fields, [x(1, 2, 3), x(2, 3)]), /expected two matrices/);
    assert.throws(() => prepared('gemm', fields, [x(1, 3), x(2, 3), x(4, 2)]), /\[4,2\] doesn't broadcast to \[1,2\]/);
  });
});

const AUTO_PAD = { explicit: 'NOTSET', sameUpper: 'SAME_UPPER', sameLower: 'SAME_LOWER', valid: 'VALID' } as const;
const WINDOW: Window = { kernelShape: null, strides: null, dilations: null, pads: null, autoPad: 'explicit' };

function windowAttributes({ kernelShape, strides, dilations, pads, autoPad }: Window) {
  const given = { kernel_shape: kernelShape, strides, dilations, pads };
  const lists = Object.entries(given).flatMap(([name, list]) => (list ? [[name, list] as const] : []));
  return { ...Object.fromEntries(lists), auto_pad: AUTO_PAD[autoPad] };
}

/** Windows over one to three axes, each axis at least as long as what the window spans. */
const windows = fc
  .record({
    axes: fc.array(
      fc.record({
        kernel: fc.integer({ min: 1, max: 4 }),
        stride: fc.integer({ min: 1, max: 3 }),
        dilation: fc.integer({ min: 1, max: 3 }),
        begin: fc.nat(3),
        end: fc.nat(3),
        more: fc.nat(4),
      }),
      { minLength: 1, maxLength: 3 },
    ),
    autoPad: fc.constantFrom(...(['explicit', 'explicit', 'explicit', 'sameUpper', 'sameLower', 'valid'] as const)),
  })
  .map(({ axes, autoPad }) => {
    // onnxruntime refuses dilation with SAME.
    const dilations = axes.map(({ dilation }) => (autoPad.startsWith('same') ? 1 : dilation));
    // onnxruntime refuses pads as wide as a pooling window.
    const narrow = (pad: number, kernel: number): number => Math.min(pad, kernel - 1);
    const pads = [...axes.map((a) => narrow(a.begin, a.kernel)), ...axes.map((a) => narrow(a.end, a.kernel))];
    const window = {
      strides: axes.map(({ stride }) => stride),
      dilations,
      kernelShape: axes.map(({ kernel }) => kernel),
      pads: autoPad === 'explicit' ? pads : null,
      autoPad,
    };
    return { window, spatial: axes.map(({ kernel, dilation, more }) => (kernel - 1) * dilation + 1 + more) };
  });

describe('Conv', () => {
  it('equals onnxruntime', () =>
    fc.assert(
      fc.asyncProperty(
        windows,
        fc.record({
          N: fc.integer({ min: 1, max: 2 }),
          group: fc.integer({ min: 1, max: 3 }),
          channels: fc.integer({ min: 1, max: 3 }),
          rows: fc.integer({ min: 1, max: 2 }),
          bias: fc.boolean(),
        }),
        ({ window, spatial }, { N, group, channels, rows, bias }) => {
          const inputs = [x(N, group * channels, ...spatial), x(group * rows, channels, ...window.kernelShape!)];
          if (bias) inputs.push(x(group * rows));
          const attributes = { ...windowAttributes(window), group };
          return assertEqualsOnnxruntime('convolution', { ...window, group }, { op: 'Conv', attributes, inputs }, near);
        },
      ),
      { ...runs, numRuns: 80 },
    ));

  it('without attributes takes the kernel of its weights', () =>
    assertEqualsOnnxruntime(
      'convolution',
      { ...WINDOW, group: 1 },
      { op: 'Conv', inputs: [x(1, 2, 9), x(3, 2, 4)] },
      near,
    ));

  it('may have padding wider than its window', () => {
    const window = { ...WINDOW, pads: [5, 4] };
    return assertEqualsOnnxruntime(
      'convolution',
      { ...window, group: 1 },
      { op: 'Conv', attributes: windowAttributes(window), inputs: [x(1, 2, 3), x(3, 2, 2)] },
      near,
    );
  });

  it('pads for what dilated windows span', () => {
    const convolved = (fields: Partial<Kinds['convolution']>): number[] =>
      ownOutputs(
        'convolution',
        { ...WINDOW, group: 1, dilations: [3], ...fields },
        { inputs: [x(1, 2, 8), x(3, 2, 2)] },
      )[0].data;
    assert.deepEqual(convolved({ autoPad: 'sameUpper' }), convolved({ pads: [1, 2] }));
    assert.deepEqual(convolved({ autoPad: 'sameLower' }), convolved({ pads: [2, 1] }));
  });

  const refused: [Partial<Kinds['convolution']>, number[], number[], RegExp][] = [
    [{}, [1, 2], [2, 2], /X \[1,2\] and W \[2,2\]; expected as many axes/],
    [{}, [1, 2, 9], [2, 3, 3], /don't fit 1 groups/],
    [{ group: 2 }, [1, 4, 9], [3, 2, 3], /don't fit 2 groups/],
    [{ group: 0 }, [1, 0, 9], [3, 2, 3], /don't fit 0 groups/],
    [{ kernelShape: [4] }, [1, 2, 9], [3, 2, 3], /kernel_shape \[4\], but W is \[3,2,3\]/],
    [{}, [1, 2, 2], [3, 2, 3], /a window over 3 doesn't fit into 2 \+ 0 of padding/],
    [{ dilations: [4] }, [1, 2, 8], [3, 2, 3], /a window over 9 doesn't fit into 8/],
    [{ strides: [0] }, [1, 2, 9], [3, 2, 3], /strides \[0\]; expected 1 whole numbers of at least 1/],
    [{ pads: [1] }, [1, 2, 9], [3, 2, 3], /pads \[1\]; expected 2 whole numbers of at least 0/],
    [{ pads: [-1, 0] }, [1, 2, 9], [3, 2, 3], /pads \[-1,0\]/],
    [{ pads: [2 ** 52, 0] }, [1, 2, 9], [3, 2, 3], /its result .* more than/],
  ];
  for (const [fields, X, W, message] of refused)
    it(`is refused: ${message.source}`, () =>
      assert.throws(
        () => prepared('convolution', { ...WINDOW, group: 1, ...fields }, [x(...X), x(...W)]),
        (error: Error) => message.test(error.message) && error.message.startsWith('convolution "node": '),
      ));

  it('is refused with a bias of another size', () => {
    const operands = [x(1, 2, 9), x(3, 2, 3), x(2)];
    assert.throws(() => prepared('convolution', { ...WINDOW, group: 1 }, operands), /B is \[2\]; expected \[3\]/);
  });
});

describe('MaxPool and AveragePool', () => {
  it('equal onnxruntime', () =>
    fc.assert(
      fc.asyncProperty(
        windows,
        fc.boolean(),
        fc.boolean(),
        fc.constantFrom('max', 'average'),
        async ({ window, spatial }, ceil, countIncludePad, kind) => {
          // onnxruntime's MaxPool takes SAME for negative padding where strides are wider than the window.
          fc.pre(!window.autoPad.startsWith('same') || window.strides.every((s, i) => s <= window.kernelShape[i]));
          const ceilMode = ceil && window.autoPad === 'explicit';
          const fields = { ...window, function: kind, ceilMode, countIncludePad } as const;
          const counted: OperatorCase['attributes'] =
            kind === 'average' ? { count_include_pad: Number(countIncludePad) } : {};
          const attributes = {
            ...windowAttributes(window),
            ...counted,
            ceil_mode: Number(ceilMode),
          };
          const op = kind === 'max' ? 'MaxPool' : 'AveragePool';
          await assertEqualsOnnxruntime('pool', fields, { op, attributes, inputs: [x(2, 3, ...spatial)] }, near);
        },
      ),
      { ...runs, numRuns: 120 },
    ));

  const POOL = { ...WINDOW, function: 'max', ceilMode: false, countIncludePad: false } as const;

  it('are refused where they have no meaning', () => {
    assert.throws(
      () => prepared('pool', POOL, [x(1, 2, 9)]),
      /a window of \[\] can't slide over the spatial axes \[9\]/,
    );
    assert.throws(
      () => prepared('pool', { ...POOL, kernelShape: [2] }, [x(1, 2)]),
      /expected at least \[batch, channels, time\]/,
    );
    assert.throws(
      () => prepared('pool', { ...POOL, kernelShape: [2], pads: [2, 0] }, [x(1, 2, 9)]),
      /a window holds nothing but padding/,
    );
    assert.throws(
      () => prepared('pool', { ...POOL, kernelShape: [2], ceilMode: true, autoPad: 'valid' }, [x(1, 2, 9)]),
      /auto_pad VALID with ceil_mode; export with explicit pads/,
    );
    assert.throws(
      () => prepared('pool', { ...POOL, kernelShape: [2 ** 21], pads: [0, 2 ** 21] }, [x(1, 1, 9)]),
      /^UnsupportedModelError: pool "node": windows of \[2097152\] at \[10\] places/,
    );
    assert.throws(() => prepared('pool', { ...POOL, kernelShape: [2] }, [x(1, 2, 9)], 2), /indices of the largest/);
  });

  it('over all spatial axes equal onnxruntime', async () => {
    for (const dims of [
      [2, 3, 7],
      [1, 2, 3, 4],
      [1, 2, 3, 2, 2],
    ]) {
      await assertEqualsOnnxruntime('globalPool', { function: 'max' }, { op: 'GlobalMaxPool', inputs: [x(...dims)] });
      await assertEqualsOnnxruntime(
        'globalPool',
        { function: 'average' },
        { op: 'GlobalAveragePool', inputs: [x(...dims)] },
        near,
      );
    }
    assert.throws(() => prepared('globalPool', { function: 'max' }, [x(2, 3, 0)]), /its input is \[2,3,0\]/);
  });
});

describe('recurrent layers', () => {
  const [T, B, I, H] = [7, 2, 5, 4];
  const activation = { function: 'tanh', alpha: 0, beta: 0 } as const;
  const shared = {
    directions: ['forward', 'reverse'],
    activations: [[activation], [activation]],
    clip: Infinity,
  } as const;
  const lstm = (batchFirst: boolean): Kinds['lstm'] => ({ ...shared, batchFirst, inputForget: false });
  const operands = (batchFirst: boolean): (Constant | null)[] => [
    batchFirst ? x(B, T, I) : x(T, B, I),
    x(2, 4 * H, I),
    x(2, 4 * H, H),
    x(2, 8 * H),
    tensor('integer', [B], [7, 3]),
    batchFirst ? x(B, 2, H) : x(2, B, H),
    null,
    x(2, 3 * H),
  ];

  it('have the shapes of ONNX in both layouts', () => {
    const dims = (batchFirst: boolean): (readonly number[])[] =>
      prepared('lstm', lstm(batchFirst), operands(batchFirst), 3).outputs.map((output) => output.dims);
    assert.deepEqual(dims(false), [
      [T, 2, B, H],
      [2, B, H],
      [2, B, H],
    ]);
    assert.deepEqual(dims(true), [
      [B, T, 2, H],
      [B, 2, H],
      [B, 2, H],
    ]);
    const node = operation('lstm', lstm(true), 8, 2) as OperationOf<'lstm'>;
    const { outputs, ...sizes } = recurrentShapes(node, operands(true));
    assert.deepEqual(sizes, { sequence: T, batch: B, inputSize: I, hiddenSize: H });
    assert.equal(outputs.length, 2);
  });

  it('leave computing to the runtime', () => {
    assert.throws(() => ownOutputs('lstm', lstm(false), { inputs: operands(false), outputs: 3 }), /runtime's kernels/);
  });

  const wrong: [index: number, operand: Constant | null, message: RegExp][] = [
    [0, x(T, I), /X is \[7,5\]; expected \[time, batch, input\]/],
    [1, x(2, 3 * H, I), /W is \[2,12,5\]; expected \[directions, 4·hidden, input\], here \[2,16,5\]/],
    [1, null, /input 1 is missing/],
    [2, x(1, 4 * H, H), /R is \[1,16,4\]; expected \[directions, 4·hidden, hidden\], here \[2,.,4\]|R is \[1,16,4\]/],
    [2, x(2, 4 * H, H + 1), /R is \[2,16,5\]; expected .*, here \[2,20,5\]/],
    [3, x(2, 4 * H), /B is \[2,16\]; expected \[directions, 8·hidden\], here \[2,32\]/],
    [4, tensor('integer', [3], [1, 2, 3]), /sequence_lens is \[3\]; expected \[batch\], here \[2\]/],
    [4, x(B), /sequence_lens are float; expected integer/],
    [5, x(2, B, H + 1), /initial_h is \[2,2,5\]; expected \[directions, batch, hidden\], here \[2,2,4\]/],
    [6, x(1, B, H), /initial_c is \[1,2,4\]/],
    [7, x(2, 4 * H), /P is \[2,16\]; expected \[directions, 3·hidden\], here \[2,12\]/],
    [3, randomTensor([2, 8 * H], 1, 'integer'), /input 3 is integer, and only float/],
  ];
  for (const [index, operand, message] of wrong)
    it(`are refused: ${message.source}`, () =>
      assert.throws(
        () => prepared('lstm', lstm(false), operands(false).with(index, operand), 3),
        (error: Error) => message.test(error.message) && error.message.startsWith('lstm "node": '),
      ));

  it('count three gates for a GRU, one for an RNN', () => {
    for (const [kind, gates] of [
      ['gru', 3],
      ['rnn', 1],
    ] as const) {
      const fields = { ...shared, batchFirst: false, linearBeforeReset: false };
      const given = [x(T, B, I), x(2, gates * H, I), x(2, gates * H, H)];
      assert.deepEqual(
        prepared(kind, fields, given, 2).outputs.map(({ dims }) => dims),
        [
          [T, 2, B, H],
          [2, B, H],
        ],
      );
      assert.throws(() => prepared(kind, fields, given.with(1, x(2, 4 * H, I)), 2), ModelFormatError);
    }
  });
});
