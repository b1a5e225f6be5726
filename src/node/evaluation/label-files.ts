/** Finds and reads the label files of recordings. */
import { readdir, readFile } from 'node:fs/promises';
import { basename, dirname, extname, join, resolve } from 'node:path';
import { AudioError } from '../../errors.js';
import { parseLabels, type FileLabel } from '../../evaluation/label-file.js';
import { exists } from './audio-paths.js';
import { parseLabelCsv } from './label-csv.js';

/** Endings of label files beside an audio file, and how they are read. */
const PARSERS: Readonly<Record<string, (text: string, where: string) => FileLabel[]>> = {
  '.txt': (text, where) => parseLabels(text, 'audacity', where),
  '.csv': parseLabelCsv,
  '.json': (text, where) => parseLabels(text, 'json', where),
};

/** Label files for all recordings of a folder, which say in each label which one it is of. */
const FOR_FOLDERS = ['labels.csv', 'labels.json'];

/** What label files say of recordings; every folder and file is read once. */
export class LabelFiles {
  readonly #names = new Map<string, Promise<ReadonlySet<string>>>();
  readonly #folders = new Map<string, Promise<ReadonlyMap<string, readonly FileLabel[]>>>();

  /**
   * The labels of a recording: from a label file beside it (`a.txt`, `a.csv` or `a.json` for `a.wav`), else from a
   * `labels.csv` or `labels.json` in its folder, or in one above it up to `root`.
   *
   * @returns null where it has no labels
   * @throws AudioError naming the label file
   */
  async of(file: string, root: string): Promise<readonly FileLabel[] | null> {
    const beside = await this.#beside(file);
    if (beside) return beside;
    const top = resolve(root);
    for (let folder = resolve(dirname(file)); ; folder = dirname(folder)) {
      const labels = (await this.#ofFolder(folder)).get(resolve(file));
      if (labels) return labels;
      if (folder === top || folder === dirname(folder)) return null;
    }
  }

  async #beside(file: string): Promise<FileLabel[] | null> {
    const folder = dirname(file);
    const stem = basename(file, extname(file));
    const names = await this.#namesIn(folder);
    const found = Object.keys(PARSERS)
      .map((ending) => stem + ending)
      .filter((name) => names.has(name) && !FOR_FOLDERS.includes(name));
    if (found.length === 0) return null;
    if (found.length > 1) {
      throw new AudioError(
        `${file}: got ${found.length} label files, ${found.join(' and ')}, expected one; move the others away`,
      );
    }
    const [name] = found;
    const labels = await read(join(folder, name));
    const other = labels.find((label) => label.file !== undefined && label.file !== basename(file));
    if (!other) return labels;
    throw new AudioError(
      `${join(folder, name)}: has a label of ${JSON.stringify(other.file)}, expected labels of ${basename(file)} ` +
        `alone; name it ${FOR_FOLDERS.join(' or ')} if it is of several files`,
    );
  }

  /** By the absolute paths of recordings. */
  #ofFolder(folder: string): Promise<ReadonlyMap<string, readonly FileLabel[]>> {
    const labels = this.#folders.get(folder) ?? this.#readFolder(folder);
    this.#folders.set(folder, labels);
    return labels;
  }

  async #readFolder(folder: string): Promise<ReadonlyMap<string, readonly FileLabel[]>> {
    const byFile = new Map<string, FileLabel[]>();
    const names = await this.#namesIn(folder);
    for (const name of FOR_FOLDERS.filter((one) => names.has(one))) {
      const where = join(folder, name);
      for (const label of await read(where)) {
        if (label.file === undefined) {
          throw new AudioError(
            `${where}: got a label that does not say its file, expected the audio file's path, relative to ${folder}`,
          );
        }
        const file = resolve(folder, label.file);
        const labels = byFile.get(file) ?? [];
        if (labels.length === 0 && !(await exists(file)))
          throw new AudioError(`${where}: there is no file ${label.file} in ${folder}; paths are relative to it`);
        byFile.set(file, [...labels, label]);
      }
    }
    return byFile;
  }

  #namesIn(folder: string): Promise<ReadonlySet<string>> {
    const names =
      this.#names.get(folder) ??
      readdir(folder).then(
        (list) => new Set(list),
        () => new Set<string>(), // reading the recording will say why
      );
    this.#names.set(folder, names);
    return names;
  }
}

async function read(path: string): Promise<FileLabel[]> {
  const text = await readFile(path, 'utf8').catch((error: Error) => {
    throw new AudioError(`${path}: can't be read: ${error.message}`, { cause: error });
  });
  try {
    return PARSERS[extname(path)](text, path);
  } catch (error) {
    if (error instanceof AudioError)
      error.message += '; it was read because labels are looked for there: move it away if it holds something else';
    throw error;
  }
}
