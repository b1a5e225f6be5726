import type { Command, HearingStatus } from './bridge.js';

/** What a person should see. `processed` is told of a microphone that is heard, though not as it should be. */
const TROUBLE: readonly string[] = ['stopped', 'silent', 'reconnecting'];

export type TrayIcon = 'listening' | 'paused' | 'trouble';

export interface TrayState {
  readonly icon: TrayIcon;
  readonly tooltip: string;
  /** What the menu's first entry does; null where there is nothing to pause. */
  readonly command: Command | null;
}

/** The people at the machine always see whether it listens. */
export function trayStateOf({ state, reason, message }: HearingStatus): TrayState {
  const inTrouble = TROUBLE.includes(state) || reason === 'processed';
  return {
    icon: inTrouble ? 'trouble' : state === 'listening' ? 'listening' : 'paused',
    tooltip: `Tympan: ${message}`,
    command: state === 'stopped' ? null : state === 'paused' ? 'resume' : 'pause',
  };
}

const COLOURS: Readonly<Record<TrayIcon, readonly [b: number, g: number, r: number]>> = {
  listening: [80, 175, 76],
  paused: [158, 158, 158],
  trouble: [54, 67, 244],
};

/** A disc for listening, a ring for paused, a disc with a hole for trouble: told apart without colour too. [size × size] BGRA. */
export function iconPixels(icon: TrayIcon, size: number): Uint8Array {
  const pixels = new Uint8Array(4 * size * size);
  const hole = { listening: 0, paused: 0.7, trouble: 0.35 }[icon];
  for (let y = 0; y < size; y++)
    for (let x = 0; x < size; x++) {
      const radius = Math.hypot(x + 0.5 - size / 2, y + 0.5 - size / 2) / (size / 2);
      if (radius <= 0.95 && radius >= hole) pixels.set([...COLOURS[icon], 255], 4 * (y * size + x));
    }
  return pixels;
}
