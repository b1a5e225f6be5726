import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { chmodSync, writeFileSync } from 'node:fs';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { microphone, MicrophoneError, type MicrophoneStatus } from '#dist/node/index.js';
import { RECORDERS } from '#dist/node/recorder.js';
import {
  beside,
  children,
  COUNTING,
  ENDLESS,
  fake,
  gone,
  HANGING,
  hasStarted,
  hideRecorders,
  runs,
  started,
} from './fake-recorder.js';

hideRecorders();

/** Writes samples of this value, 50 ms at a time, without a pause, `seconds` of them; then does `after`. */
const writes = (value: number, seconds: number, after = '') => `
const bytes = Buffer.from(new Int16Array(800).fill(${value}).buffer);
let n = 0;
const step = () => {
  if (n++ < ${seconds * 20}) return process.stdout.write(bytes, step);
  ${after}
};
step();`;
const FAST = { least: 1, most: 4 } as const;

/** A list of statuses, and `onStatus` that fills it. */
function noted(): { statuses: MicrophoneStatus[]; onStatus(status: MicrophoneStatus): void } {
  const statuses: MicrophoneStatus[] = [];
  return { statuses, onStatus: (status) => void statuses.push(structuredClone(status)) };
}

const short = (statuses: readonly MicrophoneStatus[]) => statuses.map(({ state, reason }) => `${state} ${reason}`);

const skip = process.platform === 'win32' && 'fake recorders are scripts';

