import assert from 'node:assert/strict';
import test from 'node:test';
import fc from 'fast-check';
import { AudioError } from 'tympan';
import { parseJsonLabels, parseLabels, type FileLabel } from '#dist/evaluation/label-file.js';
import { parseLabelCsv } from '#dist/node/evaluation/label-csv.js';
import { property } from './support.js';

const parsers = {
  audacity: (text: string) => parseLabels(text, 'audacity', 'words.txt'),
  csv: (text: string) => parseLabelCsv(text, 'words.csv'),
  json: (text: string) => parseLabels(text, 'json', 'words.json'),
};

function assertRefused(format: keyof typeof parsers, text: string, message: string): void {
  assert.throws(
    () => parsers[format](text),
    (error: Error) => {
      assert.ok(error instanceof AudioError, String(error));
      assert.equal(error.message, message);
      return true;
    },
  );
}

const two: FileLabel[] = [
  { start: 0.5, end: 1.25, label: 'happy' },
  { start: 3, end: 3, label: '' },
];

test('Audacity: labels, points, empty labels, spectral selections', () => {
  assert.deepEqual(parsers.audacity('0.500000\t1.250000\thappy\n3.000000\t3.000000\t\n'), two);
  assert.deepEqual(
    parsers.audacity('0.500000\t1.250000\thappy\n\\\t100.5\t2000.25\n3.0\t3.0\t\n\\\t-1.000000\t-1.000000\n'),
    two,
  );
  assert.deepEqual(parsers.audacity('0.5\t1.25\thappy\n\n3\t3'), two, 'no label field, no last line break');
  assert.deepEqual(parsers.audacity('1\t2\they, "you"\tthere \n'), [{ start: 1, end: 2, label: 'hey, "you"\tthere' }]);
  assert.deepEqual(parsers.audacity(''), []);
});

test('CSV: columns in any order, both separators, quotes, other columns', () => {
  assert.deepEqual(parsers.csv('start,end,label\n0.5,1.25,happy\n3,3,\n'), two);
  assert.deepEqual(parsers.csv('Label; END ;speaker;start\nhappy;1.25;"a;b";0.5\n;3;;3\n;;;\n'), two);
  assert.deepEqual(parsers.csv('"label","start","end"\n"say ""hey"", you","1","2"\n'), [
    { start: 1, end: 2, label: 'say "hey", you' },
  ]);
  assert.deepEqual(parsers.csv('path,start,end,label\n"a, b.wav",1,2,happy\nsub/c.flac,.5,1e1,bed\n'), [
    { file: 'a, b.wav', start: 1, end: 2, label: 'happy' },
    { file: 'sub/c.flac', start: 0.5, end: 10, label: 'bed' },
  ]);
  assert.deepEqual(parsers.csv('start,end,label\n'), []);
});

test('JSON: audio files with an empty list are told', () => {
  const text = '{ "a.wav": [], "b.wav": [{ "start": 1, "end": 2, "label": "" }], "labels.wav": [] }';
  assert.deepEqual(parseJsonLabels(text, 'words.json').silent, ['a.wav', 'labels.wav']);
  for (const none of ['[]', '{ "labels": [] }', '{}'])
    assert.deepEqual(parseJsonLabels(none, 'words.json'), { labels: [], silent: [] });
});

test('JSON: a list, an object with one, a list for each file', () => {
  assert.deepEqual(parsers.json(JSON.stringify(two)), two);
  assert.deepEqual(parsers.json(JSON.stringify({ labels: two })), two);
  assert.deepEqual(
    parsers.json('{ "a.wav": [{ "start": 1, "end": 2, "label": "happy", "speaker": 7 }], "b.wav": [] }'),
    [{ file: 'a.wav', start: 1, end: 2, label: 'happy' }],
  );
  assert.deepEqual(parsers.json('[{ "file": "a.wav", "start": 1, "end": 2, "label": "happy" }]'), [
    { file: 'a.wav', start: 1, end: 2, label: 'happy' },
  ]);
  assert.deepEqual(parsers.json('{}'), []);
});

test('byte order marks and line ends of other systems', () => {
  for (const end of ['\n', '\r\n', '\r']) {
    assert.deepEqual(parsers.audacity(`\uFEFF0.5\t1.25\thappy${end}3\t3\t${end}`), two);
    assert.deepEqual(parsers.csv(`\uFEFFstart;end;label${end}0.5;1.25;happy${end}${end}3;3;${end}`), two);
  }
  assert.deepEqual(parsers.json(`\uFEFF${JSON.stringify(two, null, 2).replaceAll('\n', '\r\n')}`), two);
});

