import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { pathToFileURL } from 'node:url';
import fc from 'fast-check';
import { ModelFormatError, UnsupportedModelError } from '#dist/errors.js';
import type { GruLayer, Layer, Network, TensorLayout } from '#dist/model/network.js';
import { importOnnx } from '#dist/onnx/index.js';
import { runReference } from './reference/network.js';

const folder = join(process.cwd(), 'test/fixtures/onnx');
const shared = join(process.cwd(), '../shared/onnx');
const read = (name: string) => readFileSync(join(folder, `${name}.onnx`));
const load = (name: string) => importOnnx(read(name));

function layerText(network: Network, layer: Layer): string {
  const size = (value: number) => network.values[value].size;
  switch (layer.kind) {
    case 'gru':
      return `gru ${layer.inputSize}→${layer.hiddenSize}`;
    case 'dense':
      return `dense ${size(layer.input)}→${size(layer.output)}`;
    case 'activation':
      return layer.activation;
    case 'softmax':
      return layer.log ? 'logsoftmax' : 'softmax';
    case 'concat':
      return `concat ${layer.inputs.map(size).join('+')}`;
    case 'slice':
      return `slice ${layer.start}+${size(layer.output)}`;
  }
}

const layersOf = (network: Network) => network.layers.map((layer) => layerText(network, layer)).join(', ');

/** `x [batch, time, 13]`: sizes of parts and features; of batch and time only where asked. */
function layoutText({ name, axes }: TensorLayout, withSizes = false): string {
  const named = axes.map(
    (axis) =>
      axis
        .map(({ role, size }) =>
          role === 'part' || role === 'feature'
            ? `${role === 'part' ? 'part ' : ''}${size}`
            : withSizes
              ? `${role} ${size}`
              : role,
        )
        .join('·') || '1',
  );
  return `${name} [${named.join(', ')}]`;
}

const layoutsOf = ({ inputs, states, outputs }: Network, withSizes = false) =>
  [inputs, states, outputs]
    .map((layouts) => layouts.map((layout) => layoutText(layout, withSizes)).join(' '))
    .join(' | ');

const gruOf = (network: Network) => network.layers.find((layer): layer is GruLayer => layer.kind === 'gru')!;

/** What PyTorch's two exporters wrote of one network: layers, then inputs | states | outputs. */
const exported: Record<string, [layers: string, layouts: string]> = {
  frames: ['gru 13→20, dense 20→1, sigmoid', 'x [batch, time, 13] |  | y [batch, time, 1]'],
  'frames-time-first': ['gru 5→6, dense 6→1, sigmoid', 'x [time, batch, 5] |  | y [time, batch, 1]'],
  'frames-two-layers': ['gru 13→12, gru 12→12, dense 12→3, softmax', 'x [batch, time, 13] |  | y [batch, time, 3]'],
  'frames-three-layers-fixed': [
    'gru 7→9, gru 9→9, gru 9→9, dense 9→9, relu, dense 9→2, sigmoid',
    'x [batch, time, 7] |  | y [batch, time, 2]',
  ],
  last: ['gru 13→20, dense 20→1, sigmoid', 'x [batch, time, 13] |  | y [batch, 1]'],
  'last-dynamic': ['gru 10→16, dense 16→5, logsoftmax', 'x [batch, time, 10] |  | y [batch, 5]'],
  'last-time-first-fixed': ['gru 6→11, dense 11→7, tanh, dense 7→2', 'x [time, batch, 6] |  | y [batch, 2]'],
  hidden: ['gru 13→8, dense 8→1, sigmoid', 'x [batch, time, 13] |  | y [batch, 1]'],
  'hidden-two-layers': ['gru 13→14, gru 14→14, dense 14→5, logsoftmax', 'x [batch, time, 13] |  | y [batch, 5]'],
  'hidden-three-layers-states': [
    'gru 8→10, gru 10→10, gru 10→10, dense 10→3, softmax',
    'x [batch, time, 8] | h0 [part 3, batch, 10] | y [batch, 3] hn [part 3, batch, 10]',
  ],
  states: [
    'gru 13→24, dense 24→1, sigmoid',
    'x [batch, time, 13] | h0 [1, batch, 24] | y [batch, time, 1] hn [1, batch, 24]',
  ],
  'states-two-layers': [
    'gru 9→18, gru 18→18, dense 18→9, relu, dense 9→2, sigmoid',
    'x [batch, time, 9] | h0 [part 2, batch, 18] | y [batch, time, 2] hn [part 2, batch, 18]',
  ],
  'states-fixed': [
    'gru 13→7, gru 7→7, dense 7→4',
    'x [time, batch, 13] | h0 [part 2, batch, 7] | y [time, batch, 4] hn [part 2, batch, 7]',
  ],
  bare: ['gru 13→15, gru 15→15', 'x [time, batch, 13] |  | y [time, batch, 15] hn [part 2, batch, 15]'],
  'no-bias': ['gru 11→13, dense 13→7, tanh, dense 7→2', 'x [batch, time, 11] |  | y [batch, time, 2]'],
};