describe('a microphone that reconnects', { skip }, () => {
  it('starts a recorder anew that is killed, and hears what comes after', async () => {
    fake(
      'arecord',
      writes(7, 0.1, `if (turn < 2) process.kill(process.pid, 'SIGKILL'); else setInterval(() => {}, 1000);`),
    );
    const { statuses, onStatus } = noted();
    const source = microphone({ recorder: 'arecord', reconnect: FAST, onStatus });
    let heard = 0;
    while (heard < 3 * 1600) heard += (await source.next()).value!.length;
    assert.equal((await started(2)).turn, 2);
    await source.stop();
    const again = ['starting asked', 'listening sound', 'reconnecting recorder-failed'];
    assert.deepEqual(short(statuses), [...again, ...again, 'starting asked', 'listening sound', 'stopped asked']);
    const waits = statuses.filter(({ state }) => state === 'reconnecting');
    assert.deepEqual(
      waits.map(({ attempt, delay }) => [attempt, delay]),
      [
        [1, 1],
        [2, 2],
      ],
    );
    assert.equal(waits[0].message, 'arecord was killed by SIGKILL; arecord -L lists the devices');
  });

  it('doubles its pause up to the most, and begins anew after sound has come for 5 s', async () => {
    fake('arecord', `if (turn === 4) { ${writes(7, 6, 'process.exitCode = 1;')} } else process.exitCode = 1;`);
    const { statuses, onStatus } = noted();
    const source = microphone({ recorder: 'arecord', reconnect: FAST, onStatus });
    const waits = () => statuses.filter(({ state }) => state === 'reconnecting');
    void (async () => {
      for await (const samples of source) assert.ok(samples.length > 0);
    })();
    while (waits().length < 6) await sleep(10);
    await source.stop();
    assert.deepEqual(
      waits()
        .slice(0, 6)
        .map(({ delay, attempt }) => [delay, attempt]),
      [
        [1, 1],
        [2, 2],
        [4, 3],
        [4, 4],
        [1, 1],
        [2, 2],
      ],
    );
  });

  const failures: readonly (readonly [string, string, string, number, MicrophoneStatus['reason']])[] = [
    ['a busy device', 'arecord', 'arecord: main:831: audio open error: Device or resource busy', 1, 'device-busy'],
    ['a missing device', 'arecord', 'arecord: main:831: audio open error: No such file or directory', 1, 'no-device'],
    [
      'a device not permitted',
      'arecord',
      'arecord: main:831: audio open error: Permission denied',
      1,
      'permission-denied',
    ],
    [
      'a source that the sound server lacks, told by ALSA',
      'arecord',
      'ALSA lib pcm_pulse.c:758:(pulse_prepare) PulseAudio: Unable to create stream: No such entity\n\narecord: set_params:1416: Unable to install hw params:\nACCESS:  RW_INTERLEAVED\nRATE: 16000',
      1,
      'no-device',
    ],
    ['no sound server', 'parec', 'Connection failure: Connection refused\npa_context_connect() failed', 1, 'no-device'],
    ['a source that is missing', 'parec', 'Stream error: No such entity', 1, 'no-device'],
    ['no driver', 'sox', 'sox FAIL sox: Sorry, there is no default audio device configured', 1, 'no-device'],
    [
      'a lost server that SoX takes for an end',
      'rec',
      "rec FAIL sox: `virtmic' error reading from pulse audio device: Connection terminated: Operation not permitted",
      0,
      'device-lost',
    ],
    ['an end', 'sox', '', 0, 'recorder-ended'],
    ['anything else', 'sox', 'Segmentation fault', 139, 'recorder-failed'],
  ];
  for (const [name, recorder, words, code, reason] of failures) {
    it(`tries again after ${name}`, async () => {
      fake(
        recorder,
        `if (turn > 0) { ${ENDLESS} } else { process.stderr.write(${JSON.stringify(`${words}\n`)}); process.exitCode = ${code}; }`,
      );
      const { statuses, onStatus } = noted();
      const source = microphone({ recorder: recorder as 'sox', reconnect: FAST, onStatus });
      assert.equal((await source.next()).done, false);
      await source.stop();
      assert.deepEqual(short(statuses).slice(0, 3), ['starting asked', `reconnecting ${reason}`, 'starting asked']);
    });
  }

  it('takes a device that is missing after sound for lost', async () => {
    fake(
      'arecord',
      writes(
        7,
        0.1,
        `process.stderr.write('arecord: pcm_read:2145: read error: No such device\\n'); process.exitCode = 1;`,
      ),
    );
    const source = microphone({ recorder: 'arecord' });
    await assert.rejects(
      async () => {
        for await (const samples of source) assert.ok(samples.length > 0);
      },
      {
        name: 'MicrophoneError',
        reason: 'device-lost',
        message: /^arecord exited with code 1: read error: No such device; /,
      },
    );
  });

  it('does not try again what waiting does not mend', async () => {
    const missing = microphone({ recorder: 'sox', reconnect: true });
    await assert.rejects(missing.next(), { name: 'MicrophoneError', reason: 'no-recorder' });
    const header = Buffer.alloc(44);
    header.write('RIFF\0\0\0\0WAVEfmt \x10\0\0\0\x01\0\x02\0\x80\xbb\0\0\0\xee\x02\0\x04\0\x10\0data', 'latin1');
    fake(
      'sox',
      `process.stdout.write(Buffer.from(${JSON.stringify(header.toString('latin1'))}, 'latin1')); ${HANGING}`,
    );
    const other = microphone({ recorder: 'sox', reconnect: true });
    await assert.rejects(other.next(), {
      reason: 'wrong-format',
      message: /^sox delivers a WAV stream of 48000 Hz, 2 channels, 16-bit PCM; /,
    });
    await gone((await started()).pid);
  });

  it('from the first sound on ends with what kept it from being opened', async () => {
    const words = 'arecord: main:831: audio open error: No such device';
    fake('arecord', `process.stderr.write('${words}\\n'); process.exitCode = 1;`);
    const { statuses, onStatus } = noted();
    const source = microphone({ recorder: 'arecord', reconnect: { ...FAST, from: 'first-sound' }, onStatus });
    const message = 'arecord exited with code 1: audio open error: No such device; arecord -L lists the devices';
    await assert.rejects(source.next(), { name: 'MicrophoneError', reason: 'no-device', message });
    assert.deepEqual(short(statuses), ['starting asked', 'stopped no-device']);
    assert.equal(statuses[1].message, message);
    assert.equal((await started()).turn, 0);
  });

  it('from the first sound on comes back after it, though a later recorder gives none', async () => {
    fake(
      'arecord',
      `if (turn === 3) { ${ENDLESS} } else { ${writes(7, 0.1, `process.exitCode = 1;`)} }`.replace(
        'let n = 0;',
        'let n = turn === 0 ? 0 : 99;',
      ),
    );
    const { statuses, onStatus } = noted();
    const source = microphone({ recorder: 'arecord', reconnect: { ...FAST, from: 'first-sound' }, onStatus });
    while (statuses.filter(({ state }) => state === 'listening').length < 2)
      assert.equal((await source.next()).done, false);
    await source.stop();
    const again = ['reconnecting recorder-failed', 'starting asked'];
    assert.deepEqual(short(statuses), [
      ...['starting asked', 'listening sound', ...again, ...again, ...again],
      ...['listening sound', 'stopped asked'],
    ]);
  });

  it('stops while it waits for the next try', async () => {
    fake('arecord', 'process.exitCode = 1;');
    const { statuses, onStatus } = noted();
    const source = microphone({ recorder: 'arecord', reconnect: { least: 100000 }, onStatus });
    const next = source.next();
    while (statuses.at(-1)?.state !== 'reconnecting') await sleep(10);
    await source.stop();
    assert.deepEqual(await next, { value: undefined, done: true });
    assert.equal(statuses.at(-1)?.state, 'stopped');
  });
});

