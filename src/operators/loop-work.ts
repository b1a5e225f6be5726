/** What loops within each other may take together, counted while they run: of some only running tells how often they do. */
import type { Operation } from '../model/network.js';
import { unsupported } from './operator.js';

/** Multiply-adds that all passes of one loop may take: some minutes. */
export const MAX_LOOP_WORK = 2 ** 34;

/** A pass with a few small operations takes as long as so many multiply-adds. */
const WORK_PER_PASS = 256;

let running = 0;
let left = 0;

/** Before a loop runs, within another or not; `leaveLoop` follows, whatever happens. */
export function enterLoop(): void {
  if (running++ === 0) left = MAX_LOOP_WORK;
}

export function leaveLoop(): void {
  running--;
}

/** @throws UnsupportedModelError where the outermost loop has taken all that it may */
export function spendPass(operation: Operation, multiplyAdds: number): void {
  left -= multiplyAdds + WORK_PER_PASS;
  if (left < 0)
    throw unsupported(
      operation,
      `its passes, and those of the loops around it, take more than ${MAX_LOOP_WORK} multiply-adds; run less of it`,
    );
}
