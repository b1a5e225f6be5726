/** The programs of examples/sequences, and those of docs/. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import test from 'node:test';
import { loadModel, type Tensor } from 'tympan';
import { buildModel, gruWeights } from './onnx-builder.js';
import { floatsOf, maxDifference, openOnnxruntime, randomInputs, relativeDifference } from './support.js';

const FOLDER = 'examples/sequences/';
const END = 0;
const MOST_WORDS = 20;

const runNode = (script: string, args: readonly string[] = [], input?: Uint8Array): string =>
  execFileSync(process.execPath, [script, ...args], { encoding: 'utf8', input, stdio: ['pipe', 'pipe', 'inherit'] });

/** Numbers that training/spell_numbers.py holds out: Knuth's multiplicative hash. */
const isHeldOut = (number: number): boolean => (number * 40503) % 65536 < 1311;

/** 200 of them, 5,000 apart at most. */
const HELD_OUT = Array.from({ length: 200 }, (_, i) => {
  let number = 1000 + i * 4995;
  while (!isHeldOut(number)) number++;
  return number;
});

const ONES =
  'zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen eighteen nineteen';
const TENS = 'twenty thirty forty fifty sixty seventy eighty ninety';
const WORDS = ['', ...`${ONES} ${TENS} hundred thousand and`.split(' ')];

function spell(number: number): string {
  if (number < 20) return ONES.split(' ')[number];
  const [size, name] = number < 100 ? [10, ''] : number < 1000 ? [100, ' hundred'] : [1000, ' thousand'];
  const [before, rest] = [Math.floor(number / size), number % size];
  const head = size === 10 ? TENS.split(' ')[before - 2] : spell(before) + name;
  return head + (rest === 0 ? '' : (size > 10 && rest < 100 ? ' and ' : ' ') + spell(rest));
}

const int64 = (numbers: readonly number[]): Tensor => ({
  type: 'int64',
  dims: [1, numbers.length],
  data: BigInt64Array.from(numbers, BigInt),
});

/** Greedy decoding in onnxruntime-web, the decoder told its own last word. */
async function spellOnnxruntime(numbers: readonly number[]): Promise<string[]> {
  const encoder = await openOnnxruntime(readFileSync(`${FOLDER}number-encoder.onnx`));
  const decoder = await openOnnxruntime(readFileSync(`${FOLDER}word-decoder.onnx`));
  const all: string[] = [];
  for (const number of numbers) {
    let { state } = await encoder.run({ digits: int64([...`${number}`].map(Number)) });
    const words: string[] = [];
    for (let word = END; words.length < MOST_WORDS;) {
      const { logits, next_state } = await decoder.run({ word: int64([word]), state });
      word = floatsOf(logits).indexOf(Math.max(...floatsOf(logits)));
      if (word === END) break;
      words.push(WORDS[word]);
      state = next_state;
    }
    all.push(words.join(' '));
  }
  await Promise.all([encoder.close(), decoder.close()]);
  return all;
}

test('spell-number.mjs says the words that onnxruntime says, in f32 and int8, and all are right', async (t) => {
  const expected = await spellOnnxruntime(HELD_OUT);
  const right = expected.filter((words, i) => words === spell(HELD_OUT[i])).length;
  t.diagnostic(`${right} of ${HELD_OUT.length} numbers that were held out of the training are right`);
  for (const precision of ['f32', 'int8']) {
    const said = runNode(`${FOLDER}spell-number.mjs`, ['--precision', precision, ...HELD_OUT.map(String)]);
    assert.deepEqual(said.trimEnd().split('\n'), expected, precision);
  }
  // What the training script measured over all 19,983.
  assert.equal(right, HELD_OUT.length);
});

test('spell-number.mjs says short numbers too, and refuses what is none', () => {
  const numbers = [0, 7, 10, 42, 100, 110, 999];
  assert.equal(runNode(`${FOLDER}spell-number.mjs`, numbers.map(String)), numbers.map((n) => `${spell(n)}\n`).join(''));
  for (const wrong of ['007', '1e3', '1234567'])
    assert.throws(
      () => execFileSync(process.execPath, [`${FOLDER}spell-number.mjs`, wrong], { stdio: 'pipe' }),
      new RegExp(`got "${wrong}", expected numbers of up to six digits`),
    );
});

