/** The programs of examples/node, with a recording as their microphone. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'node:test';
import { readAudio } from 'tympan/node';
import { beside, fake, gone, hideRecorders, started } from './fake-recorder.js';
import { readSamples, samplesToPcm } from './pcm.js';
import { HAPPY } from './spoken.js';

hideRecorders();
const WORDS = 2; // in the recording

/** Starts a program whose microphone gives the recording and a second of silence, and then nothing more. */
async function run(script: string, ...args: string[]) {
  writeFileSync(beside('sound'), samplesToPcm(await readSamples(HAPPY), 16000));
  fake('arecord', `process.stdout.write(fs.readFileSync('FOLDER/sound')); setInterval(() => {}, 1000);`);
  const child = spawn(process.execPath, [`examples/node/${script}`, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  const said = { out: '', err: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (said.out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (said.err += text));
  return { child, said, exit: once(child, 'exit') };
}

async function linesOf({ child, said, exit }: Awaited<ReturnType<typeof run>>, count: number): Promise<string[]> {
  const ended = exit.then(() => true);
  while (said.out.split('\n').length <= count)
    if (await Promise.race([ended, once(child.stdout, 'data').then(() => false)])) throw new Error(said.err);
  return said.out.split('\n').slice(0, count);
}

test('listen.mjs says every word, and lets go of the recorder at SIGINT', async () => {
  const running = await run('listen.mjs');
  for (const line of await linesOf(running, WORDS)) assert.match(line, /^\d\.\d\d s: happy, \d\d %$/);
  assert.match(running.said.err, /listening for happy/);
  const { pid } = await started();
  running.child.kill('SIGINT');
  await running.exit;
  await gone(pid);
});

test('several-words.mjs hears all models by one front end', async () => {
  const running = await run('several-words.mjs', 'models/happy.onnx', 'models/happy.onnx');
  const lines = await linesOf(running, 2 * WORDS);
  for (const line of lines) assert.match(line, /^\d\.\d\d s: happy \(models\/happy\.onnx\)$/);
  assert.match(running.said.err, /^2 models, 1 front ends, 16000 Hz/);
  const { pid } = await started();
  running.child.kill('SIGTERM');
  await running.exit;
  await gone(pid);
});

test('save-clips.mjs writes the sound around every word; what is cut short by Ctrl+C too', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'tympan-example-'));
  t.after(() => rmSync(folder, { recursive: true }));
  const running = await run('save-clips.mjs', folder);
  await linesOf(running, 1);
  const { pid } = await started();
  running.child.kill('SIGINT');
  await running.exit;
  await gone(pid);
  const clips = readdirSync(folder);
  assert.equal(clips.length, WORDS);
  for (const clip of clips) {
    const { samples, sampleRate } = await readAudio(join(folder, clip));
    assert.equal(sampleRate, 16000);
    assert.ok(samples.length > 1.5 * 16000 && samples.length <= 4.5 * 16000, `${clip}: ${samples.length} samples`);
  }
});
