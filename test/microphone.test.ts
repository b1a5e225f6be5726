import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { describe, it } from 'node:test';
import ts from 'typescript';
import { AudioError } from '#dist/index.js';
import { microphone } from '#dist/node/index.js';
import {
  beside,
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

describe('microphone', { skip: process.platform === 'win32' && 'fake recorders are scripts' }, () => {
  it('delivers every sample, however chunks were cut', async () => {
    fake('arecord', COUNTING);
    const heard: number[] = [];
    for await (const samples of microphone({ recorder: 'arecord' })) {
      assert.ok(samples instanceof Int16Array);
      heard.push(...samples);
    }
    assert.deepEqual(
      heard,
      Array.from({ length: 4000 }, (_, i) => i - 32768),
    );
    const { arguments: given } = await started();
    assert.deepEqual(given, ['-q', '-r', 16000, '-c', 1, '-t', 'raw', '-f', 'S16_LE', '-'].map(String));
  });

  it('says its rate, and refuses an option that it has not', () => {
    assert.equal(microphone().sampleRate, 16000);
    assert.equal(microphone({ sampleRate: 8000 }).sampleRate, 8000);
    assert.throws(() => microphone({ devise: 'x' } as object), {
      name: 'TypeError',
      message: /^"devise" is no option of microphone; options are recorder, command, device/,
    });
  });

  it('records nothing before it is iterated', async () => {
    fake('arecord', ENDLESS);
    const source = microphone({ recorder: 'arecord' });
    await sleep(200);
    assert.ok(!hasStarted());
    await source.stop();
    assert.deepEqual(await source.next(), { value: undefined, done: true });
  });

  it('releases the recorder on break', async () => {
    fake('arecord', ENDLESS);
    for await (const samples of microphone({ recorder: 'arecord' })) {
      assert.ok(samples.length > 0);
      break;
    }
    assert.ok(!runs((await started()).pid));
  });

  it('releases the recorder when the loop throws', async () => {
    fake('arecord', ENDLESS);
    await assert.rejects(async () => {
      for await (const samples of microphone({ recorder: 'arecord' })) throw new Error(`heard ${samples.length > 0}`);
    }, /heard true/);
    assert.ok(!runs((await started()).pid));
  });

  it('stops while a recorder hangs, and the waiting iteration ends', async () => {
    fake('arecord', HANGING);
    const source = microphone({ recorder: 'arecord' });
    const next = source.next();
    const { pid } = await started();
    await source.stop();
    assert.deepEqual(await next, { value: undefined, done: true });
    assert.ok(!runs(pid));
  });

  it('stops a recorder that ignores SIGTERM', async () => {
    fake('arecord', `process.on('SIGTERM', () => {}); ${ENDLESS}`);
    const source = microphone({ recorder: 'arecord' });
    await source.next();
    const { pid } = await started();
    await source.stop();
    assert.ok(!runs(pid));
  });

  it('says how a recorder died, in its own words, after what was recorded', async () => {
    fake(
      'arecord',
      `
process.stdout.write(Buffer.alloc(64), () => {
  process.stderr.write('ALSA lib pcm.c:2666: chatter\\narecord: main:831: audio open error: Device busy\\n');
  process.exitCode = 1;
});`,
    );
    let heard = 0;
    await assert.rejects(
      async () => {
        for await (const samples of microphone({ recorder: 'arecord', device: 'hw:9' })) heard += samples.length;
      },
      (error: Error) => {
        assert.ok(error instanceof AudioError);
        assert.equal(
          error.message,
          'arecord on device "hw:9" exited with code 1: audio open error: Device busy; arecord -L lists the devices',
        );
        return true;
      },
    );
    assert.equal(heard, 32);
  });

  it('says that a recorder was killed', async () => {
    fake('sox', `process.kill(process.pid, 'SIGKILL');`);
    await assert.rejects(microphone({ recorder: 'sox' }).next(), {
      name: 'MicrophoneError',
      message: 'sox was killed by SIGKILL',
    });
  });

  it('says what to install when there is no recorder', async () => {
    await assert.rejects(microphone().next(), {
      name: 'MicrophoneError',
      message: /^no recorder: none of .* is installed; install /,
    });
    await assert.rejects(microphone({ recorder: 'rec' }).next(), {
      name: 'MicrophoneError',
      message: /^no recorder: rec is not installed; install SoX/,
    });
  });

  it('fails once, then is over', async () => {
    const source = microphone();
    await assert.rejects(source.next(), AudioError);
    assert.deepEqual(await source.next(), { value: undefined, done: true });
  });

  it('says that a recorder can not be run', async () => {
    writeFileSync(beside('sox'), '#!/nowhere/at/all\n', { mode: 0o755 });
    await assert.rejects(microphone({ recorder: 'sox' }).next(), {
      name: 'MicrophoneError',
      message: /^sox can't be run: /,
    });
  });

  it('takes the first recorder that is installed', async () => {
    fake('rec', COUNTING);
    const source = microphone({ device: 'somewhere' });
    await source.next();
    assert.equal(source.recorder, 'rec');
    const { device, options } = await started();
    assert.equal(device, 'somewhere');
    assert.equal(options, '--buffer 1024');
    assert.equal(process.env.AUDIODEV, undefined);
    assert.equal(process.env.SOX_OPTS, undefined);
    await source.stop();
  });

  it('drops the oldest sound when nobody takes it, and counts what was lost', async () => {
    // 12 s in chunks of 0.4 s, against a queue of 4 s.
    fake(
      'arecord',
      `
let n = 0;
const timer = setInterval(() => {
  process.stdout.write(Buffer.from(new Int16Array(6400).fill(n).buffer));
  if (++n === 30) clearInterval(timer);
}, 15);`,
    );
    const source = microphone({ recorder: 'arecord' });
    await source.next();
    const { pid } = await started();
    await gone(pid);
    await sleep(50);
    const heard: number[] = [];
    for await (const samples of source) heard.push(...samples);
    assert.equal(heard.at(-1), 29);
    assert.ok(heard.length <= 4 * 16000);
    assert.ok(source.overruns > 0);
  });

  it('forgets what it had recorded when it is stopped', async () => {
    fake('arecord', ENDLESS);
    const source = microphone({ recorder: 'arecord' });
    await source.next();
    await sleep(100); // some more waits
    await source.stop();
    assert.deepEqual(await source.next(), { value: undefined, done: true });
  });

  it('is iterated once', async () => {
    fake('arecord', COUNTING);
    const source = microphone({ recorder: 'arecord' });
    for await (const samples of source) assert.ok(samples.length > 0);
    for await (const samples of source) assert.fail(`heard ${samples.length}`);
  });

  it('watches for the end of the process once, however many record, and only while they do', async (test) => {
    fake('arecord', ENDLESS);
    const warnings: Error[] = [];
    const warn = (warning: Error) => void warnings.push(warning);
    process.on('warning', warn);
    const before = process.listenerCount('exit');
    const sources = Array.from({ length: 11 }, () => microphone({ recorder: 'arecord' }));
    test.after(() => Promise.all(sources.map((source) => source.stop()))); // a failure too ends
    await Promise.all(sources.map((source) => source.next()));
    assert.equal(process.listenerCount('exit'), before + 1);
    await Promise.all(sources.slice(1).map((source) => source.stop()));
    assert.equal(process.listenerCount('exit'), before + 1);
    await sources[0].stop();
    assert.equal(process.listenerCount('exit'), before);
    process.off('warning', warn);
    assert.deepEqual(warnings, []);
  });

  /** Runs a program that has imported `microphone` to its end. */
  function runProgram(body: string): { status: number | null } {
    const code = `import { microphone } from ${JSON.stringify(new URL('../../dist/node/index.js', import.meta.url).href)};\n${body}`;
    return spawnSync(process.execPath, ['--input-type=module', '-e', code], {
      env: process.env,
      stdio: 'ignore',
      timeout: 10000,
    });
  }

  it('lets the process end while something that the recorder started holds its pipes', async () => {
    fake(
      'arecord',
      `
const { spawn } = require('node:child_process');
const held = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 20000)'], { stdio: ['ignore', 'inherit', 'inherit'], detached: true });
fs.writeFileSync(${JSON.stringify(beside('held'))}, String(held.pid));
${ENDLESS}`,
    );
    const { status } = runProgram(`
      const source = microphone({ recorder: 'arecord' });
      await source.next();
      await source.stop();`);
    process.kill(Number(readFileSync(beside('held'), 'utf8')), 'SIGKILL');
    assert.equal(status, 0);
  });

  it('does not leave a recorder behind when the process ends', async () => {
    fake('arecord', HANGING); // one that writes would die of its broken pipe
    const { status } = runProgram(`
      import { existsSync } from 'node:fs';
      void microphone({ recorder: 'arecord' }).next();
      setInterval(() => existsSync(${JSON.stringify(beside('started'))}) && process.exit(7), 10);`);
    assert.equal(status, 7);
    const { pid } = await started();
    await gone(pid);
  });

  it('refuses wrong options', () => {
    assert.throws(() => microphone({ recorder: 'ffmpeg' as 'sox' }), {
      name: 'RangeError',
      message: /got "ffmpeg", expected parec, arecord, sox, rec/,
    });
    assert.throws(() => microphone({ device: 3 as unknown as string }), TypeError);
    assert.throws(() => microphone({ device: '' }), { name: 'RangeError', message: /device: got ""/ });
    assert.throws(() => microphone({ sampleRate: '16000' as unknown as number }), TypeError);
    assert.throws(() => microphone({ command: [] }), { name: 'RangeError', message: /command: got no program/ });
    assert.throws(() => microphone({ command: 'sox -d' as unknown as string[] }), TypeError);
    assert.throws(() => microphone({ command: ['sox'], recorder: 'sox' }), /command: given with recorder/);
    assert.throws(() => microphone({ command: ['sox'], device: 'x' }), /command: given with device/);
    assert.throws(() => microphone({ timeout: 0 }), { name: 'RangeError', message: /timeout: got 0/ });
    assert.throws(() => microphone({ reconnect: 3 as unknown as true }), TypeError);
    assert.throws(() => microphone({ reconnect: { least: 10, most: 5 } }), /reconnect.most: got 5, expected at least/);
    assert.throws(() => microphone({ reconnect: { from: 'sound' as 'start' } }), {
      name: 'RangeError',
      message: 'reconnect.from: got "sound", expected "start" or "first-sound"',
    });
    assert.throws(() => microphone({ signal: {} as AbortSignal }), TypeError);
    assert.throws(() => microphone({ onStatus: 'x' as unknown as () => void }), TypeError);
    for (const sampleRate of [0, NaN, 1.5, 1e7]) assert.throws(() => microphone({ sampleRate }), RangeError);
  });
});

describe('tympan/node', () => {
  it('is typed without the types of Node', () => {
    const options: ts.CompilerOptions = {
      types: [],
      strict: true,
      noEmit: true,
      lib: ['lib.es2022.d.ts', 'lib.dom.d.ts'],
      target: ts.ScriptTarget.ES2022,
      module: ts.ModuleKind.NodeNext,
      moduleResolution: ts.ModuleResolutionKind.NodeNext,
    };
    const program = ts.createProgram(['dist/node/index.d.ts'], options);
    const messages = program
      .getSourceFiles()
      .filter(({ fileName }) => !fileName.includes('node_modules'))
      .flatMap((file) => [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)])
      .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, ' '));
    assert.deepEqual(messages, []);
  });
});
