import { AudioError } from '../errors.js';
import type { MicrophoneFailure } from './microphone-status.js';

/** Failures that waiting does not mend. */
const LASTING: readonly MicrophoneFailure[] = ['no-recorder', 'wrong-format'];

/** A microphone that can't be opened, or was lost: `reason` for programs, the message for people. */
export class MicrophoneError extends AudioError {
  override name = 'MicrophoneError';
  readonly reason: MicrophoneFailure;

  constructor(reason: MicrophoneFailure, message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }

  /** Whether another try may succeed. */
  get isPassing(): boolean {
    return !LASTING.includes(this.reason);
  }
}