interface Row {
  readonly sample: Float32Array;
  readonly fault: string;
}

function readRows(name: string): Row[] {
  const [header, ...lines] = readFileSync(FOLDER + name, 'utf8')
    .trimEnd()
    .split('\n');
  assert.equal(header, 'command,speed,pressure,current,vibration,temperature,fault');
  return lines.map((line) => {
    const fields = line.split(',');
    return { sample: Float32Array.from(fields.slice(0, -1), Number), fault: fields.at(-1)! };
  });
}

/** Seconds from and to: [from, to). */
function faultsIn(rows: readonly Row[]): { from: number; to: number; fault: string }[] {
  const starts = [...rows.keys()].filter((i) => rows[i].fault !== '' && rows[i].fault !== rows[i - 1]?.fault);
  const endOf = (from: number) => rows.findIndex(({ fault }, i) => i > from && fault !== rows[from].fault);
  return starts.map((from) => ({ from, to: endOf(from), fault: rows[from].fault }));
}

test('pump-anomaly.mjs finds every fault of the pump, and has no alarm elsewhere', (t) => {
  const alarms = runNode(`${FOLDER}pump-anomaly.mjs`)
    .trimEnd()
    .split('\n')
    .map((line) => {
      const [, second, sensor, score] = /^(\d+) s: (\w+), score (\d+\.\d\d)$/.exec(line) ?? assert.fail(line);
      return { second: Number(second), sensor, score: Number(score) };
    });
  const faults = faultsIn(readRows('pump.csv'));
  assert.equal(faults.length, 9);
  const during = ({ from, to }: { from: number; to: number }, second: number) => second >= from && second < to;
  const found = faults.filter((fault) => alarms.some(({ second }) => during(fault, second)));
  // The pump takes as long to recover as it was ill.
  const false_ = alarms.filter(
    ({ second }) => !faults.some(({ from, to }) => during({ from, to: 2 * to - from }, second)),
  );
  t.diagnostic(`${found.length} of ${faults.length} faults, ${false_.length} false alarms in 40 minutes`);
  assert.deepEqual(found, faults);
  assert.deepEqual(false_, []);
  assert.ok(alarms.every(({ score }) => score >= 1));
});

test('pump-anomaly.mjs reads from a pipe', () => {
  const pump = readFileSync(`${FOLDER}pump.csv`);
  assert.equal(runNode(`${FOLDER}pump-anomaly.mjs`, ['-'], pump), runNode(`${FOLDER}pump-anomaly.mjs`));
});

test('the predictor gives on a stream what it gives of the whole series, and what onnxruntime gives', async () => {
  const samples = readRows('pump.csv').map(({ sample }) => sample);
  const bytes = readFileSync(`${FOLDER}pump-predictor.onnx`);
  const data = Float32Array.from(samples.flatMap((sample) => [...sample]));
  const inputs = { samples: { type: 'float32', dims: [1, samples.length, 6], data } } as const;
  const onnxruntime = await openOnnxruntime(bytes);
  const expected = floatsOf((await onnxruntime.run(inputs)).predicted);
  await onnxruntime.close();
  for (const [precision, limit] of [
    ['f32', 1e-5],
    ['int8', 0.05], // 0.027 measured
  ] as const) {
    const model = await loadModel(bytes, { precision });
    const stream = model.stream();
    const streamed = Float32Array.from(samples.flatMap((sample) => [...stream.step(sample).predicted]));
    stream.close();
    const whole = floatsOf(model.run(inputs).predicted);
    if (precision === 'f32') assert.ok(relativeDifference(streamed, whole) < limit);
    const spread = [1000, 2.5, 4, 0.9, 10]; // of a sensor
    const scaled = (floats: Float32Array) => floats.map((value, i) => value / spread[i % 5]);
    const difference = maxDifference(scaled(streamed), scaled(expected));
    assert.ok(difference < limit, `${precision}: ${difference} of a sensor's spread`);
  }
});

