/** Finds and reads the label files of recordings. */
import { readdir, readFile } from 'node:fs/promises';
import { basename, dirname, extname, join, resolve } from 'node:path';
import { AudioError } from '../../errors.js';
import { parseJsonLabels, parseLabels, type FileLabel, type JsonLabels } from '../../evaluation/label-file.js';
import { exists } from './audio-paths.js';
import { parseLabelCsv } from './label-csv.js';

/** Endings of label files beside an audio file, and how they are read. */
const PARSERS: Readonly<Record<string, (text: string, where: string) => FileLabel[] | JsonLabels>> = {
  '.txt': (text, where) => parseLabels(text, 'audacity', where),
  '.csv': parseLabelCsv,
  '.json': parseJsonLabels,
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
   * @returns null where no label file names it; empty where one says that nothing is spoken in it
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
    const { labels, silent } = await read(join(folder, name));
    const named = [...labels.flatMap((label) => label.file ?? []), ...silent];
    const other = named.find((one) => one !== basename(file));
    if (other === undefined) return labels;
    throw new AudioError(
      `${join(folder, name)}: has a label of ${JSON.stringify(other)}, expected labels of ${basename(file)} ` +
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
    const [first, second] = FOR_FOLDERS.filter((one) => names.has(one)).map((name) => join(folder, name));
    if (second !== undefined)
      throw new AudioError(
        `${folder}: got ${basename(first)} and ${basename(second)}, expected one; move the other away`,
      );
    if (first === undefined) return byFile;
    const { labels, silent } = await read(first);
    for (const label of labels) {
      if (label.file === undefined) {
        throw new AudioError(
          `${first}: got a label that does not say its file, expected the audio file's path, relative to ${folder}`,
        );
      }
      (await this.#entry(byFile, folder, label.file, first)).push(label);
    }
    for (const file of silent) await this.#entry(byFile, folder, file, first);
    return byFile;
  }

  /** The list of an audio file's labels, a new one where it has none yet. */
  async #entry(byFile: Map<string, FileLabel[]>, folder: string, name: string, where: string): Promise<FileLabel[]> {
    const file = resolve(folder, name);
    const known = byFile.get(file);
    if (known) return known;
    if (!(await exists(file)))
      throw new AudioError(`${where}: there is no file ${name} in ${folder}; paths are relative to it`);
    const labels: FileLabel[] = [];
    byFile.set(file, labels);
    return labels;
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

async function read(path: string): Promise<JsonLabels> {
  const text = await readFile(path, 'utf8').catch((error: Error) => {
    throw new AudioError(`${path}: can't be read: ${error.message}`, { cause: error });
  });
  try {
    const found = PARSERS[extname(path)](text, path);
    return Array.isArray(found) ? { labels: found, silent: [] } : found;
  } catch (error) {
    if (error instanceof AudioError)
      error.message += '; it was read because labels are looked for there: move it away if it holds something else';
    throw error;
  }
}
