import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test, { after } from 'node:test';
import { evaluate } from '#dist/evaluation/evaluate.js';
import { failuresOf } from '#dist/evaluation/failures.js';
import type { StreamPlan } from '#dist/evaluation/heard.js';
import { encodeWav } from '#dist/node/encode-wav.js';
import { clipFolder, cutClips, writeClips } from '#dist/node/evaluation/clips.js';
import { readAudio } from '#dist/node/index.js';
import { decodeWav } from '#dist/node/wav.js';
import { InputError } from 'tympan';
import { syntheticHeard, type SyntheticOptions } from './synthetic-heard.js';

const folder = mkdtempSync(join(tmpdir(), 'tympan-clips-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const RATE = 2000; // Hz

test('samples come back from a WAV as they went in, to 16 bits', () => {
  const samples = Float32Array.from({ length: 65536 }, (_, i) => (i - 32768) / 32768);
  const { channels, sampleRate, bitsPerSample, encoding } = decodeWav(Buffer.from(encodeWav(samples, 44100)), 'x.wav');
  assert.deepEqual({ sampleRate, bitsPerSample, encoding }, { sampleRate: 44100, bitsPerSample: 16, encoding: 'pcm' });
  assert.equal(channels.length, 1);
  assert.deepEqual(channels[0], samples);
});

test('samples beyond full scale are cut, and those between two steps rounded', () => {
  const wav = encodeWav(Float32Array.of(1, 3, -3, 0.7 / 32768, -0.7 / 32768), RATE);
  const [samples] = decodeWav(Buffer.from(wav), 'x.wav').channels;
  assert.deepEqual(
    [...samples].map((x) => x * 32768),
    [32767, 32767, -32768, 1, -1],
  );
});

async function clipsOf(options: SyntheticOptions) {
  const { models = 1 } = options;
  const heard = syntheticHeard(options);
  const settings = { [options.keyword ?? 'hey']: { threshold: 0.8, smoothing: 100, refractory: 1000 } };
  const names = ['a/first.onnx', 'b/sec ond.onnx'].slice(0, models);
  const evaluation = evaluate(
    heard,
    names.map((model) => ({ model, precision: 'int8', settings })),
    'files',
  );
  const failures = failuresOf(evaluation, heard, 4);
  const rendered: (readonly [StreamPlan, number | null])[] = [];
  // Each sample tells where it stands in the stream, and noise that there is some.
  const clips = await cutClips(failures, async (plan, snr) => {
    rendered.push([plan, snr]);
    const { excerpts, utterances } = heard[plan.index];
    const samples = Float32Array.from({ length: 62 * RATE }, (_, i) => ((i % 16384) + (snr ?? 0)) / 32768);
    return { samples, sampleRate: RATE, excerpts, utterances };
  });
  return { evaluation, failures, clips, rendered };
}

test('clips hold the stretch of their failure, and streams are rendered once a condition', async () => {
  const { failures, clips, rendered } = await clipsOf({ positives: 20, negatives: 2, models: 2, snrs: [10] });
  assert.ok(failures.some(({ kind }) => kind === 'alarm') && failures.some(({ snr }) => snr === 10));
  assert.deepEqual(
    clips.map(({ wav: _, ...failure }) => failure),
    failures,
  );
  for (const { wav, from, to, snr } of clips) {
    const { channels, sampleRate } = decodeWav(Buffer.from(wav), 'x.wav');
    assert.equal(sampleRate, RATE);
    assert.equal(channels[0].length, Math.round(to * RATE) - Math.round(from * RATE));
    assert.equal(channels[0][0] * 32768, (Math.round(from * RATE) % 16384) + (snr ?? 0));
  }
  const wanted = new Set(failures.map(({ plan, snr }) => `${plan.index} ${snr}`));
  assert.equal(rendered.length, wanted.size);
  assert.deepEqual(new Set(rendered.map(([plan, snr]) => `${plan.index} ${snr}`)), wanted);
});

test('clips are numbered from the worst, and an index says where they come from', async () => {
  const { evaluation, clips } = await clipsOf({ positives: 20, negatives: 4 });
  const out = join(folder, 'new', 'clips');
  await writeClips(out, clips, evaluation);
  const names = readdirSync(out).sort();
  assert.equal(names.length, clips.length + 1);
  assert.match(names.find((name) => name.startsWith('miss-01')) ?? '', /^miss-01-0\.\d\d-hey-\d{4}\.wav$/);
  assert.match(names.find((name) => name.startsWith('alarm-01')) ?? '', /^alarm-01-0\.\d\d-talk-\d{4}\.wav$/);
  const [titles, ...rows] = readFileSync(join(out, 'index.tsv'), 'utf8')
    .trimEnd()
    .split('\n')
    .map((row) => row.split('\t'));
  assert.deepEqual(titles, [
    'clip',
    'kind',
    'model',
    'precision',
    'keyword',
    'snr',
    'posterior',
    'file',
    'time',
    'from',
  ]);
  for (const [i, row] of rows.entries()) {
    const { kind, keyword, peak, file, time, wav } = clips[i];
    assert.deepEqual(row.slice(1, 9), [
      kind,
      'a/first.onnx',
      'int8',
      keyword,
      '',
      peak.toFixed(4),
      file,
      time.toFixed(3),
    ]);
    assert.deepEqual(readFileSync(join(out, row[0])), Buffer.from(wav));
  }
  const { samples, sampleRate } = await readAudio(join(out, names[0]), { sampleRate: RATE });
  assert.ok(samples.length > 0 && sampleRate === RATE);
});

test('several models and conditions have folders; no name from outside leads elsewhere', async () => {
  const nameOf = (kind: string, k: number) => `x/${kind}\t${k}/..\\..$(id)\u202e ".${'é'.repeat(90)}.wav`;
  const { evaluation, clips } = await clipsOf({
    keyword: '../up',
    positives: 8,
    negatives: 2,
    models: 2,
    snrs: [5],
    nameOf,
  });
  const out = join(folder, 'many');
  await writeClips(out, clips, evaluation);
  assert.deepEqual(readdirSync(out).sort(), ['1-first.onnx-int8', '2-sec_ond.onnx-int8', 'index.tsv']);
  assert.deepEqual(readdirSync(join(out, '1-first.onnx-int8')).sort(), ['5dB', 'as-recorded']);
  const files = readdirSync(out, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.wav'));
  assert.equal(files.length, clips.length);
  for (const name of files) assert.match(name, /^[\p{L}\p{N}_.\-/]+$/u);
  assert.ok(!existsSync(join(folder, 'up')));
  const rows = readFileSync(join(out, 'index.tsv'), 'utf8').trimEnd().split('\n');
  assert.equal(rows.length, clips.length + 1);
  for (const row of rows) assert.equal(row.split('\t').length, 10);
  assert.ok(!rows.join().includes('\u202e'));
});

test('a folder that holds something, or is none, is refused before and after', async () => {
  const { evaluation, clips } = await clipsOf({ positives: 3, negatives: 0, sureness: () => 0.5 });
  const full = mkdtempSync(join(folder, 'full-'));
  writeFileSync(join(full, 'miss-01-0.99-old.wav'), '');
  const taken = { name: 'InputError', message: /full-.*: has 1 entries already, expected an empty folder or none/ };
  await assert.rejects(clipFolder(full), taken);
  await assert.rejects(writeClips(full, clips, evaluation), taken);
  assert.deepEqual(readdirSync(full), ['miss-01-0.99-old.wav']);
  await assert.rejects(clipFolder(join(full, 'miss-01-0.99-old.wav')), InputError);

  const empty = mkdtempSync(join(folder, 'empty-'));
  await clipFolder(empty);
  await writeClips(empty, clips, evaluation);
  assert.equal(readdirSync(empty).length, 4);
});
