import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import fc from 'fast-check';
import { ModelFormatError, UnsupportedModelError } from '#dist/errors.js';
import type { Network, Operation, Port } from '#dist/model/network.js';
import { importOnnx } from './import-onnx.js';
import { IMPORTABLE } from './support.js';

const folder = join(process.cwd(), 'test/fixtures/onnx');
const shared = join(process.cwd(), '../shared/onnx');
const read = (name: string) => readFileSync(join(folder, `${name}.onnx`));
const load = (name: string) => importOnnx(read(name));

/** `gru`, `relu`, `cast int64`: what it is, without its attributes. */
function textOf(operation: Operation): string {
  if (operation.kind === 'cast') return `cast ${operation.to}`;
  if (operation.kind === 'reduce' || operation.kind === 'pool') return `${operation.kind} ${operation.function}`;
  return operation.kind === 'unary' || operation.kind === 'binary' ? operation.function : operation.kind;
}

const operationsOf = ({ operations }: Network) => operations.map(textOf).join(' ');

const portOf = ({ name, type, dims }: Port) => `${name} ${type} [${dims?.join(', ')}]`;

const portsOf = ({ inputs, outputs }: Network) =>
  [inputs, outputs].map((ports) => ports.map(portOf).join(' ')).join(' | ');

function recurrent(network: Network) {
  const found = network.operations.find(({ kind }) => kind === 'gru' || kind === 'lstm' || kind === 'rnn');
  assert.ok(found && (found.kind === 'gru' || found.kind === 'lstm' || found.kind === 'rnn'));
  return found;
}

/** Of the tensor that the file calls `name`. */
function constantOf({ names, constants }: Network, name: string) {
  const constant = constants.get(names.indexOf(name));
  assert.ok(constant, name);
  return constant;
}

/** What PyTorch's two exporters wrote of one network: its layers, whichever shape arithmetic is between them, and its ports. */
const exported: Record<string, [layers: string, inputs: string, outputs: string]> = {
  frames: ['gru dense sigmoid', 'x [batch, time, 13]', 'y'],
  'frames-time-first': ['gru dense sigmoid', 'x [time, batch, 5]', 'y'],
  'frames-two-layers': ['gru gru dense softmax', 'x [batch, time, 13]', 'y'],
  'frames-three-layers-fixed': ['gru gru gru dense relu dense sigmoid', 'x [1, 12, 7]', 'y'],
  last: ['gru dense sigmoid', 'x [batch, 12, 13]', 'y'],
  'last-dynamic': ['gru dense softmax', 'x [batch, time, 10]', 'y'],
  'last-time-first-fixed': ['gru dense tanh dense', 'x [12, 1, 6]', 'y'],
  hidden: ['gru dense sigmoid', 'x [batch, time, 13]', 'y'],
  'hidden-two-layers': ['gru gru dense softmax', 'x [1, 12, 13]', 'y'],
  'hidden-three-layers-states': ['gru gru gru dense softmax', 'x [batch, time, 8] h0 [3, batch, 10]', 'y hn'],
  states: ['gru dense sigmoid', 'x [batch, time, 13] h0 [1, batch, 24]', 'y hn'],
  'states-two-layers': ['gru gru dense relu dense sigmoid', 'x [batch, time, 9] h0 [2, batch, 18]', 'y hn'],
  'states-fixed': ['gru gru dense', 'x [12, 1, 13] h0 [2, 1, 7]', 'y hn'],
  bare: ['gru gru', 'x [time, batch, 13]', 'y hn'],
  'no-bias': ['gru dense tanh dense', 'x [batch, 12, 11]', 'y'],
};

const layers = new Set(['gru', 'gemm', 'matmul', 'sigmoid', 'tanh', 'relu', 'softmax']);

for (const [name, expected] of Object.entries(exported)) {
  test(`PyTorch's exporters: ${name}`, () => {
    for (const exporter of ['torchscript', 'dynamo']) {
      const { network, producer, warnings } = load(`${exporter}-${name}`);
      const { operations, inputs, outputs } = network;
      const found = operations.map(textOf).filter((text) => layers.has(text));
      const found2 = found.map((text) => (text === 'gemm' || text === 'matmul' ? 'dense' : text)).join(' ');
      assert.deepEqual(
        [found2, inputs.map(portOf).join(' ').replaceAll(' float32', ''), outputs.map((port) => port.name).join(' ')],
        expected,
        exporter,
      );
      assert.match(producer, /^pytorch 2\.13\.0/);
      assert.deepEqual(warnings, []);
      for (const operation of operations) if (operation.kind === 'gru') assert.ok(operation.linearBeforeReset);
    }
  });
}

