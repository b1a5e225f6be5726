/** Every file of test/fixtures/exported, as exporters and quantizers write them: run, streamed, in f32 and int8. */
import { readdirSync, readFileSync } from 'node:fs';
import assert from 'node:assert/strict';
import test from 'node:test';
import { loadModel, UnsupportedModelError, type Model, type Tensor } from 'tympan';
import { deviationOf, layoutOf, listen, randomSequence, type Layout, type Tensors } from './sequences.js';
import { compareOutputs, maxDifference, openOnnxruntime, randomInputs } from './support.js';

const FOLDER = 'test/fixtures/exported/';
const FILES = readdirSync(FOLDER).map((file) => file.replace('.onnx', ''));

/** What is not done, by the sentence that says so. */
const REFUSED: Readonly<Record<string, RegExp>> = {
  'quantized-by-hand-blocks': /^DequantizeLinear node "DequantizeLinear0": it has a scale for each block of 2;/,
  'torchscript-loop-list': /^Loop node "\/Loop": body: graph input "25" is not a tensor/,
};

/** Batch and frames, where the file leaves them open. */
const SIZES = [
  [3, 29],
  [1, 12],
] as const;

/** Absolute. The largest is 2.9e-6, but for files of onnxruntime's dynamic quantizer. */
const F32_DIFFERENCE = 1e-5;
/**
 * A number that lies between two steps of 8 bits goes to one or the other by its last bit. The largest is 8.0e-4, of an LSTM that
 * quantizes its state at every frame.
 */
const DYNAMIC_DIFFERENCE = 1e-3;

/** A stream has seen less than the whole tensor, whose range a dynamic quantizer takes: it does not round there. At most 7.1e-3. */
const UNROUNDED_DIFFERENCE = 1e-2;
/** Of both precisions, relative where numbers are beyond ±1. */
const STREAM_DIFFERENCE = 1e-6;

/** Mean |int8 − f32| of a posterior: the largest is 1.9e-3. */
const POSTERIOR_DIFFERENCE = 0.005;
/**
 * Of other outputs, by their standard deviation. Weights of 8 bits are off by half of 1/127 of a row's largest, and that is three
 * or four times a row's spread: 0.5 to 1 % a layer. Where the file rounds activations to 8 bits and int8 does not, every such
 * place adds as much. The largest is 2.0 %, of a file with six of them.
 */
const SPREAD_DIFFERENCE = 0.03;

interface Loaded {
  readonly name: string;
  readonly bytes: Uint8Array;
  /** Stateful where it can be, also where the file fixes the number of frames. */
  readonly f32: Model;
  readonly int8: Model;
  readonly layout: Layout;
}

