/** `tympan listen` as a process, with a fake recorder on its PATH. */
import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { readFileSync } from 'node:fs';
import { beside } from './fake-recorder.js';

export const CLI = join(process.cwd(), 'dist/cli/index.js');
export const HAPPY = join(process.cwd(), 'models/samples/happy.wav');
const HEADER = 44; // bytes of its WAV header

/** The samples that `PLAYING` delivers, once. */
export function samplesOfHappy(): Int16Array {
  const bytes = readFileSync(HAPPY).subarray(HEADER);
  return Int16Array.from({ length: bytes.length / 2 }, (_, i) => bytes.readInt16LE(2 * i));
}

/** For a fake recorder: `play(next)` delivers the sample five times as fast as it was spoken, then calls `next`. */
const PLAY = `
function play(next) {
  const bytes = fs.readFileSync(${JSON.stringify(HAPPY)}).subarray(${HEADER});
  let at = 0;
  const timer = setInterval(() => {
    if (at >= bytes.length) { clearInterval(timer); return next(); }
    process.stdout.write(bytes.subarray(at, at += 4000));
  }, 25);
}
`;

/** Delivers the sample, over and over. */
export const PLAYING = `${PLAY}const again = () => play(again); again();`;
/** @param then what the fake recorder does when it has delivered the sample */
export const playThen = (then: string): string => `${PLAY}play(() => { ${then} });`;

export interface Ended {
  readonly status: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

export class Listening {
  readonly child: ChildProcessWithoutNullStreams;
  readonly ended: Promise<Ended>;
  stdout = '';
  stderr = '';

  constructor(...flags: string[]) {
    // The fake's own variables: PATH is its folder.
    this.child = spawn(process.execPath, [CLI, 'listen', '--recorder', 'arecord', ...flags], { cwd: beside('.') });
    this.child.stdout.setEncoding('utf8').on('data', (text: string) => (this.stdout += text));
    this.child.stderr.setEncoding('utf8').on('data', (text: string) => (this.stderr += text));
    this.ended = new Promise((resolve) =>
      this.child.on('close', (status) => resolve({ status, stdout: this.stdout, stderr: this.stderr })),
    );
  }

  /** Resolves when `isSo`; throws what was printed when it never is. */
  async until(isSo: () => boolean): Promise<void> {
    for (let i = 0; !isSo(); i++) {
      if (i === 3000) throw new Error(`in vain: ${this.stdout}\n${this.stderr}`);
      await sleep(10);
    }
  }

  async interrupt(signal: NodeJS.Signals = 'SIGINT'): Promise<Ended> {
    this.child.kill(signal);
    return this.ended;
  }
}

/** Runs `listen` until it has printed some lines on stdout, then interrupts it. */
export async function listen(lines: number, ...flags: string[]): Promise<Ended> {
  const listening = new Listening(...flags);
  await listening.until(() => listening.stdout.split('\n').length > lines || listening.child.exitCode !== null);
  return listening.interrupt();
}

export interface Line {
  readonly keyword?: string;
  readonly posterior: number;
  readonly time: number;
  readonly clock: string;
  readonly model: string;
  readonly clip?: string;
  readonly status?: string;
  readonly reason: string;
  readonly message: string;
  readonly attempt?: number;
}

export const linesOf = (stdout: string): Line[] =>
  stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as Line);
