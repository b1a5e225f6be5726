/** Paths of audio files: in folders, and in lists. */
import type { Dirent } from 'node:fs';
import { readdir, readFile, realpath, stat } from 'node:fs/promises';
import { dirname, isAbsolute, join } from 'node:path';
import { AudioError } from '../../errors.js';

const AUDIO = /\.(wav|flac)$/i;

/**
 * WAV and FLAC files in a folder and in the folders in it, sorted by their paths. Links are followed, each folder is
 * searched once, and what is hidden (its name begins with a dot) is passed over.
 *
 * @throws AudioError when there are none, or a folder can't be read
 */
export async function audioIn(folder: string): Promise<string[]> {
  const files = await search(folder, new Set());
  if (files.length === 0) throw new AudioError(`${folder}: no .wav or .flac files in this folder, nor in those in it`);
  return files.sort(); // by UTF-16 units, in every locale alike
}

async function search(folder: string, searched: Set<string>): Promise<string[]> {
  let entries: Dirent[];
  try {
    const real = await realpath(folder);
    if (searched.has(real)) return []; // a link leads back
    searched.add(real);
    entries = await readdir(folder, { withFileTypes: true });
  } catch (error) {
    throw new AudioError(`${folder}: can't be searched for audio: ${(error as Error).message}`, { cause: error });
  }
  const files: string[] = [];
  for (const entry of entries) {
    if (entry.name.startsWith('.')) continue;
    const path = join(folder, entry.name);
    if (await isFolder(entry, path)) files.push(...(await search(path, searched)));
    else if (AUDIO.test(entry.name)) files.push(path);
  }
  return files;
}

async function isFolder(entry: Dirent, path: string): Promise<boolean> {
  if (!entry.isSymbolicLink()) return entry.isDirectory();
  return stat(path).then(
    (found) => found.isDirectory(),
    () => false, // a link to nothing: reading it will say so
  );
}

/**
 * Audio files that a text file lists, one a line, relative to the list's own folder; lines that begin with # are
 * comments.
 *
 * @throws AudioError naming the list and the line, for a file that does not exist, and for a list of none
 */
export async function audioListed(list: string): Promise<string[]> {
  const text = await readFile(list, 'utf8').catch((error: Error) => {
    throw new AudioError(`${list}: can't be read: ${error.message}`, { cause: error });
  });
  const files: string[] = [];
  for (const [index, line] of text
    .replace(/^\uFEFF/, '')
    .split(/\r\n|\n|\r/)
    .entries()) {
    const name = line.trim();
    if (name === '' || name.startsWith('#')) continue;
    const file = isAbsolute(name) ? name : join(dirname(list), name);
    if (!(await exists(file))) {
      throw new AudioError(
        `${list}: line ${index + 1}: there is no file ${file}; ` +
          'a list names audio files, one a line, relative to its own folder',
      );
    }
    files.push(file);
  }
  if (files.length === 0) throw new AudioError(`${list}: lists no audio files, expected one a line`);
  return files;
}

export function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  );
}
