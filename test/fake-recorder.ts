/** Recorders that are scripts of Node's, on a PATH that leads to nothing else. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, beforeEach } from 'node:test';
import { setTimeout as sleep } from 'node:timers/promises';

const root = mkdtempSync(join(tmpdir(), 'tympan-mic-'));
let folder = '';
let count = 0;

/** For a whole test file: before each test PATH is an empty folder, and no sound server is to be seen. */
export function hideRecorders(): void {
  const { PATH, PULSE_SERVER, XDG_RUNTIME_DIR } = process.env;
  beforeEach(() => {
    folder = join(root, String(count++));
    mkdirSync(folder);
    process.env.PATH = folder;
    delete process.env.PULSE_SERVER;
    delete process.env.XDG_RUNTIME_DIR;
  });
  after(() => {
    Object.assign(process.env, { PATH });
    if (PULSE_SERVER !== undefined) process.env.PULSE_SERVER = PULSE_SERVER;
    if (XDG_RUNTIME_DIR !== undefined) process.env.XDG_RUNTIME_DIR = XDG_RUNTIME_DIR;
    rmSync(root, { recursive: true, force: true });
  });
}

/** A file that the fake recorders of this test may use, and the test itself. */
export function beside(name: string): string {
  return join(folder, name);
}

/**
 * Puts a program on PATH that notes its process id, parameters and environment, and counts its starts as `turn` from 0, and
 * then runs `body`.
 */
export function fake(name: string, body: string): void {
  const script = `#!${process.execPath}
const fs = require('node:fs');
const turns = ${JSON.stringify(join('FOLDER', 'turns'))};
fs.appendFileSync(turns, '.');
const turn = fs.statSync(turns).size - 1;
const started = ${JSON.stringify(join('FOLDER', 'started'))};
const mine = started + process.pid; // several may start at once
fs.writeFileSync(mine, JSON.stringify({
  pid: process.pid, turn, arguments: process.argv.slice(2), device: process.env.AUDIODEV, options: process.env.SOX_OPTS }));
fs.renameSync(mine, started);
${body}
`;
  writeFileSync(join(folder, name), script.replaceAll('FOLDER', folder), { mode: 0o755 });
}

export interface Started {
  pid: number;
  turn: number;
  arguments: string[];
  device?: string;
  options?: string;
}

/** What the fake recorder noted, once it has been started for the `turn`th time, from 0. */
export async function started(turn = 0): Promise<Started> {
  const file = join(folder, 'started');
  for (let i = 0; i < 1500; i++) {
    if (existsSync(file)) {
      const noted = JSON.parse(readFileSync(file, 'utf8')) as Started;
      if (noted.turn >= turn) return noted;
    }
    await sleep(10);
  }
  throw new Error('the recorder did not start');
}

export function hasStarted(): boolean {
  return existsSync(join(folder, 'started'));
}

export function runs(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  // An orphan that is dead stays a zombie where nobody waits for it, as in a container without an init.
  const stat = `/proc/${pid}/stat`;
  return !existsSync(stat) || !/\) Z /.test(readFileSync(stat, 'utf8'));
}

/** On Linux: the processes whose parent is this one. */
export function children(): { pid: number; name: string }[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const [, name, parent] = /\((.*)\) \S (\d+)/s.exec(readFileSync(`/proc/${pid}/stat`, 'latin1')) ?? [];
        return Number(parent) === process.pid ? [{ pid: Number(pid), name }] : [];
      } catch {
        return []; // gone since
      }
    });
}

/** @throws Error when the process still runs after some seconds */
export async function gone(pid: number): Promise<void> {
  for (let i = 0; runs(pid); i++) {
    if (i === 500) throw new Error(`process ${pid} still runs`);
    await sleep(10);
  }
}

/** Writes −32768, −32767, … as samples, cut at odd places. */
export const COUNTING = `
const bytes = Buffer.from(Int16Array.from({ length: 4000 }, (_, i) => i - 32768).buffer);
let at = 0;
const step = () => {
  if (at >= bytes.length) return;
  process.stdout.write(bytes.subarray(at, at += 333), () => setImmediate(step));
};
step();`;

/** Writes for ever. */
export const ENDLESS = `setInterval(() => process.stdout.write(Buffer.alloc(3200)), 5);`;

/** Runs, and writes nothing. */
export const HANGING = `setInterval(() => {}, 1000);`;
