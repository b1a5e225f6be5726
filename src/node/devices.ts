/** The devices that a recorder can record from. */
import { execFile } from 'node:child_process';
import { driversOfSox, fromArecord, fromPactl, fromSystemProfiler } from './device-lists.js';
import { findRecorder } from './find-program.js';
import { MicrophoneError } from './microphone-error.js';
import { RECORDERS, type Recorder } from './recorder.js';

export interface Device {
  /** What `microphone({ recorder, device })` takes. */
  readonly id: string;
  /** For people. */
  readonly name: string;
  /** Whether it is the one that is recorded when none is named. */
  readonly isDefault: boolean;
  /** True for what a loudspeaker plays, which PulseAudio offers as a source too. */
  readonly isMonitor?: boolean;
}

/** Milliseconds for a program that lists; macOS takes seconds. */
const PATIENCE = 15000;

/**
 * The devices of a recorder, by the names that it takes: those of `pactl list sources` for parec, of `arecord -L` for
 * arecord; for sox and rec those of the driver that SoX would use: PulseAudio's, ALSA's, or macOS's inputs.
 *
 * @param recorder the one that `microphone()` would take, unless told
 * @throws RangeError for a recorder that is not known
 * @throws MicrophoneError when there is no recorder, or devices can't be listed: SoX has no list on Windows
 * @example const [microphone] = (await devices()).filter(({ isDefault }) => isDefault);
 */
export async function devices(recorder?: Recorder): Promise<readonly Device[]> {
  if (recorder !== undefined && !RECORDERS.includes(recorder))
    throw new RangeError(`recorder: got "${recorder}", expected ${RECORDERS.join(', ')}`);
  const found = findRecorder(recorder);
  if (found === 'parec') return listPulse();
  if (found === 'arecord') return fromArecord(await run('arecord', '-L'));
  return listSox(found);
}

async function listPulse(): Promise<Device[]> {
  const [sources, info] = await Promise.all([run('pactl', 'list', 'sources'), run('pactl', 'info')]);
  return fromPactl(sources, info);
}

/** SoX takes the first of these drivers that it has, unless AUDIODRIVER says otherwise. */
const DRIVERS = ['coreaudio', 'pulseaudio', 'alsa', 'waveaudio'] as const;

async function listSox(program: 'sox' | 'rec'): Promise<Device[]> {
  // rec has no help of its own, but comes with sox.
  const has = process.env.AUDIODRIVER ? [process.env.AUDIODRIVER] : driversOfSox(await run('sox', '--help'));
  const driver = DRIVERS.find((known) => has.includes(known));
  if (driver === 'coreaudio') return fromSystemProfiler(await run('system_profiler', 'SPAudioDataType', '-json'));
  if (driver === 'pulseaudio') return listPulse();
  if (driver === 'alsa') return fromArecord(await run('arecord', '-L'));
  const which = has.length > 0 ? `its driver ${has.join(', ')}` : 'no driver';
  const message = `${program}: devices can't be listed: SoX has ${which}, which has no list; look in the system's sound settings`;
  throw new MicrophoneError('no-device', message);
}

function run(program: string, ...parameters: string[]): Promise<string> {
  const env = { ...process.env, LC_ALL: 'C' };
  const options = { env, encoding: 'utf8', timeout: PATIENCE, killSignal: 'SIGKILL', maxBuffer: 16 * 2 ** 20 } as const;
  return new Promise((resolve, reject) => {
    execFile(program, parameters, options, (error, stdout, stderr) => {
      if (!error) return resolve(stdout);
      const isMissing = error.code === 'ENOENT';
      const why = isMissing ? 'it is not installed' : stderr.trim().split('\n').at(-1) || error.message;
      const message = `${program}: devices can't be listed: ${why}`;
      reject(new MicrophoneError(isMissing ? 'no-recorder' : 'no-device', message, { cause: error }));
    });
  });
}