for (const [name, [layers, layouts]] of Object.entries(exported)) {
  test(`PyTorch's exporters: ${name}`, () => {
    for (const exporter of ['torchscript', 'dynamo']) {
      const { network, producer, warnings } = load(`${exporter}-${name}`);
      assert.equal(layersOf(network), layers, exporter);
      assert.equal(layoutsOf(network), layouts, exporter);
      assert.match(producer, /^pytorch 2\.13\.0/);
      const isFixed = exporter === 'dynamo' && ['frames-time-first', 'bare'].includes(name);
      assert.match(warnings.join(), isFixed ? /^Reshape node ".*": it fixes the size "time".* to 12/ : /^$/);
      assert.ok(network.layers.every((layer) => layer.kind !== 'gru' || layer.linearBeforeReset));
    }
  });
}

test('both exporters give the same weights and states', () => {
  const networks = ['torchscript', 'dynamo'].map((exporter) => load(`${exporter}-states-two-layers`).network);
  assert.deepEqual(
    networks[0].layers.map((layer) => ({ ...layer, name: '' })),
    networks[1].layers.map((layer) => ({ ...layer, name: '' })),
  );
  const [first, second] = networks[0].layers as GruLayer[];
  assert.deepEqual([first.initialH, second.initialH], networks[0].states[0].values);
  assert.deepEqual(networks[0].outputs[1].values, [first.output, second.output]);
});

test('sizes stay as the file gives them', () => {
  assert.equal(
    layoutsOf(load('torchscript-last').network, true),
    'x [batch batch, time 12, 13] |  | y [batch batch, 1]',
  );
  assert.equal(
    layoutsOf(load('torchscript-frames').network, true),
    'x [batch batch, time time, 13] |  | y [batch batch, time time, 1]',
  );
  assert.equal(
    layoutsOf(load('dynamo-frames').network, true),
    'x [batch batch, time time, 13] |  | y [batch batch, time time, 1]',
  );
  assert.equal(
    layoutsOf(load('dynamo-frames-time-first').network, true),
    'x [time 12, batch batch, 5] |  | y [time 12, batch batch, 1]',
  );
  assert.equal(
    layoutsOf(load('dynamo-states-fixed').network, true),
    'x [time 12, batch 1, 13] | h0 [part 2, batch 1, 7] | y [time 12, batch 1, 4] hn [part 2, batch 1, 7]',
  );
});

test('what an exporter need not write is zero', () => {
  const gru = gruOf(load('torchscript-no-bias').network);
  assert.equal(gru.initialH, null);
  assert.ok([...gru.Wb, ...gru.Rb].every((value) => value === 0));
  assert.deepEqual([gru.W.length, gru.R.length, gru.Wb.length], [39 * 11, 39 * 13, 39]);
});

test("other exporters' habits", () => {
  const forged = (name: string) => load(`forged-${name}`).network;
  assert.equal(layersOf(forged('opset-9')), 'gru 5→6, dense 6→3, softmax');
  assert.equal(layersOf(forged('rows')), 'dense 5→6, relu, gru 6→6, dense 6→3, logsoftmax');
  assert.equal(layoutsOf(forged('rows')), 'x [batch, time, 5] |  | y [batch, time, 3]');
  assert.equal(layersOf(forged('two-heads')), 'gru 5→6, gru 5→6, concat 6+6, dense 12→2, tanh, concat 6+6, slice 5+7');
  assert.equal(layoutsOf(forged('fixed-index'), true), 'x [batch 1, time 12, 5] |  | y [batch 1, 6]');
  assert.equal(
    layoutsOf(forged('one-frame')),
    'x [batch·time, 5] | h [part 2, batch, 6] | y [time·batch, 2] Y_h [1, batch, 6]',
  );
  assert.equal(
    layoutsOf(forged('size-named-12'), true),
    "x [time '12', batch batch, 5] |  | y [time '12', batch batch, 6]",
  );
  const learned = gruOf(forged('learned-state')).initialH;
  assert.ok(learned instanceof Float32Array && learned.length === 6 && learned.some((value) => value !== 0));
});

