/** The signals that ask a command to end, which it does in its own time. */

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** A second signal ends the process at once. @returns leaves signals alone again */
export function onSignals(stop: () => void): () => void {
  for (const signal of SIGNALS) process.once(signal, stop);
  return () => SIGNALS.forEach((signal) => process.off(signal, stop));
}
