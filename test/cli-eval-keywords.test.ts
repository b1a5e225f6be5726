/** `tympan eval` of a model with several keywords: tones stand for words, so that every count is known. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { describeEvaluation } from '#dist/cli/evaluation-text.js';
import { proportionInterval } from '#dist/evaluation/intervals.js';
import type { ConfusionRow, Evaluation } from '#dist/evaluation/result.js';
import { tympan, wavOf } from './spoken.js';
import { uniform } from './support.js';
import { spokenTones, toneWords, WORDS, type Word } from './tone-words.js';

const folder = mkdtempSync(join(tmpdir(), 'tympan-keywords-'));
after(() => rmSync(folder, { recursive: true, force: true }));

const model = join(folder, 'tones.onnx');
writeFileSync(model, toneWords());

function write(name: string, clips: readonly (readonly Word[])[]): string[] {
  mkdirSync(join(folder, name));
  return clips.map((words, k) => {
    const file = join(name, `${k}.wav`);
    writeFileSync(join(folder, file), wavOf(spokenTones(words, k + 1)));
    return file;
  });
}

/** Heard, heard, another word instead, another word first, and nothing. */
write('low', [['low'], ['low'], ['mid'], ['mid', 'low'], []]);
write('mid', [['mid'], ['mid'], ['mid', 'high']]);
const takes = write('takes', [['high'], ['high'], ['high'], []]);
writeFileSync(join(folder, 'high.txt'), takes.map((file) => `${file}\n`).join(''));
write('talk', [[], [], ['low'], ['high', 'low'], []]);

const hiss = join(folder, 'hiss.wav');
writeFileSync(hiss, wavOf(Float32Array.from({ length: 32000 }, uniform(9, 0.2))));

const positives = ['low', 'mid', 'high.txt'].map((name) => join(folder, name));
const paths = ['-m', model, '--positives', ...positives, '--negatives', join(folder, 'talk')];

function rows(...flags: string[]): readonly ConfusionRow[][] {
  const { status, stdout, stderr } = tympan('eval', ...paths, ...flags, '--json');
  assert.equal(status, 0, stderr);
  const { models } = JSON.parse(stdout) as Evaluation;
  return models[0].confusion.map((table) => [...table.rows]);
}

const missed = (misses: number, clips: number) => ({
  misses,
  missRate: misses / clips,
  missInterval: proportionInterval(misses, clips),
});
const EXPECTED: readonly ConfusionRow[] = [
  {
    said: 'low',
    kind: 'positives',
    clips: 5,
    first: { low: 2, mid: 2, high: 0 },
    nothing: 1,
    missed: missed(2, 5),
  },
  {
    said: 'mid',
    kind: 'positives',
    clips: 3,
    first: { low: 0, mid: 3, high: 0 },
    nothing: 0,
    missed: missed(0, 3),
  },
  {
    said: 'high',
    kind: 'positives',
    clips: 4,
    first: { low: 0, mid: 0, high: 3 },
    nothing: 1,
    missed: missed(1, 4),
  },
  { said: 'talk', kind: 'negatives', clips: 5, first: { low: 1, mid: 0, high: 1 }, nothing: 3, missed: null },
];

