import { AssertionError } from 'node:assert';
import type { TestContext } from 'node:test';

const TURNS = 3;

/**
 * Does `attempt` until its assertions hold, at most three times, and tells of each time that they did not. For sound in real
 * time alone: a server, a player or a browser that gets no processor for too long loses some, whoever listens.
 *
 * @param attempt is given how many turns there were before
 */
export async function inTurns(t: TestContext, attempt: (turn: number) => Promise<void>): Promise<void> {
  for (let turn = 0; ; turn++) {
    try {
      return await attempt(turn);
    } catch (error) {
      if (!(error instanceof AssertionError) || turn + 1 === TURNS) throw error;
      t.diagnostic(`turn ${turn + 1} of ${TURNS}: ${error.message}`);
    }
  }
}
