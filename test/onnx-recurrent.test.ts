/** RNN, GRU and LSTM nodes: their attributes, and which activation takes which parameter. */
import assert from 'node:assert/strict';
import test from 'node:test';
import { ModelFormatError, UnsupportedModelError } from '#dist/errors.js';
import { importOnnx } from './import-onnx.js';
import { buildModel, type AttributeSpec, type TensorSpec } from './onnx-builder.js';

const GATES = { RNN: 1, GRU: 3, LSTM: 4 };
const HIDDEN = 2;

type Attributes = Readonly<Record<string, AttributeSpec>>;

function layer(
  op: keyof typeof GATES,
  attributes: Attributes = {},
  further: readonly string[] = [],
  weights: Readonly<Record<string, TensorSpec>> = {},
) {
  const directions = attributes.direction === 'bidirectional' ? 2 : 1;
  const { network } = importOnnx(
    buildModel({
      inputs: {
        x: ['time', 'batch', 3],
        lengths: ['batch'],
        h: [directions, 'batch', HIDDEN],
        c: [directions, 'batch', HIDDEN],
      },
      types: { lengths: 'int32' },
      outputs: { y: null },
      initializers: {
        W: [[directions, GATES[op] * HIDDEN, 3]],
        R: [[directions, GATES[op] * HIDDEN, HIDDEN]],
        P: [[directions, 3 * HIDDEN]],
        ...weights,
      },
      nodes: [[op, ['x', 'W', 'R', ...further], ['y'], { hidden_size: HIDDEN, ...attributes }]],
    }),
  );
  const [operation] = network.operations;
  assert.ok(operation.kind === 'rnn' || operation.kind === 'gru' || operation.kind === 'lstm');
  return { operation, inputs: operation.inputs.map((id) => (id === null ? null : network.names[id])) };
}

const refused = (
  message: RegExp,
  kind: typeof UnsupportedModelError | typeof ModelFormatError,
  ...args: Parameters<typeof layer>
) =>
  assert.throws(
    () => layer(...args),
    (error) => error instanceof kind && message.test(error.message),
    String(message),
  );

/** `elu 1 0` for each gate, directions apart. */
const activationsOf = (...args: Parameters<typeof layer>) =>
  layer(...args)
    .operation.activations.map((gates) =>
      gates.map(({ function: name, alpha, beta }) => `${name} ${alpha} ${beta}`).join(', '),
    )
    .join(' | ');

test('the defaults of each layer', () => {
  assert.equal(activationsOf('RNN'), 'tanh 0 0');
  assert.equal(activationsOf('GRU', { direction: 'reverse' }), 'sigmoid 0 0, tanh 0 0');
  assert.equal(
    activationsOf('LSTM', { direction: 'bidirectional' }),
    'sigmoid 0 0, tanh 0 0, tanh 0 0 | sigmoid 0 0, tanh 0 0, tanh 0 0',
  );
  const { name: _, activations, outputs, inputs, ...lstm } = layer('LSTM').operation;
  const recurrent = { directions: ['forward'], clip: Infinity, batchFirst: false };
  assert.deepEqual(lstm, { kind: 'lstm', ...recurrent, inputForget: false });
  assert.equal(layer('GRU').operation.kind === 'gru' && activations.length, 1);
  assert.deepEqual([inputs.length, outputs.length], [8, 3]);
});

test('every attribute and input has its place', () => {
  const { operation, inputs } = layer(
    'LSTM',
    { direction: 'bidirectional', clip: { float: 3 }, input_forget: 1, layout: 1 },
    ['', 'lengths', 'h', 'c', 'P'],
  );
  assert.deepEqual(inputs, ['x', 'W', 'R', null, 'lengths', 'h', 'c', 'P']);
  assert.deepEqual(operation.directions, ['forward', 'reverse']);
  assert.deepEqual([operation.clip, operation.batchFirst], [3, true]);
  assert.ok(operation.kind === 'lstm' && operation.inputForget);
  const gru = layer('GRU', { linear_before_reset: 1 }, ['', '', 'h']);
  assert.ok(gru.operation.kind === 'gru' && gru.operation.linearBeforeReset);
  assert.deepEqual(gru.inputs, ['x', 'W', 'R', null, null, 'h']);
});

const f = Math.fround;

/** Activations, alphas, betas, and what each activation has in the end. */
const consumed: readonly [names: string[], alphas: number[] | null, betas: number[] | null, expected: string][] = [
  [['LeakyRelu', 'Elu'], null, null, `leakyRelu ${f(0.01)} 0, elu 1 0`],
  [['HardSigmoid', 'ThresholdedRelu'], null, null, `hardSigmoid ${f(0.2)} 0.5, thresholdedRelu 1 0`],
  [['Softsign', 'Softplus'], null, null, 'softsign 0 0, softplus 0 0'],
  [['hardSIGMOID', 'RELU'], [0.25], [0.75], 'hardSigmoid 0.25 0.75, relu 0 0'],
  [['HardSigmoid', 'Affine'], [0.25, 2], [0.75, 3], 'hardSigmoid 0.25 0.75, affine 2 3'],
  [['HardSigmoid', 'Affine'], null, null, `hardSigmoid ${f(0.2)} 0.5, affine 1 0`],
  [['ScaledTanh', 'Tanh'], [2], [4], 'scaledTanh 2 4, tanh 0 0'],
  // In order, by those that take them: Sigmoid takes none, Elu no beta.
  [['Sigmoid', 'LeakyRelu'], [0.5], null, 'sigmoid 0 0, leakyRelu 0.5 0'],
  [['Elu', 'HardSigmoid'], [3, 0.5], [0.25], 'elu 3 0, hardSigmoid 0.5 0.25'],
  [['LeakyRelu', 'Elu'], [0.5], null, 'leakyRelu 0.5 0, elu 1 0'],
  // Of no meaning where no activation takes any.
  [['Sigmoid', 'Tanh'], [1, 2], [3, 4], 'sigmoid 0 0, tanh 0 0'],
];