test('both exporters give the same weights', () => {
  for (const name of ['states-two-layers', 'no-bias']) {
    const [first, second] = ['torchscript', 'dynamo'].map((exporter) => {
      const { operations, constants } = load(`${exporter}-${name}`).network;
      const weights = operations.filter(({ kind }) => kind === 'gru').flatMap(({ inputs }) => inputs.slice(1, 4));
      return weights.map((id) => id !== null && [...constants.get(id)!.data].filter((value) => value !== 0));
    });
    assert.deepEqual(first, second);
  }
});

/** Fixtures that are no export of PyTorch's, and what becomes of them. */
const translated: Record<string, string> = {
  'activation-parameters': 'gru',
  activations: 'gru',
  affine: 'gru',
  'bias-across': 'gru squeeze matmul transpose add',
  'bias-aliases': 'gru squeeze matmul relu sigmoid identity add identity add slice add transpose add add unsqueeze add',
  'cast-integer': 'gru squeeze mul cast int64 cast float32',
  'concat-across': 'gru squeeze transpose concat',
  conv: 'convolution transpose gru',
  decoder: 'gru gru',
  explosion: 'constantOfShape gru',
  'first-frame': 'gru gather',
  'fixed-index': 'transpose gru squeeze gather',
  'float16-sum': 'gru squeeze matmul add cast float32 add',
  'float64-sum': 'gru squeeze matmul add cast float32 add',
  folded:
    'gru squeeze cast int64 reshape split flatten identity matmul div cast float32 add div add gather add slice squeeze add cast float32 mul add cast float16 cast float32 sub mul add tanh sigmoid relu add add matmul sigmoid slice',
  'gather-apart': 'gru squeeze gather',
  'learned-state': 'shape gather unsqueeze concat constantOfShape mul equal where expand gru',
  'one-frame': 'unsqueeze gather unsqueeze gru squeeze unsqueeze gemm sigmoid',
  'opset-9': 'transpose gru squeeze slice squeeze gemm softmax',
  'reset-after-pytorch': 'gru',
  'reset-after': 'gru',
  rows: 'reshape gemm relu shape slice concat reshape transpose gru transpose reshape matmul add softmax',
  'size-named-12': 'gru reshape',
  'slice-step': 'gru squeeze slice',
  'softmax-default': 'gru squeeze softmax',
  'softmax-over-time': 'gru softmax',
  'state-over-time': 'shape slice concat expand gru',
  'state-per-row': 'gru',
  'two-heads': 'gru gru concat transpose flatten gemm tanh concat split identity',
  'weights-constant': 'gru',
  'weights-float16': 'cast float32 cast float32 cast float32 gru',
  'weights-float64': 'cast float32 cast float32 cast float32 gru',
  'weights-typed-fields': 'gru',
  'whole-window': 'gru transpose flatten gemm',
  'wrap-cast': 'gru squeeze matmul cast uint8 cast float32 add',
  'wrap-narrow': 'gru squeeze matmul cast int8 cast float32 add',
  'wrap-product': 'gru squeeze matmul mul cast int32 cast float32 add',
};

test("other exporters' habits are the operations that they stand for", () => {
  for (const [name, operations] of Object.entries(translated))
    assert.equal(operationsOf(load(`forged-${name}`).network), operations, name);
});

test('operations follow those that they read, and read nothing that is not there', () => {
  for (const file of readdirSync(folder)) {
    const name = file.replace('.onnx', '');
    if (!exported[name.replace(/^(torchscript|dynamo)-/, '')] && !translated[name.replace('forged-', '')]) continue;
    const { network } = load(name);
    const known = new Set([...network.constants.keys(), ...network.inputs.map(({ value }) => value)]);
    for (const { inputs, outputs, kind } of network.operations) {
      assert.ok(
        inputs.every((id) => id === null || known.has(id)),
        `${name}: ${kind}`,
      );
      for (const id of outputs) if (id !== null) known.add(id);
    }
    assert.ok(
      network.outputs.every(({ value }) => known.has(value)),
      name,
    );
    assert.ok(
      [...known].every((id) => typeof network.names[id] === 'string'),
      name,
    );
  }
});

