/** `tympan listen` with a real recorder on a real sound server. */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';
import { loadModel, type Detection } from '#dist/index.js';
import { readAudio } from '#dist/node/index.js';
import { CLI, linesOf, samplesOfHappy, type Line } from './listening.js';
import { missingSoundServer, startSoundServer, type SoundServer } from './sound-server.js';

const RATE = 16000;
/** A player or a server that gets no processor for too long loses sound before any recorder has it. */
const TURNS = 3;

describe('tympan listen on a real sound server', { skip: missingSoundServer('parec') }, () => {
  let server: SoundServer;
  let env: NodeJS.ProcessEnv;
  const folder = mkdtempSync(join(tmpdir(), 'tympan-real-'));
  before(async () => {
    server = await startSoundServer();
    env = { ...process.env, ...server.environment };
  });
  after(async () => {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it('lists the microphones, and says which is the default', () => {
    const { stdout, status } = spawnSync(process.execPath, [CLI, 'listen', '--list-devices'], {
      env,
      encoding: 'utf8',
    });
    assert.equal(status, 0);
    assert.match(stdout, /^virtmic +VirtMic, the default$/m);
    assert.match(stdout, /^mic\.monitor +.*what a loudspeaker plays$/m);
  });

  it('hears what the file holds, and keeps it', async () => {
    const flags = ['listen', '--json', '--device', 'mic.monitor', '--save', folder, '--save-seconds', '2'];
    const child = spawn(process.execPath, [CLI, ...flags], { env, stdio: ['ignore', 'pipe', 'inherit'] });
    let stdout = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (stdout += text));
    const ended = new Promise((resolve) => child.once('close', resolve));
    await server.recording();
    const expected = await detectionsIn(Float32Array.from(samplesOfHappy(), (sample) => sample / 32768));
    let heard: Line[] = [];
    for (let turn = 0; turn < TURNS && heard.length !== expected.length; turn++) {
      const before = linesOf(stdout).length;
      await server.play(samplesOfHappy());
      await sleep(1000); // until the last clip is whole
      heard = linesOf(stdout)
        .slice(before)
        .filter(({ keyword }) => keyword !== undefined);
    }
    child.kill('SIGINT');
    assert.equal(await ended, 0);
    assert.equal(heard.length, expected.length, stdout);
    const offset = heard[0].time - expected[0].time; // when it was played
    for (const [i, { time, posterior, clip }] of heard.entries()) {
      assert.ok(Math.abs(time - expected[i].time - offset) < 0.25);
      assert.ok(Math.abs(posterior - expected[i].posterior) < 0.05);
      const { samples, sampleRate } = await readAudio(clip!);
      assert.equal(sampleRate, RATE);
      assert.equal(samples.length, 2.5 * RATE);
      assert.equal((await detectionsIn(samples)).length, 1);
    }
  });
});

async function detectionsIn(samples: Float32Array): Promise<Detection[]> {
  const detector = (await loadModel('models/happy.onnx')).detector();
  try {
    return [...detector.push(samples), ...detector.flush()];
  } finally {
    detector.close();
  }
}
