/** Programs that tests with real parts need, and where Debian has them. */
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

const PACKAGES: Readonly<Record<string, string>> = {
  pulseaudio: 'pulseaudio',
  pactl: 'pulseaudio-utils',
  paplay: 'pulseaudio-utils',
  parec: 'pulseaudio-utils',
  arecord: 'alsa-utils libasound2-plugins',
  rec: 'sox libsox-fmt-pulse',
  sox: 'sox libsox-fmt-pulse',
  script: 'bsdutils',
  stty: 'coreutils',
  'dbus-run-session': 'dbus',
  Xvfb: 'xvfb',
  WebKitWebDriver: 'webkit2gtk-driver',
};

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

/** Where a program lies on PATH. */
export function findProgram(name: string): string | undefined {
  return (process.env.PATH ?? '')
    .split(delimiter)
    .map((folder) => join(folder, name))
    .find(isExecutable);
}

export function isInstalled(name: string): boolean {
  return findProgram(name) !== undefined;
}

/**
 * The `skip` of a test that needs programs: false, or which of them are missing and where they come from.
 *
 * @throws Error for a missing one where TYMPAN_REAL=1
 */
export function missing(...names: readonly string[]): string | false {
  const absent = names.filter((name) => !isInstalled(name));
  if (absent.length === 0) return false;
  const packages = new Set(absent.map((name) => PACKAGES[name] ?? name));
  const reason = `${absent.join(', ')} not installed: apt-get install ${[...packages].join(' ')}`;
  if (process.env.TYMPAN_REAL === '1') throw new Error(`TYMPAN_REAL=1, but ${reason}`);
  return reason;
}

/** The path of a program that a test can't do without. */
export function required(name: string): string {
  const path = findProgram(name);
  if (path === undefined) throw new Error(`${name} not on PATH: apt-get install ${PACKAGES[name] ?? name}`);
  return path;
}