test('recurrent layers keep what their node says', () => {
  const forged = (name: string) => recurrent(load(`forged-${name}`).network);
  const plain = { kind: 'gru', linearBeforeReset: true, directions: ['forward'], clip: Infinity, batchFirst: false };
  const functions = (name: string) => forged(name).activations.map((gates) => gates.map((gate) => gate.function));
  const { activations, inputs, outputs, name, ...rest } = forged('activations');
  assert.deepEqual(rest, plain);
  assert.equal(name, 'gru');
  assert.deepEqual([inputs.length, outputs.length], [6, 2]);
  assert.deepEqual(
    inputs.map((id) => id === null),
    [false, false, false, false, true, true],
  );
  const none = { alpha: 0, beta: 0 };
  assert.deepEqual(activations, [
    [
      { function: 'sigmoid', ...none },
      { function: 'tanh', ...none },
    ],
  ]);
  assert.deepEqual(forged('activation-parameters').activations, activations);
  assert.deepEqual(functions('affine'), [['hardSigmoid', 'tanh']]);
  assert.deepEqual(forged('gru-both-ways').directions, ['forward', 'reverse']);
  assert.deepEqual(functions('gru-both-ways'), [
    ['sigmoid', 'tanh'],
    ['sigmoid', 'tanh'],
  ]);
  assert.deepEqual([forged('gru-clip').clip, forged('layout-gru').batchFirst], [Math.fround(0.3), true]);
  assert.deepEqual(functions('lstm-no-bias'), [['sigmoid', 'tanh', 'tanh']]);
  assert.deepEqual([forged('lstm-no-bias').inputs.length, forged('lstm-no-bias').outputs.length], [8, 3]);
  assert.notEqual(forged('gru-lengths').inputs[4], null);
  const { network } = load('forged-decoder');
  assert.equal(network.operations[1].inputs[5], network.operations[0].outputs[1]);
  // Y_h that nothing reads is not asked for.
  assert.deepEqual(
    forged('reset-after').outputs.map((id) => id === null),
    [false, true],
  );
});

test('ports are what the file declares', () => {
  const ports = (name: string) => portsOf(load(name).network);
  assert.equal(ports('forged-opset-9'), 'x float32 [batch, time, 5] | y float32 [batch, 3]');
  assert.equal(
    ports('forged-gru-lengths'),
    'x float32 [time, batch, 5] lengths int32 [batch] | Y float32 [time, 2, batch, 6] Y_h float32 [2, batch, 6]',
  );
  assert.equal(
    ports('forged-gru-weights-input'),
    'x float32 [time, batch, 5] W float32 [1, 18, 5] R float32 [1, 18, 6] B float32 [1, 36] | Y float32 [time, 1, batch, 6] Y_h float32 [1, batch, 6]',
  );
  assert.equal(
    ports('forged-folded'),
    'x float32 [time, batch, 5] | y float32 [y.0, y.1, 3] y0 float32 [y0.0, y0.1, 3] y1 float32 [y1.0, y1.1, 2]',
  );
  assert.deepEqual(load('forged-size-named-12').network.inputs[0].dims, ['12', 'batch', 5]);
  // Initializers that are inputs too have their values.
  assert.equal(ports('forged-weights-typed-fields'), 'x float32 [time, batch, 5] | Y float32 [time, 1, batch, 6]');
});

test('weights in every form are the same weights', () => {
  const plain = constantOf(load('forged-activations').network, 'W');
  const forms = { constant: 'W', 'typed-fields': 'W', float64: 'Wd', float16: 'Wh' };
  for (const [form, name] of Object.entries(forms)) {
    const { type, dims, data } = constantOf(load(`forged-weights-${form}`).network, name);
    assert.deepEqual([type, dims, data.constructor], ['float', [1, 18, 5], Float32Array]);
    const largest = Math.max(...[...data].map((value, index) => Math.abs(value - plain.data[index])));
    // Half of float16's step below 2.
    assert.ok(largest <= (form === 'float16' ? 2 ** -11 : 0), `${form}: ${largest}`);
  }
});

