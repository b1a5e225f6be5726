/** A failure is one line on stderr and exit code 2. */
import { CommanderError } from 'commander';
import { printable } from './terminal.js';

/** A message quotes what a file holds, however long that is: characters. */
const LONGEST = 500;

/** `help` is what to run for help, when the usage was wrong. */
export function fail(error: unknown, help: string): void {
  complain(error instanceof CommanderError ? `${usage(error)}; see ${help}` : messageOf(error));
  if (process.env.TYMPAN_DEBUG) console.error(error);
  process.exitCode = 2;
}

/** One line on stderr, over whatever line is being redrawn there. */
export function complain(message: string): void {
  const clear = process.stderr.isTTY ? '\r\x1b[K' : '';
  const short = message.length > LONGEST ? `${message.slice(0, LONGEST - 2)} …` : message;
  process.stderr.write(`${clear}tympan: ${printable(short)}\n`);
}

export function messageOf(error: unknown): string {
  return (error instanceof Error ? error.message : String(error)).replace(/\s*\n\s*/g, ' ').trim();
}

function usage(error: CommanderError): string {
  return messageOf(error)
    .replace(/^error: /, '')
    .replace(/\.$/, '');
}
