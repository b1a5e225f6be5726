/** Which recordings folders, lists and files name, and what label files say of them. */
import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { after, test } from 'node:test';
import type { RecordingSet } from '#dist/evaluation/sound.js';
import { findRecordings, refuseShared, type FindOptions } from '#dist/node/evaluation/recordings.js';

const root = mkdtempSync(join(tmpdir(), 'tympan-recordings-'));
after(() => rmSync(root, { recursive: true }));

let folders = 0;

/** A new folder with files in it, by their paths: audio files are empty, as nothing here reads them. */
function folderOf(files: Readonly<Record<string, string>>): string {
  const folder = join(root, `${folders++}`);
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(folder, name)), { recursive: true });
    writeFileSync(join(folder, name), text);
  }
  return folder;
}

const positives = (...keywords: string[]): FindOptions => ({ kind: 'positives', keywords });
const negatives: FindOptions = { kind: 'negatives', keywords: ['hey'] };
const filesOf = ({ recordings }: RecordingSet, folder: string) =>
  recordings.map(({ file }) => file.slice(folder.length + 1));
const labelsOf = (sets: readonly RecordingSet[]) =>
  sets.flatMap(({ recordings }) => recordings.map(({ labels }) => labels));
const whole = (keyword: string) => ({ whole: keyword });
const refusal = (message: RegExp, name = 'AudioError') => ({ name, message });

test('a folder is searched with the folders in it, by path; what is hidden or no audio is passed over', async () => {
  const folder = folderOf({
    'b.wav': '',
    'a/z.FLAC': '',
    'a/notes.md': '',
    'B.wav': '',
    '.hidden/x.wav': '',
    '._b.wav': '',
    'a.wav': '',
  });
  const [set, ...others] = await findRecordings([folder], negatives);
  assert.deepEqual(others, []);
  assert.equal(set.name, folder.split('/').pop());
  assert.equal(set.kind, 'negatives');
  assert.deepEqual(filesOf(set, folder), ['B.wav', 'a.wav', 'a/z.FLAC', 'b.wav']);
  assert.deepEqual(labelsOf([set]), [[], [], [], []]);
});

test('links are followed, those that lead back too', async () => {
  const elsewhere = folderOf({ 'c.wav': '' });
  const folder = folderOf({ 'a/b.wav': '' });
  symlinkSync(folder, join(folder, 'a', 'back'));
  symlinkSync(elsewhere, join(folder, 'there'));
  symlinkSync(join(folder, 'nowhere'), join(folder, 'gone.wav'));
  const [set] = await findRecordings([folder], negatives);
  assert.deepEqual(filesOf(set, folder), ['a/b.wav', 'gone.wav', 'there/c.wav']);
});

