import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { loadFrontEnd, presetNames } from '#dist/index.js';
import { readAudio } from '#dist/node/index.js';
import { decodeNpy, encodeNpy } from '#dist/node/npy.js';

const SPEECH = 'test/fixtures/front-ends/signals/speech-flite.flac';

const folder = mkdtempSync(join(tmpdir(), 'tympan-features-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const at = (name: string): string => join(folder, name);

function features(...args: string[]): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, ['dist/cli/index.js', 'features', ...args], {
    encoding: 'utf8',
    timeout: 120_000,
  });
}

function refused(args: string[], message: RegExp): void {
  const { status, stdout, stderr } = features(...args);
  assert.deepEqual([status, stdout], [2, ''], stderr);
  assert.match(stderr, /^tympan: [^\n]+\n$/);
  assert.match(stderr, message);
}

describe('tympan features', () => {
  it('lists every preset', async () => {
    const { status, stdout } = features('--list');
    assert.equal(status, 0);
    for (const name of await presetNames())
      if (name !== 'custom') assert.match(stdout, new RegExp(`^${name} +\\d`, 'm'));
    assert.ok(stdout.split('\n').every((line) => line.length <= 80));
  });

  it('writes what a front end makes for NumPy', async () => {
    const out = at('kaldi.npy');
    const { status, stdout } = features(
      SPEECH,
      '--preset',
      'kaldi',
      '--set',
      'numMels=40',
      '--set',
      'window=hamming',
      '-o',
      out,
    );
    assert.equal(status, 0);
    assert.match(stdout, /49 frames of 13 coefficients, 0\.51 s of audio → .*kaldi\.npy/);
    const { samples } = await readAudio(SPEECH);
    const expected = (await loadFrontEnd({ preset: 'kaldi', numMels: 40, window: 'hamming' })).features(samples);
    const { shape, data } = decodeNpy(readFileSync(out), out);
    assert.deepEqual([shape, [...data]], [[49, 13], [...expected.data]]);
  });

  it('takes a recipe as JSON, with a preset, and says when it resamples', () => {
    const recipe = at('recipe.json');
    writeFileSync(recipe, '{"numCoefficients": 5}');
    const { stdout } = features(SPEECH, '--preset', 'librosa', '--frontend', recipe, '--json');
    assert.equal(JSON.parse(stdout).coefficients, 5);
    assert.match(features(SPEECH, '--preset', 'librosa').stdout, /resampled from 16,000 Hz to 22,050 Hz/);
  });

  it('says what theirs are, with exit code 1, and that they are equal, with 0', () => {
    const theirs = at('theirs.npy');
    features(SPEECH, '--preset', 'mfcc', '--set', 'window=povey', '-o', theirs);
    const differ = features(SPEECH, '--preset', 'mfcc', '--compare', theirs);
    assert.equal(differ.status, 1, differ.stderr);
    assert.match(differ.stdout, /They differ: by [\d.]+ at most, in feature \d+ of frame \d+/);
    assert.match(
      differ.stdout,
      /Theirs are yours with\n +field +theirs +yours +else off by\n +window +"povey" +"hann"/,
    );
    assert.match(differ.stdout, /'\{"preset":"mfcc","window":"povey"\}'/);
    assert.ok(
      differ.stdout.split('\n').every((line) => line.length <= 80),
      differ.stdout,
    );
    const equal = features(SPEECH, '--preset', 'mfcc', '--set', 'window=povey', '--compare', theirs);
    assert.deepEqual([equal.status, /Equal: the largest difference is 0/.test(equal.stdout)], [0, true]);
    const json = JSON.parse(features(SPEECH, '--preset', 'mfcc', '--compare', theirs, '--json').stdout);
    assert.deepEqual(json.explanation.options, { preset: 'mfcc', window: 'povey' });
  });

  it('knows librosa without sr', async () => {
    const { samples } = await readAudio(SPEECH);
    const { frames, coefficients, data } = (await loadFrontEnd({ preset: 'librosa' })).features(samples); // 16 kHz, taken for 22,050
    const theirs = at('librosa.npy');
    const turned = Float32Array.from(data, (_, i) => data[(i % frames) * coefficients + Math.floor(i / frames)]);
    writeFileSync(theirs, encodeNpy([1, coefficients, frames], turned));
    const { stdout } = features(SPEECH, '--preset', 'mfcc', '--compare', theirs);
    assert.match(stdout, /as \[features, frames\]/);
    assert.match(
      stdout,
      /Theirs are the preset librosa, but:\n- the sound taken as if it had 22,050 Hz, without resampling/,
    );
  });

  it('names what is wrong', () => {
    const vector = at('vector.npy');
    writeFileSync(vector, encodeNpy([2, 2, 2], new Float32Array(8)));
    refused([], /missing required argument 'audio'; see tympan features --help/);
    refused([SPEECH, '--preset', 'nosuch'], /preset: got "nosuch", expected one of "mfcc", "librosa"/);
    refused([SPEECH, '--preset', 'mfcc', '--set', 'window'], /Expected field=value/);
    refused([SPEECH, '--preset', 'mfcc', '--set', 'windows=hann'], /"windows" is no field of the preset "mfcc"/);
    refused([SPEECH, '--preset', 'mfcc', '--set', 'window=square'], /window: got "square", expected one of "hann"/);
    refused([SPEECH, '--preset', 'mfcc', '-m', 'models/happy.onnx'], /expected either --model, .* or --preset/);
    refused(
      [SPEECH, '--preset', 'mfcc', '-o', at('a.npy'), '--compare', vector],
      /either --compare <file>, or --output/,
    );
    refused([SPEECH, '--preset', 'mfcc', '--compare', at('none.npy')], /none\.npy: no such file/);
    refused([SPEECH, '--preset', 'mfcc', '--compare', SPEECH], /speech-flite\.flac: not an \.npy file/);
    refused([SPEECH, '--preset', 'mfcc', '--compare', vector], /shape \[2, 2, 2\], expected one clip's features/);
    refused([SPEECH, '--tolerance', '0'], /Expected a number above 0/);
  });
});