describe('a recorder that hangs', { skip }, () => {
  it('is an error after the time-out', async () => {
    fake('arecord', `process.stdout.write(Buffer.alloc(64, 1)); ${HANGING}`);
    const source = microphone({ recorder: 'arecord', timeout: 3000 });
    assert.equal((await source.next()).value?.length, 32);
    await assert.rejects(source.next(), {
      name: 'MicrophoneError',
      reason: 'recorder-hangs',
      message: 'arecord delivers nothing: no sample for 3 s; is the device suspended or unplugged?',
    });
    await gone((await started()).pid);
  });

  it('is started anew on request', async () => {
    fake('arecord', `if (turn === 0) { ${HANGING} } else { ${ENDLESS} }`);
    const source = microphone({ recorder: 'arecord', timeout: 1000, reconnect: FAST });
    assert.equal((await source.next()).done, false);
    await source.stop();
  });

  it('is not taken for one while this program is busy', async () => {
    fake('arecord', ENDLESS);
    const source = microphone({ recorder: 'arecord', timeout: 2500 });
    await source.next();
    for (let i = 0; i < 2; i++) {
      const until = Date.now() + 3000;
      while (Date.now() < until);
      for (let n = 0; n < 3; n++) assert.equal((await source.next()).done, false);
    }
    await source.stop();
  });
});

describe('what a microphone tells', { skip }, () => {
  it('digital zeros after 5 s from the start, once, until sound comes, then after 30 s', async () => {
    fake(
      'arecord',
      `${writes(0, 12, 'loud();')}
function loud() { process.stdout.write(Buffer.from([1, 0]), later); }
function later() { process.stdout.write(Buffer.alloc(32000 * 40), () => process.stdout.write(Buffer.from([0, 128]))); }`,
    );
    const { statuses, onStatus } = noted();
    let heard = 0;
    const at: number[] = [];
    const source = microphone({
      recorder: 'arecord',
      onStatus: (status) => {
        onStatus(status);
        if (status.reason !== 'overrun') at.push(heard / 16000);
      },
    });
    for await (const samples of source) heard += samples.length;
    const told = short(statuses).filter((text) => text !== 'listening overrun');
    const both = ['silent digital-silence', 'listening sound'];
    assert.deepEqual(told, ['starting asked', 'listening sound', ...both, ...both, 'stopped recorder-ended']);
    assert.match(
      statuses.find(({ state }) => state === 'silent')!.message,
      /^nothing but digital zeros for 5 s: is the microphone muted/,
    );
    assert.match(statuses.findLast(({ state }) => state === 'silent')!.message, /for 30 s: /);
  });

  it('nothing of silence while there is noise of one step', async () => {
    fake(
      'arecord',
      `process.stdout.write(Buffer.from(Int16Array.from({ length: 8 * 16000 }, (_, i) => (i % 70000 ? 0 : 1)).buffer));`,
    );
    const { statuses, onStatus } = noted();
    for await (const samples of microphone({ recorder: 'arecord', onStatus })) assert.ok(samples.length > 0);
    assert.deepEqual(
      short(statuses).filter((text) => text !== 'listening overrun'),
      ['starting asked', 'listening sound', 'stopped recorder-ended'],
    );
  });

  it('the first overrun of several, with their number', async () => {
    fake('arecord', writes(7, 12, HANGING));
    const { statuses, onStatus } = noted();
    const source = microphone({ recorder: 'arecord', onStatus });
    await source.next();
    while (!statuses.some(({ reason }) => reason === 'overrun')) await sleep(10);
    await sleep(200);
    const told = statuses.filter(({ reason }) => reason === 'overrun');
    assert.equal(told.length, 1);
    assert.ok(told[0].overruns! > 0 && told[0].overruns! <= source.overruns);
    await source.stop();
  });

  it('why it ended, before the error', async () => {
    const { statuses, onStatus } = noted();
    await assert.rejects(microphone({ onStatus }).next(), MicrophoneError);
    assert.deepEqual(short(statuses), ['starting asked', 'stopped no-recorder']);
  });

  it('ends with what onStatus throws, and releases the device', async () => {
    fake('arecord', ENDLESS);
    const source = microphone({
      recorder: 'arecord',
      onStatus({ state }) {
        if (state === 'listening') throw new Error('in the window');
      },
    });
    await assert.rejects(source.next(), /in the window/);
    assert.deepEqual(await source.next(), { value: undefined, done: true });
    await gone((await started()).pid);
  });
});