test('a recording counts once, whatever links lead to it, and on one side', async () => {
  const folder = folderOf({ 'a/b.wav': '', 'other/c.wav': '' });
  const at = (name: string) => join(folder, name);
  symlinkSync(at('a'), at('again'));
  await assert.rejects(findRecordings([at('a'), at('again')], negatives), refusal(/b\.wav is in .*a and in .*again/));
  const found = (name: string) => findRecordings([at(name)], negatives);
  await refuseShared(await found('a'), await found('other'));
  for (const name of ['again', '.'])
    await assert.rejects(
      found(name).then(async (sets) => refuseShared(await found('a'), sets)),
      refusal(/b\.wav: is in the positives \(a\) and in the negatives \(.*name it once$/),
    );
});

test('a list names files relative to its own folder, or absolutely', async () => {
  const other = folderOf({ 'far.wav': '' });
  const list = `\uFEFF# two\r\nclips/a.wav\r\n\r\n  ${join(other, 'far.wav')}  \r\n`;
  const folder = folderOf({ 'lists/mine.test.txt': list, 'lists/clips/a.wav': '' });
  const [set] = await findRecordings([join(folder, 'lists/mine.test.txt')], negatives);
  assert.equal(set.name, 'mine.test');
  assert.deepEqual(
    set.recordings.map(({ file }) => file),
    [join(folder, 'lists/clips/a.wav'), join(other, 'far.wav')],
  );
});

test('files named one by one are one set; names of sets tell them apart', async () => {
  const folder = folderOf({ 'x/set/a.wav': '', 'y/set/b.wav': '', 'c.wav': '', 'd.wav': '' });
  const at = (name: string) => join(folder, name);
  const sets = await findRecordings([at('x/set'), at('c.wav'), at('y/set'), at('d.wav')], negatives);
  assert.deepEqual(
    sets.map((set) => [set.name, ...filesOf(set, folder)]),
    [
      [at('x/set'), 'x/set/a.wav'],
      ['single files', 'c.wav', 'd.wav'],
      [at('y/set'), 'y/set/b.wav'],
    ],
  );
});

test('what is missing, empty or named twice is refused', async () => {
  const folder = folderOf({
    'a.wav': '',
    'empty/readme.md': '',
    'gone.txt': 'a.wav\nb.wav',
    'none.txt': '# nothing\n',
    'twice.txt': 'a.wav\n./a.wav',
  });
  const at = (name: string) => join(folder, name);
  const cases: [string[], RegExp][] = [
    [['no'], /^negatives: .*no: no such file or folder$/],
    [['empty'], /empty: no \.wav or \.flac files in this folder, nor in those in it$/],
    [['gone.txt'], /gone\.txt: line 2: there is no file .*b\.wav; a list names audio files, one a line, relative to/],
    [['none.txt'], /none\.txt: lists no audio files, expected one a line$/],
    [['twice.txt'], /^negatives: .*a\.wav is twice in .*twice\.txt; each recording counts once/],
    [['a.wav', '.'], /a\.wav is in single files and in .*; each recording counts once, so name it once$/],
  ];
  for (const [paths, message] of cases)
    await assert.rejects(findRecordings(paths.map(at), negatives), refusal(message));
});

test('a clip says the keyword that is given, else its folder’s, else its list’s, else the only one', async () => {
  const folder = folderOf({
    'hey/far/1.wav': '',
    'hey/stop/2.wav': '',
    'hey/3.wav': '',
    'stop.txt': 'hey/3.wav\nother/4.wav',
    'other/4.wav': '',
  });
  const keywordsOf = async (path: string, options: FindOptions) =>
    labelsOf(await findRecordings([join(folder, path)], options));
  const both = positives('hey', 'stop');
  assert.deepEqual(await keywordsOf('hey', both), ['hey', 'hey', 'stop'].map(whole));
  assert.deepEqual(await keywordsOf('hey/far', positives('hey')), [whole('hey')]);
  assert.deepEqual(await keywordsOf('stop.txt', both), ['hey', 'stop'].map(whole));
  assert.deepEqual(await keywordsOf('hey', { ...both, keyword: 'stop' }), ['stop', 'stop', 'stop'].map(whole));
  assert.deepEqual(await keywordsOf('other/4.wav', positives('go')), [whole('go')]);
  await assert.rejects(
    keywordsOf('other', both),
    refusal(
      /^positives: .*4\.wav: which keyword it says is not known: it has no labels, and its folder "other" is none of/,
    ),
  );
  await assert.rejects(
    keywordsOf('hey', { ...both, keyword: 'go' }),
    refusal(/^keyword: "go" is no keyword of the model; keywords are hey, stop$/, 'RangeError'),
  );
});

test('labels stand in a file beside the recording, in any of three formats; without one it is a clip', async () => {
  const folder = folderOf({
    'a.wav': '',
    'a.txt': '1\t2\they\n3\t3.5\tcough\n4\t5\t\n',
    'b.flac': '',
    'b.csv': 'start,end,label\n0.5,1,hey\n',
    'c.wav': '',
    'c.json': '[{"start": 2, "end": 3, "label": "hey", "file": "c.wav"}]',
    'd.wav': '',
    'e.wav': '',
    'e.txt': '',
  });
  const found = labelsOf(await findRecordings([folder], positives('hey')));
  const hey = (start: number, end: number) => ({ keyword: 'hey', start, end });
  assert.deepEqual(found, [[hey(1, 2), hey(4, 5)], [hey(0.5, 1)], [hey(2, 3)], whole('hey'), []]);
  assert.deepEqual(labelsOf(await findRecordings([folder], negatives)), [[], [], [], [], []]);
});

test('labels of several files stand in labels.csv or labels.json, in their folder or one above', async () => {
  const folder = folderOf({
    'labels.csv': 'file;start;end;label\nday 1/a.wav;1;2;hey\nday 1/a.wav;3;4;stop\nb.wav;5;6;stop\nc.wav;1;2;cough\n',
    'day 1/a.wav': '',
    'b.wav': '',
    'c.wav': '',
    'd/labels.json': '{ "e.wav": [{ "start": 0, "end": 1, "label": "hey" }] }',
    'd/e.wav': '',
    'list.txt': 'b.wav\nday 1/a.wav',
  });
  const both = positives('hey', 'stop');
  const stop = { keyword: 'stop', start: 5, end: 6 };
  assert.deepEqual(labelsOf(await findRecordings([folder], both)), [
    [stop],
    [],
    [{ keyword: 'hey', start: 0, end: 1 }],
    [
      { keyword: 'hey', start: 1, end: 2 },
      { keyword: 'stop', start: 3, end: 4 },
    ],
  ]);
  // Of a list, and of files named one by one, each file's own folder is the one given.
  const listed = await findRecordings([join(folder, 'list.txt')], { ...both, keyword: 'hey' });
  assert.deepEqual(labelsOf(listed), [[stop], whole('hey')]);
});

test('an empty list in a label file says that nothing is spoken', async () => {
  const folder = folderOf({
    'labels.json': '{ "a.wav": [], "day 1/b.wav": [], "c.wav": [{ "start": 0, "end": 1, "label": "hey" }] }',
    'a.wav': '',
    'c.wav': '',
    'd.wav': '',
    'day 1/b.wav': '',
  });
  assert.deepEqual(labelsOf(await findRecordings([folder], positives('hey'))), [
    [],
    [{ keyword: 'hey', start: 0, end: 1 }],
    whole('hey'),
    [],
  ]);
  const beside = folderOf({ 'e.wav': '', 'e.json': '{ "e.wav": [] }' });
  assert.deepEqual(labelsOf(await findRecordings([beside], positives('hey'))), [[]]);
});

test('wrong label files are refused, by name', async () => {
  const cases: [files: Readonly<Record<string, string>>, message: RegExp, keywords?: string[]][] = [
    [{ 'a.txt': 'A transcript.' }, /a\.txt: line 1: got "A transcript\.".*it was read because labels are looked for/],
    [{ 'a.txt': '', 'a.json': '[]' }, /a\.wav: got 2 label files, a\.txt and a\.json, expected one; move/],
    [
      { 'a.json': '[{"start": 0, "end": 1, "label": "hey", "file": "b.wav"}]' },
      /a\.json: has a label of "b\.wav", expected labels of a\.wav alone; name it labels\.csv or labels\.json/,
    ],
    [{ 'a.json': '{ "b.wav": [] }' }, /a\.json: has a label of "b\.wav", expected labels of a\.wav alone/],
    [{ 'labels.json': '{ "b.wav": [] }' }, /labels\.json: there is no file b\.wav in /],
    [{ 'labels.csv': 'file,start,end,label', 'labels.json': '{}' }, /got labels\.csv and labels\.json, expected one/],
    [{ 'a.txt': '0\t1\they\n0.0\t2\they' }, /a\.wav: has two labels "hey" that begin at 0 s, expected one/],
    [{ 'labels.csv': 'start,end,label\n0,1,hey' }, /labels\.csv: got a label that does not say its file, expected/],
    [{ 'labels.csv': 'file,start,end,label\nb.wav,0,1,hey' }, /labels\.csv: there is no file b\.wav in /],
    [{ 'a.txt': '0\t1\tHey' }, /a\.wav: its label "Hey" from 0 to 1 s is nearly the keyword "hey"; correct/],
    [{ 'a.txt': '0\t1\t' }, /a\.wav: its label "" from 0 to 1 s says no keyword; keywords are/, ['hey', 'stop']],
    [
      { 'a.txt': '0\t1\tcough\n1\t2\tdoor' },
      /^positives: .*: none of its labels is a keyword of the model: got "cough", "door", expected hey; correct/,
    ],
  ];
  for (const [files, message, keywords = ['hey']] of cases) {
    const folder = folderOf({ 'a.wav': '', ...files });
    await assert.rejects(findRecordings([folder], positives(...keywords)), refusal(message));
  }
});
