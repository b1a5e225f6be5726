/** `tympan record` as a process: clips on the disk, whatever the microphone, the folder and the person do. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { readAudio } from '#dist/node/index.js';
import { beside, fake, gone, hasStarted, hideRecorders, started } from './fake-recorder.js';
import { CLI, type Ended } from './listening.js';
import { samplesToPcm } from './pcm.js';
import { isInstalled, missing } from './sound-server.js';
import { RATE, wordsInARoom } from './words-in-a-room.js';

const path = process.env.PATH;
hideRecorders();

/** Seconds of the stream that `speak` plays over and over: two words, one that clips, one that is too quiet. */
const TURN = 12;
const BURSTS = [
  { start: 2, duration: 0.6, level: -24 },
  { start: 4.5, duration: 0.5, level: -1 },
  { start: 7, duration: 0.6, level: -48 },
  { start: 9.5, duration: 0.8, level: -20 },
] as const;

/**
 * A fake recorder that delivers 0.2 s of them at a time.
 *
 * @param then done at the end of a turn
 * @param pause ms: at 20, ten times as fast as they are spoken
 */
function speak(then = 'at = 0;', pause = 20): void {
  writeFileSync(beside('sound'), samplesToPcm(wordsInARoom(TURN, -58, BURSTS)));
  fake(
    'arecord',
    `const bytes = fs.readFileSync(${JSON.stringify(beside('sound'))});
let at = 0;
setInterval(() => {
  if (at >= bytes.length) { ${then} }
  process.stdout.write(bytes.subarray(at, at += 6400));
}, ${pause});`,
  );
}

/** Runs it, interrupts it once `isSo`, and waits for its end. */
async function record(flags: readonly string[], isSo: (stdout: string) => boolean = () => false): Promise<Ended> {
  const child = spawn(process.execPath, [CLI, 'record', '--recorder', 'arecord', ...flags], { cwd: beside('.') });
  let [stdout, stderr] = ['', ''];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    if (isSo(stdout)) child.kill('SIGINT');
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  return new Promise((resolve) => child.once('close', (status) => resolve({ status, stdout, stderr })));
}

const linesOf = (text: string): string[] => text.split('\n').filter(Boolean);
const KITCHEN = join('recordings', 'computer', 'kitchen');

describe('tympan record', { skip: process.platform === 'win32' && 'fake recorders are scripts' }, () => {
  it('records so many clips, says why others are not kept, and ends', async () => {
    speak();
    const { status, stdout, stderr } = await record(['computer', '--count', '3', '-o', KITCHEN]);
    assert.equal(status, 0, stderr);
    assert.deepEqual(linesOf(stdout), [
      `${join(KITCHEN, 'computer-001.wav')}  0.61 s  -24 dB`,
      `${join(KITCHEN, 'computer-002.wav')}  0.81 s  -20 dB`,
      `${join(KITCHEN, 'computer-003.wav')}  0.61 s  -24 dB`,
    ]);
    const refused = ['it clips; [^\\n]+', 'too quiet; [^\\n]+'].map((why) => `tympan: not kept: ${why}\\n`);
    assert.match(stderr, new RegExp(`^${refused.join('')}$`));
    await gone((await started()).pid);
    for (const [i, duration] of [0.6, 0.8, 0.6].entries()) {
      const { samples, sampleRate } = await readAudio(beside(join(KITCHEN, `computer-00${i + 1}.wav`)));
      assert.equal(sampleRate, RATE);
      assert.equal(samples.length, 2 * RATE);
      const loud = samples.map((sample) => Number(Math.abs(sample) > 0.02));
      const [first, last] = [loud.indexOf(1), loud.lastIndexOf(1)];
      assert.ok(Math.abs((first + last) / 2 - RATE) < 0.01 * RATE, 'in the middle');
      assert.ok(Math.abs(last - first - duration * RATE) < 0.02 * RATE);
    }
  });

  it('keeps what there is when it is interrupted, and goes on counting another time', async () => {
    speak();
    const once = await record(['computer', '-o', KITCHEN], (stdout) => stdout.includes('\n'));
    assert.equal(once.status, 0);
    assert.equal(once.stderr, '');
    const before = readFileSync(beside(join(KITCHEN, 'computer-001.wav')));
    writeFileSync(beside(join(KITCHEN, 'computer-0007.wav')), 'mine');
    writeFileSync(beside(join(KITCHEN, 'computers-0099.wav')), 'of another word');
    await record(['computer', '-o', KITCHEN, '-n', '1']);
    assert.deepEqual(readdirSync(beside(KITCHEN)).sort(), [
      'computer-0007.wav',
      'computer-001.wav',
      'computer-008.wav',
      'computers-0099.wav',
    ]);
    assert.deepEqual(readFileSync(beside(join(KITCHEN, 'computer-001.wav'))), before);
  });

  it('tells programs in JSON', async () => {
    speak();
    const { status, stdout, stderr } = await record(['hey you!', '-n', '2', '-o', 'mine', '--json']);
    assert.equal(status, 0, stderr);
    const lines = linesOf(stdout).map((line) => JSON.parse(line) as Record<string, string | number>);
    assert.deepEqual(
      lines.map(({ clip, refused }) => clip ?? refused),
      [join('mine', 'hey-you--001.wav'), 'clipped', 'quiet', join('mine', 'hey-you--002.wav')],
    );
    const { start, duration, level } = lines[0] as Record<string, number>;
    assert.ok(Math.abs(start - 0.7) < 0.01 && Math.abs(duration - 0.6) < 0.02 && Math.abs(level + 24) < 0.5);
  });

  it('takes no word that the microphone was lost in, and waits for it', async () => {
    speak(`if (turn > 0) at = 0; else { process.kill(process.pid, 'SIGKILL'); }`);
    const { status, stdout, stderr } = await record(['computer', '-n', '3', '-o', 'mine']);
    assert.equal(status, 0);
    assert.equal(linesOf(stdout).length, 3);
    assert.match(stderr, /tympan: arecord was killed by SIGKILL[^\n]*another try in 0\.5 s\n/);
  });

  it('refuses what is no word, count or folder, before it records', async () => {
    speak();
    writeFileSync(beside('file'), '');
    mkdirSync(beside('empty'));
    for (const [flags, message] of [
      [['computer'], /required option '-o, --output <dir>' not specified/],
      [['-o', 'mine'], /missing required argument 'word'/],
      [['', '-o', 'mine'], /Expected a name/],
      [['computer', '-o', 'mine', '-n', '0'], /Expected a whole number from 1 to 1000/],
      [['computer', '-o', 'mine', '-n', '2.5'], /Expected a whole number from 1 to 1000/],
      [['computer', '-o', 'file'], /--output: file is no folder to write into/],
      [['computer', '-o', join('file', 'below')], /--output: file.below is no folder to write into/],
    ] as const) {
      const { status, stdout, stderr } = await record(flags);
      assert.equal(status, 2, flags.join(' '));
      assert.equal(stdout, '');
      assert.match(stderr, /^tympan: [^\n]+\n$/);
      assert.match(stderr, message);
    }
    assert.ok(!hasStarted());
  });

  it('says that nothing records, or that nothing came', async () => {
    const none = await record(['computer', '-o', 'mine']);
    assert.equal(none.status, 2);
    assert.match(none.stderr, /^tympan: no recorder: arecord is not installed; [^\n]+\n$/);
    fake('arecord', '');
    const ended = await record(['computer', '-o', 'mine']);
    assert.equal(ended.status, 2);
    assert.equal(ended.stderr, 'tympan: arecord has ended before any sound came\n');
  });
});

