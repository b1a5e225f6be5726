/** The command that runs on every detection. */
import { spawn } from 'node:child_process';
import type { HeardKeyword } from './listen-view.js';
import { printable, round } from './terminal.js';

/** Commands that run at the same time; a keyword that fires all the time must not fill the machine. */
const MOST = 8;

export class ShellCommand {
  readonly #command: string;
  readonly #complain: (message: string) => void;
  readonly #told = new Set<string>();
  #running = 0;

  /** @param complain told once of each way in which it fails */
  constructor(command: string, complain: (message: string) => void) {
    this.#command = command;
    this.#complain = complain;
  }

  /**
   * Starts it, in a session of its own: the Ctrl-C that ends this process is not for it. This process does not wait for
   * its end, and what it prints goes to our stderr itself: through a pipe of ours it would die when we are gone.
   *
   * @returns resolves at its end, however that comes; undefined where none was started
   */
  run(heard: HeardKeyword): Promise<void> | undefined {
    if (this.#running >= MOST) {
      this.#tell(`${MOST} commands are still running: none is started for this detection`);
      return undefined;
    }
    this.#running++;
    return this.#start(heard)
      .catch((error: unknown) => this.#tell((error as Error).message))
      .finally(() => this.#running--);
  }

  #start(heard: HeardKeyword): Promise<void> {
    return new Promise((resolve, reject) => {
      const child = spawn(this.#command, {
        shell: true,
        env: { ...process.env, ...environmentOf(heard) },
        stdio: ['ignore', process.stderr.fd, process.stderr.fd],
        detached: process.platform !== 'win32',
        windowsHide: true,
      });
      child.unref();
      child.once('error', (error) => reject(new Error(`the command can't be run: ${error.message}`)));
      child.once('exit', (code, signal) => {
        if (code !== 0) this.#tell(signal ? `the command was killed by ${signal}` : `the command exited with ${code}`);
        resolve();
      });
    });
  }

  #tell(message: string): void {
    if (this.#told.has(message)) return;
    this.#told.add(message);
    this.#complain(`--exec: ${message}; this is told once`);
  }
}

/** Names come from files, and no variable may hold a NUL. */
function environmentOf({ keyword, posterior, time, model, clip }: HeardKeyword): Record<string, string> {
  return {
    TYMPAN_KEYWORD: printable(keyword),
    TYMPAN_POSTERIOR: String(round(posterior)),
    TYMPAN_TIME: String(round(time)),
    TYMPAN_MODEL: model.file,
    ...(clip !== undefined && { TYMPAN_CLIP: clip }),
  };
}