test('metadata, and a warning for a reset gate that PyTorch does not have', () => {
  const { metadata, warnings, producer, opset, network } = load('forged-reset-after-pytorch');
  assert.equal(metadata.get('tympan.labels'), '{"version": 1, "names": ["noise", "happy"]}');
  assert.deepEqual([producer, opset], ['pytorch 1', 17]);
  assert.match(warnings.join(), /^GRU node "gru": linear_before_reset is 0.*torch\.nn\.GRU/);
  assert.deepEqual(load('forged-reset-after').warnings, []);
  const gru = recurrent(network);
  assert.equal(gru.kind === 'gru' && gru.linearBeforeReset, false);
});

test('what is allowed and worth a look is said', () => {
  const warnings = (name: string) => load(`forged-${name}`).warnings;
  assert.deepEqual(warnings('unused'), [
    'input "idle" reaches no output, and is left out',
    'not used: initializers "spare"',
  ]);
  assert.deepEqual(warnings('float16-sum'), ['float16 tensors are computed in float32']);
  assert.deepEqual(warnings('float64-sum'), ['float64 tensors are computed in float32']);
  assert.deepEqual(warnings('weights-float16'), []);
});

const unsupported: Record<string, RegExp> = {
  attribute: /GRU node "gru": attribute "forget_gates" is not known/,
  domain: /com\.microsoft::DynamicQuantizeGRU node "dq": operators of this domain/,
  quantized: /QuantizeLinear node "QuantizeLinear_q": it has a scale for each block of 2/,
  'opset-6': /opset 6.*7 to 28/,
  external: /tensor "W".*another file \(weights\.bin\).*onnx\.save/,
  'dropout-training': /Dropout node "drop": it drops out, as in training/,
  'input-raised': /Relu node "Relu_y": input 1 \("x"\) is not known/,
  'input-folded': /Transpose node "Transpose_W": input 1 \("R"\) is not known/,
  'input-opset-9': /Slice node "Slice_y": input 1 \("from"\) is not known/,
  'float64-cast': /Cast node "Cast_k": it casts float64 to int64/,
};

const broken: Record<string, RegExp> = {
  'weights-nan': /tensor "B" \[1, 36\] holds NaN/,
  cycle: /Relu node "Relu_[ab]" and Relu node "Relu_[ab]" are in a cycle/,
  missing: /GRU node "gru" reads "nowhere"/,
  twice: /"Y" is also an output of GRU node "gru"/,
  'no-opset': /opset/,
  'short-tensor': /tensor "W" has 356 bytes, expected 90 × 4/,
  'wrong-size': /hidden_size is 6, and R is \[1, 21, 7\]/,
};

test('refusals name the node, what it asks for and the remedy', () => {
  for (const [name, message] of Object.entries(unsupported)) {
    assert.throws(
      () => load(`forged-${name}`),
      (error) => error instanceof UnsupportedModelError && message.test(error.message),
      name,
    );
  }
  for (const [name, message] of Object.entries(broken)) {
    assert.throws(
      () => load(`forged-${name}`),
      (error) => error instanceof ModelFormatError && message.test(error.message),
      name,
    );
  }
});

test('every other fixture is translated, or refused later, where its shapes are known', () => {
  const refused = [...Object.keys(unsupported), ...Object.keys(broken)].map((name) => `forged-${name}.onnx`);
  for (const file of IMPORTABLE) {
    assert.ok(!refused.includes(file), file);
    assert.ok(importOnnx(readFileSync(join(folder, file))).network.operations.length > 0, file);
  }
});

test('files that are no model', () => {
  const refuse = (text: string | Uint8Array, message: RegExp) =>
    assert.throws(
      () => importOnnx(typeof text === 'string' ? new TextEncoder().encode(text) : text),
      (error) => error instanceof ModelFormatError && message.test(error.message),
    );
  refuse('', /empty/);
  refuse('<!doctype html>', /web page/);
  refuse('version https://git-lfs.github.com/spec/v1', /git lfs pull/);
  refuse('PK\x03\x04', /torch\.onnx\.export/);
  refuse('RIFF\x24\x00\x00\x00WAVEfmt ', /not (an )?ONNX/);
  refuse(new Uint8Array(1000).fill(0xff), /not (an )?ONNX/);
  refuse(new Uint8Array(64 * 1024 * 1024 + 1), /67108865 bytes/);
  // A graph of a million empty nodes, in 2 megabytes.
  const nodes = new Uint8Array(2_200_005);
  nodes.set([0x3a, 0xc0, 0xa3, 0x86, 0x01]); // graph of 2,200,000 bytes
  for (let at = 5; at < nodes.length; at += 2) nodes.set([0x0a, 0x00], at);
  refuse(nodes, /million/);
  assert.throws(() => importOnnx('model.onnx' as unknown as Uint8Array), TypeError);
});

