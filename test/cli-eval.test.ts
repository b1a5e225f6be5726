import assert from 'node:assert/strict';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, describe, it } from 'node:test';
import { describeEvaluation } from '#dist/cli/evaluation-text.js';
import { hours, percentWithin, rate, rateWithin, roughHours, wrap } from '#dist/cli/figures.js';
import type { ConditionResult, Evaluation, FileResult, SweepPoint } from '#dist/evaluation/result.js';
import { HAPPY, eventsIn, QUIET, tympan, wavOf, wordClips } from './spoken.js';

/** A condition as an evaluation would find it; the sweep misses less and alarms more towards low thresholds. */
function condition(snr: number | null, misses: number, over: Partial<ConditionResult> = {}): ConditionResult {
  const sweep: SweepPoint[] = [0.3, 0.5, 0.7, 0.85, 0.9, 0.915, 0.95, 0.98].map((threshold) => ({
    threshold,
    utterances: 189,
    misses: Math.max(0, misses + Math.round((threshold - 0.915) * 20)),
    alarms: Math.max(0, Math.round((0.8 - threshold) * 20)),
    confusions: 0,
    hours: 0.841,
  }));
  return {
    snr,
    threshold: 0.915,
    utterances: 189,
    misses,
    alarms: 0,
    confusions: 0,
    hours: 0.841,
    missRate: misses / 189,
    missInterval: [0.00864, 0.06064],
    alarmsPerHour: 0,
    alarmInterval: [0, 3.562],
    latency: { p50: 62.4, p95: 130.2 },
    sets: [
      { name: 'happy', kind: 'positives', files: 189, utterances: 189, misses, alarms: 0, confusions: 0, hours: 0.079 },
      {
        name: 'ljspeech',
        kind: 'negatives',
        files: 70,
        utterances: 0,
        misses: 0,
        alarms: 0,
        confusions: 0,
        hours: 0.762,
      },
    ],
    files: Array.from({ length: misses }, (_, i) => ({
      file: `recordings/of/the/validation/list/speech-commands/happy/0a9f9af${i}_nohash_0.flac`,
      set: 'happy',
      utterances: [{ start: 0, end: 1, heard: false, latency: null, peak: 0.1 * (misses - i) }],
      alarms: [],
      confusions: [],
    })),
    sweep,
    ...over,
  };
}

function evaluation(conditions: ConditionResult[], over: Partial<Evaluation> = {}): Evaluation {
  const settings = { threshold: 0.915, smoothing: 100, refractory: 1000 };
  return {
    version: 1,
    arrangement: 'joined',
    conditions: conditions.map(({ snr }) => snr),
    hours: 0.841,
    models: [
      {
        model: 'models/happy.onnx',
        precision: 'int8',
        keywords: [{ keyword: 'happy', settings, conditions }],
        confusion: [],
      },
    ],
    comparisons: [],
    ...over,
  };
}

const text = (...args: Parameters<typeof evaluation>): string => describeEvaluation(evaluation(...args), 80).join('\n');

describe('figures', () => {
  it('have no more digits than they carry', () => {
    assert.deepEqual([0, 0.00449, 0.0996, 0.5, 0.997, 2.44, 9.96, 1234.5].map(rate), [
      ...['0', '0.0045', '0.10', '0.50', '1.0', '2.4', '10', '1,235'],
    ]);
    assert.deepEqual([0.0004, 0.8412, 12.34, 1304.4].map(hours), ['0.000 h', '0.841 h', '12.3 h', '1,304 h']);
    assert.deepEqual([0.15, 2.9957, 29.957, 5991.4].map(roughHours), ['0.15 h', '3.0 h', '30 h', '6,000 h']);
    assert.equal(percentWithin(5 / 189, [0.00864, 0.06064]), '2.6 % (0.9–6.1)');
    assert.equal(percentWithin(0, [0, 0.0004]), '0.0 % (0.0–0.04)');
    assert.equal(rateWithin(2.3, [0.474, 6.72]), '2.3 (0.47–6.7)');
    assert.equal(rateWithin(0, [0, 3.562]), 'below 3.6');
  });

  it('stand in lines between words', () => {
    assert.deepEqual(wrap('one two three four', 9), ['one two', 'three', 'four']);
    assert.deepEqual(wrap('within 95 % of 3.0 h here', 9), ['within', '95 % of', '3.0 h', 'here']);
    assert.deepEqual(wrap('incomprehensibilities', 9), ['incomprehensibilities']);
  });
});

