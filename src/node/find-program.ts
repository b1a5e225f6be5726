import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { MicrophoneError } from './microphone-error.js';
import { RECORDERS, type Recorder } from './recorder.js';

/**
 * The recorder wanted, or the first that is installed and reaches the desktop's microphone.
 *
 * On Linux that is parec where a PulseAudio server runs, or PipeWire's: ALSA's default may be a device that the server holds.
 * Without one, arecord opens the device itself. Elsewhere programs of these names are something else, and SoX records.
 *
 * @throws MicrophoneError when none is installed: what to install
 */
export function findRecorder(wanted?: Recorder): Recorder {
  const candidates = wanted ? [wanted] : candidatesHere();
  const found = candidates.find(isOnPath);
  if (found) return found;
  const missing = wanted ? `${wanted} is not installed` : `none of ${candidates.join(', ')} is installed`;
  throw new MicrophoneError('no-recorder', `no recorder: ${missing}; ${howToInstall(wanted)}`);
}

function candidatesHere(): readonly Recorder[] {
  if (process.platform !== 'linux') return ['sox', 'rec'];
  return hasSoundServer() ? RECORDERS : ['arecord', 'sox', 'rec', 'parec'];
}

/** PulseAudio's rules: PULSE_SERVER, or a socket in PULSE_RUNTIME_PATH or in `pulse` of XDG_RUNTIME_DIR. */
function hasSoundServer(): boolean {
  const { PULSE_SERVER, PULSE_RUNTIME_PATH, XDG_RUNTIME_DIR } = process.env;
  if (PULSE_SERVER) return true;
  const folder = PULSE_RUNTIME_PATH || (XDG_RUNTIME_DIR && join(XDG_RUNTIME_DIR, 'pulse'));
  return Boolean(folder) && existsSync(join(folder!, 'native'));
}

function howToInstall(wanted?: Recorder): string {
  if (process.platform === 'darwin') return 'install SoX with: brew install sox';
  if (process.platform === 'win32') return 'install SoX from https://sox.sourceforge.net and add it to PATH';
  if (wanted === 'parec') return 'install it with: apt install pulseaudio-utils';
  if (wanted === 'arecord' || !wanted)
    return "install it with: apt install alsa-utils (or your distribution's package)";
  return 'install SoX with: apt install sox';
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