test('layers that no output needs are left out, under whichever name a value is read', () => {
  const { layers, values, inputs } = load('forged-bias-aliases').network;
  assert.equal(layers.filter(({ kind }) => kind === 'dense').length, 6); // m itself, y1 to y4, y5 without the Add before its own
  assert.deepEqual([values.length, inputs[0].values], [layers.length + 1, [0]]);
  const written = new Set(inputs[0].values);
  for (const layer of layers) {
    for (const value of layer.kind === 'concat' ? layer.inputs : [layer.input]) assert.ok(written.has(value));
    written.add(layer.output);
  }
  assert.equal(layersOf(load('forged-rows').network).match(/dense 6→3/g)?.length, 1); // MatMul and Add
});

test('weights in every form are the same weights', () => {
  const plain = gruOf(load('forged-activations').network);
  for (const form of ['constant', 'typed-fields', 'float64', 'float16']) {
    const gru = gruOf(load(`forged-weights-${form}`).network);
    const largest = Math.max(...gru.W.map((value, index) => Math.abs(value - plain.W[index])));
    // Half of float16's step below 2.
    assert.ok(largest <= (form === 'float16' ? 2 ** -11 : 0), `${form}: ${largest}`);
  }
});

test('layout 1 is layout 0 with batch first', () => {
  const [batchFirst, timeFirst] = [load('forged-layout').network, load('forged-activations').network];
  assert.equal(layoutsOf(batchFirst), 'x [batch, time, 5] |  | Y [batch, time, 1, 6] Y_h [batch, 1, 6]');
  assert.equal(layoutsOf(timeFirst), 'x [time, batch, 5] |  | Y [time, 1, batch, 6] Y_h [1, batch, 6]');
  const data = Array.from({ length: 2 * 4 * 5 }, (_, index) => Math.sin(index));
  const transposed = data.map(
    (_, index) => data[(Math.floor(index / 5) % 2) * 20 + Math.floor(index / 10) * 5 + (index % 5)],
  );
  const a = runReference(batchFirst, { x: { dims: [2, 4, 5], data } });
  const b = runReference(timeFirst, { x: { dims: [4, 2, 5], data: transposed } });
  assert.deepEqual(a.Y_h.data, b.Y_h.data);
  assert.deepEqual(a.Y.data.slice(18, 24), b.Y.data.slice(36, 42)); // sequence 0, frame 3
});

test('metadata, and a warning for a reset gate that PyTorch does not have', () => {
  const { metadata, warnings, producer, opset } = load('forged-reset-after-pytorch');
  assert.equal(metadata.get('tympan.labels'), '{"version": 1, "names": ["noise", "happy"]}');
  assert.deepEqual([producer, opset], ['pytorch 1', 17]);
  assert.match(warnings.join(), /GRU node "gru": linear_before_reset is 0.*torch\.nn\.GRU/);
  assert.equal(gruOf(load('forged-reset-after').network).linearBeforeReset, false);
  assert.deepEqual(load('forged-reset-after').warnings, []);
});

const unsupported: Record<string, RegExp> = {
  conv: /Conv node "Conv_c".*not supported.*GRU/,
  clip: /GRU node "gru": clip 3/,
  affine: /activations \[HardSigmoid, Tanh\]/,
  bidirectional: /GRU node "gru": direction "bidirectional".*can't be streamed/,
  lstm: /LSTM node "lstm".*nn\.GRU/,
  lengths: /sequence_lens \("lengths"\)/,
  'weights-input': /GRU node "gru": W is the graph input "W".*initializers/,
  'first-frame': /Gather node "Gather_y".*time axis.*last frame/,
  'whole-window': /Gemm node "Gemm_y".*time 12 × feature 6.*can't be streamed/,
  'softmax-over-time': /Softmax node "Softmax_y".*axis 0/,
  decoder: /GRU node "b": initial_h is computed by the network/,
  'state-per-row': /initial_h \("h"\) differs between the sequences/,
  attribute: /GRU node "gru": attribute "forget_gates" is not known/,
  domain: /com\.microsoft::DynamicQuantizeGRU node "dq"/,
  'opset-6': /opset 6.*7 to 28/,
  external: /tensor "W".*another file \(weights\.bin\).*onnx\.save/,
  explosion: /tensor "h" of \[1, 1099511627776, 6\]/,
  'bias-across': /Add node "Add_y": it adds \[3\] to \[batch, feature 3, time 3\], whose last axis/,
  'concat-across':
    /Concat node "Concat_y": it joins \[time, batch, feature 6\] and \[batch, time, feature 6\].*equal roles/,
  'softmax-default': /Softmax node "Softmax_y": it works on axis 1/,
  'gather-apart': /Gather node "Gather_y": it takes \[0, 2\] of axis 2, expected indices that follow each other/,
  'slice-step': /Slice node "Slice_y": it takes axis 2 of .* in step 2/,
  'dropout-training': /Dropout node "drop": it drops out, as in training/,
  'cast-integer': /Cast node "Cast_i": it casts what the network computes to int64/,
  allowzero: /Reshape node "Reshape_y": it makes an empty tensor of \[0, 0, 0\]/,
  'input-raised': /Relu node "Relu_y": input 1 \("x"\) is not known/,
  'input-folded': /Transpose node "Transpose_W": input 1 \("R"\) is not known/,
  'input-opset-9': /Slice node "Slice_y": input 1 \("from"\) is not known/,
  'wrap-cast': /Cast node "Cast_k": it makes 300, which uint8 does not hold/,
  'wrap-narrow': /Cast node "Cast_k": it makes 300, which int8 does not hold/,
  'wrap-product': /Mul node "Mul_k": it makes 10000000000, which int32 does not hold/,
  'float16-sum': /Add node "Add_k": it computes with float16 constants, expected float32/,
  'float64-sum': /Add node "Add_k": it computes with float64 constants, expected float32/,
  'float64-cast': /Cast node "Cast_k": it casts float64 constants.*to int64/,
};

