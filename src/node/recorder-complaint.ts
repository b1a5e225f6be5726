/** What a recorder said before it ended: its reason, in its own words, and what that means. */
import type { MicrophoneFailure } from './microphone-status.js';

/** Of what a recorder writes to its standard error, as much as is kept: characters. It may write for days. */
const KEPT = 4096;

export class Complaint {
  #text = '';

  add(text: string): void {
    this.#text = (this.#text + text).slice(-KEPT);
  }

  /** The line that says why: the last of the program's own, or else the first, because ALSA's library chatters before it. */
  reason(program: string): string {
    const lines = this.#lines();
    const own = lines.findLastIndex((line) => line.startsWith(`${program} FAIL`) || line.startsWith(`${program}: `));
    const line = lines[Math.max(own, 0)] ?? '';
    const reason = (own < 0 ? line : line.slice(program.length)).replace(/^(: (\w+:\d+: )?| FAIL \S+ )/, '');
    // arecord's list of parameters follows; the line before has the cause.
    return own > 0 && reason.endsWith(':') ? `${reason} ${lines[own - 1]}` : reason;
  }

  /** SoX exits with code 0 when it can't read its device any more. */
  isFailureOfSox(): boolean {
    return this.#lines().some((line) => /^(sox|rec) FAIL /.test(line));
  }

  #lines(): string[] {
    return this.#text
      .split('\n')
      .map((line) => line.trim())
      .filter(Boolean);
  }
}

/** Words of arecord, SoX, parec, ffmpeg and the operating system. */
const WORDS: readonly (readonly [RegExp, MicrophoneFailure])[] = [
  [/\bbusy\b/i, 'device-busy'],
  [/connection terminated|entity killed|input\/output error/i, 'device-lost'],
  [
    /no such (file|device|entity)|no default audio device|unknown pcm|cannot find card|connection refused/i,
    'no-device',
  ],
  [/permission denied|access denied|not permitted/i, 'permission-denied'],
];

/** @param hadSound whether the recorder had delivered any: then a device that is missing has gone */
export function failureOf(reason: string, hadSound: boolean): MicrophoneFailure {
  const found = WORDS.find(([words]) => words.test(reason))?.[1];
  return found === 'no-device' && hadSound ? 'device-lost' : (found ?? 'recorder-failed');
}

/** What a person can do about it, as the end of a sentence. */
export function remedyFor(program: string, reason: string): string {
  if (/no default audio device/i.test(reason) && process.platform === 'linux')
    return '; install a driver for SoX with: apt install libsox-fmt-pulse, or libsox-fmt-alsa';
  if (/connection refused/i.test(reason)) return '; is a sound server running?';
  if (program === 'arecord') return '; arecord -L lists the devices';
  if (program === 'parec') return '; pactl list short sources lists the devices';
  return '';
}
