import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import test, { describe } from 'node:test';
import fc from 'fast-check';
import { evaluate } from '#dist/evaluation/evaluate.js';
import { failuresOf } from '#dist/evaluation/failures.js';
import type { ConditionResult, Evaluation, OperatingPoint } from '#dist/evaluation/result.js';
import { encodeWav } from '#dist/node/encode-wav.js';
import type { Chart } from '#dist/report/chart.js';
import { verdict } from '#dist/report/comparison.js';
import { tradeOf } from '#dist/report/det.js';
import { limits } from '#dist/report/headline.js';
import { html, json } from '#dist/report/html.js';
import { reportPage } from '#dist/report/page.js';
import { MAX_FILES } from '#dist/report/tables.js';
import { hours, modelNames, percent, position, probability, rateInterval } from '#dist/report/words.js';
import { SEED } from './support.js';
import { syntheticHeard, type SyntheticOptions } from './synthetic-heard.js';

interface PageOptions extends SyntheticOptions {
  readonly audio?: boolean;
  readonly names?: readonly string[];
  readonly limit?: number;
}

function pageOf({ audio = false, names = ['models/hey.onnx'], limit = 4, ...options }: PageOptions) {
  const heard = syntheticHeard({ ...options, models: names.length });
  const settings = { [options.keyword ?? 'hey']: { threshold: 0.8, smoothing: 100, refractory: 1000 } };
  const evaluation = evaluate(
    heard,
    names.map((model) => ({ model, precision: 'int8', settings })),
    'files',
  );
  const wav = encodeWav(Float32Array.of(0, 0.5, -0.5), 16000);
  const failures = failuresOf(evaluation, heard, limit).map((failure) => (audio ? { ...failure, wav } : failure));
  const facts = [['Command', 'tympan eval --snr "20,10" && echo <done>']] as const;
  return { page: reportPage({ evaluation, failures, title: 'hey & more', facts }), evaluation, failures };
}

const contentsOf = (page: string, pattern: RegExp): string[] => [...page.matchAll(pattern)].map(([, text]) => text);
const chartsOf = (page: string): Chart[] =>
  contentsOf(page, /<script type="application\/json">(.*?)<\/script>/gs).map((text) => JSON.parse(text) as Chart);
const runnable = (page: string): string[] => contentsOf(page, /<script(?: type="module")?>(.*?)<\/script>/gs);

/** What a reader sees, without tags; entities only as far as tests need them. */
const textOf = (page: string): string =>
  page
    .replace(/<(script|style)[^>]*>.*?<\/\1>/gs, '')
    .replace(/<[^>]*>/g, ' ')
    .replace(/&quot;/g, '"')
    .replace(/[\s\u00a0]+/g, ' ');

test('figures come in words, with what they were counted from and how little they prove', () => {
  const { page, evaluation } = pageOf({ positives: 40, negatives: 3, sureness: (k) => (k < 4 ? 0.5 : 0.95) });
  const text = textOf(page);
  const [{ alarms, alarmInterval, latency }] = evaluation.models[0].keywords[0].conditions;
  assert.match(text, /10 % missed 4 of 40 utterances; 95 %: 2\.8 to 24 %/); // Clopper-Pearson: 0.0279, 0.2366
  assert.ok(alarms > 0 && latency);
  assert.ok(text.includes(`${alarms} alarms in 3 min; 95 %: ${rateInterval(alarmInterval)}`), text);
  assert.ok(text.includes(`${Math.round(latency.p50)} ms latency median, from the end of the word`));
  assert.match(text, /alarms in 3 min would be no surprise at any rate from [\d.]+ to \d+ an hour/);
  assert.ok(text.includes('Threshold 0.8, smoothing 100 ms, refractory period 1000 ms'));
  assert.ok(page.includes('tympan eval --snr &quot;20,10&quot; &amp;&amp; echo &lt;done&gt;'));
});

test('no alarms are no rate of zero: the hours say what they rule out', () => {
  const point = { alarms: 0, hours: 0.9, alarmInterval: [0, 3.33], utterances: 0, missInterval: [0, 1] } as const;
  // Three in 0.9 hours: −ln(0.05) / 0.9 = 3.33 an hour; a tenth of that takes ten times as long.
  assert.equal(
    limits(point as unknown as ConditionResult),
    '0.9 h without an alarm rule out no more than 3.3 alarms an hour (95 %): ' +
      'to rule out 0.33 would take 9 h without one.',
  );
});

