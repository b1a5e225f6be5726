/** What an operation reads of one frame. */
import type { Operand } from '../operators/operator.js';
import type { FrameValueId, Schedule } from './frame-network.js';
import type { Made } from './lowering.js';

export interface FrameOperands {
  readonly operands: readonly (Operand | null)[];
  /** null for constants. */
  readonly values: readonly (FrameValueId | null)[];
  /** null where no frame is read. */
  readonly made: Made | null;
}

export function scheduleOf({ made }: FrameOperands): Schedule | null {
  return made && { from: made.lag, every: made.every };
}
