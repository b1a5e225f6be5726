/**
 * A microphone without hardware: a PulseAudio of one's own with two null sinks. What is played into `mic` can be recorded
 * from `mic.monitor`, or from `virtmic`, the default source, for programs that hide monitors.
 */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { samplesToPcm } from './pcm.js';
import { missing } from './programs.js';

export { isInstalled, missing } from './programs.js';

/** Programs of the rig itself. */
const RIG = ['pulseaudio', 'pactl', 'paplay'] as const;

export const missingSoundServer = (...programs: string[]): string | false => missing(...RIG, ...programs);

export interface SoundServer {
  /** What programs need to find this server: to be merged into their environment. */
  readonly environment: Readonly<Record<string, string>>;
  /** Seconds of silence that `play` begins with: players and recorders lose up to 0.15 s of their start. */
  readonly lead: number;
  /**
   * Plays mono 16-bit samples into the microphone, with silence before and after; resolves at their end.
   *
   * @param sampleRate Hz; at 16,000 the monitor gives the same samples back
   */
  play(samples: Int16Array, sampleRate?: number): Promise<void>;
  /** Resolves when `count` more programs than at the server's start are recording. */
  recording(count?: number): Promise<void>;
  /** Takes all devices away, as a cable pulled does: PulseAudio moves recorders to another source while there is one. */
  unplug(): void;
  /** Brings them back. */
  plugIn(): void;
  /** pactl's answer; for modules, sources and what is attached to them. */
  pactl(...parameters: string[]): string;
  stop(): Promise<void>;
}

/** Without norewinds sound comes in blocks of 2 s, and parts of it are lost. */
const DEVICES = [
  'module-null-sink sink_name=mic rate=16000 channels=1 format=s16le norewinds=1',
  'module-null-sink sink_name=spk rate=48000 norewinds=1',
  'module-remap-source master=mic.monitor source_name=virtmic source_properties=device.description=VirtMic',
] as const;
const LEAD = 0.5;
/** Seconds until the server answers, or a recorder is attached, on a busy machine. */
const PATIENCE = 20;

/** @throws Error with what the server said when it does not come up */
export async function startSoundServer(): Promise<SoundServer> {
  const folder = mkdtempSync(join(tmpdir(), 'tympan-sound-'));
  const runtime = join(folder, 'run');
  mkdirSync(runtime, { mode: 0o700 });
  const environment = {
    XDG_RUNTIME_DIR: runtime,
    PULSE_SERVER: `unix:${join(runtime, 'pulse', 'native')}`,
    PULSE_COOKIE: join(folder, 'cookie'),
    ALSA_CONFIG_PATH: join(folder, 'alsa.conf'),
    AUDIODRIVER: 'pulseaudio',
  };
  writeFileSync(environment.ALSA_CONFIG_PATH, '</usr/share/alsa/alsa.conf>\npcm.!default { type pulse }\n');
  const { daemon, complaint } = startDaemon(folder, environment);
  const env = { ...process.env, ...environment };
  const pactl = (...parameters: string[]) =>
    execFileSync('pactl', parameters, { env, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], timeout: 10000 });
  const choose = () => {
    pactl('set-default-source', 'virtmic');
    pactl('set-default-sink', 'spk');
  };
  const stop = async () => {
    await end(daemon);
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await until(
      () => answers(pactl),
      () => `PulseAudio does not answer: ${complaint()}`,
    );
    choose();
  } catch (error) {
    await stop();
    throw error;
  }
  const outputs = () => pactl('list', 'short', 'source-outputs').split('\n').filter(Boolean).length;
  const before = outputs(); // the remapped source's own
  return {
    environment,
    lead: LEAD,
    pactl,
    stop,
    unplug() {
      pactl('unload-module', 'module-remap-source');
      pactl('unload-module', 'module-null-sink');
    },
    plugIn() {
      for (const module of DEVICES) pactl('load-module', ...module.split(' '));
      choose();
    },
    recording: (count = 1) =>
      until(
        () => outputs() >= before + count,
        () => 'nothing records from the sound server',
      ),
    async play(samples, sampleRate = 16000) {
      const file = join(folder, 'played.raw');
      writeFileSync(file, samplesToPcm(samples, LEAD * sampleRate));
      const format = ['--raw', '--format=s16le', `--rate=${sampleRate}`, '--channels=1'];
      await ended(spawn('paplay', ['--device=mic', ...format, file], { env, stdio: ['ignore', 'ignore', 'inherit'] }));
    },
  };
}

function startDaemon(
  folder: string,
  environment: Readonly<Record<string, string>>,
): { daemon: ChildProcess; complaint: () => string } {
  const options = ['-n', '--daemonize=no', '--exit-idle-time=-1', '--use-pid-file=no'];
  const { PULSE_SERVER: _, ...rest } = environment; // a daemon with PULSE_SERVER refuses to start
  const daemon = spawn(
    'pulseaudio',
    [...options, ...['module-native-protocol-unix auth-anonymous=1', ...DEVICES].flatMap((module) => ['-L', module])],
    {
      env: { ...process.env, ...rest, HOME: folder },
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  );
  let said = '';
  daemon.stderr!.setEncoding('utf8').on('data', (text: string) => {
    if (said.length < 4096) said += text;
  });
  daemon.on('error', (error) => (said += error.message));
  return { daemon, complaint: () => said };
}

function answers(pactl: SoundServer['pactl']): boolean {
  try {
    pactl('info');
    return true;
  } catch {
    return false;
  }
}

async function until(isSo: () => boolean, complaint: () => string): Promise<void> {
  const end = Date.now() + PATIENCE * 1000;
  while (!isSo()) {
    if (Date.now() > end) throw new Error(complaint());
    await sleep(50);
  }
}

async function ended(child: ChildProcess): Promise<void> {
  const code = await new Promise<number | null>((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', resolve);
  });
  if (code !== 0) throw new Error(`${child.spawnfile} exited with ${code}`);
}

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null || child.pid === undefined) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill();
  const timer = setTimeout(() => child.kill('SIGKILL'), 2000);
  await gone;
  clearTimeout(timer);
}