describe('tympan eval of several keywords', () => {
  it('takes folders and lists by their names, and tells which keyword was heard where', () => {
    assert.deepEqual(rows(), [EXPECTED]);
  });

  it('tells the same of joined sets, and of each condition', () => {
    // Noise of all bands, so faint that it moves no decision.
    assert.deepEqual(rows('--joined', '--noise', hiss, '--snr', '40'), [EXPECTED, EXPECTED]);
  });

  it('counts confusions apart from alarms', () => {
    const { models } = JSON.parse(tympan('eval', ...paths, '--json').stdout) as Evaluation;
    assert.deepEqual(
      models[0].keywords.map(({ keyword, conditions: [one] }) => [
        keyword,
        one.utterances,
        one.misses,
        one.alarms,
        one.confusions,
      ]),
      [
        ['low', 5, 2, 2, 0],
        ['mid', 3, 0, 0, 2],
        ['high', 4, 1, 1, 1],
      ],
    );
  });

  it('prints the table in 80 columns, shares below counts', () => {
    const { stdout, status } = tympan('eval', ...paths);
    assert.equal(status, 0);
    const table = stdout.slice(stdout.indexOf('Which keyword was heard first'));
    assert.equal(
      table.slice(0, table.indexOf('\n\nIntervals')).trimEnd(),
      [
        'Which keyword was heard first, by what was said',
        '',
        'said  clips     low      mid    high  nothing  missed',
        'low       5       2        2       0        1  40.0 % (5.3–85.3)',
        '             40.0 %   40.0 %           20.0 %',
        'mid       3       0        3       0        0  0.0 % (0.0–70.8)',
        '                     100.0 %',
        'high      4       0        0       3        1  25.0 % (0.6–80.6)',
        '                              75.0 %   25.0 %',
        'talk      5       1        0       1        3',
        '             20.0 %           20.0 %   60.0 %',
        'Not missed: 1 clip in which another keyword was heard before the right one.',
        '',
        'A clip counts once, by the first event from its start to half a second after its',
        'end; of negatives each file is one. missed: the word itself was not heard at',
        'all.',
      ].join('\n'),
    );
    for (const line of stdout.split('\n').slice(1)) assert.ok(line.length <= 80 && line === line.trimEnd(), line);
    assert.match(stdout, /^threshold +missed +alarms +an hour +confused$/m);
    assert.match(stdout, /^ +0\.600 +0 +0 +0 +2 +as set$/m);
    assert.match(stdout, /^worst where another keyword was said +at +posterior\n.*mid\/2\.wav +0\.\d\d s +0\.\d+$/m);
  });

  it('shows the table and the confusions in the page, under public names', () => {
    const page = join(folder, 'report.html');
    const { status, stderr } = tympan('eval', ...paths, '--report', page, '--no-audio');
    assert.equal(status, 0, stderr);
    const text = readFileSync(page, 'utf8')
      .replace(/<(script|style)[^>]*>.*?<\/\1>/gs, '')
      .replace(/<[^>]*>/g, ' ')
      .replace(/[\s\u00a0]+/g, ' ');
    assert.match(text, /Which keyword was heard first, by what was said/);
    assert.match(
      text,
      / low mid high nothing share 95 % interval low 5 2 \(40 %\) 2 \(40 %\) 0 1 \(20 %\) 40 % 5\.3 to/,
    );
    assert.match(text, / talk 5 1 \(20 %\) 0 1 \(20 %\) 3 \(60 %\) /);
    assert.match(text, /Heard where another keyword was said, the surest first/);
    assert.match(text, /heard for “low” at 0\.\d\d s/);
    assert.match(text, /An event of one keyword in another is a confusion\./);
    assert.ok(!text.includes(folder), 'names of folders outside of this one');
  });

  it('writes clips of confusions', () => {
    const out = join(folder, 'out');
    assert.equal(tympan('eval', ...paths, '--clips', out).status, 0);
    const index = readFileSync(join(out, 'index.tsv'), 'utf8');
    assert.equal(index.match(/\tconfusion\t/g)!.length, 3);
    assert.match(index, /^mid\/confusion-01-[01]\.\d\d-[23]\.wav\tconfusion\t/m);
  });

  it('breaks a table that is too wide, and lets no keyword steer the terminal', () => {
    const result = JSON.parse(tympan('eval', ...paths, '--json').stdout) as Evaluation;
    const [first] = result.models;
    const names = Array.from({ length: 12 }, (_, k) => `${'long-keyword-'.repeat(3)}\u001b[2J\u202e${k}`);
    const keywords = names.map((keyword, k) => ({ ...first.keywords[k % WORDS.length], keyword }));
    const counts = Object.fromEntries(names.map((name) => [name, 1234]));
    const row: ConfusionRow = { ...EXPECTED[0], said: names[0], clips: 12345, first: counts };
    const confusion = [null, 10].map((snr) => ({
      snr,
      rows: [row, { ...EXPECTED[3], said: 'x'.repeat(90), first: counts }],
    }));
    const shown = describeEvaluation({ ...result, models: [{ ...first, keywords, confusion }] }, 80);
    for (const line of shown.slice(1)) assert.ok(line.length <= 80 && line === line.trimEnd(), line);
    const text = shown.join('\n');
    assert.doesNotMatch(text, /[^\P{Cc}\n]|\p{Bidi_Control}/u);
    assert.ok(text.match(/^said, at 10 dB /gm)!.length > 1);
    assert.equal(text.match(/1,234/g)!.length, 2 * 2 * names.length);
  });
});
