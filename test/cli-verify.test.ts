/** `tympan verify`, and the comparisons behind it: what is equal passes, and what is not is told. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { after, describe, it } from 'node:test';
import { loadModel, type Tensor } from 'tympan';
import { Differences } from '#dist/verification/difference.js';
import { randomSequence, type Tensors } from '#dist/verification/sequence.js';
import { speechLike } from '#dist/verification/sound.js';
import { pairOf, verify, type Check } from '#dist/verification/verify.js';
import { HAPPY, tympan, type Ended } from './spoken.js';
import { FIXTURES } from './support.js';

const MODEL = 'models/happy.onnx';
const LIMITS = { max: 1e-3, mean: 0.005 };

const folder = mkdtempSync(join(tmpdir(), 'tympan-verify-'));
after(() => rmSync(folder, { recursive: true, force: true }));

interface Verified {
  readonly onnxruntime: string | null;
  readonly notes: readonly string[];
  readonly passed: boolean;
  readonly checks: readonly Check[];
}

function verified(...args: string[]): Verified {
  const { status, stdout, stderr } = tympan('verify', ...args, '--json');
  const result = JSON.parse(stdout) as Verified;
  assert.equal(status, result.passed ? 0 : 1, stderr);
  return result;
}

function refused({ status, stdout, stderr }: Ended, message: RegExp): void {
  assert.equal(status, 2, stderr);
  assert.equal(stdout, '');
  assert.match(stderr, /^tympan: [^\n]+\n$/);
  assert.match(stderr, message);
}

const named = (checks: readonly Check[]): string[] => checks.map(({ compared, output }) => `${compared} ${output}`);

describe('tympan verify', () => {
  for (const given of [[], ['--audio', HAPPY], ['--frames', '50', '--seed', '4']]) {
    it(`passes the model that ships with the package: ${given.join(' ') || 'on a sound that it makes up'}`, () => {
      const { onnxruntime, passed, checks } = verified(MODEL, ...given);
      assert.match(onnxruntime ?? '', /^onnxruntime-web \d+\.\d+\.\d+/);
      assert.deepEqual(
        named(checks),
        ['run', 'run int8', 'stream', 'stream int8'].map((compared) => `${compared} posterior`),
      );
      for (const { compared, elements, max, mean, largest, signalToNoise } of checks) {
        assert.ok(elements > 0 && largest > 0 && max >= mean && mean >= 0, compared);
        // JSON has no infinity: that of equal numbers is null
        if (compared.endsWith('int8')) assert.ok(signalToNoise > 0 && max > 0, compared);
        else assert.ok(max <= 1e-5, `${compared}: ${max}`);
      }
      assert.ok(passed);
    });
  }

  it('prints a table, and exits 1 with the lines that are above a limit', () => {
    const { status, stdout, stderr } = tympan('verify', MODEL, '--mean', '1e-7');
    assert.equal(status, 1, stderr);
    assert.equal(stderr, '');
    assert.match(stdout, /^compared +with +max +mean +dB +limit +output$/m);
    assert.match(stdout, /^run +onnxruntime +\S+ +\S+ +\d+\.\d +max 0\.001 +pass +posterior$/m);
    assert.match(stdout, /^run int8 +run .* mean 1\.0e-7 +FAIL +posterior$/m);
    assert.match(stdout, /\nFAIL: 2 of 4 comparisons above the limit\n$/);
    assert.ok(
      stdout.split('\n').every((line) => line.length <= 80),
      stdout,
    );
  });

  it('says so where onnxruntime-web is not installed', () => {
    const app = join(folder, 'app');
    const tree = join(app, 'node_modules', 'tympan');
    cpSync('dist', join(tree, 'dist'), { recursive: true });
    cpSync('package.json', join(tree, 'package.json'));
    const { dependencies } = JSON.parse(readFileSync('package.json', 'utf8')) as { dependencies: object };
    for (const name of Object.keys(dependencies)) {
      mkdirSync(dirname(join(app, 'node_modules', name)), { recursive: true });
      symlinkSync(resolve('node_modules', name), join(app, 'node_modules', name));
    }
    const args = [join(tree, 'dist/cli/index.js'), 'verify', resolve(MODEL)];
    const { status, stdout } = spawnSync(process.execPath, args, { cwd: app, encoding: 'utf8', timeout: 60000 });
    assert.equal(status, 0);
    assert.match(stdout, /^onnxruntime-web is not installed: compared without it$/m);
    assert.match(stdout, /^pass: 3 comparisons within limits$/m);
  });

  it('refuses what it can’t compare', () => {
    const bare = `${FIXTURES}dynamo-bare.onnx`;
    refused(
      tympan('verify', MODEL, '--audio', HAPPY, '--frames', '9'),
      /expected either --audio <files...> or --frames/,
    );
    refused(tympan('verify', MODEL, '--max', '-1'), /argument '-1' is invalid. Expected a number from 0/);
    refused(tympan('verify', bare, '--audio', HAPPY), /dynamo-bare\.onnx: no "tympan\.frontend"/);
    refused(
      tympan('verify', bare, '--frames', '11'),
      /the model takes 12 frames at once, got 11; expected a longer sound/,
    );
    refused(tympan('verify', join(folder, 'none.onnx')), /none\.onnx/);
  });
});

describe('verification', () => {
  const equal: Readonly<Record<string, string>> = {
    'a state in and out': 'dynamo-gru-layers-bidirectional-time-first-states.onnx',
    'windows, as a direction is backward': 'torchscript-lengths.onnx',
    'frames that are whole tensors': 'forged-one-frame.onnx',
    'lengths of the sequence': 'forged-lstm-lengths.onnx',
  };
  for (const [what, name] of Object.entries(equal)) {
    it(`compares streams with runs: ${what}`, async () => {
      const pair = await pairOf(
        await loadModel(FIXTURES + name, { precision: 'f32' }),
        await loadModel(FIXTURES + name, { precision: 'int8' }),
      );
      const sequence = randomSequence(pair.f32, pair.layout, 120, 3);
      const { checks, notes } = await verify(pair, [sequence], null, LIMITS);
      assert.deepEqual(notes, []);
      const outputs = pair.f32.network.outputs.map((output) => output.name);
      assert.deepEqual(
        named(checks),
        ['run int8', 'stream', 'stream int8'].flatMap((compared) => outputs.map((output) => `${compared} ${output}`)),
      );
      for (const { compared, output, passed, max } of checks) assert.ok(passed, `${compared} ${output}: ${max}`);
    });
  }

  it('tells wrong numbers of another runtime, of int8 and of a stream', async () => {
    const load = (precision: 'f32' | 'int8') => loadModel(`${FIXTURES}dynamo-gru.onnx`, { precision });
    const [f32, int8] = [await load('f32'), await load('int8')];
    const pair = await pairOf(f32, int8);
    const sequence = randomSequence(f32, pair.layout, 40, 3);
    const [output] = f32.network.outputs;
    const off = (outputs: Record<string, Tensor>): Tensors => {
      const data = Float32Array.from(outputs[output.name].data as Float32Array);
      data[5] += 0.01;
      return { ...outputs, [output.name]: { ...outputs[output.name], data } as Tensor };
    };
    const failed = async (...args: Parameters<typeof verify>) =>
      named((await verify(...args)).checks.filter(({ passed }) => !passed));
    const right = { run: async (inputs: Tensors) => f32.run(inputs) };
    assert.deepEqual(await failed(pair, [sequence], right, LIMITS), []);
    const wrong = { run: async (inputs: Tensors) => off(f32.run(inputs)) };
    assert.deepEqual(await failed(pair, [sequence], wrong, LIMITS), [`run ${output.name}`]);
    assert.deepEqual(await failed(pair, [sequence, sequence], wrong, { ...LIMITS, max: 0.02 }), []);
    // Another model's weights in place of the int8 model's.
    const other = await loadModel(`${FIXTURES}dynamo-gru.onnx`);
    other.run = (inputs) => off(int8.run(inputs)) as Record<string, Tensor>;
    const few = { ...LIMITS, mean: 1e-9 };
    assert.ok((await failed({ ...pair, int8: other }, [sequence], right, few)).includes(`run int8 ${output.name}`));
  });

  it('measures differences', () => {
    const found = new Differences();
    found.add([1, 2, 3], [1, 2, 4]);
    found.add([-3n], [-4n]);
    assert.deepEqual([found.elements, found.max, found.mean, found.largest], [4, 1, 0.5, 4]);
    assert.ok(Math.abs(found.signalToNoise - 10 * Math.log10(37 / 2)) < 1e-12);
    const same = new Differences();
    same.add([Infinity, NaN, 0], [Infinity, NaN, 0]);
    assert.deepEqual([same.max, same.mean, same.signalToNoise], [0, 0, Infinity]);
    for (const [actual, expected] of [
      [[NaN], [1]],
      [[1], [NaN]],
      [[1, 2], [1]],
    ]) {
      const wrong = new Differences();
      wrong.add(actual, expected);
      assert.equal(wrong.max, Infinity);
      assert.equal(wrong.signalToNoise, -Infinity);
    }
  });

  it('makes a sound like speech, the same for the same seed', () => {
    const sound = speechLike(32000, 16000, 7);
    assert.deepEqual(speechLike(32000, 16000, 7), sound);
    assert.notDeepEqual(speechLike(32000, 16000, 8), sound);
    const peak = sound.reduce((most, x) => Math.max(most, Math.abs(x)), 0);
    assert.ok(peak > 0.01 && peak <= 0.701, String(peak));
    const levels = Array.from({ length: 100 }, (_, i) => Math.hypot(...sound.subarray(i * 320, (i + 1) * 320)));
    assert.ok(levels.some((level) => level < 0.02) && levels.some((level) => level > 0.2), 'pauses and syllables');
  });
});