const [UNITS, TOKENS, SOURCE] = [6, 9, 5];

/** A decoder that looks at all of the encoder's outputs, `memory` [1, source, UNITS]. */
const attention = (source: number | string): Uint8Array =>
  buildModel({
    inputs: { word: [1, 1], state: [1, 1, UNITS], memory: [1, source, UNITS] },
    types: { word: 'int64' },
    outputs: { logits: [1, 1, TOKENS], next_state: [1, 1, UNITS] },
    initializers: {
      ...gruWeights(4, UNITS),
      ...{ table: [[TOKENS, 4]], head: [[UNITS, TOKENS]], one: [[1], [1], 'int64'] },
    },
    nodes: [
      ['Gather', ['table', 'word'], ['x']],
      ['GRU', ['x', 'W', 'R', 'B', '', 'state'], ['Y', 'next_state'], { hidden_size: UNITS, linear_before_reset: 1 }],
      ['Squeeze', ['Y', 'one'], ['query']],
      ['Transpose', ['memory'], ['keys'], { perm: [0, 2, 1] }],
      ['MatMul', ['query', 'keys'], ['scores']],
      ['Softmax', ['scores'], ['weights'], { axis: -1 }],
      ['MatMul', ['weights', 'memory'], ['seen']],
      ['MatMul', ['seen', 'head'], ['logits']],
    ],
  });

/** `step` gives the logits of a word, from the state before; compared with onnxruntime-web over some words. */
async function checkDecoder(
  bytes: Uint8Array,
  { state, memory }: Record<string, Tensor>,
  step: (word: number) => Float32Array,
): Promise<void> {
  const onnxruntime = await openOnnxruntime(bytes);
  for (let count = 0, word = 1, before = state; count < 8; count++) {
    const expected = await onnxruntime.run({ word: int64([word]), state: before, memory });
    const logits = step(word);
    assert.ok(relativeDifference(logits, floatsOf(expected.logits)) < 1e-5, `word ${count}`);
    word = logits.indexOf(Math.max(...logits));
    before = expected.next_state;
  }
  await onnxruntime.close();
}

test('a decoder with attention keeps on a stream what reset gave it to look at', async () => {
  const bytes = attention(SOURCE);
  const model = await loadModel(bytes, { precision: 'f32' });
  const first = randomInputs(model.network, 1, SOURCE, 3);
  const stream = model.stream();
  stream.reset({ state: floatsOf(first.state), memory: floatsOf(first.memory) });
  await checkDecoder(bytes, first, (word) => stream.step(Float32Array.of(word)).logits);
});

test('a decoder whose memory has an open length takes any by run, and on a stream refuses what is none of its size', async () => {
  const bytes = attention('source');
  const model = await loadModel(bytes, { precision: 'f32' });
  const first = randomInputs(model.network, 1, SOURCE, 3);
  let { state } = first;
  await checkDecoder(bytes, first, (word) => {
    const { logits, next_state } = model.run({ word: int64([word]), state, memory: first.memory });
    state = next_state;
    return floatsOf(logits);
  });
  assert.throws(() => model.stream().reset({ memory: floatsOf(first.memory) }), {
    name: 'InputError',
    message: `"memory": got ${SOURCE * UNITS} floats, expected a Float32Array of ${UNITS}`,
  });
});

for (const name of ['sequences', 'models'])
  test(`docs/${name}.md: every program says what stands below it`, () => {
    const page = readFileSync(`docs/${name}.md`, 'utf8');
    const blocks = [...page.matchAll(/^```js\n(.*?)^```\n\n^```\n(.*?)^```$/gms)];
    assert.equal(page.match(/^```js$/gm)?.length, blocks.length);
    mkdirSync('build/docs', { recursive: true });
    for (const [i, [, program, output]] of blocks.entries()) {
      const script = `build/docs/${name}-${i}.mjs`;
      writeFileSync(script, program);
      assert.equal(runNode(script), output);
    }
  });
