/** A folder of clips: the sound of every detection, as WAV. */
import { constants } from 'node:fs';
import { access, mkdir, stat } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { Clip } from '../hearing/clips.js';
import { InputError } from '../index.js';
import { encodeWav } from '../node/encode-wav.js';
import { messageOf } from './failure.js';
import { fileNameOf } from './file-name.js';
import { replaceFile } from './replace-file.js';

export class ClipFolder {
  readonly #folder: string;
  readonly #complain: (message: string) => void;
  readonly #pending = new Set<Promise<void>>();
  #last = 0; // ms since 1970
  #isFailing = false;
  #saved = 0;

  private constructor(folder: string, complain: (message: string) => void) {
    this.#folder = folder;
    this.#complain = complain;
  }

  /**
   * Makes the folder where it is missing, in one that is there.
   *
   * @param complain told of the first clip of a series that can't be written
   * @throws InputError for a folder that can't be written into
   */
  static async open(folder: string, complain: (message: string) => void): Promise<ClipFolder> {
    const path = resolve(folder);
    try {
      // Not those above it: a wrong path is told, and mkdir's `recursive` never returns in /proc.
      await mkdir(path).catch(async (error: unknown) => {
        if (!(await stat(path).catch(() => undefined))?.isDirectory()) throw error;
      });
      await access(path, constants.W_OK);
    } catch (error) {
      const why = (error as Error).message;
      throw new InputError(`--save: ${folder} is no folder to write into: ${why}`, { cause: error });
    }
    return new ClipFolder(path, complain);
  }

  /** Clips that were written. */
  get saved(): number {
    return this.#saved;
  }

  /** The file for a detection: names sort as detections came, and no two are the same. */
  fileFor(keyword: string, posterior: number, clock: Date): string {
    this.#last = Math.max(clock.getTime(), this.#last + 1);
    return join(this.#folder, `${stamp(new Date(this.#last))}_${fileNameOf(keyword)}_${posterior.toFixed(2)}.wav`);
  }

  /** Writes the clip once it is whole. A failure is told, and no error. */
  keep(file: string, clip: Promise<Clip>): void {
    const written = this.#write(file, clip);
    this.#pending.add(written);
    void written.then(() => this.#pending.delete(written));
  }

  /** Resolves when all that is to be kept is on the disk. */
  async settle(): Promise<void> {
    await Promise.all(this.#pending);
  }

  async #write(file: string, clip: Promise<Clip>): Promise<void> {
    try {
      const { samples, sampleRate } = await clip;
      await replaceFile(file, encodeWav(samples, sampleRate));
      this.#saved++;
      this.#isFailing = false;
    } catch (error) {
      if (!this.#isFailing) this.#complain(`--save: ${messageOf(error)}; listening goes on`);
      this.#isFailing = true;
    }
  }
}

/** Local time, as the lines on the screen have it: 2026-03-01_08-15-30.250 */
function stamp(time: Date): string {
  const local = new Date(time.getTime() - time.getTimezoneOffset() * 60000);
  return local.toISOString().slice(0, -1).replace('T', '_').replaceAll(':', '-');
}
