/** Which recording program runs, how it is started and that it ends: node-record-lpcm16 knows the command lines. */
import type { ChildProcess } from 'node:child_process';
import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import record, { type Recording } from 'node-record-lpcm16';
import { AudioError } from '../errors.js';
import { RECORDERS, type Recorder } from './recorder.js';

/** @throws AudioError when the recorder, or any recorder, is not installed: what to install */
export function findRecorder(wanted?: Recorder): Recorder {
  // arecord needs ALSA; elsewhere a program of that name is something else.
  const candidates = wanted ? [wanted] : process.platform === 'linux' ? RECORDERS : (['sox', 'rec'] as const);
  const found = candidates.find(isOnPath);
  if (found) return found;
  const missing = wanted ? `${wanted} is not installed` : `none of ${candidates.join(', ')} is installed`;
  throw new AudioError(`no recorder: ${missing}; ${howToInstall(wanted)}`);
}

function howToInstall(wanted?: Recorder): string {
  if (process.platform === 'darwin') return 'install SoX with: brew install sox';
  if (process.platform === 'win32') return 'install SoX from https://sox.sourceforge.net and add it to PATH';
  const arecord = wanted === 'arecord' || !wanted;
  return `install ${arecord ? "it with: apt install alsa-utils (or your distribution's package)" : 'SoX with: apt install sox'}`;
}

function isOnPath(program: string): boolean {
  const extensions = process.platform === 'win32' ? ['.exe', '.cmd', '.bat'] : [''];
  return (process.env.PATH ?? '').split(delimiter).some((folder) =>
    extensions.some((extension) => {
      const file = join(folder || '.', program + extension);
      try {
        accessSync(file, constants.X_OK);
        return statSync(file).isFile();
      } catch {
        return false;
      }
    }),
  );
}

/**
 * Starts a recorder that writes raw 16-bit samples. What node-record-lpcm16 has no option for goes through the
 * environment, for the moment of the start: `rec` takes its device from AUDIODEV only, and SoX's buffer of 8 KiB would
 * delay a wake word by up to half a second.
 */
export function startRecorder(recorder: Recorder, device: string | undefined, sampleRate: number): Recording {
  const environment: Record<string, string> = {};
  if (recorder !== 'arecord') {
    environment.SOX_OPTS = `${process.env.SOX_OPTS ?? ''} --buffer 1024`.trim();
    if (device !== undefined) environment.AUDIODEV = device;
  }
  const before = Object.keys(environment).map((name) => [name, process.env[name]] as const);
  Object.assign(process.env, environment);
  try {
    return record.record({ recorder, device, sampleRate, channels: 1, audioType: 'raw' }); // 'wav' begins with a header
  } catch (error) {
    throw new AudioError(`${recorder} can't be started: ${(error as Error).message}`, { cause: error });
  } finally {
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  }
}

/** Recorders that run: none may outlive this process, however that ends. One exit hook serves them all. */
const running = new Set<ChildProcess>();
const killAll = () => running.forEach((child) => child.kill('SIGKILL'));

export function killOnExit(child: ChildProcess): void {
  if (running.size === 0) process.on('exit', killAll);
  running.add(child);
}

/** A recorder has gone by itself. */
export function forget(child: ChildProcess): void {
  running.delete(child);
  if (running.size === 0) process.off('exit', killAll);
}

/** The line that says why: the recorder's own, or else the first, because ALSA's library chatters before it. */
export function reasonIn(stderr: string, recorder: Recorder): string {
  const lines = stderr
    .split('\n')
    .map((line) => line.trim())
    .filter(Boolean);
  const own = lines.find((line) => line.startsWith(`${recorder} FAIL`) || line.startsWith(`${recorder}: `));
  return (own ?? lines[0] ?? '').replace(/^(arecord: (main:\d+: )?|(sox|rec) FAIL \S+ )/, '');
}
