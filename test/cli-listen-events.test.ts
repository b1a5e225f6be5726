/** What `tympan listen` does on a detection: keeps the sound, runs a command. */
import assert from 'node:assert/strict';
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { ShellCommand } from '#dist/cli/listen-exec.js';
import type { ListenedModel } from '#dist/cli/listen-models.js';
import { ClipFolder } from '#dist/cli/listen-save.js';
import type { HeardKeyword } from '#dist/cli/listen-view.js';
import { readAudio } from '#dist/node/index.js';
import { beside, fake, hideRecorders, runs } from './fake-recorder.js';
import { linesOf, listen, Listening, PLAYING, samplesOfHappy } from './listening.js';

const skip = process.platform === 'win32' && 'fake recorders and commands are scripts';
const RATE = 16000;

hideRecorders();

describe('tympan listen --save', { skip }, () => {
  it('keeps the sound around each detection, to the bit', async () => {
    fake('arecord', PLAYING);
    const { stdout, status } = await listen(4, '--json', '--save', 'alarms', '--save-seconds', '1.5');
    assert.equal(status, 0);
    const heard = linesOf(stdout).filter(({ keyword }) => keyword !== undefined);
    const played = samplesOfHappy();
    assert.deepEqual(
      readdirSync(beside('alarms')).sort(),
      heard.map(({ clip }) => basename(clip!)),
    );
    for (const [i, { clip, time, posterior, clock }] of heard.entries()) {
      assert.equal(dirname(clip!), beside('alarms'));
      assert.match(basename(clip!), /^\d{4}-\d\d-\d\d_\d\d-\d\d-\d\d\.\d{3}_happy_[01]\.\d\d\.wav$/);
      assert.ok(basename(clip!).includes(`:${clock.slice(14, 23)}`.replaceAll(':', '-'))); // minutes, in any time zone
      assert.ok(clip!.endsWith(`_${posterior.toFixed(2)}.wav`));
      const { samples, sampleRate } = await readAudio(clip!);
      assert.equal(sampleRate, RATE);
      if (i < heard.length - 1) assert.equal(samples.length, 2 * RATE); // the last may be cut by the end
      const start = Math.round(time * RATE) - 1.5 * RATE;
      samples.forEach((sample, k) => assert.equal(sample * 32768, played[(start + k) % played.length], `at ${k}`));
    }
  });

  it('tells once that clips can not be written, and listens on', async () => {
    fake('arecord', PLAYING);
    const listening = new Listening('--json', '--save', 'alarms');
    await listening.until(() => listening.stdout.includes('"listening"'));
    rmSync(beside('alarms'), { recursive: true });
    await listening.until(() => listening.stdout.split('\n').length > 6);
    const { status, stderr } = await listening.interrupt();
    assert.match(stderr, /^tympan: --save: [^\n]*can't be written: ENOENT[^\n]*; listening goes on\n$/);
    assert.equal(status, 0);
  });

  it('refuses what is no folder before it listens', async () => {
    fake('arecord', PLAYING);
    writeFileSync(beside('file'), '');
    for (const path of ['file', 'none/alarms']) {
      const { status, stderr } = await listen(1, '--save', path);
      assert.equal(status, 2);
      assert.match(stderr, new RegExp(`^tympan: --save: ${path} is no folder to write into: [^\\n]+\\n$`));
    }
    const { stderr } = await listen(1, '--save-seconds', '61');
    assert.match(stderr, /Expected seconds from 0 to 60/);
  });

  it('gives names that sort as detections came, of any keyword', async () => {
    mkdirSync(beside('clips'));
    const folder = await ClipFolder.open(beside('clips'), (message) => assert.fail(message));
    const clock = new Date(2026, 2, 1, 8, 15, 30, 250);
    const names = ['happy', 'ok/../google', 'こんにちは', '\u0000*'.repeat(100)].map((keyword) =>
      basename(folder.fileFor(keyword, 0.987, clock)),
    );
    assert.deepEqual(names, [
      '2026-03-01_08-15-30.250_happy_0.99.wav',
      '2026-03-01_08-15-30.251_ok-google_0.99.wav',
      '2026-03-01_08-15-30.252_こんにちは_0.99.wav',
      '2026-03-01_08-15-30.253_-_0.99.wav',
    ]);
    const later = basename(folder.fileFor('a', 1, new Date(clock.getTime() - 5000))); // the clock was put back
    assert.equal(later, '2026-03-01_08-15-30.254_a_1.00.wav');
  });
});

describe('tympan listen --exec', { skip }, () => {
  const heard: HeardKeyword = {
    keyword: 'hey "you"\u0000',
    posterior: 0.87654321,
    time: 12.3456789,
    clock: new Date(),
    model: { file: 'hey.onnx', name: 'hey' } as ListenedModel,
  };

  it('runs a command that knows what was heard, and its output is no part of ours', async () => {
    fake('arecord', PLAYING);
    const command = 'echo "$TYMPAN_KEYWORD $TYMPAN_POSTERIOR $TYMPAN_TIME $TYMPAN_MODEL $TYMPAN_CLIP"';
    const { stdout, stderr } = await listen(4, '--json', '--save', 'alarms', '--exec', command);
    const told = linesOf(stdout)
      .filter(({ keyword }) => keyword !== undefined)
      .map(({ keyword, posterior, time, model, clip }) => `${keyword} ${posterior} ${time} ${model} ${clip}`);
    // The last may still run.
    assert.deepEqual(
      stderr
        .split('\n')
        .filter(Boolean)
        .slice(0, told.length - 1),
      told.slice(0, -1),
    );
  });

  it('neither waits for the command nor ends it', async () => {
    fake('arecord', PLAYING);
    const listening = new Listening('--exec', 'echo $$ > commands; exec /bin/sleep 30 2>/dev/null');
    await listening.until(() => existsSync(beside('commands')) && readFileSync(beside('commands')).length > 1);
    const began = Date.now();
    await listening.until(() => listening.stdout.split('\n').length > 2); // detections go on
    listening.child.kill('SIGINT');
    await new Promise((resolve) => listening.child.once('exit', resolve));
    assert.ok(Date.now() - began < 20000);
    const pid = Number(readFileSync(beside('commands'), 'utf8'));
    assert.ok(runs(pid));
    process.kill(pid);
  });

  it('tells once of a command that fails, and listens on', async () => {
    fake('arecord', PLAYING);
    const { status, stderr } = await listen(3, '--exec', 'exit 3');
    assert.equal(stderr, 'tympan: --exec: the command exited with 3; this is told once\n');
    assert.equal(status, 0);
  });

  it('passes names from files on as they can be passed', async () => {
    const complaints: string[] = [];
    const out = beside('told');
    const command = new ShellCommand(
      `echo "$TYMPAN_KEYWORD|$TYMPAN_POSTERIOR|$TYMPAN_TIME|$TYMPAN_CLIP" > '${out}'`,
      (message) => complaints.push(message),
    );
    await command.run(heard);
    assert.equal(readFileSync(out, 'utf8'), 'hey "you"\ufffd|0.8765|12.3457|\n');
    assert.deepEqual(complaints, []);
  });

  it('starts no more than 8 at once, and goes on when they have ended', async () => {
    const complaints: string[] = [];
    const command = new ShellCommand(`while [ ! -e '${beside('go')}' ]; do /bin/sleep 0.05; done`, (message) =>
      complaints.push(message),
    );
    const running = Array.from({ length: 10 }, () => command.run(heard));
    assert.deepEqual(
      running.map((one) => one !== undefined),
      Array.from({ length: 10 }, (_, i) => i < 8),
    );
    assert.equal(complaints.length, 1);
    assert.match(complaints[0], /8 commands are still running/);
    writeFileSync(beside('go'), '');
    await Promise.race([Promise.all(running), sleep(20000)]);
    const next = command.run(heard);
    assert.ok(next !== undefined);
    await next;
  });
});