describe('pause and resume', { skip }, () => {
  it('release the device and take it again', async () => {
    fake('arecord', writes(7, 0.1, `if (turn === 0) { ${HANGING} } else { ${ENDLESS} }`));
    const { statuses, onStatus } = noted();
    const source = microphone({ recorder: 'arecord', onStatus });
    let heard = 0;
    while (heard < 1600) heard += (await source.next()).value!.length;
    const { pid } = await started();
    const next = source.next();
    await source.pause();
    assert.ok(!runs(pid));
    await source.pause();
    source.resume();
    source.resume();
    assert.equal((await next).done, false);
    assert.equal((await started(1)).turn, 1);
    await source.stop();
    source.resume();
    await source.pause();
    assert.deepEqual(short(statuses), [
      ...['starting asked', 'listening sound', 'paused asked'],
      ...['starting asked', 'listening sound', 'stopped asked'],
    ]);
  });

  it('never hold the device twice, however fast they follow', async () => {
    fake(
      'arecord',
      `
const lock = ${JSON.stringify('LOCK')};
try { fs.writeFileSync(lock, '', { flag: 'wx' }); } catch { process.stderr.write('arecord: Device busy\\n'); process.exit(1); }
process.stdout.on('error', () => {});
process.on('exit', () => fs.rmSync(lock));
process.on('SIGTERM', () => setTimeout(() => process.exit(), 200));
${HANGING} ${ENDLESS}`.replace('LOCK', beside('lock')),
    );
    const source = microphone({ recorder: 'arecord' });
    for (let turn = 0; turn < 3; turn++) {
      await source.next();
      void source.pause();
      source.resume();
    }
    assert.equal((await source.next()).done, false);
    await source.stop();
  });

  it('hold back the start, and the next try', async () => {
    fake('arecord', 'process.exitCode = 1;');
    const { statuses, onStatus } = noted();
    const source = microphone({ recorder: 'arecord', reconnect: { least: 300 }, onStatus });
    await source.pause();
    const next = source.next();
    await sleep(200);
    assert.ok(!hasStarted());
    source.resume();
    while (statuses.at(-1)?.state !== 'reconnecting') await sleep(10);
    await source.pause();
    await sleep(400);
    assert.equal((await started()).turn, 0);
    await source.stop();
    assert.equal((await next).done, true);
  });
});

describe('stop', { skip }, () => {
  it('while starting is no error, and nothing is left', async () => {
    fake('arecord', ENDLESS);
    const source = microphone({ recorder: 'arecord' });
    const next = source.next();
    await source.stop();
    assert.deepEqual(await next, { value: undefined, done: true });
    for (const milliseconds of [0, 1, 5, 20]) {
      const soon = microphone({ recorder: 'arecord' });
      const first = soon.next();
      await sleep(milliseconds);
      await Promise.all([soon.stop(), soon.stop()]);
      assert.ok((await first).done !== undefined);
    }
    for (const { pid, name } of process.platform === 'linux' ? children() : [])
      assert.notEqual(name, 'arecord', String(pid));
  });

  it('before a start that fails is no error either', async () => {
    const source = microphone({ command: ['nowhere'] });
    const next = source.next();
    await source.stop();
    assert.deepEqual(await next, { value: undefined, done: true });
  });
});

