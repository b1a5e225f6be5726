/** What crosses between the page, or the utility process, and the main process. Free of Electron: every side checks with it. */

/** A keyword was heard. */
export interface WakeEvent {
  readonly keyword: string;
  /** 0 to 1 */
  readonly posterior: number;
  /** Seconds of sound heard until then. */
  readonly time: number;
}

/** Of tympan/browser and of tympan/node. */
const STATES = ['starting', 'listening', 'silent', 'reconnecting', 'paused', 'stopped'] as const;

export interface HearingStatus {
  readonly state: (typeof STATES)[number];
  /** For programs: `permission-denied`, `digital-silence`, … of tympan/browser, or of tympan/node. */
  readonly reason: string;
  /** For people. */
  readonly message: string;
}

export type Command = 'pause' | 'resume';

/** All that a page sees of the main process. */
export interface Bridge {
  wake(event: WakeEvent): void;
  status(status: HearingStatus): void;
  onCommand(listener: (command: Command) => void): void;
}

export const CHANNELS = { wake: 'tympan:wake', status: 'tympan:status', command: 'tympan:command' } as const;

const LONGEST = 1000; // characters

const isText = (value: unknown): value is string => typeof value === 'string' && value.length <= LONGEST;
const fieldsOf = (value: unknown): Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};

/** The event that came, with nothing else in it; null for what is none. */
export function parseWake(value: unknown): WakeEvent | null {
  const { keyword, posterior, time } = fieldsOf(value);
  const isPosterior = typeof posterior === 'number' && posterior >= 0 && posterior <= 1;
  const isTime = typeof time === 'number' && time >= 0 && Number.isFinite(time);
  return isText(keyword) && isPosterior && isTime ? { keyword, posterior, time } : null;
}

/** The status that came; null for what is none. */
export function parseStatus(value: unknown): HearingStatus | null {
  const { state, reason, message } = fieldsOf(value);
  if (!(STATES as readonly unknown[]).includes(state) || !isText(reason) || !isText(message)) return null;
  return { state: state as HearingStatus['state'], reason, message };
}

export function parseCommand(value: unknown): Command | null {
  return value === 'pause' || value === 'resume' ? value : null;
}
