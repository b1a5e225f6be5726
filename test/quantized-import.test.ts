/** Files that come quantized: what onnxruntime's quantizers make of PyTorch's networks, and what is written by hand. */
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import test from 'node:test';
import { loadModel, type Model, type Tensor } from 'tympan';
import { noiseAtOutputs } from './quantization-noise.js';
import { deviationOf, layoutOf, listen, randomSequence } from './sequences.js';
import { compareOutputs, openOnnxruntime, randomInputs, relativeDifference } from './support.js';

const FOLDER = 'test/fixtures/exported/';

/** Blocks have scales of their own: refused. */
const BLOCKS = 'quantized-by-hand-blocks.onnx';

const FILES = readdirSync(FOLDER).filter(
  (name) => name.startsWith('quantized-') && name.endsWith('.onnx') && name !== BLOCKS,
);

/** Of |x| or 1, whichever is more: every other operation is what the file says, to the rounding of sums. */
const F32_DIFFERENCE = 2e-6;

/** What weights of 8 bits and activations of 16 cost where a file quantizes nothing but weights; those of rnn layers were 1.3e-2. */
const INT8_DIFFERENCE = { rnn: 2e-2, other: 1e-3 };

/** Batch and frames, where the file leaves them open. */
const SIZES = [
  [1, 12],
  [2, 29],
] as const;

const read = (name: string) => new Uint8Array(readFileSync(FOLDER + name));

const hasKind = ({ network }: Model, kind: string) => network.operations.some((operation) => operation.kind === kind);

/** DynamicQuantizeLSTM rounds h at every step, which is not followed: floats there are a step beside. */
const isRoundedLstm = ({ network }: Model): boolean =>
  network.operations.some(
    ({ kind, inputs }) =>
      kind === 'lstm' &&
      network.operations.some((maker) => maker.kind === 'fakeQuantize' && maker.outputs[0] === inputs[0]),
  );

interface Compared {
  readonly f32: Model;
  readonly int8: Model;
  readonly inputs: Record<string, Tensor>;
  readonly theirs: Record<string, Tensor>;
  /** Of the file's own rounding, by output. */
  readonly noise: ReadonlyMap<string, number>;
}

async function compared(name: string, then: (one: Compared) => void): Promise<void> {
  const bytes = read(name);
  const [f32, int8] = [await loadModel(bytes, { precision: 'f32' }), await loadModel(bytes)];
  const onnxruntime = await openOnnxruntime(bytes, 'disabled');
  try {
    for (const [i, [batch, frames]] of SIZES.entries()) {
      const inputs = randomInputs(f32.network, batch, frames, i);
      const theirs = await onnxruntime.run(inputs);
      then({
        f32,
        int8,
        inputs,
        theirs,
        noise: await noiseAtOutputs(f32, inputs),
      });
    }
  } finally {
    await onnxruntime.close();
  }
}

for (const name of FILES) {
  test(`${name}: f32 is what onnxruntime computes, int8 within the noise of the file's own rounding`, () =>
    compared(name, ({ f32, int8, inputs, theirs, noise }) => {
      compareOutputs(f32.run(inputs), theirs, (output, actual, expected) => {
        const bound = isRoundedLstm(f32) ? noise.get(output)! : F32_DIFFERENCE;
        const difference = relativeDifference(actual.data, expected.data);
        assert.ok(difference <= bound, `${output}: f32 ${difference}, of ${bound}`);
      });
      const own = INT8_DIFFERENCE[hasKind(f32, 'rnn') ? 'rnn' : 'other'];
      compareOutputs(int8.run(inputs), theirs, (output, actual, expected) => {
        const difference = relativeDifference(actual.data, expected.data);
        const bound = noise.get(output)! + own;
        assert.ok(difference <= bound, `${output}: int8 ${difference}, of ${bound}`);
      });
    }));
}

/** As of float networks: a run's dense layers take matrices by the batch, and have other scales of activations. */
const STREAM_DIFFERENCE = 1e-2;

/** Those that have no time, one of fixed length, or need all of it: as before they were quantized. */
const WINDOWED = /-(dense|image|bidirectional|self-attention|conv-integer|qlinear-conv)/;

for (const name of FILES.filter((file) => !WINDOWED.test(file))) {
  test(`${name}: it streams statefully, and a stream is its run`, async () => {
    const f32 = await loadModel(read(name), { precision: 'f32' });
    assert.equal(f32.streaming.mode, 'stateful');
    const layout = await layoutOf(f32);
    const frames = layout.analysis.fixedFrames ?? layout.analysis.bakedFrames ?? 23;
    const sequence = randomSequence(f32, layout, frames, 9);
    for (const model of [f32, await loadModel(read(name))]) {
      const own = await layoutOf(model);
      const stream = model.stream();
      const { largest, where } = deviationOf(model, own, sequence, listen(stream, sequence, own, frames));
      stream.close();
      const isRounded = model.network.operations.some(
        ({ kind, inputs }) => kind === 'fakeQuantize' && inputs[1] === null,
      );
      const noise = await noiseAtOutputs(f32, sequence);
      const bound =
        model.precision === 'int8' ? STREAM_DIFFERENCE : isRounded ? Math.max(...noise.values()) : F32_DIFFERENCE;
      assert.ok(largest <= bound, `${model.precision}: ${where}: ${largest}, of ${bound}`);
    }
  });
}

/** Files that quantize no weights. */
const WITHOUT_WEIGHTS = ['activations-gru', 'features', 'halves', 'wide'].map(
  (name) => `quantized-by-hand-${name}.onnx`,
);

test('weights of 8 bits keep the steps of the file', async () => {
  for (const name of FILES) {
    const { network } = await loadModel(read(name));
    const stepped = [...network.constants.values()].filter(({ steps }) => steps);
    assert.equal(stepped.length > 0, !WITHOUT_WEIGHTS.includes(name), name);
    for (const { data, steps } of stepped) {
      const multiples = [...data].map((weight, i) => weight / steps![i]);
      assert.ok(
        multiples.every((multiple) => Math.abs(multiple) < 255.5 && Math.abs(multiple - Math.round(multiple)) < 1e-3),
        name,
      );
    }
  }
});

test('scales of blocks are refused by node', () =>
  assert.rejects(loadModel(read(BLOCKS)), {
    name: 'UnsupportedModelError',
    message: /^DequantizeLinear node "DequantizeLinear0": it has a scale for each block of 2/,
  }));
