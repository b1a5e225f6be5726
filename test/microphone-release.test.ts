import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { getEventListeners } from 'node:events';
import { readdirSync, readlinkSync } from 'node:fs';
import { describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { microphone } from '#dist/node/index.js';
import { beside, children, ENDLESS, fake, gone, HANGING, hideRecorders, runs, started } from './fake-recorder.js';

hideRecorders();

const skip = process.platform === 'win32' && 'fake recorders are scripts';
const NODE = new URL('../../dist/node/index.js', import.meta.url).href;

/** A program that has begun to record; `body` is run as soon as the recorder has started. */
async function record(body: string): Promise<{ pid: number; ended: Promise<readonly [number | null, string | null]> }> {
  const code = `
    import { existsSync } from 'node:fs';
    import { microphone } from ${JSON.stringify(NODE)};
    const source = microphone({ recorder: 'arecord' });
    const next = source.next();
    while (!existsSync(${JSON.stringify(beside('started'))})) await new Promise((resolve) => setTimeout(resolve, 10));
    ${body}`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', code], { stdio: ['ignore', 'pipe', 'ignore'] });
  const ended = new Promise<readonly [number | null, string | null]>((resolve) =>
    child.once('exit', (status, signal) => resolve([status, signal])),
  );
  await new Promise((resolve) => child.stdout.once('data', resolve));
  return { pid: child.pid!, ended };
}

const READY = `console.log('ready'); setInterval(() => {}, 1000);`;

describe('the end of the process', { skip }, () => {
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGKILL', 'SIGABRT'] as const) {
    it(`by ${signal} releases a recorder that hangs, and stays a death by ${signal}`, async () => {
      fake('arecord', HANGING);
      const { pid, ended } = await record(READY);
      const recorder = (await started()).pid;
      assert.ok(runs(recorder));
      process.kill(pid, signal);
      assert.deepEqual(await ended, [null, signal]);
      await gone(recorder);
    });
  }

  it('by SIGKILL releases a recorder that ignores SIGTERM', async () => {
    fake('arecord', `process.on('SIGTERM', () => {}); ${HANGING}`);
    const { pid, ended } = await record(READY);
    process.kill(pid, 'SIGKILL');
    await ended;
    await gone((await started()).pid);
  });

  it('by an uncaught exception, or process.exit, releases the recorder', async () => {
    for (const [end, status] of [
      [`throw new Error('elsewhere');`, 1],
      ['process.exit(7);', 7],
      ['process.exitCode = 3; source.stop();', 3],
    ] as const) {
      fake('arecord', HANGING);
      const { ended } = await record(`console.log('ready'); ${end}`);
      assert.deepEqual(await ended, [status, null]);
      await gone((await started()).pid);
    }
  });

  it('is left to a listener of the program: a signal that it handles neither ends it nor the recorder', async () => {
    fake('arecord', HANGING);
    const { pid, ended } = await record(`
      let count = 0;
      process.on('SIGTERM', () => { if (++count === 2) source.stop().then(() => process.exit(9)); });
      ${READY}`);
    const recorder = (await started()).pid;
    process.kill(pid, 'SIGTERM');
    await sleep(300);
    assert.ok(runs(pid) && runs(recorder));
    process.kill(pid, 'SIGTERM');
    assert.deepEqual(await ended, [9, null]);
    assert.ok(!runs(recorder));
  });
});

/** The descriptors of this process, by what they lead to. */
const descriptors = (): string[] =>
  readdirSync('/proc/self/fd')
    .map((name) => {
      try {
        return readlinkSync(`/proc/self/fd/${name}`);
      } catch {
        return 'closed since'; // the folder's own
      }
    })
    .filter((target) => /^(pipe|socket):/.test(target))
    .sort();

/** Listeners on what outlives a microphone. */
const listeners = (signal: AbortSignal): number[] => [
  ...['exit', 'SIGINT', 'SIGTERM', 'SIGHUP', 'uncaughtException', 'warning'].map((name) => process.listenerCount(name)),
  getEventListeners(signal, 'abort').length,
];

describe('ten starts and stops', { skip: process.platform !== 'linux' && 'reads /proc' }, () => {
  const ways: readonly (readonly [string, string, (source: ReturnType<typeof microphone>) => Promise<unknown>])[] = [
    ['stop', ENDLESS, (source) => source.stop()],
    ['break', ENDLESS, (source) => source.return!()],
    ['pause, then stop', ENDLESS, (source) => source.pause().then(() => source.stop())],
    [
      'a recorder that died',
      `process.stdout.write(Buffer.alloc(64), () => process.exit(1));`,
      (source) =>
        assert
          .rejects(async () => {
            for await (const samples of source) assert.ok(samples.length > 0);
          })
          .then(() => source.stop()),
    ],
  ];
  for (const [name, body, end] of ways) {
    it(`leave no process, descriptor or listener: ${name}`, async () => {
      fake('arecord', body);
      const { signal } = new AbortController();
      const turn = async () => {
        const source = microphone({ recorder: 'arecord', signal });
        assert.equal((await source.next()).done, false);
        await end(source);
      };
      await turn(); // Node's own descriptors are opened with the first process
      const before = [descriptors(), children(), listeners(signal)];
      for (let i = 0; i < 10; i++) await turn();
      for (let i = 0; i < 100 && descriptors().length > before[0].length; i++) await sleep(10); // they close after their events
      assert.deepEqual([descriptors(), children(), listeners(signal)], before);
    });
  }
});