test('what was not measured is not given a figure', () => {
  const spoken = textOf(pageOf({ positives: 3, negatives: 0 }).page);
  assert.ok(spoken.includes('false alarms not measured'));
  assert.ok(!/NaN|Infinity|undefined|null/.test(spoken), spoken);
  const silent = textOf(pageOf({ positives: 0, negatives: 2 }).page);
  assert.ok(silent.includes('misses not measured'));
  assert.ok(!/NaN|Infinity|undefined|null|of 0 utter/.test(silent), silent);
  for (const { x, y, lines } of [spoken, silent].flatMap(chartsOf))
    assert.ok([x.min, x.max, y.min, y.max].every(Number.isFinite) && lines.length > 0);
});

describe('a page by itself', () => {
  const { page, failures } = pageOf({ positives: 20, negatives: 4, snrs: [10], audio: true });

  test('fetches nothing, and a policy sees to it', () => {
    const addresses = contentsOf(page, /\s(?:src|href)="([^"]*)"/g);
    assert.deepEqual(
      addresses.filter((address) => !address.startsWith('data:')),
      [],
    );
    assert.ok(!/@import|url\(|\bimport\s*[({'"]|\bfrom\s*'/.test(page.replace(/data:[^"]*/g, '')));
    const policy = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(page)?.[1] ?? '';
    assert.ok(policy.startsWith("default-src 'none';"));
    assert.ok(!/unsafe|https?:|\*/.test(policy), policy);
  });

  test('the policy lets run exactly what the page brings along', () => {
    const policy = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(page)?.[1] ?? '';
    const hash = (text: string) => `'sha256-${createHash('sha256').update(text, 'utf8').digest('base64')}'`;
    const allowed = (kind: string) => new RegExp(`${kind} ([^;]*)`).exec(policy)?.[1].split(' ');
    assert.equal(runnable(page).length, 3);
    assert.deepEqual(allowed('script-src'), runnable(page).map(hash));
    assert.deepEqual(allowed('style-src'), contentsOf(page, /<style>(.*?)<\/style>/gs).map(hash));
    assert.ok(!/\s(style|on\w+)="/.test(page), 'attributes that the policy would stop');
  });

  test("the charts' library comes with its licence", () => {
    assert.match(runnable(page)[0], /^\/\*!\nThe MIT License[^]*Leon Sorokin[^]*WITHOUT WARRANTY[^]*\*\//);
  });

  test('failures have a chart, and a player where there is sound', () => {
    const players = contentsOf(page, /src="data:audio\/wav;base64,([^"]*)"/g);
    assert.equal(players.length, failures.length);
    assert.deepEqual(Buffer.from(players[0], 'base64'), Buffer.from(encodeWav(Float32Array.of(0, 0.5, -0.5), 16000)));
    const traces = chartsOf(page).filter(({ label }) => label.startsWith('Posterior'));
    assert.equal(traces.length, failures.length);
    for (const [i, { xs, lines, marks }] of traces.entries()) {
      const { kind, fileStart, trace } = failures[i];
      assert.ok('step' in xs && Math.abs(xs.first - (trace.firstTime - fileStart)) < 1e-3);
      assert.equal(lines[0].ys.length, trace.posteriors.length);
      assert.ok(marks.some((mark) => mark.kind === 'level' && mark.y === 0.8));
      assert.ok(marks.some((mark) => mark.kind === (kind === 'alarm' ? 'bound' : 'span')));
    }
    const quiet = pageOf({ positives: 20, negatives: 4 });
    assert.ok(!quiet.page.includes('<audio'));
    assert.ok(textOf(quiet.page).includes(quiet.failures[0].file.replace(/.*\//, '')));
  });

  test('elements are closed in the order in which they were opened', () => {
    const open: string[] = [];
    const markup = page.replace(/<(script|style)[^>]*>.*?<\/\1>/gs, '');
    const CLOSED = new Set(
      'html head body header main section div nav ul ol dl figure details table h1 h2 h3 h4'.split(' '),
    );
    for (const [, end, tag] of markup.matchAll(/<(\/?)([a-z][a-z0-9]*)/g)) {
      if (!CLOSED.has(tag)) continue;
      if (end) assert.equal(open.pop(), tag);
      else open.push(tag);
    }
    assert.deepEqual(open, []);
  });
});

test('names from files stay text', () => {
  const nasty = '</script><img src=x onerror=alert(1)>"\'\u2028\u202e<!--.wav';
  const { page, failures } = pageOf({
    keyword: '</h2><script>alert(2)</script>',
    positives: 6,
    negatives: 2,
    nameOf: (kind, k) => `${nasty}${k}${kind}`,
    names: ['"><svg onload=alert(3)>.onnx'],
    audio: true,
  });
  assert.equal(runnable(page).length, 3);
  assert.ok(!/<img|<svg|<script>alert|<!--/.test(page));
  assert.ok(!/[\u2028\u202e]/.test(page));
  assert.ok(failures.length > 0);
  // Charts are parsed as they are in the page, and give the names back.
  assert.ok(chartsOf(page).some(({ label }) => label.includes('“</h2><script>alert(2)</script>”')));
  assert.equal(html`<p title="${`"<&'`}">${[nasty, 1, null, false]}</p>`.text.includes('<img'), false);
  assert.deepEqual(JSON.parse(json({ nasty }).text), { nasty: nasty.replace(/[\u2028\u202e]/g, '\ufffd') });
});

test('a thousand files fit in 250 KB', (t) => {
  const { page } = pageOf({ positives: 500, negatives: 500, limit: 10 });
  const bytes = Buffer.byteLength(page);
  t.diagnostic(`${bytes} bytes`);
  assert.ok(bytes < 250_000, `${bytes} bytes`);
  assert.equal(contentsOf(page, /<tr><th scope="row" title="recordings\/(\w+)/g).length, 1000);
});

test('more files than can be scrolled through: those that failed stay, and the page says what is left out', () => {
  const evaluation = manyFiles(MAX_FILES + 10);
  const page = reportPage({ evaluation, failures: [], title: 'many', facts: [] });
  assert.ok(page.includes('file-0.wav') && page.includes(`file-${MAX_FILES + 9}.wav`));
  assert.ok(!page.includes(`file-${MAX_FILES}.wav`));
  assert.ok(textOf(page).includes('10 files that failed no more than these are left out'));
});

/** Clips of which the last one was missed. */
function manyFiles(count: number): Evaluation {
  const { evaluation } = pageOf({ positives: 1, negatives: 0 });
  const [model] = evaluation.models;
  const [keyword] = model.keywords;
  const [condition] = keyword.conditions;
  const [file] = condition.files;
  const files = Array.from({ length: count }, (_, i) => ({
    ...file,
    file: `file-${i}.wav`,
    utterances: [{ start: 0, end: 1, heard: i < count - 1, latency: i < count - 1 ? 40 : null, peak: 0.5 }],
    alarms: [],
  }));
  return {
    ...evaluation,
    models: [{ ...model, keywords: [{ ...keyword, conditions: [{ ...condition, files }] }] }],
  };
}

describe('charts', () => {
  const { page, evaluation } = pageOf({ positives: 60, negatives: 10, snrs: [10, 0], names: ['a.onnx', 'b.onnx'] });
  const [det, misses, alarms] = chartsOf(page);

  test('have a line for each model and condition, within rising axes', () => {
    assert.deepEqual(
      det.lines.map(({ name }) => name),
      ['a.onnx', 'b.onnx'].flatMap((model) =>
        ['as recorded', 'noise at 10 dB', 'noise at 0 dB'].map((snr) => `${model}, ${snr}`),
      ),
    );
    assert.equal(new Set(det.lines.map(({ hue, dash }) => `${hue} ${dash}`)).size, 6);
    assert.equal(misses.lines.length, 6);
    for (const { xs, x, y, lines } of [det, misses, alarms]) {
      assert.ok(Array.isArray(xs) && xs.every((value, i) => i === 0 || value > xs[i - 1]));
      assert.ok(lines.every(({ ys }) => ys.length === xs.length));
      for (const { ticks, min, max } of [x, y]) {
        assert.ok(
          ticks.length > 1 &&
            ticks.every(([at], i) => at >= min - 1e-3 && at <= max + 1e-3 && (i === 0 || at > ticks[i - 1][0])),
        );
      }
    }
  });

  test('no alarm lies at the marked edge of a logarithmic axis, and others where their logarithm is', () => {
    assert.equal(det.x.scale, 'log');
    assert.deepEqual(det.x.ticks[0], [det.x.zero, 'none']);
    assert.equal(det.x.min, det.x.zero);
    for (const [at, label] of det.x.ticks.slice(1))
      assert.ok(Math.abs(10 ** at - Number(label)) < 0.01 * Number(label));
    const [{ alarmsPerHour, missRate, missInterval }] = evaluation.models[0].keywords[0].conditions;
    const points = det.marks.flatMap((mark) => (mark.kind === 'point' ? [mark] : []));
    assert.equal(points.length, 6);
    assert.ok(Math.abs(points[0].x - Math.log10(alarmsPerHour)) < 1e-3);
    assert.ok(Math.abs(points[0].y ** 2 - 100 * missRate) < 0.02);
    assert.ok(Math.abs((points[0].box?.[3] ?? 0) ** 2 - 100 * missInterval[1]) < 0.02);
  });

  test('one line stands for all conditions that have the same alarms', () => {
    assert.ok(alarms.lines.length < 6);
    assert.ok(page.includes('one line stands for all'));
  });

  test('two models are compared in words', () => {
    const text = textOf(page);
    assert.ok(text.includes('a.onnx against b.onnx'));
    for (const { asSet } of evaluation.comparisons) assert.ok(text.includes(`${asSet.misses[0]} : ${asSet.misses[1]}`));
    assert.equal(verdict([5, 9], 0.34, 'misses', ['a', 'b']), 'could be chance (p\u00a0=\u00a00.34)');
    assert.equal(verdict([5, 19], 0.012, 'misses', ['a', 'b']), 'a misses fewer (p\u00a0=\u00a00.012)');
    assert.equal(verdict([5, 1], 1e-5, 'alarms', ['a', 'b']), 'b has fewer alarms (p\u00a0<\u00a00.001)');
    assert.equal(verdict([3, 3], 1, 'alarms', ['a', 'b']), 'none');
  });
});

test('a threshold that was moved is no advantage: at equal alarms both are', () => {
  // The same answers twice: neither was set at the best threshold for them.
  const { page, evaluation } = pageOf({
    positives: 20,
    negatives: 0,
    sureness: (k) => (k < 10 ? 0.6 : 0.95),
    names: ['a.onnx', 'b.onnx'],
  });
  assert.deepEqual(evaluation.comparisons[0].asSet.misses, [10, 10]);
  assert.deepEqual(evaluation.comparisons[0].atEqualAlarms?.misses, [0, 0]);
  assert.equal(evaluation.comparisons[0].atEqualAlarms?.pMisses, 1);
  assert.ok(textOf(page).includes('at equal alarms, '));
  assert.ok(!textOf(page).includes('misses fewer'));
});

test('the trade is the fewest misses at so many alarms or fewer', () => {
  const point = fc.record({ misses: fc.integer({ min: 0, max: 20 }), alarms: fc.integer({ min: 0, max: 15 }) });
  fc.assert(
    fc.property(fc.array(point, { maxLength: 40 }), (counts) => {
      const sweep = counts.map((count, i): OperatingPoint => ({
        threshold: i / 40,
        utterances: 20,
        hours: 2,
        ...count,
      }));
      const trade = tradeOf(sweep);
      for (let alarms = 0; alarms <= 15; alarms++) {
        const reached = trade.filter(({ rate }) => rate <= alarms / 2);
        const allowed = sweep.filter((other) => other.alarms <= alarms).map(({ misses }) => misses / 20);
        assert.equal(reached.at(-1)?.missRate ?? Infinity, Math.min(Infinity, ...allowed));
      }
      assert.ok(
        trade.every(
          ({ rate, missRate }, i) => i === 0 || (rate > trade[i - 1].rate && missRate < trade[i - 1].missRate),
        ),
      );
    }),
    { seed: SEED, numRuns: 200 },
  );
});

test('numbers are as long as what they say', () => {
  const plain = (text: string) => text.replaceAll('\u00a0', ' ');
  assert.deepEqual([0, 0.0003, 0.0264, 0.5, 1].map(percent).map(plain), ['0 %', '0.03 %', '2.6 %', '50 %', '100 %']);
  assert.deepEqual([0.5, 0.034, 0.0341, 1e-9].map(probability).map(plain), [
    'p = 0.50',
    'p = 0.034',
    'p = 0.034',
    'p < 0.001',
  ]);
  assert.deepEqual([0.001, 0.2, 0.893, 12.34, 1234].map(hours), ['4 s', '12 min', '0.893 h', '12.3 h', '1,230 h']);
  assert.deepEqual([0, 3.418, 59.996, 62.44, 3725].map(position), [
    '0.00 s',
    '3.42 s',
    '60.00 s',
    '1:02.4',
    '1:02:05.0',
  ]);
  assert.equal(rateInterval([0, 3.354]), 'below 3.4 an hour');
  assert.equal(rateInterval([0.62, 4.38]), '0.62 to 4.4 an hour');
});

test('models are called by as much of their names as tells them apart', () => {
  const names = (...models: [string, 'int8' | 'f32'][]) =>
    modelNames(models.map(([model, precision]) => ({ model, precision })));
  assert.deepEqual(names(['x/a.onnx', 'int8']), ['a.onnx']);
  assert.deepEqual(names(['x/a.onnx', 'int8'], ['y\\b.onnx', 'int8']), ['a.onnx', 'b.onnx']);
  assert.deepEqual(names(['x/a.onnx', 'int8'], ['x/a.onnx', 'f32']), ['a.onnx int8', 'a.onnx f32']);
  assert.deepEqual(names(['x/a.onnx', 'int8'], ['y/a.onnx', 'int8']), ['x/a.onnx', 'y/a.onnx']);
  assert.deepEqual(names(['a', 'int8'], ['a', 'int8']), ['a int8 (1)', 'a int8 (2)']);
});
