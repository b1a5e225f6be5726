import { AudioError } from '../errors.js';
import type { Reason } from './status.js';

/** Why a page can't hear, or can't any longer: `reason` is for programs, the message for people. */
export class MicrophoneError extends AudioError {
  override name = 'MicrophoneError';
  readonly reason: Reason;

  constructor(reason: Reason, message: string, options?: ErrorOptions) {
    super(message, options);
    this.reason = reason;
  }
}
