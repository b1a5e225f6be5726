import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import test from 'node:test';
import { loadModel, type LoadOptions, type Model } from 'tympan';
import { buildModel, gruWeights } from './onnx-builder.js';
import { IMPORTABLE, readFixture } from './support.js';

const load = (name: string, options?: LoadOptions): Promise<Model> => loadModel(readFixture(`${name}.onnx`), options);

test('a summary says the sizes that streams have, of every fixture', async () => {
  let streamed = 0;
  for (const name of IMPORTABLE) {
    const model = await loadModel(readFixture(name));
    const { inputs, outputs, mode } = model.summary();
    if (mode === null) {
      assert.throws(() => model.stream(), { name: 'UnsupportedModelError' });
      continue;
    }
    const stream = model.stream();
    const sizes = (tensors: readonly { name: string; size: number }[]) => tensors.map((one) => [one.name, one.size]);
    const isState = ({ role }: { role: string }) => role === 'state';
    assert.deepEqual(sizes(inputs.filter((input) => !isState(input))), sizes(stream.inputSlots), name);
    assert.deepEqual(sizes(inputs.filter(isState)), sizes(stream.stateSlots), name);
    assert.deepEqual(sizes(outputs), sizes(stream.outputSlots), name);
    stream.close();
    streamed++;
  }
  assert.ok(streamed > 100);
});

test('a stateful model and its windows: the work of a window is that of its frames', async () => {
  const bytes = readFileSync('models/happy.onnx');
  const stateful = (await loadModel(bytes)).summary();
  // Convolutions [48, 20, 5] every 2nd frame and [64, 48, 5] every 4th, and with it W [240, 64], R [240, 80], W and R
  // [240, 80], a head [1, 80]
  const [first, second, cells] = [48 * 20 * 5, 64 * 48 * 5, 240 * (64 + 80) + 240 * (80 + 80) + 80];
  assert.equal(stateful.multiplyAddsPerFrame, first / 2 + (second + cells) / 4);
  assert.equal(stateful.parameters, first + 48 + second + 64 + cells + 2 * 2 * 240 + 1);
  assert.ok(stateful.weightBytes! > stateful.parameters!);
  const windowed = (await loadModel(bytes, { streaming: { windowFrames: 40, hopFrames: 10 } })).summary();
  assert.equal(windowed.mode, 'windowed');
  assert.equal(windowed.multiplyAddsPerFrame, 4 * stateful.multiplyAddsPerFrame!);
  assert.equal(windowed.weightBytes, null);
  assert.deepEqual([stateful.warnings, windowed.warnings], [[], []]);
});

test('of a stride only one frame in two computes', async () => {
  const { layers } = (await load('torchscript-conv-stride')).summary();
  const conv = layers.find(({ kind }) => kind === 'convolution')!;
  assert.equal(conv.runs, 'kernels');
  assert.equal(conv.multiplyAdds, (conv.parameters - 8) / 2); // 8 biases
});

test('states that are carried name each other', async () => {
  const { inputs, outputs, streaming } = (await load('forged-conv-cache')).summary();
  for (const { name, carries } of inputs.filter(({ role }) => role === 'state'))
    assert.equal(outputs.find((output) => output.name === carries)?.carries, name);
  assert.match(streaming, /^stateful: frame by frame, 2 states carried from frame to frame/);
});

test('what needs the whole sequence says why', async () => {
  const { layers, streaming } = (await load('torchscript-attention')).summary();
  const refused = layers.filter(({ because }) => because !== undefined);
  assert.deepEqual(
    refused.map(({ kind, timing }) => [kind, timing]),
    [['gru', 'whole']],
  );
  assert.ok(streaming.includes(refused[0].because!));
});

const cases: [what: string, name: string, options: LoadOptions, warning: RegExp][] = [
  [
    'windows that are not what the file fixes',
    'torchscript-last',
    { streaming: { windowFrames: 30 } },
    /the file fixes 12 frames, and windows have 30: it was made, and likely trained, for 12/,
  ],
  [
    'windows that the network does not fit',
    'torchscript-window',
    { streaming: { windowFrames: 30 } },
    /the file fixes 12 frames, and windows have 30: that does not fit: /,
  ],
  ['a length that an exporter left inside', 'dynamo-bare', {}, /fits sequences of 12 frames alone/],
  [
    'a front end of another size',
    'torchscript-frames',
    { frontend: { numCoefficients: 3 } },
    /makes 3 features a frame, the model takes 13 as "x"/,
  ],
  ['labels of another number', 'torchscript-frames', { labels: { names: ['a', 'b'] } }, /got 2 names, expected 1/],
];
for (const [what, name, options, warning] of cases) {
  test(`warns of ${what}`, async () => {
    const { warnings } = await load(name, options);
    assert.equal(warnings.length, 1, warnings.join('\n'));
    assert.match(warnings[0], warning);
  });
}

test('warns of a fixed batch, and of frames that are one number', async () => {
  const model = (dims: (number | string)[], size: number) =>
    loadModel(
      buildModel({
        inputs: { x: dims },
        outputs: { y: ['time', 1, 'batch', 2] },
        initializers: gruWeights(size, 2),
        nodes: [['GRU', ['x', 'W', 'R', 'B'], ['y'], { hidden_size: 2 }]],
      }),
    );
  assert.match((await model(['time', 8, 3], 3)).warnings.join(), /^input "x": the file fixes a batch of 8 sequences/);
  assert.match((await model(['time', 'batch', 1], 1)).warnings.join(), /^input "x": a frame of it is one number/);
  assert.deepEqual((await model(['time', 'batch', 3], 3)).warnings, []);
});
