import assert from 'node:assert/strict';
import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { alarmRate } from '#dist/cli/evaluation-flags.js';
import { annotate, loadModel } from '#dist/index.js';
import { HAPPY, QUIET, tympan, wavOf, wordClips } from './spoken.js';

const MODEL = 'models/happy.onnx';

const folder = mkdtempSync(join(tmpdir(), 'tympan-calibrate-'));
after(() => rmSync(folder, { recursive: true, force: true }));
const clips = join(folder, 'happy');
mkdirSync(clips);
wordClips().forEach((samples, i) => writeFileSync(join(clips, `${i}.wav`), wavOf(samples)));
const MATERIAL = ['--positives', clips, '--negatives', QUIET];

const detectionOf = async (file: string) => (await loadModel(file)).metadata.detection!;

describe('tympan calibrate', () => {
  it('reads rates of alarms', () => {
    const rates = ['0.5', '0.5/h', '.5 / hour', '1/10h', '1 per 10 hours', '12/day', '1/2days'];
    assert.deepEqual(rates.map(alarmRate), [0.5, 0.5, 0.5, 0.1, 0.1, 0.5, 1 / 48]);
    for (const wrong of ['', '0', '-1', 'none', '1/week', '1/0h', '1//h', 'NaN', '1e3', '1/h/h', '99999/h'])
      assert.throws(() => alarmRate(wrong), /Expected alarms an hour, above 0: /, wrong);
  });

  it('tells what it would choose, and writes nothing', () => {
    const before = readFileSync(MODEL);
    const { status, stdout, stderr } = tympan('calibrate', '--target-fa', '1/h', ...MATERIAL);
    assert.equal(stderr, '');
    assert.equal(status, 0);
    assert.match(stdout, /^aim: at most 1 false alarms an hour$/m);
    assert.match(stdout, /^happy from 0\.\d+, smoothed over \d+ ms, then not for \d+ ms$/m);
    assert.match(stdout, / as set\n/);
    assert.match(stdout, /^ +\d+ ms .* chosen$/m);
    const text = stdout.replaceAll('\n', ' ');
    assert.match(
      text,
      /Too little audio to promise 1 an hour: 0\.00\d h can't show .* it takes 3\.0 h without an alarm\./,
    );
    assert.match(text, /so expect a little worse elsewhere\. Nothing written: /);
    for (const line of stdout.split('\n')) assert.ok(line.length <= 80 && line === line.trimEnd(), line);
    assert.deepEqual(readFileSync(MODEL), before);
  });

  it('writes what it chose for the keyword, and keeps all else of the file', async () => {
    const [source, target] = [join(folder, 'mine.onnx'), join(folder, 'calibrated.onnx')];
    const detection = { smoothing: 70, refractory: 900, keywords: { happy: { threshold: 0.5 } } };
    writeFileSync(source, await annotate(MODEL, { detection }));
    const { status, stdout } = tympan(
      'calibrate',
      '-m',
      source,
      '--target-fa',
      '1',
      ...MATERIAL,
      '-o',
      target,
      '--json',
    );
    assert.equal(status, 0);
    const { written, aim, keywords, failed } = JSON.parse(stdout);
    assert.deepEqual([written, aim, failed], [target, { alarmsPerHour: 1 }, []]);
    const [{ met, keyword, settings, promised, point }] = keywords;
    assert.deepEqual([met, keyword, promised, point.misses, point.alarms], [true, 'happy', false, 0, 0]);
    assert.deepEqual(await detectionOf(target), { version: 1, ...detection, keywords: { happy: settings } });
    assert.deepEqual(
      readFileSync(target),
      Buffer.from(await annotate(source, { detection: await detectionOf(target) })),
    );
    // The settings of the file give what was promised.
    const { models } = JSON.parse(tympan('eval', '-m', target, ...MATERIAL, '--json').stdout);
    const [{ misses, alarms }] = models[0].keywords[0].conditions;
    assert.deepEqual([misses, alarms, models[0].keywords[0].settings], [0, 0, settings]);
  });

  it('writes into the model itself when told so, and calibrates over noise too', async () => {
    const model = join(folder, 'in-place.onnx');
    copyFileSync(MODEL, model);
    const noise = join(folder, 'hiss.wav');
    writeFileSync(noise, wavOf(Float32Array.from({ length: 20000 }, (_, i) => 0.1 * Math.sin(i * i))));
    const { status, stdout, stderr } = tympan(
      ...['calibrate', '-m', model, '--target-fa', '2/h', ...MATERIAL, '--noise', noise, '--snr', '20', '--in-place'],
    );
    assert.equal(status, 0, stderr);
    assert.match(stdout, /^none +\d of \d +0\n20 dB +\d of \d +0$/m);
    assert.match(stdout.replaceAll('\n', ' '), /Written into \S+in-place\.onnx\. *$/);
    const { keywords } = await detectionOf(model);
    assert.deepEqual(Object.keys(keywords!.happy), ['threshold', 'smoothing', 'refractory']);
  });

  it('keeps all labels firing that did', async () => {
    const model = join(folder, 'all.onnx');
    writeFileSync(model, await annotate(MODEL, { detection: null }));
    assert.equal(tympan('calibrate', '-m', model, '--target-fa', '2/h', ...MATERIAL, '--in-place').status, 0);
    assert.deepEqual((await loadModel(model)).detector().keywords, ['happy']);
  });

  it('exits with 1 and writes nothing where no setting meets the aim', () => {
    const target = join(folder, 'none.onnx');
    // The word itself among the negatives: only a setting that is deaf gives no alarm.
    const args = ['--target-fa', '1/day', '--positives', QUIET, '--negatives', HAPPY, '-o', target];
    const { status, stdout, stderr } = tympan('calibrate', ...args);
    assert.equal(status, 1, stderr);
    assert.equal(stderr, '');
    assert.match(stdout, /Nothing written: no setting meets the aim\./);
    assert.throws(() => readFileSync(target), /ENOENT/);
    assert.equal(JSON.parse(tympan('calibrate', ...args, '--json').stdout).written, null);
  });

  it('writes nothing where a file can not be heard', () => {
    const [target, broken] = [join(folder, 'partly.onnx'), join(folder, 'broken.wav')];
    writeFileSync(broken, 'hello');
    const { status, stdout, stderr } = tympan('calibrate', '--target-fa', '1', ...MATERIAL, broken, '-o', target);
    assert.equal(status, 2);
    assert.equal(stderr, `tympan: ${broken}: not an audio file (expected WAV or FLAC)\n`);
    assert.match(stdout.replaceAll('\n', ' '), /Nothing written, because some of them could not be heard\./);
    assert.throws(() => readFileSync(target), /ENOENT/);
  });

  const usage: [args: string[], message: RegExp][] = [
    [MATERIAL, /required option '--target-fa <rate>' not specified/],
    [[...MATERIAL, '--target-fa', 'few'], /argument 'few' is invalid. Expected alarms an hour, above 0/],
    [[...MATERIAL, '--target-fa', '1', '-o', 'x.onnx', '--in-place'], /expected either --output <file> or --in-place/],
    [[...MATERIAL, '--target-fa', '1', '-m', 'nowhere.onnx', '--in-place'], /nowhere\.onnx: no such file/],
    [[...MATERIAL, '--target-fa', '1', '--keyword', 'nobody'], /"nobody" is no keyword of the model/],
    [['--target-fa', '1', '--negatives', QUIET], /--positives: expected recordings of the keyword/],
    [[...MATERIAL, '--target-fa', '1', '-o', 'nowhere/x.onnx'], /nowhere\/x\.onnx: no folder nowhere to write into/],
    [['--target-fa', '1', '--positives', clips], /no recording without "happy", expected hours of them/],
    [['--target-fa', '1'], /nothing to hear: expected --positives or --negatives/],
  ];
  for (const [args, message] of usage) {
    it(`refuses: ${message.source}`, () => {
      const { status, stdout, stderr } = tympan('calibrate', ...args);
      assert.equal(status, 2, stderr);
      assert.equal(stdout, '');
      assert.match(stderr, /^tympan: [^\n]+\n$/);
      assert.match(stderr, message);
    });
  }
});
