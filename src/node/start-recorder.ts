/** How recorders are started: node-record-lpcm16 knows the command lines of arecord, sox and rec. */
import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { devNull } from 'node:os';
import type { Readable } from 'node:stream';
import record from 'node-record-lpcm16';
import { findRecorder } from './find-program.js';
import { MicrophoneError } from './microphone-error.js';
import type { Recorder } from './recorder.js';

/** What is to be recorded, and by which program. */
export interface RecorderSource {
  readonly recorder?: Recorder | undefined;
  readonly device?: string | undefined;
  /** A program and its parameters, instead of a recorder. */
  readonly command?: readonly string[] | undefined;
}

export interface StartedRecorder {
  /** The program's. */
  readonly name: string;
  /** Its `stdout` and `stderr` are pipes; nobody listens to it yet, `error` included. */
  readonly child: ChildProcess & { readonly stdout: Readable; readonly stderr: Readable };
}

/** Three pipes and what Node needs to start a process. */
const DESCRIPTORS = 12;

/** @throws MicrophoneError when no recorder is installed, or the machine has nothing left to start one */
export function startRecorder(source: RecorderSource, sampleRate: number): StartedRecorder {
  const { command, device } = source;
  const recorder = command ? undefined : findRecorder(source.recorder);
  const name = recorder ?? command![0];
  try {
    checkDescriptors();
    const child =
      recorder === undefined
        ? spawnPiped(command!, process.env)
        : recorder === 'parec'
          ? spawnPiped(parecCommand(device, sampleRate), { ...process.env, LC_ALL: 'C' })
          : recordLpcm16(recorder, device, sampleRate);
    return { name, child };
  } catch (error) {
    throw new MicrophoneError('no-resources', `${name} can't be started: ${(error as Error).message}`, {
      cause: error,
    });
  }
}

function spawnPiped(command: readonly string[], env: NodeJS.ProcessEnv): StartedRecorder['child'] {
  const [program, ...parameters] = command;
  return spawn(program, parameters, { env, stdio: ['ignore', 'pipe', 'pipe'] });
}

/** A latency asked for: the server's own choice is up to 2 s. */
function parecCommand(device: string | undefined, sampleRate: number): readonly string[] {
  const format = ['--raw', '--format=s16le', `--rate=${sampleRate}`, '--channels=1', '--latency-msec=40'];
  return ['parec', ...format, ...(device === undefined ? [] : [`--device=${device}`])];
}

/**
 * What node-record-lpcm16 has no option for goes through the environment, for the moment of the start: `rec` takes its
 * device from AUDIODEV only, SoX's buffer of 8 KiB would delay a wake word by up to half a second, SoX 14.4.2 finds no
 * default device on Windows by itself, and reasons of failures are read in English.
 */
function recordLpcm16(recorder: Exclude<Recorder, 'parec'>, device: string | undefined, sampleRate: number) {
  const environment: Record<string, string> = { LC_ALL: 'C' };
  if (recorder !== 'arecord') {
    environment.SOX_OPTS = `${process.env.SOX_OPTS ?? ''} --buffer 1024`.trim();
    if (device !== undefined) environment.AUDIODEV = device;
    if (process.platform === 'win32') environment.AUDIODRIVER = process.env.AUDIODRIVER ?? 'waveaudio';
  }
  const before = Object.keys(environment).map((name) => [name, process.env[name]] as const);
  Object.assign(process.env, environment);
  try {
    return record.record({ recorder, device, sampleRate, channels: 1, audioType: 'raw' }).process; // 'wav' begins with a header
  } finally {
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  }
}

/**
 * Without descriptors for its pipes a process has no `stdout`, which node-record-lpcm16 takes for granted: it throws before
 * anyone can listen to the process, whose `error` event then ends this one.
 *
 * @throws Error of the operating system
 */
function checkDescriptors(): void {
  const open: number[] = [];
  try {
    while (open.length < DESCRIPTORS) open.push(openSync(devNull, 'r'));
  } finally {
    open.forEach((descriptor) => closeSync(descriptor));
  }
}