test('all formats tell the same of the same labels', () => {
  const label = fc.record({
    start: fc.double({ min: 0, max: 1e5, noNaN: true }).map(Math.abs),
    duration: fc.double({ min: 0, max: 1e3, noNaN: true }).map(Math.abs),
    label: fc.stringMatching(/^[a-zäß雨 ,;"']{0,12}$/u).map((text) => text.trim()),
  });
  fc.assert(
    fc.property(fc.array(label, { maxLength: 8 }), (list) => {
      const labels = list.map(({ start, duration, label }) => ({ start, end: start + duration, label }));
      const quoted = (text: string): string => `"${text.replaceAll('"', '""')}"`;
      const rows = labels.map(({ start, end, label }) => `${quoted(label)},${start},${end}\n`);
      assert.deepEqual(parsers.csv(`label,start,end\n${rows.join('')}`), labels);
      assert.deepEqual(
        parsers.audacity(labels.map(({ start, end, label }) => `${start}\t${end}\t${label}\n`).join('')),
        labels,
      );
      assert.deepEqual(parsers.json(JSON.stringify(labels)), labels);
    }),
    { ...property, numRuns: 200 },
  );
});

test('Audacity: refusals name the line and the field', () => {
  assertRefused(
    'audacity',
    '1\t2\ta\n0.5 1.5 happy\n',
    'words.txt: line 2: got "0.5 1.5 happy", expected start, end and label with tabs between them',
  );
  assertRefused(
    'audacity',
    '1,5\t2,5\ta\n',
    'words.txt: line 1: start: got "1,5", expected seconds with a decimal point',
  );
  assertRefused(
    'audacity',
    '\\\t1\t2\n1\thappy\n',
    'words.txt: line 2: end: got "happy", expected seconds, 1.25 for example',
  );
  assertRefused('audacity', 'NaN\t2\ta\n', 'words.txt: line 1: start: got "NaN", expected seconds, 1.25 for example');
  assertRefused(
    'audacity',
    '0x10\t20\ta\n',
    'words.txt: line 1: start: got "0x10", expected seconds, 1.25 for example',
  );
  assertRefused(
    'audacity',
    '-0.1\t2\ta\n',
    'words.txt: line 1: start: got -0.1, expected seconds from the start of the file, from 0',
  );
  assertRefused(
    'audacity',
    '\n3\t2\ta\n',
    'words.txt: line 2: end: got 2, expected seconds, from the start of the label, 3',
  );
  assertRefused(
    'audacity',
    '3\t1e999\ta\n',
    'words.txt: line 1: end: got Infinity, expected seconds, from the start of the label, 3',
  );
  assertRefused('audacity', '1\0\t\0', 'words.txt: got zero bytes, expected text; save it as UTF-8');
});

test('CSV: refusals name the line and the field', () => {
  assertRefused('csv', '', 'words.csv: got an empty file, expected a first line with the columns start, end and label');
  assertRefused(
    'csv',
    '1,2,happy\n',
    'words.csv: line 1: got the columns 1, 2, happy, expected exactly one called start',
  );
  assertRefused(
    'csv',
    'start,end,label,file,path\n',
    'words.csv: line 1: got the columns start, end, label, file, path, expected exactly one called file or path',
  );
  assertRefused(
    'csv',
    'start;end;label\n1,5;2,5;a\n',
    'words.csv: line 2: start: got "1,5", expected seconds with a decimal point',
  );
  assertRefused(
    'csv',
    'start,end,label\n1,2,a\n1,5,2,5,happy\n',
    'words.csv: line 3: got 5 fields, expected as many as the first line has; decimals take a point, ' +
      'and a label with a separator in it stands in double quotes',
  );
  assertRefused(
    'csv',
    'file,start,end,label\n,1,2,a\n',
    'words.csv: line 2: file: got "", expected the name of an audio file',
  );
  assertRefused('csv', 'start,end,label\n1,,a\n', 'words.csv: line 2: end: got "", expected seconds, 1.25 for example');
  assertRefused(
    'csv',
    'start,end,label\n\n2,1,a\n',
    'words.csv: line 3: end: got 1, expected seconds, from the start of the label, 2',
  );
  assertRefused('csv', 's\0t\0', 'words.csv: got zero bytes, expected text; save it as UTF-8');
  assert.throws(() => parsers.csv('start,end,label\n1,2,"a\n'), {
    name: 'AudioError',
    message: /^words\.csv: .*line 2/,
  });
});

test('JSON: refusals name the label and the field', () => {
  assert.throws(() => parsers.json('[\n{"start": happy\n]'), {
    name: 'AudioError',
    message: /^words\.json: not JSON: [^\n]+$/,
  });
  assertRefused('json', '7', 'words.json: got 7, expected a list of labels, { "labels": […] } or { "a.wav": […] }');
  assertRefused('json', '{ "labels": 1 }', 'words.json: "labels": got 1, expected a list of labels');
  assertRefused(
    'json',
    '{ "labels": [], "a.wav": [] }',
    'words.json: got "labels" and "a.wav", expected "labels" alone or audio files alone',
  );
  assertRefused('json', '{ "a.wav": {} }', 'words.json: "a.wav": got {}, expected a list of labels');
  assertRefused('json', '[null]', 'words.json: label 1: got null, expected { "start", "end", "label" }');
  assertRefused(
    'json',
    '[{ "start": "1", "end": 2, "label": "a" }]',
    'words.json: label 1: start: got "1", expected seconds, a number',
  );
  assertRefused(
    'json',
    '[{ "start": 1, "label": "a" }]',
    'words.json: label 1: end: got nothing, expected seconds, a number',
  );
  assertRefused(
    'json',
    '[{ "start": 1, "end": 2 }]',
    'words.json: label 1: label: got nothing, expected a string, "" for the only keyword',
  );
  assertRefused(
    'json',
    '[{ "start": 1, "end": 1e999, "label": "" }]',
    'words.json: label 1: end: got Infinity, expected seconds, from the start of the label, 1',
  );
  assertRefused(
    'json',
    '[{ "start": 1, "end": 2, "label": "", "file": 3 }]',
    'words.json: label 1: file: got 3, expected the name of an audio file',
  );
  assertRefused(
    'json',
    '[{ "start": 1, "end": 2, "label": "", "file": "" }]',
    'words.json: label 1: file: got "", expected the name of an audio file',
  );
  assertRefused(
    'json',
    '{ "a.wav": [{ "start": 1, "end": 2, "label": "", "file": "b.wav" }] }',
    'words.json: "a.wav": label 1: file: got "b.wav", expected no such field in labels of "a.wav"',
  );
});
