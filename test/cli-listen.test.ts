/** `tympan listen`: what is heard, by which models, and what becomes of the microphone. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { annotate, loadModel, type Annotations } from '#dist/index.js';
import { readAudio } from '#dist/node/index.js';
import { Remarks } from '#dist/cli/listen-view.js';
import { fake, gone, hasStarted, hideRecorders, runs, started } from './fake-recorder.js';
import { HAPPY, linesOf, listen, Listening, PLAYING, playThen, type Ended } from './listening.js';

const MODEL = join(process.cwd(), 'models/happy.onnx');

hideRecorders();

/** Exit code 2 and one line on stderr. */
function refused({ status, stdout, stderr }: Ended, message: RegExp): void {
  assert.equal(status, 2, stderr);
  assert.equal(stdout, '');
  assert.match(stderr, /^tympan: [^\n]+\n$/);
  assert.match(stderr, message);
}

describe('tympan listen', { skip: process.platform === 'win32' && 'fake recorders are scripts' }, () => {
  const folder = mkdtempSync(join(tmpdir(), 'tympan-listen-'));
  const joy = join(folder, 'joy.onnx');
  const delight = join(folder, 'delight.onnx');

  before(async () => {
    // The same network under other names: one with the same front end, one with another.
    writeFileSync(joy, await annotate(MODEL, { labels: { names: ['joy'] }, detection: { keywords: { joy: {} } } }));
    const { frontend } = (await loadModel(MODEL)).metadata;
    const changes = { labels: { names: ['delight'] }, detection: { keywords: { delight: { threshold: 0.5 } } } };
    const other = { ...frontend, preEmphasis: 0.9 } as Annotations['frontend'];
    writeFileSync(delight, await annotate(MODEL, { ...changes, frontend: other }));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  describe('without a terminal', () => {
    it('prints a line a detection, and ends cleanly when interrupted', async () => {
      fake('arecord', PLAYING);
      const { status, stdout, stderr } = await listen(2);
      assert.match(stdout, /^(\d\d:\d\d:\d\d  happy  [01]\.\d{3}\n)+$/);
      assert.equal(stderr, '');
      assert.equal(status, 0);
      await gone((await started()).pid);
    });

    it('prints what becomes of the microphone, and detections, as JSON lines', async () => {
      fake('arecord', PLAYING);
      const { status, stdout, stderr } = await listen(3, '--json');
      const lines = linesOf(stdout);
      const statuses = lines.filter((line) => line.status !== undefined);
      assert.deepEqual(
        statuses.map(({ status, reason }) => `${status} ${reason}`),
        ['starting asked', 'listening sound', 'stopped asked'],
      );
      const [{ keyword, posterior, time, clock, model, clip }] = lines.filter((line) => line.keyword !== undefined);
      assert.equal(keyword, 'happy');
      assert.ok(posterior > 0.8 && posterior <= 1);
      const detector = (await loadModel(MODEL)).detector();
      const [expected] = detector.push((await readAudio(HAPPY)).samples);
      detector.close();
      assert.equal(time, Math.round(expected.time * 1e4) / 1e4);
      assert.equal(posterior, Math.round(expected.posterior * 1e4) / 1e4);
      assert.equal(new Date(clock).toISOString(), clock);
      assert.equal(model, MODEL);
      assert.equal(clip, undefined);
      assert.equal(stderr, '');
      assert.equal(status, 0);
    });

    it('ends quietly when nobody reads any more, and releases the microphone', async () => {
      fake('arecord', PLAYING);
      const listening = new Listening();
      await listening.until(() => listening.stdout !== '');
      listening.child.stdout.destroy();
      const { status, stderr } = await listening.ended;
      assert.equal(status, 0);
      assert.equal(stderr, '');
      await gone((await started()).pid);
    });

    for (const signal of ['SIGTERM', 'SIGHUP'] as const)
      it(`releases the microphone on ${signal}`, async () => {
        fake('arecord', PLAYING);
        const listening = new Listening();
        await listening.until(() => listening.stdout !== '');
        const { pid } = await started();
        assert.ok(runs(pid));
        assert.equal((await listening.interrupt(signal)).status, 0);
        assert.ok(!runs(pid));
      });
  });

  describe('several models', () => {
    it('all hear, each by its own settings', async () => {
      fake('arecord', PLAYING);
      const models = ['-m', MODEL, '-m', joy, '-m', delight];
      const { stdout } = await listen(5, ...models, '--json', '--threshold', 'happy=0.99999,joy=0.6');
      const heard = linesOf(stdout).filter(({ keyword }) => keyword !== undefined);
      assert.deepEqual(
        new Set(heard.map(({ keyword, model }) => `${keyword} ${model}`)),
        new Set([`joy ${joy}`, `delight ${delight}`]),
      );
    });

    it('names the model of each detection', async () => {
      fake('arecord', PLAYING);
      const { stdout } = await listen(2, '-m', joy, '-m', delight);
      assert.match(stdout, /^(\d\d:\d\d:\d\d  (joy      0\.\d{3}  joy|delight  0\.\d{3}  delight)\n)+$/);
    });

    it('refuses a keyword that none has, and a model twice', async () => {
      fake('arecord', PLAYING);
      const both = ['-m', MODEL, '-m', joy];
      refused(
        await listen(1, ...both, '--smoothing', 'joy=0,happi=5'),
        /smoothing: "happi" is no keyword; keywords are happy, joy/,
      );
      refused(await listen(1, '-m', joy, '-m', joy), /--model: got .*joy\.onnx twice/);
      refused(await listen(1, '-m', MODEL, '-m', join(folder, 'none.onnx')), /none\.onnx/);
      assert.ok(!hasStarted());
    });
  });

  describe('the microphone', () => {
    it('that has no recorder is an error', async () => {
      refused(await listen(1), /no recorder: arecord is not installed; install /);
      refused(await listen(1, '--reconnect'), /no recorder: arecord is not installed; install /);
    });

    it('that can not be opened is an error, unless it is to be waited for', async () => {
      const dying = `process.stderr.write('arecord: main:831: audio open error: No such device\\n'); process.exitCode = 1;`;
      fake('arecord', `if (turn < 3) { ${dying} } else { ${PLAYING} }`);
      const { stderr, ...ended } = await listen(1, '--device', 'hw:9');
      refused({ stderr, ...ended }, /arecord on device "hw:9" exited with code 1: audio open error: No such device/);
      assert.doesNotMatch(stderr, /another try/);
      const json = await listen(9, '--device', 'hw:9', '--json');
      const last = linesOf(json.stdout).at(-1)!;
      assert.equal(`${last.status} ${last.reason}`, 'stopped no-device');
      assert.equal(json.stderr, `tympan: ${last.message}\n`);
      assert.equal(json.status, 2);
      const { status, stdout } = await listen(5, '--reconnect', '--json');
      const seen = linesOf(stdout).map(({ status, attempt, keyword }) =>
        `${status ?? keyword} ${attempt ?? ''}`.trim(),
      );
      assert.deepEqual(seen.slice(0, 5), ['starting', 'reconnecting 1', 'starting', 'listening', 'happy']);
      assert.equal(status, 0);
    });

    it('whose recorder ends at once, without a complaint and without sound, is an error', async () => {
      fake('arecord', '');
      for (const flags of [[], ['--no-reconnect']])
        refused(await listen(1, ...flags), /^tympan: arecord has ended before any sound came\n$/);
    });

    it('is waited for when it is lost, and heard again', async () => {
      fake('arecord', playThen('if (turn < 2) process.kill(process.pid, "SIGKILL"); else play(() => {});'));
      const { status, stdout, stderr } = await listen(5);
      assert.match(stdout, /^(\d\d:\d\d:\d\d  happy  [01]\.\d{3}\n){5,6}$/);
      assert.match(
        stderr,
        /^(tympan: arecord was killed by SIGKILL[^\n]*; another try in [\d.]+ s\ntympan: arecord is recording\n){2}$/,
      );
      assert.equal(status, 0);
    });

    it('that is lost ends it with --no-reconnect', async () => {
      fake('arecord', playThen('process.kill(process.pid, "SIGKILL")'));
      const { status, stderr } = await listen(100, '--no-reconnect');
      assert.match(stderr, /^tympan: arecord was killed by SIGKILL[^\n]*\n$/);
      assert.doesNotMatch(stderr, /another try/);
      assert.equal(status, 2);
    });

    it('that gives only zeros is told of once', async () => {
      fake('arecord', `setInterval(() => process.stdout.write(Buffer.alloc(64000)), 100);`);
      const listening = new Listening();
      await listening.until(() => listening.stderr.includes('\n'));
      const { status, stdout, stderr } = await listening.interrupt();
      assert.equal(stdout, '');
      assert.match(stderr, /^tympan: [^\n]*digital zeros[^\n]*\n$/);
      assert.equal(status, 0);
    });

    it('is told of in few words: the first of a series, and its end', () => {
      const remarks = new Remarks();
      const say = (state: 'listening' | 'reconnecting' | 'starting' | 'silent', attempt?: number) =>
        remarks.of({ state, reason: 'sound', message: state, ...(attempt && { attempt, delay: 500 * attempt }) });
      assert.equal(say('starting'), undefined);
      assert.equal(say('listening'), undefined);
      assert.equal(say('reconnecting', 1), 'reconnecting; another try in 0.5 s');
      assert.equal(say('starting'), undefined);
      assert.equal(say('reconnecting', 2), undefined);
      assert.equal(say('listening'), 'listening');
      assert.equal(say('silent'), 'silent');
      assert.equal(say('listening'), 'listening');
      assert.equal(say('listening'), undefined);
      const overrun = { state: 'listening', reason: 'overrun', message: 'lost', overruns: 5 } as const;
      assert.equal(remarks.of(overrun), 'lost');
      assert.equal(remarks.of(overrun), undefined);
    });

    it('can be chosen among those that the recorder lists', async () => {
      fake(
        'arecord',
        `process.stdout.write('default\\n    Playback/recording through PulseAudio\\nhw:CARD=Mic,DEV=0\\n    USB Mic, Audio\\n    Direct\\n');`,
      );
      const { status, stdout } = await new Listening('--list-devices').ended;
      assert.equal(status, 0);
      assert.match(
        stdout,
        /^--device +is\ndefault +.*PulseAudio, the default\nhw:CARD=Mic,DEV=0  USB Mic, Audio, Direct\n$/,
      );
      assert.deepEqual((await started()).arguments, ['-L']);
      const listed = JSON.parse((await new Listening('--list-devices', '--json').ended).stdout) as { id: string }[];
      assert.deepEqual(
        listed.map(({ id }) => id),
        ['default', 'hw:CARD=Mic,DEV=0'],
      );
    });
  });
});
