import type { Command, HearingStatus, WakeEvent } from './bridge.js';

/** What hears. */
export interface Ears {
  send(command: Command): void;
  /** The application quits. */
  close(): void;
}

/** Who is told. */
export interface Told {
  woken(event: WakeEvent): void;
  show(status: HearingStatus): void;
}