for (const [activations, alphas, betas, expected] of consumed) {
  test(`activations ${activations} with alphas ${alphas} and betas ${betas}`, () => {
    const attributes = {
      activations,
      ...(alphas && { activation_alpha: { floats: alphas } }),
      ...(betas && { activation_beta: { floats: betas } }),
    };
    assert.equal(activationsOf('GRU', attributes), expected);
  });
}

test('parameters are consumed through both directions', () => {
  const attributes = {
    direction: 'bidirectional',
    activations: ['Sigmoid', 'LeakyRelu', 'HardSigmoid', 'Elu'],
    activation_alpha: { floats: [0.5, 0.25, 2] },
  };
  assert.equal(activationsOf('GRU', attributes), 'sigmoid 0 0, leakyRelu 0.5 0 | hardSigmoid 0.25 0.5, elu 2 0');
});

test('activations that nobody can tell apart are refused', () => {
  const alpha = (...floats: number[]) => ({ activation_alpha: { floats } });
  const names = (...activations: string[]) => ({ activations });
  const [no, bad] = [UnsupportedModelError, ModelFormatError];
  refused(/activation "swish" is not known, only affine/, no, 'GRU', names('Sigmoid', 'Swish'));
  refused(/has 1 activations \[Tanh\], expected 2/, bad, 'GRU', names('Tanh'));
  refused(/expected 6/, bad, 'LSTM', { direction: 'bidirectional', ...names('Sigmoid', 'Tanh', 'Tanh') });
  refused(/activation_alpha has 2 values.*only 1/, no, 'GRU', { ...names('HardSigmoid', 'Tanh'), ...alpha(0.2, 0) });
  refused(/activation scaledtanh has no activation_alpha/, no, 'RNN', names('ScaledTanh'));
  refused(/activation scaledtanh has no activation_beta/, no, 'RNN', { ...names('ScaledTanh'), ...alpha(2) });
  // The default of RNN, which exporters write out, is for two directions.
  assert.equal(activationsOf('RNN', names('Relu', 'Relu')), 'relu 0 0');
  refused(/has 2 activations \[Relu, Tanh\], expected 1/, bad, 'RNN', names('Relu', 'Tanh'));
});

test('attributes beyond what they may be are refused', () => {
  const [no, bad] = [UnsupportedModelError, ModelFormatError];
  refused(/direction "sideways" is not known, only forward, reverse, bidirectional/, no, 'GRU', {
    direction: 'sideways',
  });
  refused(/clip is -1, expected more than 0/, bad, 'GRU', { clip: { float: -1 } });
  refused(/clip is 0, expected more than 0/, bad, 'GRU', { clip: { float: 0 } });
  refused(/attribute "layout" is 2, expected 0 or 1/, bad, 'LSTM', { layout: 2 });
  refused(/hidden_size is 5, and R is \[1, 6, 2\]/, bad, 'GRU', { hidden_size: 5 });
  refused(/attribute "output_sequence" is not known/, no, 'RNN', { output_sequence: 1 });
  refused(/attribute "linear_before_reset" is not known/, no, 'RNN', { linear_before_reset: 1 });
  refused(/input 6 \("c"\) is not known/, no, 'GRU', {}, ['', '', '', 'c']);
  refused(/takes float32 and int64/, bad, 'GRU', {}, ['B'], { B: [[1, 12], undefined, 'int64'] });
});

test('weights that are not finite are refused, infinite constants elsewhere are not', () => {
  const B = (value: number): TensorSpec => [[1, 12], Array.from({ length: 12 }, (_, i) => (i === 7 ? value : 0))];
  refused(/tensor "B" \[1, 12\] holds NaN at element 7/, ModelFormatError, 'GRU', {}, ['B'], { B: B(NaN) });
  refused(/tensor "B" \[1, 12\] holds Infinity at element 7/, ModelFormatError, 'GRU', {}, ['B'], { B: B(Infinity) });
  const masked = (value: number) =>
    importOnnx(
      buildModel({
        inputs: { x: [2] },
        outputs: { y: [2] },
        initializers: { mask: [[2], [0, value]] },
        nodes: [['Add', ['x', 'mask'], ['y']]],
      }),
    );
  assert.equal(masked(-Infinity).network.operations.length, 1);
  assert.throws(() => masked(NaN), /tensor "mask" \[2\] holds NaN at element 1/);
});