describe('the text of an evaluation', () => {
  it('tells counts, rates, intervals and latency of every condition', () => {
    const shown = text([condition(null, 5), condition(10, 16)]);
    assert.match(shown, /^models\/happy\.onnx {2}int8, recordings joined, never reset$/m);
    assert.match(shown, /^happy from 0\.915, smoothed over 100 ms, then not for 1000 ms$/m);
    assert.match(shown, /^189 words, and 0\.841 h besides$/m);
    assert.match(shown, /^none +5 of 189 +2\.6 % \(0\.9–6\.1\) +0 +below 3\.6 +62, 130 ms$/m);
    assert.match(shown, /^10 dB +16 of 189 +8\.5 % /m);
    assert.match(shown, /^set +files +words +missed +10 dB +alarms +hours\nhappy +189 +189 +5 +16 +0 +0\.079\n/m);
    assert.match(shown, /^ljspeech +70 +0 +0\.762$/m);
  });

  it('names the worst misses, the lowest posterior first', () => {
    const shown = text([condition(null, 7)]);
    assert.match(shown, /^worst misses of 7 .*\n…\S+0a9f9af6_nohash_0\.flac  0\.00 s  0\.100\n…\S+0a9f9af5_/m);
    assert.equal(shown.match(/_nohash_/g)!.length, 5);
    assert.doesNotMatch(shown, /worst alarms/);
    assert.doesNotMatch(text([condition(null, 0)]), /worst misses/);
  });

  it('names the worst alarms, the highest posterior first', () => {
    const alarms = [0.93, 0.99].map((posterior) => ({ time: 3.21, posterior }));
    const files = [{ file: 'a.wav', set: 'ljspeech', utterances: [], alarms, confusions: [] }];
    const shown = text([condition(null, 0, { files, alarms: 2, alarmsPerHour: 2.38, alarmInterval: [0.288, 8.59] })]);
    assert.match(shown, /^worst alarms +at +posterior\na\.wav +3\.21 s +0\.990\na\.wav +3\.21 s +0\.930$/m);
    assert.match(shown, / 2 +2\.4 \(0\.29–8\.6\) /);
  });

  it('sweeps around the threshold that is set', () => {
    const shown = text([condition(null, 5), condition(10, 16)]);
    const rows = shown.slice(shown.indexOf('threshold ')).split('\n\n')[0].split('\n');
    assert.match(rows[0], /^threshold +missed +10 dB +alarms +an hour$/);
    assert.ok(rows.length > 4, shown);
    assert.equal(rows.filter((row) => /^ +0\.915 +5 +16 +0 +0 +as set$/.test(row)).length, 1, shown);
    const thresholds = rows.slice(1).map((row) => Number(row.trim().split(' ')[0]));
    assert.deepEqual(
      thresholds,
      [...thresholds].sort((a, b) => a - b),
    );
  });

  it('says how little the hours prove', () => {
    const words = text([condition(null, 5)]).replaceAll('\n', ' ');
    assert.match(words, /0\.841 h with no alarm can't show a rate below 3\.6 an hour; to show 1 takes 3\.0 h /);
  });

  it('says what was not measured', () => {
    const none = { utterances: 0, misses: 0, missRate: NaN, latency: null, sets: [], files: [] };
    assert.match(
      text([condition(null, 0, none)]),
      /No positives hold "happy": how often it is missed was not measured/,
    );
    const silent = { hours: 0, alarmsPerHour: NaN };
    assert.match(
      text([condition(null, 0, silent)]).replaceAll('\n', ' '),
      /No negatives: how often it fires for something else was not measured/,
    );
  });

  it('compares two models', () => {
    const [conditions] = [[condition(null, 5)]];
    const { models } = evaluation(conditions);
    const asSet = { misses: [8, 5], onlyMissedBy: [4, 1], pMisses: 0.375, alarms: [0, 9], pAlarms: 0.0039 } as const;
    const comparison = {
      keyword: 'happy',
      snr: null,
      asSet,
      atEqualAlarms: { ...asSet, thresholds: [0.9, 0.97] as const },
    };
    const over = { models: [models[0], { ...models[0], precision: 'f32' as const }], comparisons: [comparison] };
    const shown = text(conditions, over);
    assert.match(shown, /^compared {2}int8 \(first\) with f32 \(second\)$/m);
    assert.match(shown, /^happy, no noise +first +second +alone +p$/m);
    assert.match(shown, /^missed +8 +5 +4, 1 +0\.38 +undecided$/m);
    assert.match(shown, /^alarms +0 +9 +0\.004 +first better$/m);
    assert.match(shown, /^at equal alarms, from +0\.900 +0\.970\nmissed +8 +5 +4, 1 +0\.38 +undecided$/m);
    assert.match(
      text(conditions, { ...over, comparisons: [{ ...comparison, atEqualAlarms: null }] }),
      /^at equal alarms – +one alarms more at any$/m,
    );
  });

  it('fits 80 columns, whatever names and counts are, and lets none steer the terminal', () => {
    const name = `${'deep/'.repeat(30)}\u001b[2J\u202e.wav`;
    const long = condition(20, 1234, {
      utterances: 5678,
      alarms: 50,
      hours: 100.3,
      alarmsPerHour: 0.4985,
      alarmInterval: [0.37, 0.657],
      sets: [
        {
          name,
          kind: 'positives',
          files: 5678,
          utterances: 5678,
          misses: 1234,
          alarms: 50,
          confusions: 0,
          hours: 100.3,
        },
      ],
      files: [{ file: name, set: name, utterances: [], alarms: [{ time: 12345.6, posterior: 1 }], confusions: [] }],
    });
    const conditions = [{ ...long, snr: null }, long, { ...long, snr: 10 }, { ...long, snr: 5 }, { ...long, snr: 0 }];
    const { models } = evaluation(conditions);
    const named = { ...models[0], model: name };
    const asSet = { misses: [1234, 1235], onlyMissedBy: [123, 124], pMisses: 1, alarms: [50, 99], pAlarms: 0 } as const;
    const comparison = { keyword: name, snr: 20, asSet, atEqualAlarms: { ...asSet, thresholds: [0.9, 0.97] as const } };
    const shown = text(conditions, { models: [named, { ...named, model: `${name}2` }], comparisons: [comparison] });
    for (const line of shown.split('\n')) assert.ok(line.length <= 80 && line === line.trimEnd(), line);
    assert.doesNotMatch(shown, /[^\P{Cc}\n]|\p{Bidi_Control}/u);
  });
});

const folder = mkdtempSync(join(tmpdir(), 'tympan-eval-'));
after(() => rmSync(folder, { recursive: true, force: true }));

/** Threshold at which the samples' words are surely heard. */
const LOW = ['--threshold', '0.5'];

/** Recordings as people keep them, made of the samples. */
function recordings(): { clips: string; long: string; noise: string; times: number[] } {
  const [clips, long, noise] = ['happy', 'long', 'noise'].map((name) => join(folder, name));
  if (!existsSync(clips)) {
    for (const each of [clips, long, noise]) mkdirSync(each);
    wordClips().forEach((samples, i) => writeFileSync(join(clips, `${i}.wav`), wavOf(samples)));
    writeFileSync(join(long, 'talk.wav'), readFileSync(HAPPY));
    const labels = eventsIn(HAPPY).map((time) => `${time - 0.7}\t${time - 0.02}\thappy\n`);
    writeFileSync(join(long, 'talk.txt'), `0.1\t0.2\tother\n${labels.join('')}`);
    writeFileSync(
      join(noise, 'hiss.wav'),
      wavOf(Float32Array.from({ length: 20000 }, (_, i) => 0.1 * Math.sin(i * i))),
    );
  }
  return { clips, long, noise, times: eventsIn(HAPPY) };
}

interface Printed extends Evaluation {
  failed: { file: string; error: string }[];
}

function evaluated(...args: string[]): Printed {
  const { status, stdout, stderr } = tympan('eval', ...args, '--json');
  assert.equal(stderr, '');
  assert.equal(status, 0);
  return JSON.parse(stdout);
}

describe('tympan eval', () => {
  it('hears in a long file with labels what detect hears, and when', () => {
    const { long, times } = recordings();
    const { models, failed, arrangement, conditions } = evaluated('--positives', long, '--negatives', QUIET, ...LOW);
    assert.deepEqual([arrangement, conditions, failed], ['files', [null], []]);
    const [{ keywords }] = models;
    const [{ keyword, conditions: results }] = keywords;
    assert.equal(keyword, 'happy');
    assert.equal(results[0].utterances, times.length);
    assert.equal(results[0].misses, 0);
    const [talk] = results[0].files as FileResult[];
    for (const [i, { end, latency, heard }] of talk.utterances.entries()) {
      assert.ok(heard);
      // The word ends where its label does, or before.
      assert.ok(end + latency! / 1000 >= times[i] - 0.01, `${end} ${latency} ${times[i]}`);
    }
    assert.deepEqual(
      results[0].sets.map(({ name, kind, files }) => [name, kind, files]),
      [
        ['long', 'positives', 1],
        ['single files', 'negatives', 1],
      ],
    );
  });

  it('shows its help, and that of calibrate', () => {
    for (const command of ['eval', 'calibrate']) {
      const { status, stdout } = tympan(command, '--help');
      assert.equal(status, 0);
      assert.match(stdout, new RegExp(`^Usage: tympan ${command} `));
      for (const line of stdout.split('\n')) assert.ok(line.length <= 80, line);
    }
  });

  it('hears as the flags of streaming and of decisions say', () => {
    const { long } = recordings();
    const flags = ['--window-frames', '98', '--hop-frames', '5', '--refractory', '60000', '--smoothing', '0', ...LOW];
    const { detections } = JSON.parse(tympan('detect', HAPPY, '--json', ...flags).stdout);
    const [{ keywords }] = evaluated('--negatives', HAPPY, ...flags).models;
    assert.deepEqual(keywords[0].settings, { threshold: 0.5, smoothing: 0, refractory: 60000 });
    const [{ alarms }] = keywords[0].conditions[0].files;
    assert.equal(alarms.length, detections.length);
    for (const [i, { time, posterior }] of alarms.entries()) {
      assert.ok(Math.abs(time - detections[i].time) < 1e-3);
      assert.ok(Math.abs(posterior - detections[i].posterior) < 1e-3);
    }
    assert.equal(evaluated('--positives', long, '--smoothing', 'happy=0').models[0].keywords[0].settings.smoothing, 0);
  });

  it('does not depend on the number of threads', () => {
    const { clips, noise } = recordings();
    const paths = ['--positives', clips, '--negatives', QUIET, '--noise', noise, '--snr', '20,5'];
    const one = evaluated(...paths, '--threads', '1');
    assert.deepEqual(evaluated(...paths, '--threads', '3'), one);
    assert.deepEqual(one.conditions, [null, 20, 5]);
  });

  it('joins files, mixes noise in, compares precisions, writes the page and the clips', () => {
    const { clips, noise } = recordings();
    const [page, out] = [join(folder, 'report.html'), join(folder, 'out')];
    const { status, stdout, stderr } = tympan(
      ...['eval', '--joined', '--positives', clips, '--negatives', QUIET, '--noise', noise, '--snr', '10'],
      ...['--against-precision', 'f32', '--threshold', '1', '--report', page, '--clips', out, '--worst', '1'],
    );
    assert.equal(status, 0, stderr);
    const words = wordClips().length;
    assert.match(stdout, /int8, recordings joined, never reset\n/);
    assert.match(stdout, new RegExp(`^none +${words} of ${words} +100\\.0 % `, 'm'));
    assert.match(stdout, new RegExp(`^10 dB +${words} of ${words} `, 'm'));
    assert.match(stdout, /^compared {2}int8 \(first\) with f32 \(second\)$/m);
    for (const line of stdout.split('\n').slice(1)) assert.ok(line.length <= 80 && line === line.trimEnd(), line);
    assert.match(stderr, new RegExp(`^4 clips in ${out}\nreport in ${page}\n$`));
    const html = readFileSync(page, 'utf8');
    assert.match(html, /^<!doctype html>/i);
    assert.equal(html.match(/<audio\s/g)!.length, 4);
    const files = readdirSync(out, { recursive: true, encoding: 'utf8' });
    assert.equal(files.filter((name) => name.endsWith('.wav')).length, 4);
    assert.equal(readFileSync(join(out, 'index.tsv'), 'utf8').trimEnd().split('\n').length, 5);
  });

  it('writes a page without recordings', () => {
    const { clips } = recordings();
    const page = join(folder, 'public.html');
    assert.equal(tympan('eval', '--positives', clips, '-t', '1', '--report', page, '--no-audio').status, 0);
    const html = readFileSync(page, 'utf8');
    assert.doesNotMatch(html, /<audio\s|data:audio/);
    assert.match(html, /0\.wav/);
    assert.ok(!html.includes(folder));
  });

  it('measures positives alone, and negatives alone, and says so', () => {
    const { clips } = recordings();
    const positives = tympan('eval', '--positives', clips, ...LOW);
    assert.equal(positives.status, 0, positives.stderr);
    assert.match(positives.stdout, /No negatives: how often it fires for something else/);
    const negatives = tympan('eval', '--negatives', QUIET, HAPPY, ...LOW);
    assert.equal(negatives.status, 0, negatives.stderr);
    assert.match(negatives.stdout, /No positives hold "happy"/);
    assert.match(negatives.stdout, /^worst alarms +at +posterior\nmodels\/samples\/happy\.wav /m);
  });

  it('reports a file that can not be heard, counts the others, and exits with 2', () => {
    const { clips } = recordings();
    const broken = join(folder, 'broken.wav');
    writeFileSync(broken, 'hello');
    const { status, stdout, stderr } = tympan('eval', '--positives', clips, '--negatives', broken, QUIET, '--json');
    assert.equal(status, 2);
    const error = `${broken}: not an audio file (expected WAV or FLAC)`;
    assert.equal(stderr, `tympan: ${error}\n`);
    const { failed, models } = JSON.parse(stdout) as Printed;
    assert.deepEqual(failed, [{ file: broken, error }]);
    assert.equal(models[0].keywords[0].conditions[0].sets[1].files, 1);
    const none = tympan('eval', '--negatives', broken);
    assert.equal(none.status, 2);
    assert.equal(none.stdout, '');
    assert.match(none.stderr, /not an audio file.*\ntympan: none of the recordings could be heard; .*\n$/);
  });

  const usage: [args: string[], message: RegExp][] = [
    [[], /nothing to hear: expected --positives or --negatives, best both; see tympan eval --help/],
    [['--negatives', QUIET, '--snr', '10', '--noise', QUIET], /--snr: noise is mixed into --positives/],
    [['--positives', QUIET, '--snr', '10'], /--snr: expected --noise too/],
    [['--positives', QUIET, '--noise', QUIET], /--noise: expected --snr to mix it in, or --joined/],
    [['--positives', QUIET, '--snr', '10,loud', '--noise', QUIET], /argument '10,loud' is invalid. Expected dB from/],
    [['--positives', QUIET, '--snr', '10,10', '--noise', QUIET], /every level once, got 10 twice/],
    [['--positives', QUIET, '--threads', '0'], /Expected a whole number from 1 to 256/],
    [['--positives', QUIET, '--against-precision', 'int8'], /--against: expected another model, or another precision/],
    [['--positives', QUIET, '--keyword', 'nobody'], /"nobody" is no keyword of the model; keywords are happy/],
    [['--positives', QUIET, '--threshold', 'nobody=1'], /"nobody" is no keyword; keywords are happy/],
    [['--positives', 'nowhere'], /nowhere: no such file or folder/],
    [['--positives', QUIET, '--noise', 'nowhere', '--joined'], /tympan: --noise: nowhere: no such file or folder/],
    [['--positives', 'test/fixtures/onnx'], /test\/fixtures\/onnx: no \.wav or \.flac files/],
    [['--positives', QUIET, '--report', 'nowhere/page.html'], /nowhere\/page\.html: no folder nowhere to write into/],
    [['--positives', QUIET, '--report', 'models'], /models: not a file, can't be replaced/],
    [['--positives', QUIET, '--no-audio'], /--no-audio: expected --report too/],
    [['--positives', QUIET, '--negatives', `./${QUIET}`], /is in the positives .*and in the negatives/],
    [['--positives', QUIET, '--clips', 'models'], /models: has \d+ entries already/],
    [['--positives', QUIET, '-m', 'nowhere.onnx'], /nowhere\.onnx: no such file/],
    [['--positives', ''], /argument '' is invalid. Expected a name/],
    [['models'], /got "models" by itself, expected recordings behind --positives/],
  ];
  for (const [args, message] of usage) {
    it(`refuses: tympan eval ${args.join(' ')}`, () => {
      const { status, stdout, stderr } = tympan('eval', ...args);
      assert.equal(status, 2, stderr);
      assert.equal(stdout, '');
      assert.match(stderr, /^tympan: [^\n]+\n$/);
      assert.match(stderr, message);
    });
  }
});