const broken: Record<string, RegExp> = {
  'weights-nan': /tensor "B" \[1, 36\] holds NaN/,
  cycle: /Relu node "Relu_[ab]" and Relu node "Relu_[ab]" are in a cycle/,
  missing: /GRU node "gru" reads "nowhere"/,
  twice: /"Y" is also an output of GRU node "gru"/,
  'no-opset': /opset/,
  'short-tensor': /tensor "W" has 356 bytes, expected 90 × 4/,
  'wrong-size': /hidden_size is 6, and R is \[1, 21, 7\]/,
  'state-over-time': /initial_h \("h0"\) is \[1, time, 6\], expected \[1, batch, 6\]/,
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
  const before = gruOf(network).R.slice();
  bytes.fill(0);
  assert.deepEqual(gruOf(network).R, before);
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

test('every fixture is one of those above', () => {
  const tested = new Set([
    ...Object.keys(exported).flatMap((name) => [`torchscript-${name}`, `dynamo-${name}`]),
    ...[unsupported, broken].flatMap((table) => Object.keys(table).map((name) => `forged-${name}`)),
  ]);
  for (const file of readdirSync(folder)) {
    const name = file.replace('.onnx', '');
    if (!tested.has(name)) assert.ok(load(name).network.layers.length > 0, name);
  }
});

test('models that others made', (t) => {
  if (!existsSync(shared)) return t.skip('../shared/onnx is not here');
  const other = (path: string) => importOnnx(readFileSync(join(shared, path))).network;
  assert.equal(
    layoutsOf(other('gonnx/gru.onnx')),
    'data_input [batch, time, 3] | init_hidden [1, batch, 5] | preds [batch, time, 5] hidden_out [1, batch, 5]',
  );
  assert.equal(
    layoutsOf(other('gonnx/ndm.onnx')),
    'sensor_input [batch, time, 4] | setpoint_input [batch, 1] | optimal_supply_temp [batch, 1]',
  );
  assert.equal(
    layersOf(other('gonnx/ndm.onnx')),
    'gru 4→256, concat 256+1, dense 257→256, relu, dense 256→64, relu, dense 64→1',
  );
  assert.equal(
    layoutsOf(other('burn/gru.onnx'), true),
    'input [time 5, batch 2, 4] |  | Y [time 5, 1, batch 2, 8] Y_h [1, batch 2, 8]',
  );
  assert.equal(
    layoutsOf(other('burn/gru_with_initial_state.onnx')),
    'input [time, batch, 4] | initial_h [1, batch, 8] | Y [time, 1, batch, 8] Y_h [1, batch, 8]',
  );
  const refusals: Record<string, RegExp> = {
    'gonnx/mlp.onnx': /no input of the graph has a time axis \("data_input"/,
    'gonnx/scaler.onnx': /ai\.onnx\.ml::Scaler node "Scaler"/,
    'burn/gru_reverse.onnx': /direction "reverse"/,
    'burn/gru_bidirectional.onnx': /direction "bidirectional"/,
    'burn/lstm.onnx': /LSTM node/,
    'burn/rnn.onnx': /RNN node/,
    'dtln/model_1.onnx': /LSTM node "lstm_4"/,
  };
  for (const [path, message] of Object.entries(refusals)) {
    assert.throws(
      () => other(path),
      (error) => error instanceof UnsupportedModelError && message.test(error.message),
      path,
    );
  }
  for (const file of readdirSync(shared, { recursive: true, encoding: 'utf8' })) {
    if (file.endsWith('.onnx')) importAnything(readFileSync(join(shared, file)));
  }
});
