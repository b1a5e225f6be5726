/** A folder of numbered recordings of one word. */
import { constants } from 'node:fs';
import { access, mkdir, open, readdir, rm, stat } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { InputError } from '../index.js';
import { encodeWav } from '../node/encode-wav.js';
import { fileNameOf } from './file-name.js';

const ENDING = '.wav';
/** Digits of a number, at least: names sort. */
const DIGITS = 3;

export class RecordFolder {
  readonly #path: string;
  readonly #stem: string;
  #next = 1;

  private constructor(path: string, word: string) {
    this.#path = path;
    this.#stem = `${fileNameOf(word)}-`;
  }

  /**
   * Makes the folder, and those above it.
   *
   * @throws InputError for one that can't be written into
   */
  static async open(path: string, word: string): Promise<RecordFolder> {
    try {
      await make(resolve(path));
      await access(path, constants.W_OK);
      const folder = new RecordFolder(path, word);
      folder.#next = 1 + Math.max(0, ...(await readdir(path)).map((name) => folder.#numberOf(name)));
      return folder;
    } catch (error) {
      const why = (error as Error).message;
      throw new InputError(`--output: ${path} is no folder to write into: ${why}`, { cause: error });
    }
  }

  /**
   * Writes a clip under the next number that is free.
   *
   * @returns the file
   * @throws InputError when it can't be written
   */
  async keep(clip: Float32Array, sampleRate: number): Promise<string> {
    for (;;) {
      const file = join(this.#path, `${this.#stem}${String(this.#next++).padStart(DIGITS, '0')}${ENDING}`);
      try {
        const handle = await open(file, 'wx');
        try {
          await handle.writeFile(encodeWav(clip, sampleRate));
        } catch (error) {
          await rm(file, { force: true });
          throw error;
        } finally {
          await handle.close();
        }
        return file;
      } catch (error) {
        if ((error as { code?: string }).code === 'EEXIST') continue; // another recording into the same folder
        throw new InputError(`${file}: can't be written: ${(error as Error).message}`, { cause: error });
      }
    }
  }

  /** 0 for a file that is none of these. */
  #numberOf(name: string): number {
    if (!name.startsWith(this.#stem) || !name.endsWith(ENDING)) return 0;
    const digits = name.slice(this.#stem.length, -ENDING.length);
    return /^\d{1,9}$/.test(digits) ? Number(digits) : 0;
  }
}

/** One by one: mkdir's `recursive` never returns in /proc. */
async function make(path: string): Promise<void> {
  if ((await stat(path).catch(() => undefined))?.isDirectory()) return;
  if (dirname(path) !== path) await make(dirname(path));
  await mkdir(path).catch(async (error: { code?: string }) => {
    if (error.code !== 'EEXIST' || !(await stat(path)).isDirectory()) throw error;
  });
}
