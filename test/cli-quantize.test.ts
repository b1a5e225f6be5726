import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { copyFileSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { quantize } from 'tympan/quantize';
import { FIXTURES } from './support.js';

const HAPPY = 'test/fixtures/happy-float32.onnx';
const CLIP = 'models/samples/happy.wav';

const folder = mkdtempSync(join(tmpdir(), 'tympan-cli-quantize-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const out = join(folder, 'out.onnx');

const tympan = (...args: string[]) =>
  spawnSync(process.execPath, ['dist/cli/index.js', ...args], {
    encoding: 'utf8',
    env: { ...process.env, COLUMNS: '' },
  });

describe('tympan quantize', () => {
  it('writes what the library gives, and says what it did', async () => {
    const { status, stdout, stderr } = tympan('quantize', HAPPY, '-o', out);
    assert.equal(status, 0, stderr);
    const lines = stdout.split('\n');
    assert.match(lines[0], /out\.onnx  \d+\.\d KiB, 2\d\.\d % of 378\.1 KiB$/);
    assert.match(stdout, /^onnx::GRU_250 +\[1, 240, 64\] +240 +0\.00\d+ +GRU …\S*\/recurrent\/GRU$/m);
    assert.match(stdout, /^no weight is off by more than 0\.00\d+$/m);
    assert.match(stdout, /^stays: onnx::MatMul_273 \[80, 1\]: it has one row, and products of less/m);
    assert.deepEqual(new Uint8Array(readFileSync(out)), (await quantize(HAPPY)).bytes);
  });

  it('is heard as before', () => {
    const [before, now] = [HAPPY, out].map((model) => tympan('detect', CLIP, '--model', model, '--json'));
    assert.equal(now.status, 0, now.stderr);
    assert.ok(before.stdout.includes('happy'));
    assert.equal(now.stdout, before.stdout);
  });

  it('--json has sizes, tensors and opsets', () => {
    const file = join(folder, 'nine.onnx');
    copyFileSync(`${FIXTURES}forged-version-9.onnx`, file);
    const { status, stdout, stderr } = tympan('quantize', file, '--in-place', '--json');
    assert.equal(status, 0, stderr);
    const { weights, kept, ...others } = JSON.parse(stdout) as {
      weights: { name: string; maxError: number }[];
      kept: unknown[];
    };
    const bytesBefore = readFileSync(`${FIXTURES}forged-version-9.onnx`).length;
    assert.deepEqual(others, { file, bytesBefore, bytes: readFileSync(file).length, opset: { before: 9, after: 13 } });
    assert.ok(weights.length > 0 && weights.every(({ maxError }) => maxError > 0 && maxError < 0.01), stdout);
    assert.ok(Array.isArray(kept));
  });

  const refusals: [args: string[], message: RegExp][] = [
    [[], /missing required argument 'model'; see tympan quantize --help/],
    [[HAPPY], /expected either --output <file>, or --in-place/],
    [[HAPPY, '--in-place', '-o', out], /expected either --output <file>, or --in-place/],
    [
      [out, '-o', join(folder, 'two.onnx')],
      /out\.onnx: nothing to quantize: its weights have 8 bits already; run it as it is/,
    ],
    [[CLIP, '-o', join(folder, 'two.onnx')], /happy\.wav: not an ONNX model/],
    [[join(folder, 'no.onnx'), '--in-place'], /no\.onnx: no file to write into; --output says where to write/],
    [[HAPPY, '-o', folder], /not a file, can't be replaced/],
    [[HAPPY, '-o', join(folder, 'none', 'two.onnx')], /no folder .* to write into/],
    [[`${FIXTURES}forged-external-outside.onnx`, '-o', join(folder, 'two.onnx')], /not in the model's folder/],
  ];
  for (const [args, message] of refusals) {
    it(`refuses: ${args.join(' ').replaceAll(folder, '…')}`, () => {
      const { status, stdout, stderr } = tympan('quantize', ...args);
      assert.match(stderr, message);
      assert.match(stderr, /^tympan: [^\n]+\n$/);
      assert.equal(status, 2);
      assert.equal(stdout, '');
      assert.ok(!readdirSync(folder).some((name) => /two|tmp/.test(name)));
    });
  }
});