describe('a signal', { skip }, () => {
  it('ends the iteration with its reason, and releases the device', async () => {
    fake('arecord', HANGING);
    const controller = new AbortController();
    const source = microphone({ recorder: 'arecord', signal: controller.signal });
    const next = source.next();
    const { pid } = await started();
    controller.abort(new Error('enough'));
    await assert.rejects(next, /enough/);
    await source.stop();
    assert.ok(!runs(pid));
    assert.deepEqual(await source.next(), { value: undefined, done: true });
  });

  it('is no unhandled rejection when nobody iterates, and keeps nothing from being recorded', async () => {
    fake('arecord', ENDLESS);
    const controller = new AbortController();
    const source = microphone({ recorder: 'arecord', signal: controller.signal });
    await source.next();
    await sleep(50);
    controller.abort();
    await assert.rejects(source.next(), { name: 'AbortError' });
    await gone((await started()).pid);
  });

  it('that has come already starts nothing', async () => {
    fake('arecord', ENDLESS);
    const { statuses, onStatus } = noted();
    const source = microphone({ recorder: 'arecord', signal: AbortSignal.abort(), onStatus });
    await assert.rejects(source.next(), { name: 'AbortError' });
    assert.deepEqual(short(statuses), ['stopped aborted']);
    assert.ok(!hasStarted());
  });
});

describe('a command of one’s own', { skip }, () => {
  it('is run without a shell, and its WAV header left out', async () => {
    const header =
      "Buffer.from('RIFF\\0\\0\\0\\0WAVEfmt \\x10\\0\\0\\0\\x01\\0\\x01\\0\\x80>\\0\\0\\0}\\0\\0\\x02\\0\\x10\\0data\\xff\\xff\\xff\\xff', 'latin1')";
    fake('any', `process.stdout.write(${header}); ${COUNTING}`);
    const source = microphone({ command: ['any', '$HOME', '; false'] });
    const heard: number[] = [];
    for await (const samples of source) heard.push(...samples);
    assert.deepEqual(
      heard,
      Array.from({ length: 4000 }, (_, i) => i - 32768),
    );
    assert.deepEqual((await started()).arguments, ['$HOME', '; false']);
    assert.equal(source.recorder, 'any');
  });

  it('that is missing, or may not be run, is an error that says so', async () => {
    await assert.rejects(microphone({ command: ['nowhere'], reconnect: true }).next(), {
      reason: 'no-recorder',
      message: /^nowhere can't be run: spawn nowhere ENOENT; is it installed, and on PATH\?$/,
    });
    writeFileSync(beside('locked'), '#!/bin/sh\n');
    chmodSync(beside('locked'), 0o644);
    await assert.rejects(microphone({ command: [beside('locked')], reconnect: true }).next(), {
      reason: 'no-recorder',
      message: /can't be run: spawn .*EACCES$/,
    });
  });

  it('may complain without end', async () => {
    fake(
      'any',
      `
const noise = 'x'.repeat(65536) + '\\n';
let n = 0;
const flood = () => n++ < 200 ? process.stderr.write(noise, flood) : process.stderr.write('any: the last words\\n', () => process.exit(3));
flood();`,
    );
    await assert.rejects(microphone({ command: ['any'] }).next(), {
      message: 'any exited with code 3: the last words',
    });
  });
});

describe('a machine without descriptors', { skip }, () => {
  it('is an error for every recorder, not the end of the process', () => {
    for (const recorder of RECORDERS) fake(recorder, ENDLESS);
    const code = `
      import { openSync, closeSync } from 'node:fs';
      import { microphone } from ${JSON.stringify(new URL('../../dist/node/index.js', import.meta.url).href)};
      for (const recorder of ${JSON.stringify(RECORDERS)}) {
        const open = [];
        try {
          for (;;) open.push(openSync('/dev/null', 'r'));
        } catch {}
        for (let i = 0; i < 4; i++) closeSync(open.pop()); // enough for a pipe or two
        const { reason, message } = await microphone({ recorder }).next().catch((error) => error);
        open.forEach((descriptor) => closeSync(descriptor));
        console.log(reason, message);
      }`;
    const shell = ['-c', 'ulimit -n 256 && exec "$0" --input-type=module -e "$1"', process.execPath, code];
    const { stdout, stderr, status } = spawnSync('/bin/sh', shell, { encoding: 'utf8' });
    const expected = RECORDERS.map(
      (recorder) => `no-resources ${recorder} can't be started: EMFILE: too many open files`,
    );
    assert.equal(stdout.replace(/, open .*/g, ''), `${expected.join('\n')}\n`, stderr);
    assert.equal(status, 0);
  });
});