const reason = process.platform === 'linux' ? missing('script', 'stty') : "script's parameters are those of util-linux";

describe('tympan record at a terminal', { skip: reason }, () => {
  it('says what to do below the clips, and what became of it', async () => {
    speak('at = 0;', 60);
    assert.ok(!isInstalled('script'), 'PATH has nothing but fakes');
    const command = `PATH='${process.env.PATH}' '${process.execPath}' '${CLI}' record --recorder arecord computer -n 2 -o mine`;
    const child = spawn('script', ['-qec', `stty cols 60 rows 12; ${command}; echo "exit $?"`, '/dev/null'], {
      cwd: beside('.'),
      env: { PATH: path, TERM: 'xterm-256color', LANG: 'C.UTF-8', SHELL: '/bin/sh' },
    });
    let shown = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (shown += text));
    await Promise.race([new Promise((resolve) => child.once('close', resolve)), sleep(60000)]);
    const plain = (text: string) => text.replace(/\x1b\[[\d;?]*[a-zA-Z]/g, '').replaceAll('\r', '');
    const blocks = [...shown.matchAll(/\x1b\[\?2026h(.*?)\x1b\[\?2026l/gs)].map(([, block]) => plain(block));
    const order = [
      '1 of 2  a second of quiet, please',
      '1 of 2  say "computer"',
      '1 of 2  heard; a pause, please',
      '2 of 2  say "computer"',
      '2 of 2  heard; a pause, please',
    ];
    // A machine that is busy does not draw all of them.
    const tasks = blocks.map((block) => order.indexOf(block.split('\n')[2]));
    assert.equal(tasks[0], 0);
    assert.ok(!tasks.includes(-1), blocks.join('\n'));
    const [first, second] = [tasks.filter((task) => task < 3), tasks.filter((task) => task >= 3)];
    assert.deepEqual(tasks, [...first, ...second], 'the count only grows');
    assert.ok(new Set(first).size > 1 && second.length > 0);
    for (const block of blocks) assert.match(block, /^\n\d:\d\d +(▕.*▏ {2}−\d+ dB.*|waiting for the microphone)\n.*$/);
    const text = plain(shown);
    assert.match(text, /^say "computer" 2 times, with a pause after each; Ctrl-C ends\n/);
    assert.match(text, /computer-001\.wav {2}0\.61 s {2}-24 dB\n[^]*not kept: it clips; [^]*not kept: too quiet; /);
    assert.match(text, /computer-002\.wav {2}0\.81 s {2}-20 dB\n[^]*2 clips in mine\nexit 0\n$/);
    assert.ok(shown.lastIndexOf('\x1b[?25h') > shown.lastIndexOf('\x1b[?25l'), 'the cursor is shown again');
  });
});