async function loadStateful(bytes: Uint8Array): Promise<Model> {
  try {
    return await loadModel(bytes, { precision: 'f32', streaming: { mode: 'stateful' } });
  } catch (error) {
    if (!(error instanceof UnsupportedModelError && /^it can't run statefully/.test(error.message))) throw error;
    return loadModel(bytes, { precision: 'f32' });
  }
}

async function load(name: string): Promise<Loaded> {
  const bytes = readFileSync(`${FOLDER}${name}.onnx`);
  const f32 = await loadStateful(bytes);
  return { name, bytes, f32, int8: await loadModel(bytes), layout: await layoutOf(f32) };
}

const loaded: Loaded[] = [];
const refused: Record<string, string> = {};
for (const name of FILES) {
  try {
    loaded.push(await load(name));
  } catch (error) {
    refused[name] = error instanceof UnsupportedModelError ? error.message : String(error);
  }
}

/** What is over its bound, and the largest of all. */
class Extremes {
  readonly failures: string[] = [];
  #largest = 0;
  #where = 'nowhere';

  note(value: number, bound: number, where: string): void {
    if (!(value <= bound)) this.failures.push(`${where}: ${value}`);
    if (value > this.#largest) [this.#largest, this.#where] = [value, where];
  }

  toString(): string {
    return `${this.#largest.toExponential(1)}, ${this.#where}`;
  }
}

test('every file loads, but for those that are refused with a sentence that names operator and node', () => {
  assert.ok(FILES.length > 200);
  assert.deepEqual(Object.keys(refused), Object.keys(REFUSED), JSON.stringify(refused, null, 1));
  for (const [name, sentence] of Object.entries(REFUSED)) assert.match(refused[name], sentence, name);
});

test('run equals onnxruntime-web', async (t) => {
  const [all, dynamic] = [new Extremes(), new Extremes()];
  for (const { name, bytes, f32 } of loaded) {
    const isDynamic = /dynamic/.test(name);
    // Fused, some of its operators compute with fewer bits than the file says.
    const theirs = await openOnnxruntime(bytes, 'disabled');
    for (const [seed, [batch, frames]] of SIZES.entries()) {
      const inputs = randomInputs(f32.network, batch, frames, seed);
      compareOutputs(f32.run(inputs), await theirs.run(inputs), (output, actual, expected) => {
        const difference = maxDifference(actual.data, expected.data);
        if (isDynamic) dynamic.note(difference, DYNAMIC_DIFFERENCE, `${name}, ${output}`);
        else all.note(difference, F32_DIFFERENCE, `${name}, ${output}`);
      });
    }
    await theirs.close();
  }
  t.diagnostic(`largest difference: ${all}; quantized dynamically: ${dynamic}`);
  assert.deepEqual([...all.failures, ...dynamic.failures], []);
});

/** A tensor of `size` sequences, the first again and again; `axis` is that of the batch. */
function repeated({ dims, data, ...others }: Tensor, axis: number, size: number): Tensor {
  const inner = dims.slice(axis + 1).reduce((product, dim) => product * dim, 1);
  const block = inner * size;
  const elementAt = (_: unknown, at: number) =>
    Number(data[Math.floor(at / block) * inner * dims[axis] + (at % inner)]);
  const elements = Float32Array.from({ length: (data.length / dims[axis]) * size }, elementAt);
  return { ...others, dims: dims.map((dim, at) => (at === axis ? size : dim)), data: elements } as Tensor;
}

/** A stream has one sequence, also of a file that fixes more: `run` takes it as many times, and the first of its outputs counts. */
function runAsBatch(model: Model, { axes }: Layout, sequence: Tensors): Tensors {
  const batchOf = (name: string): number => (axes.get(name) === 0 ? 1 : 0);
  const sizes = model.network.inputs.map(({ name, dims }) => dims![batchOf(name)]);
  if (!sizes.every((size) => typeof size === 'number' && size > 1)) return model.run(sequence);
  const batch = Object.entries(sequence).map(([name, tensor], i) => [
    name,
    repeated(tensor, batchOf(name), Number(sizes[i])),
  ]);
  const outputs = Object.entries(model.run(Object.fromEntries(batch) as Tensors));
  return Object.fromEntries(outputs.map(([name, tensor]) => [name, repeated(tensor, batchOf(name), 1)]));
}

/** Of what streams on windows only, and of what does not stream: why. */
const WHOLE: readonly (readonly [because: RegExp, names: RegExp])[] = [
  [/direction "(reverse|bidirectional)"/, /backwards|bidirectional|keras-attention-lstm/],
  [/^reverseSequence .* whole sequences/, /backwards|bidirectional/],
  [/^(Loop node|scan) .* loops over whole sequences, and is no layer/, /^(loop|scan)-(almost|other)-|^keras-masking$/],
  [/takes one number of all frames/, /^keras-mean-over-time$|^if-loud$/],
  [/distribution over all frames|multiplies every frame with every other/, /attention/],
  [/pools all frames/, /^quantized-image-/],
  // Convolutions with padding on both sides, statistics of a short sequence, an encoder's last state repeated.
  [/reads padding behind the end/, /^keras-(depthwise|separable)-/],
  [/other statistics for each of all frames/, /^keras-strided-rnn$/],
  [/not the frames of the stream/, /^keras-encoder-decoder$/],
  [/takes apart all frames/, /^keras-gru-unrolled$/],
  [/branches take whole sequences/, /^if-rate$/],
];

const timeless = loaded.filter(({ layout }) => layout.analysis.timeAxes.size === 0);
const stateful = loaded.filter(({ layout }) => layout.analysis.frames);
const whole = loaded.filter((one) => !timeless.includes(one) && !stateful.includes(one));

test('all but those that need the whole sequence stream statefully, and those say why', () => {
  assert.deepEqual([stateful.length, whole.length, timeless.length], [157, 49, 14]);
  for (const { name, layout } of whole) {
    const because = layout.analysis.because!;
    assert.ok(
      WHOLE.some(([sentence, names]) => sentence.test(because) && names.test(name)),
      `${name}: ${because}`,
    );
  }
  for (const { name } of timeless) assert.match(name, /^loop-other-|^quantized-dense-|^dynamo-(if|loop)-/);
});

test('a stateful stream says what run says', (t) => {
  const [all, dynamic] = [new Extremes(), new Extremes()];
  for (const { name, f32, int8, layout } of stateful) {
    const { fixedFrames, bakedFrames } = layout.analysis;
    const frames = fixedFrames ?? bakedFrames ?? 23;
    const sequence = randomSequence(f32, layout, frames, 9);
    for (const model of [f32, int8].filter(({ streaming }) => streaming.mode === 'stateful')) {
      const stream = model.stream();
      const answers = listen(stream, sequence, layout, frames);
      const { largest, where } = deviationOf(model, layout, sequence, answers, runAsBatch(model, layout, sequence));
      stream.close();
      const what = `${name}, ${model.precision}, ${where}`;
      if (rounds(model)) dynamic.note(largest, UNROUNDED_DIFFERENCE, what);
      else all.note(largest, STREAM_DIFFERENCE, what);
    }
  }
  t.diagnostic(`largest difference: ${all}; quantized dynamically: ${dynamic}`);
  assert.deepEqual([...all.failures, ...dynamic.failures], []);
});

/** Whether it rounds to steps that depend on the whole tensor. */
const rounds = ({ network }: Model): boolean =>
  network.operations.some((operation) => operation.kind === 'fakeQuantize' && (operation.inputs[1] ?? null) === null);

/** How far int8 is from f32 on average, and how f32 spreads. */
class Noise {
  #count = 0;
  #away = 0;
  #sum = 0;
  #squares = 0;
  #least = Infinity;
  #most = -Infinity;

  note(int8: ArrayLike<number>, f32: Float32Array): void {
    f32.forEach((value, i) => {
      this.#count++;
      this.#away += Math.abs(int8[i] - value);
      this.#sum += value;
      this.#squares += value * value;
      this.#least = Math.min(this.#least, value);
      this.#most = Math.max(this.#most, value);
    });
  }

  get isPosterior(): boolean {
    return this.#least >= 0 && this.#most <= 1;
  }

  get mean(): number {
    return this.#away / this.#count;
  }

  get ofSpread(): number {
    const mean = this.#sum / this.#count;
    return this.mean / Math.sqrt(this.#squares / this.#count - mean * mean);
  }
}

test('int8 stays near f32: posteriors within 0.005 on average', (t) => {
  const [posteriors, others] = [new Extremes(), new Extremes()];
  let count = 0;
  for (const { name, f32, int8 } of loaded) {
    const noises = new Map<string, Noise>();
    for (const [seed, [batch, frames]] of SIZES.entries()) {
      const inputs = randomInputs(f32.network, batch, frames, seed);
      compareOutputs(int8.run(inputs), f32.run(inputs), (output, { data }, expected) => {
        if (!noises.has(output)) noises.set(output, new Noise());
        if (expected.data instanceof Float32Array) noises.get(output)!.note(data as Float32Array, expected.data);
      });
    }
    for (const [output, noise] of noises) {
      const where = `${name}, ${output}`;
      if (noise.isPosterior) posteriors.note(noise.mean, POSTERIOR_DIFFERENCE, where);
      else if (noise.mean > 0) others.note(noise.ofSpread, SPREAD_DIFFERENCE, where);
      if (noise.isPosterior) count++;
    }
  }
  assert.ok(count > 30, `${count} outputs within 0 and 1`);
  t.diagnostic(`${count} posteriors: at most ${posteriors}; others, by their spread: ${others}`);
  assert.deepEqual([...posteriors.failures, ...others.failures], []);
});

const SPELLED = ['gru', 'lstm', 'rnn', 'loop', 'scan', 'if'];
const layersOf = ({ network }: Model): string =>
  network.operations
    .map(({ kind }) => kind)
    .filter((kind) => SPELLED.includes(kind))
    .join(' ');

/** Where the layers are not the one that the name has in it; the first that fits. */
const LAYERS: readonly (readonly [names: RegExp, layers: string])[] = [
  [/^keras-(bidirectional-gru|old-bidirectional|encoder-decoder)$/, 'gru gru'],
  [/^keras-bidirectional-rnn$/, 'rnn rnn'],
  [/^keras-(crnn|(old-)?precise|mean-over-time|cell-after)$/, 'gru'],
  [/^keras-bidirectional-hard$/, 'lstm'],
  [/^keras-stacked-cells$/, 'lstm gru'],
  [/^keras-two-layers$/, 'gru lstm'],
  // What is masked keeps its state by products with 0 and 1, which no layer of ONNX does.
  [/^keras-masking$/, 'scan'],
  // Keras wrote no loop.
  [/^keras-gru-unrolled$/, ''],
  // Cells after all: twice the same weights, slopes that go into the weights, input_forget, an activation that is none.
  [/^loop-almost-gru-(shared|slopes)$/, 'gru'],
  [/^loop-almost-lstm-(coupled|open)$/, 'lstm'],
  // What adds to its state in proportion is an RNN without a function.
  [/^loop-other-average$|^scan-other-(axes|sum)$/, 'rnn'],
  [/^loop-other-two-layers$/, 'rnn rnn'],
  // More or fewer steps than frames, or other frames than the counter's; a single tensor, but for loops over frames.
  [/^loop-almost-gru-(early|late|position|stopped)$/, 'loop'],
  [/^loop-other-(branch|greedy|growing|nested|never|power|until)$|^dynamo-loop-while$/, 'loop'],
  [/^(loop|scan)-(almost|other)-/, 'scan'],
  // Conditions that depend on what comes in.
  [/^if-(loud|rate)$|^dynamo-if-cond$/, 'if'],
  [/^if-squeeze-batch$/, 'gru if'],
  [/^if-false$/, 'lstm'],
  [/^if-|^torchscript-if-/, 'gru'],
];

const cellOf = (name: string): string => /gru|lstm|rnn/.exec(name)?.[0] ?? '';

test('loops that are a cell become that layer, and no others do', () => {
  // Quantizers leave recurrent layers as they are, or make one operator of them.
  for (const { name, f32 } of loaded.filter((one) => !/^quantized-(?!by-hand-(loop|scan))/.test(one.name))) {
    const [, expected] = LAYERS.find(([names]) => names.test(name)) ?? [null, cellOf(name)];
    assert.equal(layersOf(f32), expected, name);
  }
});

test('a loop that quantizes in every step is a layer in int8', () => {
  const integer = loaded.filter(({ name }) => /^scan-almost-.*-int8$/.test(name));
  assert.equal(integer.length, 2);
  for (const { name, int8 } of integer) {
    assert.equal(layersOf(int8), cellOf(name), name);
    assert.equal(int8.streaming.mode, 'stateful', name);
  }
});