test('the network keeps no view of the file', () => {
  const bytes = new Uint8Array(read('torchscript-frames'));
  const { network } = importOnnx(bytes);
  const before = [...network.constants.values()].map(({ data }) => data.slice());
  bytes.fill(0);
  assert.deepEqual(
    [...network.constants.values()].map(({ data }) => data),
    before,
  );
});

test('int64 reads as a number where a page has Long', async () => {
  const page = globalThis as { Long?: unknown };
  page.Long = { fromBits: () => assert.fail('Long was used') };
  try {
    const url = pathToFileURL(join(process.cwd(), 'dist/onnx/onnx-proto.js'));
    const { ModelProto } = (await import(`${url}?long`)) as {
      ModelProto: { decode(bytes: Uint8Array): { opsetImport: { version: unknown }[] } };
    };
    assert.equal(ModelProto.decode(new Uint8Array(read('forged-opset-9'))).opsetImport[0].version, 9);
  } finally {
    delete page.Long;
  }
});

/** Nothing but the two errors, whatever the bytes. */
function importAnything(bytes: Uint8Array): void {
  try {
    importOnnx(bytes);
  } catch (error) {
    if (!(error instanceof ModelFormatError || error instanceof UnsupportedModelError)) throw error;
  }
}

test('a file cut short is refused in words', () => {
  for (const name of ['torchscript-states-two-layers', 'dynamo-hidden', 'forged-rows', 'forged-weights-typed-fields']) {
    const bytes = read(name);
    for (let length = 0; length < bytes.length; length += 37) importAnything(bytes.subarray(0, length));
    assert.throws(() => importOnnx(bytes.subarray(0, bytes.length >> 1)), ModelFormatError);
  }
});

test('damaged bytes are refused in words, and soon', { timeout: 60_000 }, () => {
  const names = [
    'torchscript-hidden',
    'dynamo-frames',
    'forged-rows',
    'forged-learned-state',
    'forged-two-heads',
    'forged-one-frame',
  ];
  const models = names.map(read);
  const flips = fc.array(fc.tuple(fc.nat(), fc.integer({ min: 1, max: 255 })), { minLength: 1, maxLength: 6 });
  fc.assert(
    fc.property(fc.integer({ min: 0, max: names.length - 1 }), flips, (which, changes) => {
      const bytes = new Uint8Array(models[which]);
      for (const [at, mask] of changes) bytes[at % bytes.length] ^= mask;
      importAnything(bytes);
    }),
    { seed: 20_250_101, numRuns: 3000 },
  );
});

test('models that others made', (t) => {
  if (!existsSync(shared)) return t.skip('../shared/onnx is not here');
  const other = (path: string) => importOnnx(readFileSync(join(shared, path))).network;
  assert.equal(
    portsOf(other('gonnx/ndm.onnx')),
    'sensor_input float32 [batch_size, sequence_length, 4] setpoint_input float32 [batch_size, 1] | optimal_supply_temp float32 [batch_size, 1]',
  );
  assert.equal(operationsOf(other('gonnx/mlp.onnx')), 'gemm relu gemm');
  assert.deepEqual(recurrent(other('burn/gru_reverse.onnx')).directions, ['reverse']);
  assert.deepEqual(recurrent(other('burn/rnn_bidirectional.onnx')).directions, ['forward', 'reverse']);
  assert.equal(other('dtln/model_1.onnx').operations.filter(({ kind }) => kind === 'lstm').length, 2);
  assert.throws(() => other('gonnx/scaler.onnx'), {
    name: 'UnsupportedModelError',
    message: /^ai\.onnx\.ml::Scaler node "Scaler": operators of this domain/,
  });
  for (const file of readdirSync(shared, { recursive: true, encoding: 'utf8' }))
    if (file.endsWith('.onnx') && !file.endsWith('scaler.onnx')) assert.ok(other(file).operations.length > 0, file);
});
